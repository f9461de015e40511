"""What a stream of messages may do to the intake: repeat, overtake, skip, lie; it goes on, and nothing counts twice."""

import secrets
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import select

from contract.codec import open_receipt
from contract.errors import ContractError
from contract.messages import MAX_EVENTS, CodeScanned, SessionEnded
from contract.signing import MAX_MESSAGE, genesis
from server.intake.batch import Incoming
from server.intake.service import DATABASE_DOWN, IntakeService
from server.store.tables import Alarm, Epoch, Inbox, LedgerEntry, Line, Quarantine
from server.store.unit_of_work import Database
from tests.server.company import KEYS, WANG, Writer, allow, intake, settle_in


def scans(station: Writer, count: int = 1) -> bytes:
    return station.batch(*(station.event(CodeScanned, code=f"X{station.seq}") for _ in range(count)))


def upto(service: IntakeService, payload: bytes) -> tuple[int, list[tuple[int, int]]]:
    receipt = open_receipt(KEYS.signing.public_key(), service.take(payload))
    return receipt.upto, receipt.gaps


def reasons(database: Database) -> list[str]:
    with database.read() as db:
        return [row.reason for row in db.exec(select(Quarantine).order_by(Quarantine.__table__.c.id))]  # type: ignore[attr-defined]


def stored(database: Database) -> list[int]:
    with database.read() as db:
        return sorted(row.seq for row in db.exec(select(Inbox)))


def test_repeats_overtaking_and_gaps(database: Database) -> None:
    settle_in(database)
    service, station = intake(database), Writer()
    first, second, third = scans(station, 3), scans(station, 2), scans(station)
    assert upto(service, second) == (0, [(1, 3)])
    assert upto(service, first) == (3, [])
    assert upto(service, first) == (3, [])
    assert upto(service, third) == (3, [(4, 5)])
    assert upto(service, second) == (5, [])
    assert upto(service, third) == (6, [])
    assert stored(database) == [1, 2, 3, 4, 5, 6]
    assert reasons(database) == []


def test_a_receipt_names_the_hash_of_what_is_held_also_to_a_clone(database: Database) -> None:
    settle_in(database)
    service, station = intake(database), Writer()
    twin = Writer(epoch=station.epoch)
    first, second = scans(station, 2), scans(station)
    heads = [
        open_receipt(KEYS.signing.public_key(), service.take(payload)).head
        for payload in (second, first, second, scans(twin, 3))
    ]
    assert heads[0] == genesis("a", station.epoch), "nothing is held yet"
    assert heads[2] == heads[3] == station.hash != twin.hash
    assert len(set(heads)) == 3


def test_one_transaction_takes_what_came_together(database: Database) -> None:
    settle_in(database)
    service, station = intake(database), Writer()
    payloads = [scans(station) for _ in range(30)]
    taken = service.take_many([Incoming(payload, "a") for payload in [*payloads[:20], *payloads[10:]]])
    assert [receipt.upto for receipt in taken.receipts.values()] == [30]
    assert stored(database) == list(range(1, 31))


def test_a_clone_is_alarmed_and_its_past_not_believed(database: Database) -> None:
    settle_in(database)
    service, station = intake(database), Writer()
    twin = Writer(epoch=station.epoch)
    service.take(scans(station, 2))
    service.take_many([Incoming(twin.batch(*(twin.event(CodeScanned, code="other") for _ in range(3))), "a")])
    assert upto(service, scans(station)) == (3, [])
    late = Writer(epoch=station.epoch, seq=3, hash="ab" * 32)
    late.hash = "ab" * 32
    service.take_many([Incoming(scans(late), "a")])
    assert reasons(database) == ["chain_broken", "chain_broken"]
    with database.read() as db:
        assert [(a.kind, a.station, a.repeated) for a in db.exec(select(Alarm))] == [("station_chain_broken", "a", 1)]


def test_what_no_station_signed_moves_nothing(database: Database) -> None:
    settle_in(database)
    service, station = intake(database), Writer()
    forged = scans(Writer(key=Ed25519PrivateKey.generate()))
    good = scans(station)
    bad = [
        (forged, "a", "bad_signature"),
        (good[:-9] + b"9" + good[-8:], "a", "bad_signature"),
        (b"hello", "a", "not_an_envelope"),
        (b"GW1 " + b"A" * MAX_MESSAGE, "a", "oversize"),
        (good, "nobody", "unknown_station"),
        (scans(Writer(station="b")), "a", "bad_signature"),
    ]
    service.take_many([Incoming(payload, name) for payload, name, _ in bad])
    assert reasons(database) == [reason for _, _, reason in bad]
    assert upto(service, good) == (1, [])
    with pytest.raises(ContractError, match="bad_signature"):
        service.take(forged)
    with database.read() as db:
        assert [(row.station, row.upto) for row in db.exec(select(Epoch))] == [("a", 1)]


