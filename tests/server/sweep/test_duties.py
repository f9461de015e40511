"""Duties as the clock opens and flags them, and as people see them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from server.domain.words import DutyKind
from server.service.context import Writing
from server.service.oversight import duties
from server.service.people.sign_in import viewer_of
from server.store.tables import Duty, Person, Station
from server.store.unit_of_work import Database
from server.sweep.duties import Duties
from tests.server.web.house import SALES, House

DAY = 86_400


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path)


def turn(house: House) -> None:
    Duties(house.database, house.policy, house.zone).turn(house.clock.wall_us())


def to(house: House, month: int, day: int) -> None:
    """Go on to the next such day, nine o'clock."""
    now = datetime.fromtimestamp(house.clock.wall_us() / 1e6, house.zone)
    then = now.replace(month=month, day=day, hour=9, minute=0, second=0, microsecond=0)
    if then <= now:
        then = then.replace(year=then.year + 1)
    house.shift((then - now) / timedelta(seconds=1))


def kinds(house: House, query: str = "") -> dict[tuple[str, str], bool]:
    """(kind, subject) of the duties that an auditor is shown -> overdue."""
    rows = house.shen.get(f"/duties?limit=500{query}")["rows"]
    return {(row["kind"], row["subject"]): row["overdue"] for row in rows}


def fulfil(house: House, kind: DutyKind, subject: str) -> int | None:
    with house.database.begin() as uow:
        person = uow.session.exec(select(Person).where(Person.username == "chen")).one()
        work = Writing(uow.session, house.clock.wall_us(), house.policy, viewer_of(person), house.zone, uow)
        return duties.fulfil(work, kind, subject, "done")


def test_what_is_due_again_and_again_is_open_for_every_cabinet(house: House) -> None:
    turn(house)
    turn(house)
    found = kinds(house)
    assert {subject for kind, subject in found if kind == "cabinet_inspection"} == {"a", "b"}
    assert ("emergency_drill", "") in found
    assert not any(found.values())
    with house.database.read() as session:
        assert len(list(session.exec(select(Duty)))) == len(found)


def test_an_overdue_duty_is_flagged_once_and_open_again_after_it_is_done(house: House) -> None:
    turn(house)
    house.shift(70 * DAY)
    turn(house)
    turn(house)
    late = kinds(house, "&overdue=true")
    assert ("cabinet_inspection", "a") in late
    assert all(late.values())
    told = [row["text"] for row in house.chen.get("/notices?limit=500")["rows"] if row["kind"] == "duty_overdue"]
    assert len([text for text in told if "柜体检查 · a" in text]) == 1
    number = fulfil(house, DutyKind.CABINET_INSPECTION, "a")
    assert number is not None
    assert ("cabinet_inspection", "a") not in kinds(house, "&overdue=true")
    assert kinds(house, "&state=ended&kind=cabinet_inspection") == {("cabinet_inspection", "a"): False}
    turn(house)
    assert kinds(house, "&kind=cabinet_inspection&subject=a") == {("cabinet_inspection", "a"): False}
    entries = [row["body"] for row in house.shen.get("/ledger?limit=500")["rows"] if row["kind"] == "duty_fulfilled"]
    assert [(entry["duty"], entry["late"]) for entry in entries] == [(number, True)]


def test_each_department_is_reminded_of_its_own_when_the_quarter_begins(house: House) -> None:
    turn(house)
    to(house, 4, 1)
    turn(house)
    assert ("quarterly_collection", SALES) in kinds(house)
    told = [row["text"] for row in house.li.get("/notices?limit=500")["rows"] if row["kind"] == "duty_begun"]
    assert [text for text in told if SALES in text]
    assert not [text for text in told if SALES not in text]
    assert {row["subject"] for row in house.li.get("/duties")["rows"]} == {SALES}
    house.wang.get("/duties", expect=403)


def test_opening_one_by_hand_is_idempotent_and_nothing_open_is_not_fulfilled(house: House) -> None:
    now = house.clock.wall_us()
    with house.database.begin() as uow:
        one = duties.open_duty(uow, DutyKind.TRAINING_RENEWAL, "wang", now + 1, now)
        assert duties.open_duty(uow, DutyKind.TRAINING_RENEWAL, "wang", now + 1, now) == one
    assert fulfil(house, DutyKind.TRAINING_RENEWAL, "li") is None
    assert fulfil(house, DutyKind.TRAINING_RENEWAL, "wang") == one
    entry = [row["body"] for row in house.shen.get("/ledger?limit=500")["rows"] if row["kind"] == "duty_fulfilled"][-1]
    assert entry["about"].startswith("p")
    assert "wang" not in str(entry)


def test_a_duty_about_a_cabinet_that_is_gone_is_dropped(house: House) -> None:

    turn(house)
    with house.database.begin() as uow:
        uow.session.get_one(Station, "b").active = False
    turn(house)
    assert kinds(house, "&kind=cabinet_inspection") == {("cabinet_inspection", "a"): False}
