"""A station whose key was revoked is heard no more, gets nothing, and is told from one that nobody knows."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import select

from contract.errors import ContractError
from contract.signing import public_hex
from server.intake.batch import Incoming
from server.store.tables import Quarantine, Station, StationKey
from server.store.unit_of_work import Database
from tests.server.company import WANG, Writer, allow, intake, settle_in

NEW = Ed25519PrivateKey.from_private_bytes(b"n" * 32)


def revoke(database: Database, instead: str) -> None:
    """Revoke the key of station a; `instead` is its new one, if any."""
    with database.begin() as uow:
        station = uow.session.get_one(Station, "a")
        row = StationKey(public_key=station.public_key, station="a", revoked_us=1, revoked_why="stolen")
        station.public_key, station.active = instead, bool(instead)
        uow.session.add_all([row, station])


@pytest.mark.parametrize("instead", ["", public_hex(NEW)], ids=["no_key", "new_key"])
def test_a_revoked_key_gets_no_grant_and_no_receipt(database: Database, instead: str) -> None:
    settle_in(database)
    allow(database, WANG, 1)
    service, old = intake(database), Writer()
    _, asks = old.asks(WANG)
    revoke(database, instead)
    stranger = Writer(key=Ed25519PrivateKey.generate()).asks(WANG)[1]
    taken = service.take_many([Incoming(asks, "a"), Incoming(stranger, "a")])
    assert (taken.answers, taken.receipts) == ([], {})
    with pytest.raises(ContractError, match="revoked_key"):
        service.take(asks)
    with database.read() as session:
        kept = {(row.reason, row.repeated) for row in session.exec(select(Quarantine))}
    assert kept == {("revoked_key", 1), ("bad_signature" if instead else "unknown_station", 0)}


def test_the_key_that_came_instead_is_heard(database: Database) -> None:
    settle_in(database)
    allow(database, WANG, 1)
    revoke(database, public_hex(NEW))
    taken = intake(database).take_many([Incoming(Writer(key=NEW).asks(WANG)[1], "a")])
    assert [answer.station for answer in taken.answers] == ["a"]
