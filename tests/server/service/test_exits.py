"""What an exit's reader noticed, judged by what entitles each item to leave."""

from __future__ import annotations

import json

import pytest
from sqlmodel import col, select

from contract.messages import ExitPassed, Sighting
from server.store.tables import Alarm, Item, LedgerEntry
from server.store.unit_of_work import Database
from tests.server.company import CLOCK, WANG, Writer, allow, epc, intake, settle_in

FOREIGN = Sighting(epc="30340000000000000000BEEF")


@pytest.fixture
def company(database: Database) -> Database:
    settle_in(database)
    return database


def passing(*numbers: int) -> list[Sighting]:
    return [Sighting(epc=epc(number), reads=3) for number in numbers]


def alarms(database: Database) -> list[tuple[str, str, int | None, int]]:
    with database.read() as db:
        rows = db.exec(select(Alarm, Item).join(Item, col(Item.id) == Alarm.item_id).order_by(col(Alarm.id)))
        return [(alarm.kind, item.code, alarm.person_id, alarm.repeated) for alarm, item in rows]


def entries(database: Database, kind: str) -> list[dict[str, object]]:
    with database.read() as db:
        rows = db.exec(select(LedgerEntry).where(LedgerEntry.kind == kind).order_by(col(LedgerEntry.id)))
        return [json.loads(row.body) for row in rows]


def test_a_loan_may_leave_the_room_and_not_the_premises(company: Database) -> None:
    allow(company, WANG, 1)
    service, station = intake(company), Writer()
    session, asks = station.asks(WANG)
    service.take(asks)
    service.take(station.closes(session, taken=[1]))
    service.take(station.send(ExitPassed, device="door", leaves="room", items=passing(1)))
    assert alarms(company) == []
    assert [entry["items"] for entry in entries(company, "exit_passed")] == [["F1"]]
    service.take(station.send(ExitPassed, device="gate", leaves="premises", items=passing(1)))
    assert alarms(company) == [("taken_without_approval", "F1", WANG, 0)]
    service.take(station.send(ExitPassed, device="gate", leaves="premises", items=passing(1)))
    assert alarms(company) == [("taken_without_approval", "F1", WANG, 1)]
    assert entries(company, "exit_passed")[-1]["broken"] == {"F1": ["R04"]}


def test_what_nobody_took_leaves_without_approval_and_other_tags_are_only_counted(company: Database) -> None:
    service, station = intake(company), Writer()
    service.take(station.send(ExitPassed, device="gate", leaves="room", items=[*passing(2), FOREIGN, FOREIGN]))
    assert alarms(company) == [("taken_without_approval", "F2", None, 0)]
    (told,) = entries(company, "exit_passed")
    assert (told["items"], told["other_tags"], told["broken"]) == (["F2"], 2, {"F2": ["R01"]})
    service.take(station.send(ExitPassed, device="gate", leaves="room", items=[FOREIGN]))
    assert len(alarms(company)) == 1


def test_what_was_taken_without_an_authority_has_none_to_leave(company: Database) -> None:
    allow(company, WANG, 2)
    service, station = intake(company), Writer()
    session, asks = station.asks(WANG)
    service.take(asks)
    service.take(station.closes(session, taken=[1]))
    service.take(station.send(ExitPassed, device="gate", leaves="room", items=passing(1)))
    assert alarms(company) == [
        ("wrong_item_taken", "F1", WANG, 0),
        ("taken_without_approval", "F1", WANG, 0),
    ]


def test_a_late_word_says_that_the_item_has_moved_since(company: Database) -> None:
    allow(company, WANG, 1)
    service, station = intake(company), Writer()
    session, asks = station.asks(WANG)
    service.take(asks)
    service.take(station.closes(session, taken=[1]))
    hour_ago = CLOCK.wall_us() - 3_600_000_000
    service.take(station.send(ExitPassed, at_us=hour_ago, device="gate", leaves="premises", items=passing(1)))
    assert entries(company, "exit_passed")[-1]["moved_since"] == ["F1"]
    assert len(alarms(company)) == 1
