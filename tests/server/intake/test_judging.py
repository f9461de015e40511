"""From a signed batch to the committed verdict, on both databases."""

from sqlmodel import col, select

from contract.codec import open_receipt
from contract.messages import Denied, DoorOpened, Grant
from server.intake.batch import Incoming
from server.store.tables import Alarm, Item, Line, Loan, Movement, Tally
from server.store.unit_of_work import Database
from tests.server.company import KEYS, LI, WANG, Writer, allow, intake, settle_in


def test_lawful_taking_and_return(database: Database) -> None:
    settle_in(database)
    (line,) = allow(database, WANG, 1)
    service, station = intake(database), Writer()
    session, asks = station.asks(WANG)
    taken = service.take_many([Incoming(asks, "a")])
    (grant,) = taken.answers
    assert isinstance(grant, Grant)
    assert (grant.session, grant.doors, [item.code for item in grant.items]) == (session, [1], ["F1"])
    with database.read() as db:
        assert db.get_one(Line, line).state == "reserved"
    receipt = open_receipt(KEYS.signing.public_key(), service.take(station.closes(session, taken=[1])))
    assert (receipt.upto, receipt.gaps) == (2, [])
    with database.read() as db:
        (movement,) = db.exec(select(Movement)).all()
        assert (movement.verdict, movement.lawful, movement.person_id, movement.line_id) == (
            "as_approved",
            "yes",
            WANG,
            line,
        )
        item = db.get_one(Item, 1)
        assert (item.custody.state, item.custody.person_id, item.custody.station) == ("held", WANG, None)
        assert db.get_one(Line, line).state == "consumed"
        assert [(loan.state, loan.line_id) for loan in db.exec(select(Loan))] == [("out", line)]
        assert {(t.state, t.n) for t in db.exec(select(Tally))} == {("place", 3), ("held", 1)}
    session, asks = station.asks(WANG)
    service.take(asks)
    service.take(station.closes(session, put=[1]))
    with database.read() as db:
        assert [m.verdict for m in db.exec(select(Movement).order_by(col(Movement.id)))] == ["as_approved", "returned"]
        assert [(loan.state, loan.returned_by_id) for loan in db.exec(select(Loan))] == [("returned", WANG)]
        assert {(t.state, t.n) for t in db.exec(select(Tally))} == {("place", 4), ("held", 0)}
        assert not db.exec(select(Alarm)).all()


def test_extra_item_is_alarmed_once(database: Database) -> None:
    settle_in(database)
    allow(database, WANG, 1)
    service, station = intake(database), Writer()
    session, asks = station.asks(WANG)
    service.take(asks)
    closes = station.closes(session, taken=[1, 2])
    service.take(closes)
    service.take(closes)
    with database.read() as db:
        assert {m.item_id: m.verdict for m in db.exec(select(Movement))} == {1: "as_approved", 2: "extra"}
        assert [(a.kind, a.item_id, a.person_id, a.repeated) for a in db.exec(select(Alarm))] == [
            ("taken_extra", 2, WANG, 0)
        ]


def test_nobody_is_named_for_a_forced_door(database: Database) -> None:
    settle_in(database)
    service, station = intake(database), Writer()
    service.take(station.send(DoorOpened, door=1, cause="forced"))
    service.take(station.closes(None, cause="forced", taken=[3], opened_seq=1))
    with database.read() as db:
        (alarm,) = db.exec(select(Alarm)).all()
        assert (alarm.kind, alarm.person_id) == ("door_forced", None)
        item = db.get_one(Item, 3)
        assert (item.custody.state, item.custody.person_id) == ("incident", None)
        (movement,) = db.exec(select(Movement)).all()
        assert (movement.verdict, movement.person_id, movement.incident_id) == (
            "unattributed",
            None,
            item.custody.incident_id,
        )


def test_refused_access_names_rules_and_reserves_nothing(database: Database) -> None:
    settle_in(database)
    (line,) = allow(database, WANG, 1)
    service, station = intake(database), Writer()
    _, asks = station.asks(LI)
    (denied,) = service.take_many([Incoming(asks, "a")]).answers
    assert isinstance(denied, Denied)
    assert [reason.rule for reason in denied.reasons] == ["R02"]
    with database.read() as db:
        assert db.get_one(Line, line).state == "open"
