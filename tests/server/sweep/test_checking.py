"""The ledger is checked again and again while the server runs; what does not hold is alarmed, and once (R60)."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlmodel import select

from server.domain.ledger import GENESIS, entry_hash
from server.domain.merkle import MerkleTree
from server.store.anchors import LedgerCutError, anchor, signed_text
from server.store.tables import Alarm, LedgerAnchor, LedgerEntry
from server.store.unit_of_work import Database
from server.sweep import checking
from server.sweep.anchoring import MOST_SECONDS, Anchoring
from server.sweep.checking import Checking
from tests.server.company import KEYS
from tests.server.web.house import House

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what is checked is read alike
DAY = 86_400
PUBLIC = KEYS.signing.public_key()
NAME = "ledger_check_failed"


def looked(house: House, job: Checking, *days: float) -> list[tuple[str, str, int]]:
    """Let time pass and the job look; gives (kind, evidence, repeated) of every alarm."""
    for one in days:
        house.shift(one * DAY)
        job.turn(house.clock.wall_us())
    with house.database.read() as session:
        return [(row.kind, row.evidence, row.repeated) for row in session.exec(select(Alarm))]


def altered(house: House, statement: str) -> int:
    """Change the ledger as who has the database itself could; gives the number of the entry."""
    with house.database.engine.begin() as connection:
        number = int(connection.execute(text("SELECT id FROM ledger WHERE kind = 'request_filed'")).scalar_one())
        connection.execute(text("DROP TRIGGER ledger_no_update"))
        connection.execute(text("DROP TRIGGER ledger_no_delete"))
        connection.execute(text(statement), {"n": number})
    return number


@pytest.mark.parametrize(
    ("statement", "after"),
    [
        ("UPDATE ledger SET body = replace(body, '客户复核', '别的事由') WHERE id = :n", 0),
        ("UPDATE ledger SET previous = hash WHERE id = :n", 0),
        ("DELETE FROM ledger WHERE id = :n", 1),
    ],
)
def test_r60_an_entry_altered_in_the_database_is_alarmed(
    database: Database, tmp_path: Path, statement: str, after: int
) -> None:
    house, job = House(database, tmp_path), Checking(database, PUBLIC)
    house.approved("F1")
    assert looked(house, job, 0, 0.01) == []
    with database.read() as session:
        assert job.last == max(session.exec(select(LedgerEntry.id)))
    number = altered(house, statement)
    assert looked(house, job, 0.01) == []  # what was checked is looked at again the next day
    assert looked(house, job, 1) == [("ledger_check_failed", f"[{number + after}]", 0)]
    assert looked(house, job, 0.01, 0.01) == [("ledger_check_failed", f"[{number + after}]", 0)]
    assert looked(house, job, 1)[0][2] == 1


def end_of(database: Database) -> int:
    with database.read() as session:
        return max(session.exec(select(LedgerEntry.id)))


def behind_its_back(database: Database, *statements: str) -> None:
    """Change ledger or anchors as who has the database itself could."""
    with database.engine.begin() as connection:
        for table in ("ledger", "anchor"):
            for act in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{act}"))
        for statement in statements:
            connection.execute(text(statement))


def hashed_anew(database: Database) -> None:
    """Forge the first entry's neighbour and hash everything from there on anew, so that the chain is whole."""
    with database.read() as session:
        rows = [(row.id, row.body) for row in session.exec(select(LedgerEntry).order_by(text("id")))]
    previous, statements = GENESIS, []
    for number, body in rows:
        forged = body.replace("{", '{"forged":1,', 1) if number == 2 else body
        digest = entry_hash(previous, forged)
        quoted = forged.replace("'", "''").replace(":", "\\:")
        statements.append(
            f"UPDATE ledger SET body = '{quoted}', previous = '{previous}', hash = '{digest}' WHERE id = {number}"
        )
        previous = digest
    behind_its_back(database, *statements)


