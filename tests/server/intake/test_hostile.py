"""What a station that lies, or whose clock does, may not bring about: its signature is good, what it says is not."""

import secrets
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from contract.messages import AccessRequested, Denied, DoorOpened, Event, SessionEnded
from contract.secrets import seal_pin
from server.intake.batch import Incoming
from server.intake.service import IntakeService
from server.service.people.passwords import hash_secret
from server.service.shapes import moment
from server.store import inbox
from server.store.tables import Alarm, Inbox, Line, Movement, Person, Quarantine, Visit
from server.store.unit_of_work import Database
from tests.server.company import CLOCK, KEYS, LI, WANG, Writer, allow, badge, intake, settle_in


@pytest.mark.parametrize("offset_us", [-(10**30), -(2**62), -(10**18), 10**30, 2**62])
def test_an_impossible_time_stops_nobody(database: Database, offset_us: int) -> None:
    settle_in(database)
    service, station = intake(database), Writer()
    service.take(station.send(DoorOpened, door=1, cause="forced", offset_us=offset_us))
    service.take(station.send(DoorOpened, door=2, cause="forced"))
    with database.read() as db:
        assert [row.seq for row in db.exec(select(Inbox).order_by(col(Inbox.seq)))] == [1, 2]
        said = [row.reason for row in db.exec(select(Quarantine))]
        alarms = db.exec(select(Alarm).order_by(col(Alarm.id))).all()
        kinds = ["event_quarantined"] * len(said) + ["door_forced"] * (2 - len(said))
        assert [alarm.kind for alarm in alarms] == kinds
        for alarm in alarms:
            assert moment(alarm.occurred_us, ZoneInfo("Asia/Shanghai"))  # a page can show it


def test_a_line_end_is_no_part_of_a_name(database: Database) -> None:
    settle_in(database)
    service, station = intake(database), Writer()
    raw: Event = station.event(DoorOpened, door=1, cause="forced", session="0" * 32 + "\n")
    service.take(station.batch(raw))
    with database.read() as db:
        assert [row.reason for row in db.exec(select(Quarantine))] == ["malformed"]


def said_of(database: Database) -> tuple[list[tuple[int | None, str]], list[tuple[str, int | None]]]:
    """Who is named for what, and the alarms."""
    with database.read() as db:
        movements = db.exec(select(Movement).order_by(col(Movement.id))).all()
        alarms = db.exec(select(Alarm).order_by(col(Alarm.id))).all()
        return [(m.person_id, m.verdict) for m in movements], [(a.kind, a.person_id) for a in alarms]


def another_stations(service: IntakeService, a: Writer, b: Writer) -> bytes:
    session, asks = a.asks(WANG)
    service.take(asks)
    return b.closes(session, taken=[1])


def only_a_badge(_service: IntakeService, a: Writer, _b: Writer) -> bytes:
    return a.closes("f" * 32, taken=[1], credential=badge(WANG))


def a_refused_one(service: IntakeService, a: Writer, _b: Writer) -> bytes:
    session, asks = a.asks(LI)
    service.take(asks)
    return a.closes(session, taken=[1])


def another_door(service: IntakeService, a: Writer, _b: Writer) -> bytes:
    session, asks = a.asks(WANG)
    service.take(asks)
    return a.closes(session, taken=[1], door=2)


def one_that_is_over(service: IntakeService, a: Writer, _b: Writer) -> bytes:
    session, asks = a.asks(WANG)
    service.take(asks)
    service.take(a.send(SessionEnded, session=session, why="done"))
    return a.closes(session, taken=[1])


@pytest.mark.parametrize("lie", [another_stations, only_a_badge, a_refused_one, another_door, one_that_is_over])
def test_nobody_is_named_for_a_session_not_granted_here(
    database: Database, lie: Callable[[IntakeService, Writer, Writer], bytes]
) -> None:
    settle_in(database)
    allow(database, WANG, 1)
    service, a, b = intake(database), Writer("a"), Writer("b")
    service.take(lie(service, a, b))
    assert said_of(database) == ([(None, "unattributed")], [("door_opened_without_session", None)])


