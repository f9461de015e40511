"""What station events cause beyond a verdict: late news, incidents, conditions, PINs, sightings, lapsed grants."""

import json

import pytest
from sqlmodel import col, select

from contract.messages import (
    CodeScanned,
    ConditionChanged,
    Denied,
    DoorOpened,
    Grant,
    SessionEnded,
    Sighting,
    StationStarted,
    SweepDone,
    UnlockIntended,
)
from contract.secrets import seal_pin
from server.domain.policy import load_policy
from server.intake.batch import Incoming
from server.intake.chores import free_lapsed
from server.service.people.passwords import hash_secret
from server.store.tables import (
    Alarm,
    Case,
    Incident,
    Item,
    LedgerEntry,
    Line,
    Loan,
    Movement,
    Outgoing,
    Person,
    Stocktake,
    StocktakeSighting,
    StocktakeSweep,
    Tag,
    Visit,
)
from server.store.unit_of_work import Database
from tests.server.company import CLOCK, KEYS, LI, POLICY, WANG, Writer, allow, epc, intake, settle_in

MINUTE = 60_000_000
COMMAND = "c" * 32


@pytest.fixture
def company(database: Database) -> Database:
    settle_in(database)
    return database


def cases(database: Database) -> list[str]:
    with database.read() as db:
        return sorted(case.kind for case in db.exec(select(Case)))


def may_bring_back(database: Database, person: int, item: int, station: str) -> None:
    """Let somebody hold an item of a station, whose door 1 then opens for them."""
    with database.begin() as uow:
        held = uow.session.get_one(Item, item)
        held.home_station, held.home_door = station, 1
        held.custody.state, held.custody.person_id = "held", person
        held.custody.station = held.custody.door = None


@pytest.mark.parametrize("at_once", [False, True], ids=["one after the other", "in one transaction"])
def test_a_late_taking_explains_a_return_already_judged(company: Database, at_once: bool) -> None:
    """Wang took F1 at an offline cabinet; it came back at another before the first could say so."""
    may_bring_back(company, WANG, 2, "a")
    service, a, b = intake(company), Writer(), Writer(station="b")
    now = CLOCK.wall_us()
    session, asks = a.asks(WANG, at_us=now - 10 * MINUTE)
    taking = a.closes(session, taken=[1], at_us=now - 9 * MINUTE, offline=True)
    back, asks_b = b.asks(WANG)
    messages = [Incoming(asks_b), Incoming(b.closes(back, put=[1])), Incoming(asks), Incoming(taking)]
    for start in range(0, 4, 4 if at_once else 1):
        service.take_many(messages[start : start + (4 if at_once else 1)])
    with company.read() as db:
        told = [(m.verdict, m.supersedes_id is not None) for m in db.exec(select(Movement).order_by(col(Movement.id)))]
        assert told == [("unexpected", False), ("without_approval", False), ("returned_wrong_place", True)]
        item = db.get_one(Item, 1)
        assert (item.custody.state, item.custody.station, item.custody.door) == ("place", "b", 1)
        assert {(a.kind, a.late_us > 0) for a in db.exec(select(Alarm))} == {
            ("taken_without_approval", True),
            ("returned_wrong_cabinet", True),
            ("door_opened_without_session", False),
        }
        assert [loan.state for loan in db.exec(select(Loan))] == ["returned"]
    assert "late_change" in cases(company)


@pytest.mark.parametrize("later", [False, True], ids=["read before its tag was killed", "read after"])
def test_a_killed_tag_still_says_what_it_said_while_it_lived(company: Database, later: bool) -> None:
    """F1 left an offline cabinet and got a new tag before the cabinet could say so."""
    now = CLOCK.wall_us()
    with company.begin() as uow:
        uow.session.get_one(Tag, epc(1)).dead_us = now - 5 * MINUTE
    at_us = now - (MINUTE if later else 10 * MINUTE)
    intake(company).take(Writer().closes(None, cause="forced", taken=[1], at_us=at_us, offline=True))
    with company.read() as db:
        assert db.get_one(Item, 1).custody.state == ("place" if later else "incident")
        assert [m.verdict for m in db.exec(select(Movement))] == ["unknown_tag" if later else "unattributed"]


def test_late_news_does_not_move_what_somebody_else_holds_now(company: Database) -> None:
    may_bring_back(company, WANG, 2, "a")
    may_bring_back(company, LI, 3, "b")
    service, a, b = intake(company), Writer(), Writer(station="b")
    now = CLOCK.wall_us()
    session, asks = a.asks(WANG, at_us=now - 10 * MINUTE)
    taking = a.closes(session, taken=[1], at_us=now - 9 * MINUTE)
    other, asks_b = b.asks(LI)
    service.take(asks_b)
    service.take(b.closes(other, taken=[1]))
    service.take(asks)
    service.take(taking)
    with company.read() as db:
        assert db.get_one(Item, 1).custody.person_id == LI
    assert "out_while_out" in cases(company)


