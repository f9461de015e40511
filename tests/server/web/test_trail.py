"""What is unlawful is alarmed at once and ends with a conclusion (R22); nothing of the trail alters unnoticed (R60)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from contract.messages import DoorOpened
from server.service.oversight.sheets import note_sheet
from server.store.anchors import anchor
from server.store.unit_of_work import Database
from server.verify import app, check, open_ledger, read_lines
from tests.server.company import KEYS, POLICY
from tests.server.web.house import House

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Entry = dict[str, Any]
PUBLIC = KEYS.public()["server_key"]


def kinds(house: House) -> list[str]:
    return [entry["kind"] for entry in house.shen.get("/ledger?limit=500")["rows"]]


def investigated(house: House, kind: str) -> None:
    """Take the one alarm there is through its whole life."""
    (alarm,) = house.chen.get("/alarms")["rows"]
    assert (alarm["kind"], alarm["state"], alarm["late_seconds"]) == (kind, "set", 0)
    assert alarm["set_at"] is not None
    number = alarm["id"]
    assert house.chen.post(f"/alarms/{number}/acknowledge", {"note": "去看"})["state"] == "acknowledged"
    assert house.chen.post(f"/alarms/{number}/close", {"conclusion": "\u3000"}, expect=422)["code"] == "invalid"
    closed = house.zhao.post(f"/alarms/{number}/close", {"conclusion": "已查明"})
    assert (closed["state"], closed["conclusion"]) == ("closed", "已查明")
    assert house.chen.rules(f"/alarms/{number}/close", {"conclusion": "又"}) == {("R22", "alarm_not_open")}
    assert [one for one in kinds(house) if one.startswith("alarm_")] == [
        "alarm_set",
        "alarm_acknowledged",
        "alarm_closed",
    ]


@pytest.mark.parametrize(
    ("cause", "alarm"),
    [
        ("forced", "door_forced"),
        ("mechanical_key", "door_opened_by_mechanical_key"),
        ("no_session", "door_opened_without_session"),
    ],
)
@sqlite_only
def test_r22_an_unlawful_opening_is_alarmed_at_once_and_investigated_to_a_conclusion(
    house: House, cause: str, alarm: str
) -> None:
    house.intake.take(house.station.send(DoorOpened, door=1, cause=cause))
    investigated(house, alarm)


def test_r22_an_unlawful_taking_is_alarmed_at_once_and_investigated_to_a_conclusion(house: House) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1, 2])
    investigated(house, "taken_extra")


@sqlite_only
def test_r22_a_lawful_day_alarms_nothing(house: House) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1])
    house.visit("wang", put=[1])
    assert house.chen.get("/alarms?state=all")["rows"] == []


def a_day(house: House) -> None:
    """Ask, approve, refuse, delegate, order, open, take, bring back, change a right, see an alarm through."""
    note_sheet(house.database, house.policy, POLICY.read_text(encoding="utf-8"), house.clock.wall_us())
    house.approved("F1")
    other = house.li.post("/requests", {"items": ["F6"], "mode": "loan", "purpose": "核对", "for": "wang"})["id"]
    house.zhao.post(f"/requests/{other}/refuse", {"note": "否"})
    house.chen.post("/orders", {"person": "ke", "items": ["F6"], "task": "repair", "purpose": "修补"})
    house.visit("wang", taken=[1, 2])
    house.visit("wang", put=[1, 2])
    house.sec.post("/people/wang/badges", {"badge": "00000000FF"})
    (alarm,) = house.chen.get("/alarms")["rows"]
    house.chen.post(f"/alarms/{alarm['id']}/close", {"conclusion": "已查明"})


def exported(house: House, folder: Path) -> tuple[Path, list[Entry]]:
    headers = {"Authorization": f"Bearer {house.shen.token}"}
    answer = house.client.get("/api/v1/ledger/export", headers=headers)
    assert answer.status_code == 200
    file = folder / "ledger.jsonl"
    file.write_text(answer.text, encoding="utf-8")
    return file, [json.loads(line) for line in answer.text.splitlines()]


def found(file: Path, lines: list[Entry]) -> str:
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    with read_lines(file) as (entries, anchors):
        return check(entries, anchors).wrong


@sqlite_only
def test_r60_the_trail_covers_requests_decisions_openings_movements_and_changes_of_rights(house: House) -> None:
    a_day(house)
    told = set(kinds(house))
    assert told >= {
        *("request_filed", "request_approved", "request_refused", "ordered"),
        *("grant_given", "door_closed", "badge_added", "alarm_set", "alarm_closed"),
    }
    exporting = house.shen.get("/ledger?limit=500")["rows"][-1]["id"]
    house.client.get("/api/v1/ledger/export", headers={"Authorization": f"Bearer {house.shen.token}"})
    assert [row["kind"] for row in house.shen.get(f"/ledger?after={exporting}")["rows"]] == ["record_exported"]


ALTERED: dict[str, Callable[[list[Entry], int], None]] = {
    "its body": lambda rows, n: rows[n].update(body=rows[n]["body"].replace("{", '{"x":1,', 1)),
    "its hash": lambda rows, n: rows[n].update(hash="0" * 64),
    "its kind": lambda rows, n: rows[n].update(kind="noted"),
    "its moment": lambda rows, n: rows[n].update(at_us=rows[n]["at_us"] - 1),
    "left out": lambda rows, n: rows.__delitem__(n),
    "exchanged": lambda rows, n: rows.__setitem__(slice(n, n + 2), rows[n : n + 2][::-1]),
}


@sqlite_only
def test_r60_an_export_with_any_entry_altered_is_found(house: House, tmp_path: Path) -> None:
    a_day(house)
    file, lines = exported(house, tmp_path)
    assert found(file, lines) == ""
    for number in range(len(lines) - 1):
        for how, alter in ALTERED.items():
            rows = json.loads(json.dumps(lines))
            alter(rows, number)
            assert found(file, rows).startswith("entry "), (number, how)


@sqlite_only
def test_r60_an_export_brings_its_anchors_and_verifies_by_the_servers_key(house: House, tmp_path: Path) -> None:
    a_day(house)
    for moment in (5, 6):
        covered = anchor(house.database, KEYS.signing, moment)
        house.li.post("/requests", {"items": ["F6"], "mode": "loan", "purpose": "核对", "for": "wang"})
    file, lines = exported(house, tmp_path)
    assert [line["size"] for line in lines if "root" in line] == [covered - 1, covered]
    words = ["verify", str(file), "--key", PUBLIC]
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 0, said.output
    assert f" and 2 anchors verify, the newest covers the first {covered};" in said.output
    file.write_text("\n".join(json.dumps(line) for line in lines if "root" not in line), encoding="utf-8")
    assert CliRunner().invoke(app, words).exit_code == 1


@pytest.mark.parametrize(
    "body", ["", "not json", "[]", "5", "[" * 100_000 + "]" * 100_000, '{"a":' + "[" * 400 + "]" * 400 + "}"]
)
@sqlite_only
def test_r60_an_entry_whose_text_is_none_is_shown_as_not_whole(house: House, database: Database, body: str) -> None:
    house.approved("F1")
    with database.engine.connect() as connection, connection.begin():
        (number,) = connection.execute(text("SELECT id FROM ledger WHERE kind = 'request_filed'")).one()
        connection.execute(text("DROP TRIGGER ledger_no_update"))
        connection.execute(text("UPDATE ledger SET body = :body WHERE id = :n"), {"body": body, "n": number})
    rows = house.shen.get("/ledger?limit=500")["rows"]
    assert [row["id"] for row in rows if not row["whole"]] == [number]
    page = house.client.get("/ledger", headers={"Authorization": f"Bearer {house.shen.token}", "Accept-Language": "en"})
    assert page.status_code == 200
    assert page.text.count("altered</span>") + page.text.count("被改动</span>") == 1


def test_r60_what_is_altered_behind_the_databases_back_is_found(house: House, database: Database) -> None:
    a_day(house)

    def wrong() -> str:
        with open_ledger(None, database.url) as (entries, anchors):
            return check(entries, anchors).wrong

    assert wrong() == ""
    with database.engine.connect() as connection, connection.begin():
        (number,) = connection.execute(text("SELECT id FROM ledger WHERE kind = 'request_refused'")).one()
        if database.is_sqlite:
            connection.execute(text("DROP TRIGGER ledger_no_update"))
        else:
            connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ALL"))
        connection.execute(text(f"UPDATE ledger SET body = REPLACE(body, '否', '准') WHERE id = {number}"))
    assert wrong() == f"entry {number}: its hash does not cover its body"
