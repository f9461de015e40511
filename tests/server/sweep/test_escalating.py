"""What nobody takes on climbs its ladder (R22): who is told after how long, in which calendar, and never twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from server.domain import office
from server.domain.policy import AlarmRung, Calendar, load_policy
from server.domain.words import AlarmKind, Role
from server.service.cabinet.alarms import Alarming, set_alarm
from server.store.tables import Notice
from server.store.unit_of_work import Database
from server.sweep.escalating import Escalating
from tests.server.company import POLICY
from tests.server.web.house import NUMBER, House

MINUTE, DAY = 60, 86_400
ZONE = "Asia/Shanghai"
LADDER = (
    AlarmRung(30, Calendar.CLOCK, frozenset({Role.RECORDS_MANAGER}), alarm=False),
    AlarmRung(60, Calendar.CLOCK, frozenset({Role.HEAD_OF_OFFICE}), alarm=True),
    AlarmRung(1440, Calendar.OFFICE, frozenset({Role.GENERAL_MANAGER}), alarm=False),
)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    """A company in whose cabinet a door was forced at nine on a Friday."""
    house = House(database, tmp_path)
    now = datetime.fromtimestamp(house.clock.wall_us() / 1e6, house.zone)
    friday = now.replace(hour=9, minute=0) + timedelta(days=(4 - now.weekday()) % 7 + 7)
    house.shift((friday - now).total_seconds())
    house.policy = replace(house.policy, alarms=replace(house.policy.alarms, ladder=LADDER))
    with house.database.begin() as uow:
        at = house.clock.wall_us()
        set_alarm(uow, Alarming(AlarmKind.DOOR_FORCED, "door", at, station="a", door=1), at)
    return house


def told(house: House, minutes: float = 0) -> set[str]:
    """Let time pass and the job look twice; give who has been told that nobody takes it on."""
    house.shift(minutes * MINUTE)
    for _ in range(2):
        Escalating(house.database, house.policy, house.zone).turn(house.clock.wall_us())
    names = {number: name for name, number in NUMBER.items()}
    with house.database.read() as session:
        rows = list(session.exec(select(Notice.person_id).where(Notice.kind == "alarm_escalated")))
    assert len(rows) == len(set(rows)), "somebody was told twice"
    return {names[number] for number in rows if number is not None}


def kinds(house: House) -> dict[str, bool]:
    return {row["kind"]: row["cleared_at"] is not None for row in house.sec.get("/alarms")["rows"]}


def test_r22_an_alarm_nobody_takes_on_is_told_rung_by_rung_and_alarmed_where_the_sheet_says(house: House) -> None:
    assert told(house, 29) == set()
    assert told(house, 2) == {"ma"}
    assert "alarm_unacknowledged" not in kinds(house)
    assert told(house, 30) == {"ma", "zhao"}
    assert kinds(house)["alarm_unacknowledged"] is False
    (first,) = [row["id"] for row in house.sec.get("/alarms")["rows"] if row["kind"] == "door_forced"]
    house.sec.post(f"/alarms/{first}/acknowledge")
    assert kinds(house)["alarm_unacknowledged"] is True
    assert told(house, 20 * 24 * 60) == {"ma", "zhao"}
    entries = [row["kind"] for row in house.shen.get("/ledger?limit=500")["rows"]]
    assert entries.count("alarm_escalated") == 2


def test_r22_a_rung_in_the_offices_calendar_waits_for_office_days(house: House) -> None:
    named = house.policy.office.holidays | house.policy.office.extra_workdays
    plain = replace(house.policy.office, holidays=frozenset(), extra_workdays=frozenset())
    assert named
    house.policy = replace(house.policy, office=plain)
    assert "gao" not in told(house, 2 * 24 * 60)  # Sunday, nine
    assert "gao" not in told(house, 23 * 60)  # Monday, eight
    assert "gao" in told(house, 61)


def test_r22_what_is_closed_climbs_no_more(house: House) -> None:
    (first,) = [row["id"] for row in house.sec.get("/alarms")["rows"]]
    house.sec.post(f"/alarms/{first}/close", {"conclusion": "已查明"})
    assert told(house, 3 * 24 * 60) == set()


def test_only_time_in_office_days_is_counted() -> None:
    sheet = load_policy(POLICY.read_text()).office
    plain = replace(sheet, holidays=frozenset(), extra_workdays=frozenset())
    friday = datetime(2026, 3, 6, 1, tzinfo=UTC)  # nine in Shanghai

    def hours(days: float) -> float:
        begins = int(friday.timestamp() * 1e6)
        return office.waited_us(plain, begins, begins + int(days * DAY * 1e6), ZONE) / 3.6e9

    assert [hours(days) for days in (0, 0.5, 1, 2, 3, 4)] == [0, 12, 15, 15, 24, 48]
    assert hours(1000) == 24_000
