"""Swear to the ledger as it stands: a Merkle root over its first `size` entries, signed, kept by every cabinet.

Whoever cuts the ledger's tail or hashes it all anew cannot take back the roots that others hold.
"""

from collections.abc import Iterator

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, text

from server.domain.merkle import MerkleTree, restore
from server.store.sql import run_many
from server.store.unit_of_work import Database

_LAST = text("SELECT size, peaks FROM anchor ORDER BY size DESC LIMIT 1")
_SIZE = text("SELECT COALESCE(MAX(id), 0) FROM ledger")
_HASHES = text("SELECT hash FROM ledger WHERE id > :after AND id <= :upto ORDER BY id")
_INSERT = (
    "INSERT INTO anchor (size, root, peaks, at_us, signature) VALUES (:size, :root, :peaks, :at_us, :signature)"
    " ON CONFLICT DO NOTHING"
)


class LedgerCutError(RuntimeError):
    """The ledger ends before what its newest anchor covers; the text says where."""


def signed_text(size: int, root: str, at_us: int) -> bytes:
    """Give the bytes that an anchor's signature covers."""
    return f"guiwei/anchor/{size}/{root}/{at_us}".encode()


def is_signed(key: Ed25519PublicKey, size: int, root: str, at_us: int, signature: str) -> bool:
    """Say whether an anchor's signature is by this key."""
    try:
        key.verify(bytes.fromhex(signature), signed_text(size, root, at_us))
    except (InvalidSignature, ValueError):
        return False
    return True


def extent(connection: Connection) -> tuple[int, int]:
    """Say how many entries the newest anchor covers, and which is the last entry (read after it: it only grows)."""
    last = connection.execute(_LAST).first()
    return (last.size if last else 0), int(connection.execute(_SIZE).scalar_one())


def unanchored(connection: Connection) -> int:
    """Count the entries that no anchor covers yet; below 0 so many are missing that one covers."""
    covered, last = extent(connection)
    return last - covered


def anchor(database: Database, key: Ed25519PrivateKey, now_us: int) -> int:
    """Anchor everything up to now; returns the size anchored (0 when the ledger is empty).

    A ledger shorter than its newest anchor was cut, and is not sworn to: LedgerCutError.
    """
    with database.engine.connect() as connection:
        last = connection.execute(_LAST).first()
        tree = restore(last.peaks) if last else MerkleTree()
        size = int(connection.execute(_SIZE).scalar_one())
        if size == tree.size:
            return size
        if size < tree.size:
            raise LedgerCutError(f"the ledger ends with entry {size}, its newest anchor covers {tree.size}")
        tree = tree.extend(_hashes(connection, tree.size, size))
    root = tree.root()
    row = {
        "size": tree.size,
        "root": root,
        "peaks": tree.state(),
        "at_us": now_us,
        "signature": key.sign(signed_text(tree.size, root, now_us)).hex(),
    }
    with database.begin() as uow:
        run_many(uow.connection, _INSERT, [row])
    return tree.size


def _hashes(connection: Connection, after: int, upto: int) -> Iterator[str]:
    for row in connection.execute(_HASHES, {"after": after, "upto": upto}):
        yield row.hash