def test_a_door_opened_for_a_session_not_granted_is_alarmed_at_once(database: Database) -> None:
    settle_in(database)
    service, station = intake(database), Writer()
    service.take(station.send(DoorOpened, door=1, cause="session", session="f" * 32))
    service.take(station.closes("f" * 32, taken=[1], opened_seq=1))
    assert said_of(database) == ([(None, "unattributed")], [("door_opened_without_session", None)])


def test_a_session_is_one_persons_at_one_station(database: Database) -> None:
    settle_in(database)
    (line,) = allow(database, WANG, 1)
    service, a, b = intake(database), Writer("a"), Writer("b")
    session, asks = a.asks(WANG)
    service.take(asks)
    for payload in (a.asks(LI, session)[1], b.asks(WANG, session)[1]):
        assert service.take_many([Incoming(payload)]).answers == []
    service.take(b.send(SessionEnded, session=session, why="done"))
    with database.read() as db:
        assert [row.reason for row in db.exec(select(Quarantine))] == ["malformed", "malformed"]
        assert db.get_one(Line, line).state == "reserved"


def test_no_door_opens_by_an_approval_that_is_over(database: Database) -> None:
    settle_in(database)
    (line,) = allow(database, WANG, 1)
    hour = 3600 * 1_000_000
    with database.begin() as uow:
        stored = uow.session.get_one(Line, line)
        stored.until_us = CLOCK.wall_us() - hour
    _, asks = Writer().asks(WANG, at_us=CLOCK.wall_us() - 2 * hour)
    (answer,) = intake(database).take_many([Incoming(asks)]).answers
    assert isinstance(answer, Denied)


def with_pin(station: Writer, person: int, pin: str, challenge: str) -> Event:
    sealed = seal_pin(KEYS.pin.public_key(), challenge, pin)
    return station.event(
        AccessRequested,
        session=secrets.token_hex(16),
        challenge=challenge,
        credential=badge(person),
        pin=sealed,
    )


def set_pins(database: Database) -> None:
    with database.begin() as uow:
        for number, pin in ((WANG, "1111"), (LI, "2222")):
            uow.session.get_one(Person, number).pin_hash = hash_secret(pin)


def pins_right(database: Database) -> dict[int | None, bool]:
    with database.read() as db:
        return {visit.person_id: visit.pin_ok for visit in db.exec(select(Visit))}


def test_one_persons_pin_says_nothing_of_anothers(database: Database) -> None:
    settle_in(database)
    set_pins(database)
    station, challenge = Writer(), secrets.token_hex(16)
    events = [with_pin(station, WANG, "9999", challenge), with_pin(station, LI, "2222", challenge)]
    intake(database).take(station.batch(*events))
    assert pins_right(database) == {WANG: False, LI: True}


def test_a_pin_cannot_be_guessed_at_the_keypad(database: Database) -> None:
    settle_in(database)
    set_pins(database)
    service, station = intake(database), Writer()
    for pin in ("1000", "1001", "1002", "1003", "1004", "1111"):
        service.take(station.batch(with_pin(station, WANG, pin, secrets.token_hex(16))))
    service.take(station.batch(with_pin(station, LI, "2222", secrets.token_hex(16))))
    assert pins_right(database) == {WANG: False, LI: True}
    assert said_of(database)[1] == [("repeated_failed_login", WANG)]


def test_anybodys_rubbish_fills_no_disk(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "_KEPT_UNSIGNED", 3)
    settle_in(database)
    service, station = intake(database), Writer()
    station.seq += 1
    service.take(station.batch(b'{"kind":"no such kind"}'))
    service.take_many([Incoming(b"rubbish %d" % number) for number in range(5)])
    service.take_many([Incoming(b"the last")])
    with database.read() as db:
        kept = [row.reason for row in db.exec(select(Quarantine).order_by(col(Quarantine.id)))]
    assert kept == ["unknown_kind", *["not_an_envelope"] * 3]
