"""Grants that stations hold: what they are given follows the record; what they opened is judged, and never silent."""

import json
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from contract.codec import open_command
from contract.messages import (
    AccessRequested,
    DoorClosed,
    DoorOpened,
    Event,
    HeldGrants,
    SessionEnded,
    Sighting,
    UnlockIntended,
)
from server.domain.offline import HOUR_US
from server.domain.policy import load_policy
from server.intake.batch import Incoming
from server.intake.chores import Chores
from server.intake.hearing import Hearing
from server.intake.wire import Broker
from server.service.cabinet.offline import held_grants, hold
from server.store.tables import Alarm, Case, HeldGrant, Incident, Item, LedgerEntry, Line, Movement, Person
from server.store.unit_of_work import Database
from server.sweep.holding import ANYWAY, Holding
from tests.server.company import CLOCK, KEYS, LI, POLICY, WANG, Writer, allow, badge, epc, intake, settle_in

SHEET = load_policy(POLICY.read_text())
NARROW = load_policy(POLICY.read_text().replace("offline_most = 50", "offline_most = 1"))
NONE = load_policy(POLICY.read_text().replace("offline_hours = 4 ", "offline_hours = 0 "))


def now_us() -> int:
    return CLOCK.wall_us()


def give(database: Database, at_us: int | None = None) -> set[str]:
    return hold(database, SHEET, at_us or now_us())


def current(database: Database) -> list[HeldGrant]:
    with database.read() as db:
        return list(db.exec(select(HeldGrant).where(HeldGrant.is_current).order_by(col(HeldGrant.person_id))))


def entries(database: Database, kind: str) -> list[dict[str, Any]]:
    with database.read() as db:
        found = db.exec(select(LedgerEntry).where(LedgerEntry.kind == kind).order_by(col(LedgerEntry.id)))
        return [json.loads(entry.body) for entry in found]


class Outage:
    """A station that nobody reaches: what it wrote meanwhile, told afterwards."""

    def __init__(self, database: Database) -> None:
        self.database, self.service, self.station = database, intake(database), Writer()
        self.events: list[Event] = []

    def write(self, kind: type[Event], at_us: int, **fields: Any) -> Event:
        event = self.station.event(kind, at_us=at_us, offline=True, **fields)
        self.events.append(event)
        return event

    def visit(self, token: str, at_us: int, *, person: int = WANG, door: int = 1, taken: Sequence[int] = ()) -> str:
        session = secrets.token_hex(16)
        who = {"session": session, "credential": badge(person)}
        self.write(AccessRequested, at_us, challenge=secrets.token_hex(16), **who)
        self.write(UnlockIntended, at_us + 1, session=session, grant=token, door=door)
        opened = self.write(DoorOpened, at_us + 2, door=door, cause="session", **who)
        gone = [Sighting(epc=epc(number)) for number in taken]
        self.write(DoorClosed, at_us + 3, door=door, cause="session", opened_seq=opened.seq, taken=gone, **who)
        self.write(SessionEnded, at_us + 4, session=session, why="done")
        return session

    def tell(self) -> None:
        message = self.station.batch(*self.events)
        self.events = []
        self.service.take_many([Incoming(message, "a")])

    def found(self) -> dict[str, Any]:
        with self.database.read() as db:
            return {
                "verdicts": [(m.item_id, m.verdict, m.person_id, m.late_us > 0) for m in db.exec(select(Movement))],
                "alarms": sorted((a.kind, a.person_id) for a in db.exec(select(Alarm))),
                "incidents": [one.kind for one in db.exec(select(Incident))],
                "cases": [one.kind for one in db.exec(select(Case))],
                "faults": [entry["faults"] for entry in entries(self.database, "held_grant_refused")],
            }


@pytest.fixture
def company(database: Database) -> Database:
    settle_in(database)
    return database


# -- giving ------------------------------------------------------------------------------------------------------------


def test_what_is_held_names_person_door_things_and_time_and_is_in_the_ledger(company: Database) -> None:
    lines = allow(company, WANG, 1, 2)
    now = now_us()
    assert give(company, now) == {"a"}
    assert give(company, now) == set(), "nothing changed"
    (row,) = current(company)
    (entry,) = entries(company, "grants_held")
    assert (entry["station"], entry["withdrawn"]) == ("a", [])
    until_us = now + 4 * HOUR_US
    told = {"grant": row.token, "person": "p1", "door": 1, "lines": lines, "until_us": until_us}
    assert entry["given"] == [told]
    with company.read() as db:
        message = held_grants(db.connection(), "a", now, now)
    (grant,) = message.grants
    assert (grant.grant, grant.credentials, grant.until_us) == (row.token, [badge(WANG)], until_us)
    assert [(item.epc, item.code, item.door) for item in grant.items] == [(epc(1), "F1", 1), (epc(2), "F2", 1)]


