"""What becomes so because time passes: overdue items, silent cabinets, notices of alarms."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from server.service.cabinet.alarms import Alarming, set_alarm
from server.store.tables import Alarm, Notice, Station
from server.store.unit_of_work import Database
from server.sweep.overdue import Overdue
from server.sweep.silent import Silent
from server.sweep.sweeper import Sweeper
from server.sweep.telling import Telling
from tests.server.web.house import House

DAY = 86_400


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path)


def alarms(house: House) -> list[tuple[str, int, bool]]:
    """(kind, item or 0, cleared) of every alarm."""
    with house.database.read() as session:
        rows = session.exec(select(Alarm).order_by(Alarm.id))  # type: ignore[arg-type]
        return [(row.kind, row.item_id or 0, row.cleared_us is not None) for row in rows]


def moment(house: House, seconds: float) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=house.clock.wall_us(), seconds=seconds)
    return at.isoformat()


def lend(house: House, *items: int) -> None:
    house.approved(*(f"F{n}" for n in items))
    house.visit("wang", taken=items)


def test_an_item_out_past_its_due_moment_is_alarmed_once_and_cleared_on_return(house: House) -> None:
    job = Overdue(house.database, house.policy)
    lend(house, 1, 2)
    job.turn(house.clock.wall_us())
    assert alarms(house) == []
    house.shift(5 * DAY)
    for _ in range(3):
        job.turn(house.clock.wall_us())
    late = "same_day_original_not_returned"
    assert alarms(house) == [(late, 1, False), (late, 2, False)]
    house.visit("wang", put=[1])
    job.turn(house.clock.wall_us())
    assert alarms(house) == [(late, 1, True), (late, 2, False)]


def test_what_belongs_in_a_silent_cabinet_is_unknown_and_not_unreturned(house: House) -> None:
    job = Overdue(house.database, house.policy)
    lend(house, 1)

    def note(online: bool) -> None:
        with house.database.begin() as uow:
            station = uow.session.get_one(Station, "a")
            station.online, station.status_us = online, house.clock.wall_us()
            uow.session.add(station)

    note(online=False)
    house.shift(5 * DAY)
    job.turn(house.clock.wall_us())
    assert alarms(house) == []
    note(online=True)
    house.shift(61)
    job.turn(house.clock.wall_us())
    assert alarms(house) == [("same_day_original_not_returned", 1, False)]


def test_an_alarm_that_was_concluded_is_not_set_again_for_the_same_lateness(house: House) -> None:
    lend(house, 1)
    house.shift(5 * DAY)
    Overdue(house.database, house.policy).turn(house.clock.wall_us())
    (alarm,) = house.chen.get("/alarms")["rows"]
    house.chen.post(f"/alarms/{alarm['id']}/close", {"conclusion": "已同意延期"})
    Overdue(house.database, house.policy).turn(house.clock.wall_us())
    assert house.chen.get("/alarms")["rows"] == []


def test_what_is_late_by_its_approval_becomes_later_than_late(house: House) -> None:
    job = Overdue(house.database, house.policy)
    soon = house.li.post(
        "/requests",
        {"items": ["F1"], "mode": "loan", "purpose": "x", "for": "wang", "due": moment(house, 3600)},
    )
    house.zhao.post(f"/requests/{soon['id']}/approve")
    house.visit("wang", taken=[1])
    house.shift(2 * 3600)
    job.turn(house.clock.wall_us())
    assert alarms(house) == [("overdue_soft", 1, False)]
    house.shift(40 * DAY)
    job.turn(house.clock.wall_us())
    assert alarms(house) == [("overdue_soft", 1, True), ("overdue_hard", 1, False)]


def test_a_silent_cabinet_is_alarmed_after_the_policys_patience_and_cleared_when_heard(house: House) -> None:
    job = Silent(house.database, house.policy)
    job.turn(house.clock.wall_us())
    assert alarms(house) == []  # never heard: not in use yet
    _, asks = house.station.asks(1, at_us=house.clock.wall_us())
    house.intake.take(asks)
    with house.database.begin() as uow:
        station = uow.session.get_one(Station, "a")
        station.online, station.status_us = False, house.clock.wall_us()
        uow.session.add(station)
    patience = house.policy.alarms.station_offline_minutes * 60
    house.shift(patience - 5)
    job.turn(house.clock.wall_us())
    assert alarms(house) == []
    house.shift(10)
    for _ in range(2):
        job.turn(house.clock.wall_us())
    assert alarms(house) == [("station_offline", 0, False)]
    _, asks = house.station.asks(1, at_us=house.clock.wall_us())
    house.intake.take(asks)
    job.turn(house.clock.wall_us())
    assert alarms(house) == [("station_offline", 0, True)]


def test_the_records_office_is_told_of_each_alarm_once(house: House) -> None:
    job = Telling(house.database)
    job.turn(1)
    with house.database.begin() as uow:
        set_alarm(uow, Alarming("door_forced", "door_forced:x", 1, station="a", door=2), 1)
    job.turn(2)
    Telling(house.database).turn(3)
    with house.database.read() as session:
        told = {(notice.person_id, notice.text) for notice in session.exec(select(Notice))}
    assert told == {(4, "柜门被强行打开: a/2"), (7, "柜门被强行打开: a/2")}


def test_a_job_that_fails_does_not_keep_the_others_from_their_turn(house: House) -> None:
    turns: list[int] = []

    def fail(_: int) -> None:
        raise RuntimeError("broken")

    sweeper = Sweeper(house.clock, (("broken", fail), ("whole", turns.append)))
    sweeper.turn()
    sweeper.turn()
    assert len(turns) == 2
    assert sweeper.swept_us == turns[-1]