def test_a_gap_names_nobody_and_asks_somebody_to_look(company: Database) -> None:
    service, station = intake(company), Writer()
    service.take(station.closes(None, cause="gap", taken=[2], gap_from_us=1))
    with company.read() as db:
        now = db.get_one(Item, 2).custody
        assert (now.state, now.person_id, db.get_one(Incident, now.incident_id).kind) == (
            "incident",
            None,
            "station_gap",
        )
        assert not db.exec(select(Alarm)).all()
    assert cases(company) == ["station_gap"]


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        ("forced", "door_forced"),
        ("mechanical_key", "door_opened_by_mechanical_key"),
        ("no_session", "door_opened_without_session"),
    ],
)
def test_every_unlawful_opening_sets_its_one_alarm(company: Database, cause: str, kind: str) -> None:
    service, station = intake(company), Writer()
    service.take(station.send(DoorOpened, door=2, cause=cause))
    service.take(station.closes(None, cause=cause, door=2, opened_seq=1))
    with company.read() as db:
        assert [(a.kind, a.door, a.person_id) for a in db.exec(select(Alarm))] == [(kind, 2, None)]
        assert [i.kind for i in db.exec(select(Incident))] == [kind]


def test_conditions_set_repeat_and_clear_one_alarm(company: Database) -> None:
    service, station = intake(company), Writer()
    for active in (True, True, False):
        service.take(station.send(ConditionChanged, condition="door_not_latched", active=active, door=1))
    with company.read() as db:
        (alarm,) = db.exec(select(Alarm)).all()
        assert (alarm.kind, alarm.repeated, alarm.state) == ("door_not_latched_after_session", 1, "set")
        assert alarm.cleared_us is not None
        assert len(json.loads(alarm.evidence)) == 2


def test_a_condition_that_came_back_within_one_batch_holds(company: Database) -> None:
    """A cabinet that was offline tells of a fault's coming and going all at once: the last word counts."""
    service, station = intake(company), Writer()

    def flickers(*states: bool) -> bool:
        told = [station.event(ConditionChanged, condition="reader_fault", active=on, device="r1") for on in states]
        service.take(station.batch(*told))
        with company.read() as db:
            (alarm,) = db.exec(select(Alarm)).all()
            return alarm.cleared_us is None

    assert [flickers(True, False, True), flickers(False, True), flickers(True, False)] == [True, True, False]


def test_an_item_nobody_can_detect_has_one_alarm_whoever_notices_until_it_is_read_again(company: Database) -> None:
    service, station = intake(company), Writer()
    faded = [Sighting(epc=epc(1)), Sighting(epc=epc(2))]

    def alarms() -> list[tuple[str | None, int, bool]]:
        with company.read() as db:
            rows = db.exec(select(Alarm, Item).join(Item, col(Item.id) == Alarm.item_id).order_by(col(Item.code)))
            return [(item.code, alarm.repeated, alarm.cleared_us is not None) for alarm, item in rows]

    service.take(station.send(ConditionChanged, condition="item_undetectable", active=True, door=1, items=faded))
    assert alarms() == [("F1", 0, False), ("F2", 0, False)]
    service.take(station.closes(None, cause="forced", unread=[1]))
    assert alarms() == [("F1", 1, False), ("F2", 0, False)]
    service.take(station.send(ConditionChanged, condition="item_undetectable", active=False, door=1, items=faded[:1]))
    assert alarms() == [("F1", 1, True), ("F2", 0, False)]


def test_each_silent_antenna_has_an_alarm_of_its_own_until_it_hears_again(company: Database) -> None:
    service, station = intake(company), Writer()
    for device, active in (("reader1/1", True), ("reader1/2", True), ("reader1/2", True), ("reader1/1", False)):
        service.take(station.send(ConditionChanged, condition="antenna_silent", active=active, door=1, device=device))
    with company.read() as db:
        alarms = db.exec(select(Alarm).order_by(col(Alarm.id))).all()
        told = [(alarm.kind, alarm.door, alarm.repeated, alarm.cleared_us is not None) for alarm in alarms]
    assert told == [("antenna_silent", 1, 0, True), ("antenna_silent", 1, 1, False)]


def test_a_session_frees_what_it_did_not_use(company: Database) -> None:
    (line,) = allow(company, WANG, 1)
    service, station = intake(company), Writer()

    def state() -> str:
        with company.read() as db:
            return db.get_one(Line, line).state

    session, asks = station.asks(WANG)
    service.take(asks)
    assert state() == "reserved"
    service.take(station.send(SessionEnded, session=session, why="idle"))
    assert state() == "open"
    session, asks = station.asks(WANG)
    service.take(asks)
    service.take(station.send(StationStarted, version="1", interrupted=[session]))
    assert state() == "open"