def test_it_is_renewed_in_good_time_and_the_old_one_stays_good(company: Database) -> None:
    allow(company, WANG, 1)
    now = now_us()
    give(company, now)
    (first,) = current(company)
    assert give(company, now + HOUR_US) == set()
    assert give(company, now + 3 * HOUR_US) == {"a"}
    (second,) = current(company)
    assert (second.token != first.token, second.until_us) == (True, now + 7 * HOUR_US)
    with company.read() as db:
        old = db.get_one(HeldGrant, first.token)
        assert (old.ended_us, old.is_current) == (None, False)


@pytest.mark.parametrize(
    "end",
    [
        "UPDATE line SET state = 'void'",
        "UPDATE line SET state = 'consumed'",
        "UPDATE person SET active = false WHERE id = 1",
        "UPDATE badge SET active = false",
        "UPDATE item SET secrecy = 'confidential' WHERE id = 1",
        "UPDATE item SET kind = 'seal' WHERE id = 1",
        "UPDATE custody SET state = 'held', station = NULL, door = NULL, person_id = 1 WHERE item_id = 1",
        "UPDATE station SET active = false",
    ],
)
def test_what_ends_an_authority_withdraws_it(company: Database, end: str) -> None:
    allow(company, WANG, 1)
    give(company)
    (row,) = current(company)
    with company.begin() as uow:
        uow.connection.exec_driver_sql(end)
    assert give(company) == {"a"}
    assert current(company) == []
    assert entries(company, "grants_held")[-1]["withdrawn"] == [row.token]
    with company.read() as db:
        assert db.get_one(HeldGrant, row.token).ended_us is not None


def test_the_sheet_bounds_their_number_and_may_have_none(company: Database) -> None:
    allow(company, LI, 2)
    allow(company, WANG, 1)
    hold(company, NARROW, now_us())
    assert [row.person_id for row in current(company)] == [LI], "the oldest authority first"
    assert hold(company, NONE, now_us()) == {"a"}
    assert current(company) == []


def test_it_is_looked_at_when_something_was_entered_and_once_a_minute(company: Database) -> None:
    holding = Holding(company, SHEET, lambda: moment)
    moment = 0.0
    holding.turn(now_us())
    allow(company, WANG, 1)
    moment += 30
    holding.turn(now_us())
    assert current(company) == [], "nothing was entered"
    with company.begin() as uow:
        uow.ledger("ordered", now_us(), {})
    holding.turn(now_us())
    assert len(current(company)) == 1
    with company.begin() as uow:
        uow.connection.exec_driver_sql("UPDATE line SET state = 'void'")
    moment += ANYWAY
    holding.turn(now_us())
    assert current(company) == []


class Overheard(Hearing):
    """What is published, kept."""

    def __init__(self) -> None:
        super().__init__(Broker("127.0.0.1", 1))
        self.sent: list[tuple[str, HeldGrants]] = []

    def publish(self, topic: str, payload: bytes) -> None:
        message = open_command(KEYS.signing.public_key(), payload)
        assert isinstance(message, HeldGrants)
        self.sent.append((topic, message))


def test_stations_are_told_after_a_change_and_when_they_are_back(company: Database) -> None:
    hearing = Overheard()
    chores = Chores(intake(company), hearing)

    def look() -> list[str]:
        chores.look = True
        chores.run(idle=False)
        return [topic for topic, _ in hearing.sent]

    assert look() == []
    allow(company, WANG, 1)
    give(company)
    assert look() == ["guiwei/v1/a/command"]
    assert look() == ["guiwei/v1/a/command"], "nothing changed"
    chores.forget_sent("b")
    assert look() == ["guiwei/v1/a/command"], "b was never given anything"
    chores.forget_sent("a")
    assert look() == ["guiwei/v1/a/command"] * 2
    with company.begin() as uow:
        uow.connection.exec_driver_sql("UPDATE line SET state = 'void'")
    give(company)
    look()
    assert [len(message.grants) for _, message in hearing.sent] == [1, 1, 0]
    first, again, last = (message.issued_us for _, message in hearing.sent)
    assert first == again < last


