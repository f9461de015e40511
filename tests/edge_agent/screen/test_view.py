"""What the screen says in which state, its words, and the reading of the state file; no browser, no server."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from contract.messages import Condition
from edge_agent.screen.seen import SILENT_S, Seen, Watch
from edge_agent.screen.view import HOLDS, MOST_ROWS, SHOWN_US, panel, situation_of
from edge_agent.screen.words import CONDITIONS, LANGUAGES, LIFTERS, REFUSALS, SITUATIONS, WORDS, Both
from server.domain import access, authorities, scopes, training
from server.domain.reasons import REASONS, Code
from tests.edge_agent.screen import states

NOW = 1_790_000_000_000_000
HOLE = re.compile(r"\{(\w+)\}")
NOT_AT_A_DOOR = {"window_empty", "guest_too_long", "guest_unlimited", "own_rights", "narrowed", "inspection_only"}


def seen(state: dict[str, Any]) -> Seen:
    return msgspec.convert(state, Seen)


@pytest.mark.parametrize(
    ("state", "situation"),
    [
        (states.idle(), "idle"),
        (states.idle(session=states.session("asking")), "asking"),
        (states.granted(), "granted"),
        (states.opened(NOW), "open"),
        (states.opened(NOW) | {"session": None}, "unattended"),
        (states.idle(doors={"1": states.door("settling")}), "settling"),
        (states.idle(doors={"1": states.door("settling", "unknown")}), "idle"),
        (states.refused(), "denied"),
        (states.refused(reasons=[{"rule": "R20", "code": "pin_needed"}]), "pin"),
        (states.refused(reasons=[{"rule": "R20", "code": "pin_wrong"}]), "denied"),
        (states.offline(), "offline"),
        (states.granted() | {"link": "down"}, "granted"),
        (states.granted() | {"conditions": [{"condition": "outbox_full", "door": "", "device": ""}]}, "locked"),
    ],
)
def test_one_thing_is_said_at_a_time(state: dict[str, Any], situation: str) -> None:
    assert situation_of(seen(state)) == situation


def test_a_station_that_says_nothing_is_called_stopped() -> None:
    shown = panel(None, NOW, "en")
    assert (shown["situation"], shown["link"], shown["doors"]) == ("stopped", "unknown", [])


def test_every_situation_can_be_told_and_each_has_words() -> None:
    assert {name for name, _ in HOLDS} | {"idle", "stopped"} == SITUATIONS.keys() | {"denied"}


def test_only_what_the_grant_names_is_called_approved() -> None:
    rows = panel(seen(states.opened(NOW)), NOW, "zh")["moved"]["rows"]
    assert [(row["way"], row["name"], row["tone"], row["verdict"], row["sent"]) for row in rows] == [
        ("unread", "标签 …000028", "warn", "请摆正后重新关门", "待发送"),
        ("put", "T0003", "plain", "已记录，由服务器判定", "待发送"),
        ("taken", "标签 …000026", "bad", "不在准予之列，请放回", "已送达"),
        ("taken", "T0006", "good", "在准予之列", "已送达"),
    ]


def test_what_moved_is_shown_for_a_while_and_the_rest_is_counted() -> None:
    many = [states.moved(number, "put", NOW) for number in range(1, MOST_ROWS + 4)]
    shown = panel(seen(states.idle(moved=many)), NOW, "en")["moved"]
    assert (len(shown["rows"]), shown["more"]) == (MOST_ROWS, 3)
    assert panel(seen(states.idle(moved=many)), NOW + SHOWN_US, "en")["moved"] == {"rows": [], "more": 0}


def test_an_answer_to_another_session_is_not_shown() -> None:
    state = states.granted()
    state["answer"]["session"] = "6" * 32
    shown = panel(seen(state), NOW, "en")
    assert (shown["items"], shown["who"]) == ([], "badge shown, being checked")


def test_a_refusal_names_rule_and_who_can_help_also_for_a_reason_it_does_not_know() -> None:
    reasons = [*states.REASONS, {"rule": "R99", "code": "brand_new", "item": "T1", "params": {}}]
    said = panel(seen(states.refused(reasons=reasons)), NOW, "en")["refusal"]["reasons"]
    assert said[0] == {
        "what": "The authority for T0006 is over",
        "rule": "rule R02",
        "lifts": "Who can help: an approver of that post",
    }
    assert said[1]["what"] == "Training in 涉密档案 is not recorded"
    assert said[3] == {"what": "Not allowed T1 (brand_new)", "rule": "rule R99", "lifts": "Who can help: the archivist"}


def test_what_is_wrong_comes_with_what_to_do() -> None:
    said = panel(seen(states.offline()), NOW, "en")["troubles"]
    assert [trouble["what"] for trouble in said] == [
        "Door 1 is closed but not latched",
        "Tag reader does not answer: reader1",
        "Door 3 is not being watched",
    ]
    assert all(trouble["do"] for trouble in said)


def test_every_condition_of_the_contract_is_worded() -> None:
    assert set(get_args(Condition)) <= CONDITIONS.keys()


def test_what_the_server_refuses_a_door_for_is_worded_and_lifted_by_the_same() -> None:
    sources = "".join(Path(module.__file__ or "").read_text() for module in (access, authorities, scopes, training))
    codes = {name.lower() for name in re.findall(r"Code\.([A-Z_]+)", sources)} - NOT_AT_A_DOOR
    assert codes <= REFUSALS.keys()
    assert {code: REASONS[Code(code)].lift for code in REFUSALS} == {code: said.lift for code, said in REFUSALS.items()}


def everything() -> list[Both]:
    told = [said for situation in SITUATIONS.values() for said in (situation.head, *situation.steps)]
    told += [said for trouble in CONDITIONS.values() for said in trouble]
    return [*told, *(said.what for said in REFUSALS.values()), *WORDS.values(), *LIFTERS.values()]


def test_both_languages_say_everything_with_the_same_holes() -> None:
    for said in everything():
        assert said.zh
        assert said.en
        assert set(HOLE.findall(said.zh)) == set(HOLE.findall(said.en)), said
    assert len(LANGUAGES) == 2


def test_the_templates_use_only_words_there_are() -> None:
    text = "".join(path.read_text() for path in Path("edge_agent/screen/templates").glob("*.html"))
    used = set(re.findall(r'say\("([a-z_.]+)"[),]', text))
    assert used
    assert used <= WORDS.keys()


def test_the_state_file_is_believed_while_it_is_written(tmp_path: Path) -> None:
    file, now = tmp_path / "state.json", [0.0]
    watch = Watch(file, lambda: now[0])
    assert watch.look() is None
    file.write_text(json.dumps(states.idle()))
    now[0] = 100.0
    assert watch.look() == seen(states.idle())
    now[0] += SILENT_S - 1
    assert watch.look() is not None
    now[0] += 2
    assert watch.look() is None
    new = tmp_path / "new"
    new.write_text(json.dumps(states.offline()))
    new.replace(file)
    assert watch.look() == seen(states.offline())
    file.write_text("{torn")
    assert watch.look() is None