def test_a_grant_nobody_used_lapses_and_a_used_one_does_not(company: Database) -> None:
    first, second = allow(company, WANG, 1)[0], allow(company, LI, 2)[0]
    service, station = intake(company), Writer()
    unused, asks = station.asks(WANG)
    service.take(asks)
    used, asks = station.asks(LI)
    (grant,) = service.take_many([Incoming(asks, "a")]).answers
    assert isinstance(grant, Grant)
    service.take(station.send(UnlockIntended, session=used, grant=grant.grant, door=1))
    assert free_lapsed(service) == 0
    with company.begin() as uow:
        for visit in uow.session.exec(select(Visit)):
            visit.lapses_us = visit.lapses_us and 1
    assert free_lapsed(service) == 1
    with company.read() as db:
        assert (db.get_one(Line, first).state, db.get_one(Line, second).state) == ("open", "reserved")
        assert [json.loads(e.body)["session"] for e in db.exec(select(LedgerEntry)) if e.kind == "grant_lapsed"] == [
            unused
        ]


def test_a_seal_needs_the_right_pin(company: Database) -> None:
    with company.begin() as uow:
        seal = uow.session.get_one(Item, 1)
        seal.kind = "seal"
        uow.session.get_one(Person, WANG).pin_hash = hash_secret("2468")
    allow(company, WANG, 1)
    with company.begin() as uow:
        uow.connection.exec_driver_sql("UPDATE authority SET mode = 'seal_use'")
    service, station = intake(company), Writer()
    service.policy = load_policy(POLICY.read_text().replace("pin_for_kinds = []", 'pin_for_kinds = ["seal"]'))
    public, session = KEYS.pin.public_key(), "1" * 32

    def ask(pin: str | None, number: int) -> object:
        challenge = f"{number:032x}"
        sealed = None if pin is None else seal_pin(public, challenge, pin)
        _, asks = station.asks(WANG, session, challenge=challenge, pin=sealed)
        (answer,) = service.take_many([Incoming(asks, "a")]).answers
        return [reason.code for reason in answer.reasons] if isinstance(answer, Denied) else type(answer).__name__

    assert [ask(None, 1), ask("1111", 2), ask("2468", 3), ask(None, 4)] == [
        ["pin_needed"],
        ["pin_wrong"],
        "Grant",
        "Grant",
    ]


def test_scans_and_sweeps_are_what_an_open_stocktake_saw(company: Database) -> None:
    with company.begin() as uow:
        uow.session.add(Stocktake(id=1, title="t", stations='["a"]', opened_by_id=LI, opened_us=1))
        uow.session.flush()
        uow.session.add_all(StocktakeSweep(command=COMMAND, stocktake_id=1, station="a", door=n) for n in (1, 2))
        uow.session.add(Outgoing(command=COMMAND, station="a", payload=b"", awaits=2, created_us=1))
    service, station = intake(company), Writer()
    service.take(station.send(CodeScanned, code="F2"))
    service.take(station.send(CodeScanned, code="F3", session="1" * 32))
    seen = [Sighting(epc=epc(1)), Sighting(epc="E2FF")]
    for _ in range(2):
        service.take(station.send(SweepDone, door=1, purpose="stocktake", command=COMMAND, seen=seen, passes=4))
    with company.read() as db:
        sightings = {(s.mark, s.item_id, s.door, s.via) for s in db.exec(select(StocktakeSighting))}
        assert sightings == {("F2", 2, 1, "scanner"), (epc(1), 1, 1, "rfid"), ("E2FF", None, 1, "rfid")}
        assert [sweep.passes for sweep in db.exec(select(StocktakeSweep).order_by(col(StocktakeSweep.door)))] == [
            8,
            None,
        ]
        assert db.get_one(Outgoing, COMMAND).awaits == 1, "a door that answered twice does not answer for another"


def test_a_sweep_heard_after_the_stocktake_closed_changes_nothing_in_it(company: Database) -> None:
    with company.begin() as uow:
        uow.session.add(Stocktake(id=1, title="t", stations='["a"]', opened_by_id=LI, opened_us=1, state="closed"))
        uow.session.flush()
        uow.session.add(StocktakeSweep(command=COMMAND, stocktake_id=1, station="a", door=1, passes=4))
    service, station = intake(company), Writer()
    seen = [Sighting(epc=epc(1))]
    service.take(station.send(SweepDone, door=1, purpose="stocktake", command=COMMAND, seen=seen, passes=4))
    with company.read() as db:
        assert [sweep.passes for sweep in db.exec(select(StocktakeSweep))] == [4]
        assert not db.exec(select(StocktakeSighting)).all()