ops = st.one_of(
    st.tuples(st.just("allow"), st.sampled_from([WANG, LI]), st.integers(1, 4)),
    st.tuples(
        st.just("sql"),
        st.sampled_from(
            [
                "UPDATE line SET state = 'void' WHERE id = :n",
                "UPDATE line SET state = 'reserved', session = 's' WHERE id = :n",
                "UPDATE person SET active = NOT active WHERE id = :n",
                "UPDATE item SET kind = 'seal' WHERE id = :n",
                "UPDATE item SET secrecy = 'secret' WHERE id = :n",
                "UPDATE custody SET door = 2 WHERE item_id = :n",
                "UPDATE custody SET state = 'held', station = NULL, door = NULL, person_id = 1 WHERE item_id = :n",
                "UPDATE badge SET active = NOT active WHERE person_id = :n",
            ]
        ),
        st.integers(1, 4),
    ),
    st.tuples(st.just("wait"), st.just(0), st.integers(1, 5)),
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ops, min_size=1, max_size=10))
def test_whatever_happens_only_what_is_entitled_now_is_held(
    sqlite_template: Path, happened: list[tuple[str, Any, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{shutil.copy(sqlite_template, Path(folder) / 'guiwei.sqlite')}")
        settle_in(database)
        now = now_us()
        for what, about, n in happened:
            if what == "allow":
                allow(database, about, n)
            elif what == "sql":
                with database.begin() as uow:
                    uow.connection.exec_driver_sql(about.replace(":n", str(n)))
            now += n * HOUR_US if what == "wait" else 1
            give(database, now)
            assert give(database, now) == set(), "done once is done"
            check_held(database, now)
        database.close()


def check_held(database: Database, now: int) -> None:
    given = {one["grant"] for entry in entries(database, "grants_held") for one in entry["given"]}
    withdrawn = {token for entry in entries(database, "grants_held") for token in entry["withdrawn"]}
    with database.read() as db:
        for row in db.exec(select(HeldGrant)):
            assert row.token in given, "the ledger had it first"
            if not row.is_current:
                continue
            assert row.token not in withdrawn
            assert now < row.until_us <= now + 4 * HOUR_US
            assert db.get_one(Person, row.person_id).active
            assert json.loads(row.credentials) == [badge(row.person_id)]
            for number in json.loads(row.lines):
                line = db.get_one(Line, number)
                thing = db.get_one(Item, line.item_id)
                assert (line.person_id, line.state in ("open", "reserved")) == (row.person_id, True)
                at = thing.custody
                assert (at.state, at.station, at.door) == ("place", row.station, row.door)
                assert thing.kind != "seal"


# -- using -------------------------------------------------------------------------------------------------------------


def test_what_was_taken_by_it_is_judged_late_and_named(company: Database) -> None:
    outage = Outage(company)
    (line,) = allow(company, WANG, 1)
    give(company)
    (row,) = current(company)
    session = outage.visit(row.token, now_us() - 120_000_000, taken=(1, 2))
    outage.tell()
    found = outage.found()
    assert found["verdicts"] == [(1, "as_approved", WANG, True), (2, "extra", WANG, True)]
    assert found["alarms"] == [("taken_extra", WANG)]
    assert (found["incidents"], found["faults"]) == ([], [])
    assert [(e["grant"], e["person"]) for e in entries(company, "held_grant_used")] == [(row.token, "p1")]
    assert entries(company, "grant_given") == [], "nobody was asked in time"
    with company.read() as db:
        assert (db.get_one(Line, line).state, db.get_one(HeldGrant, row.token).used_by) == ("consumed", session)
    assert give(company) == set(), "it is gone with its use"
    assert current(company) == []


def test_used_without_taking_another_is_given(company: Database) -> None:
    outage = Outage(company)
    allow(company, WANG, 1)
    give(company)
    (row,) = current(company)
    outage.visit(row.token, now_us() - 120_000_000)
    outage.tell()
    assert outage.found()["alarms"] == []
    assert give(company) == {"a"}
    assert [one.token != row.token for one in current(company)] == [True]


@pytest.mark.parametrize("fault", ["withdrawn", "used_before", "another_person", "another_door", "over"])
def test_a_conflict_is_an_incident_and_names_nobody(company: Database, fault: str) -> None:
    outage = Outage(company)
    allow(company, WANG, 1)
    ago = now_us() - 120_000_000
    give(company, ago - 5 * HOUR_US if fault == "over" else ago - 1)
    (row,) = current(company)
    if fault == "withdrawn":
        with company.begin() as uow:
            uow.connection.exec_driver_sql("UPDATE line SET state = 'void'")
        give(company, ago - 1)
    if fault == "used_before":
        outage.visit(row.token, ago - 10)
    person, door = (LI if fault == "another_person" else WANG), (2 if fault == "another_door" else 1)
    outage.visit(row.token, ago, person=person, door=door, taken=(1,))
    outage.tell()
    found = outage.found()
    assert found["faults"] == [[fault]]
    assert [(verdict, by) for _, verdict, by, _ in found["verdicts"]] == [("unattributed", None)]
    assert ("door_opened_without_session", None) in found["alarms"]
    assert len(found["incidents"]) == 1


def test_an_authority_used_up_meanwhile_is_no_more_one(company: Database) -> None:
    outage = Outage(company)
    allow(company, WANG, 1)
    ago = now_us() - 120_000_000
    give(company, ago - 1)
    (row,) = current(company)
    with company.begin() as uow:
        uow.connection.exec_driver_sql("UPDATE line SET state = 'void'")
    give(company)
    outage.visit(row.token, ago, taken=(1,))
    outage.tell()
    found = outage.found()
    assert found["verdicts"] == [(1, "without_approval", WANG, True)]
    assert found["alarms"] == [("taken_without_approval", WANG)]


def test_what_no_station_was_given_opens_for_nobody(company: Database) -> None:
    outage = Outage(company)
    allow(company, WANG, 1)
    outage.visit(secrets.token_hex(16), now_us() - 120_000_000, taken=(1,))
    outage.tell()
    assert [(verdict, by) for _, verdict, by, _ in outage.found()["verdicts"]] == [("unattributed", None)]
