"""What a station says of itself: who is signed in (masked), what is granted, what left and came."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from contract.messages import AccessRequested, Grant, GrantedItem
from edge_agent.recent import MOST, Recent
from edge_agent.screen.seen import Seen
from edge_agent.screen.view import panel, situation_of
from edge_agent.state import masked
from tests.edge_agent.bench import TAGS, Bench
from tests.edge_agent.peer import Peer

STRANGE = "E2000000000000000000AF00"


def told(state: dict[str, Any]) -> list[tuple[str, str, str, bool | None]]:
    return [(moved["what"], moved["epc"], moved["code"], moved["listed"]) for moved in state["moved"]]


def test_the_state_tells_who_may_take_what_and_what_was_taken(bench: Bench, peer: Peer) -> None:
    items = [GrantedItem(epc=TAGS[0], code="T0001", door=1), GrantedItem(epc=TAGS[2], code="T0003", door=1)]

    def grant(asked: AccessRequested) -> Grant:
        return replace(peer.grant(asked), person="王小明", items=items)

    peer.answer = grant
    bench.start()
    assert (bench.state()["moved"], bench.state()["conditions"]) == ([], [])
    bench.show()
    bench.open()
    answer = bench.state()["answer"]
    assert (answer["person"], answer["items"]) == ("王**", [{"code": "T0001", "door": 1}, {"code": "T0003", "door": 1}])
    assert situation_of(msgspec.convert(bench.state(), Seen)) == "open"
    assert "小明" not in bench.state_file.read_text()
    bench.take(*TAGS[:2])
    bench.put(STRANGE)
    bench.shut()
    state = bench.state()
    assert told(state) == [
        ("taken", TAGS[0], "T0001", True),
        ("taken", TAGS[1], "", False),
        ("put", STRANGE, "", None),
    ]
    shown = panel(msgspec.convert(state, Seen), state["written_us"], "en")
    assert (shown["situation"], [row["tone"] for row in shown["moved"]["rows"]]) == ("idle", ["plain", "bad", "good"])
    assert bench.wait(lambda state: state["confirmed"] >= state["moved"][0]["seq"])
    assert bench.wait(lambda state: state["witness"] == f"{state['confirmed']}:{'ab' * 32}")


def test_what_no_grant_can_tell_of_is_left_to_the_server() -> None:
    recent = Recent()
    recent.granted("s", [GrantedItem(epc=TAGS[0], code="T0001", door=1), GrantedItem(epc="", code="T0002", door=1)])
    recent.settled(2, "s", 5, 0, taken=TAGS[:1])
    recent.settled(1, None, 6, 0, taken=TAGS[:1])
    recent.settled(1, "other", 7, 0, taken=TAGS[:1], unread=TAGS[1:2])
    assert [(row["code"], row["what"], row["listed"]) for row in recent.shown] == [
        ("T0001", "taken", False),
        ("T0001", "taken", None),
        ("T0001", "taken", None),
        ("", "unread", None),
    ]


def test_only_the_last_movements_are_kept() -> None:
    recent = Recent()
    recent.settled(1, None, 1, 0, put=[f"{number:08X}" for number in range(MOST + 5)])
    assert [row["epc"] for row in recent.shown] == [f"{number:08X}" for number in range(5, MOST + 5)]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("王明", "王*"), ("欧阳小明", "欧***"), ("Wang Xiaoming", "W*** X***"), ("李", "李"), ("", "")],
)
def test_a_name_is_masked(name: str, shown: str) -> None:
    assert masked(name) == shown