def test_signed_but_unreadable_events_keep_their_place(database: Database) -> None:
    settle_in(database)
    service, station = intake(database), Writer()
    common = f'"epoch":"{station.epoch}","boot":"{"0" * 32}","wall_us":1,"mono_us":1'
    bad = [
        f'{{"kind":"teapot","seq":2,{common}}}',
        f'{{"kind":"code_scanned","seq":3,{common},"code":7}}',
        f'{{"kind":"code_scanned","seq":99,{common},"code":"x"}}',
        f'{{"kind":"code_scanned","seq":5,{common},"code":"x","more":1}}',
        "[1]",
    ]
    events = [station.event(CodeScanned, code="F1")]
    station.seq += len(bad)
    payload = station.batch(*events, *(text.encode() for text in bad), station.event(CodeScanned, code="F2"))
    assert upto(service, payload) == (7, [])
    assert sorted(reasons(database)) == ["malformed", "malformed", "malformed", "seq_mismatch", "unknown_kind"]
    with database.read() as db:
        kinds = [entry.kind for entry in db.exec(select(LedgerEntry).order_by(LedgerEntry.__table__.c.id))]  # type: ignore[attr-defined]
        alarms = [(a.kind, a.severity, a.station, a.repeated, a.state) for a in db.exec(select(Alarm))]
    assert kinds == ["code_scanned", *["event_quarantined", "alarm_set"] * 5, "code_scanned"]
    assert alarms == [("event_quarantined", "critical", "a", 4, "set")], "what was not judged is never passed over"


def test_poison_is_found_alone_and_the_rest_is_kept(database: Database) -> None:
    """A session that is held to be somebody who is not there: the database itself refuses what follows from it."""
    settle_in(database)
    service, station = intake(database), Writer()
    good = [scans(station, 5) for _ in range(3)]
    session = secrets.token_hex(16)
    events = [station.event(CodeScanned, code="A"), station.event(SessionEnded, session=session, why="done")]
    events += [station.event(CodeScanned, code="B")]
    poison = station.batch(*events)
    more = scans(station, MAX_EVENTS)

    class Stumbles(IntakeService):
        """The intake of a build with a fault in one use case."""

        def _commit(self, units, pins, poison=None):  # type: ignore[no-untyped-def]
            if poison is None and any(isinstance(e, SessionEnded) for unit in units for e in unit.events):
                raise ZeroDivisionError("fault")
            return super()._commit(units, pins, poison)

    stumbles = Stumbles(database, service.keys, service.policy, service.zone, service.clock)
    taken = stumbles.take_many([Incoming(payload, "a") for payload in [*good, poison, more]])
    assert [receipt.upto for receipt in taken.receipts.values()] == [38]
    assert stored(database) == list(range(1, 39))
    with database.read() as db:
        assert [(row.seq, row.refused) for row in db.exec(select(Inbox).where(Inbox.refused != None))] == [  # noqa: E711
            (17, "malformed")
        ]


def test_a_database_that_lacks_a_table_is_no_fault_of_the_messages(database: Database) -> None:
    """Quarantined they would count as received, and never be judged."""
    settle_in(database)
    service, station = intake(database), Writer()
    scan = scans(station)
    with database.begin() as uow:
        uow.connection.exec_driver_sql("ALTER TABLE stocktake RENAME TO elsewhere")
    with pytest.raises(DATABASE_DOWN):
        service.take(scan)
    with database.begin() as uow:
        uow.connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO stocktake")
    assert (reasons(database), stored(database)) == ([], [])
    assert upto(service, scan) == (1, [])


def test_two_consumers_never_use_one_line_twice(database_url: str) -> None:
    """The same approval asked for at two cabinets at once, many times: exactly one grant each time."""
    database = Database(database_url)
    settle_in(database)
    rounds = 100
    lines = [allow(database, WANG, 1)[0] for _ in range(1)]
    services = [intake(Database(database_url)) for _ in range(2)]
    grants: list[int] = []
    for _ in range(rounds):
        writers = [Writer(), Writer()]
        asked = [writer.asks(WANG) for writer in writers]
        got: list[int] = []

        def ask(service: IntakeService, payload: bytes, got: list[int] = got) -> None:
            taken = service.take_many([Incoming(payload, "a")])
            got.append(sum(len(answer.items) for answer in taken.answers if hasattr(answer, "items")))

        threads = [threading.Thread(target=ask, args=(s, a[1])) for s, a in zip(services, asked, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        grants.append(sum(got))
        for service, writer, (session, _) in zip(services, writers, asked, strict=True):
            service.take(writer.send(SessionEnded, session=session, why="done"))
    assert grants == [1] * rounds
    with database.read() as db:
        assert [db.get_one(Line, line).state for line in lines] == ["open"]
    for service in services:
        service.database.close()
    database.close()