def test_r60_a_whole_ledger_with_many_anchors_is_not_alarmed(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "PART", 3)  # anchors lie within parts, at their ends, and beyond
    house, job = House(database, tmp_path), Checking(database, PUBLIC)
    for entries in (1, 4, 5, 0, 6):
        with database.begin() as uow:
            for number in range(entries):
                uow.ledger("noted", number, {})
        anchor(database, KEYS.signing, entries)
    house.approved("F1")
    last = end_of(database)
    assert last > 12
    assert looked(house, job, *[0.01] * last) == []
    assert (job.last, job.tree is not None and job.tree.size) == (last, last)
    assert looked(house, job, 1) == []
    assert job.last == 3  # one part a turn, however long the ledger
    assert looked(house, job, 0.9, 0.9, 0.9) == []
    assert job.last == 12  # a walk that takes longer than a day goes on to the end


def test_r60_a_ledger_hashed_anew_is_alarmed_by_its_anchor_and_once(database: Database, tmp_path: Path) -> None:
    house, job = House(database, tmp_path), Checking(database, PUBLIC)
    house.approved("F1")
    covered = anchor(database, KEYS.signing, 5)
    house.approved("F2")
    anchor(database, KEYS.signing, 6)
    assert looked(house, job, 0.01) == []
    hashed_anew(database)
    assert looked(house, job, 1) == [(NAME, f"[{covered}]", 0)]
    assert looked(house, job, 0.01, 0.01) == [(NAME, f"[{covered}]", 0)]


def test_r60_anchors_made_anew_without_the_servers_key_are_alarmed(database: Database, tmp_path: Path) -> None:
    house, job = House(database, tmp_path), Checking(database, PUBLIC)
    house.approved("F1")
    covered = anchor(database, KEYS.signing, 5)
    hashed_anew(database)
    with database.read() as session:
        root = MerkleTree().extend(session.exec(select(LedgerEntry.hash).order_by(text("id")))).root()
    other = Ed25519PrivateKey.generate().sign(signed_text(covered, root, 5)).hex()
    behind_its_back(database, f"UPDATE anchor SET root = '{root}', signature = '{other}'")
    assert looked(house, job, 1) == [(NAME, f"[{covered}]", 0)]


@pytest.mark.parametrize("signature", ["", "no hex", "00" * 64])
def test_r60_an_anchor_whose_signature_is_none_is_alarmed(database: Database, tmp_path: Path, signature: str) -> None:
    house, job = House(database, tmp_path), Checking(database, PUBLIC)
    house.approved("F1")
    covered = anchor(database, KEYS.signing, 5)
    behind_its_back(database, f"UPDATE anchor SET signature = '{signature}'")
    assert looked(house, job, 1) == [(NAME, f"[{covered}]", 0)]


def test_r60_a_tail_cut_below_the_newest_anchor_is_alarmed_and_not_sworn_to(database: Database, tmp_path: Path) -> None:
    house, job = House(database, tmp_path), Checking(database, PUBLIC)
    house.approved("F1")
    covered = anchor(database, KEYS.signing, 5)
    assert looked(house, job, 0.01) == []
    behind_its_back(database, f"DELETE FROM ledger WHERE id > {covered - 4}")
    with pytest.raises(LedgerCutError, match=f"ends with entry {covered - 4}, its newest anchor covers {covered}"):
        anchor(database, KEYS.signing, 6)
    mono = [0.0]
    anchoring = Anchoring(database, KEYS.signing, lambda: mono[0])
    for mono[0] in (0.0, MOST_SECONDS, 2 * MOST_SECONDS):
        anchoring.turn(6)
    with database.read() as session:
        assert session.exec(select(LedgerAnchor.size)).all() == [covered]
    assert looked(house, job, 0.01) == [(NAME, f"[{covered - 3}]", 0)]
    assert looked(house, job, 0.01, 0.01) == [(NAME, f"[{covered - 3}]", 0)]
    while end_of(database) < covered + 1:  # what is entered afterwards hides the cut from nobody
        with database.begin() as uow:
            uow.ledger("noted", 7, {})
    assert (NAME, f"[{covered}]", 0) in looked(house, job, 1)
