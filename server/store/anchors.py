"""Swear to the ledger as it stands: a Merkle root over its first `size` entries, signed, kept by every cabinet.

Whoever cuts the ledger's tail or hashes it all anew cannot take back the roots that others hold.
"""

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
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


def signed_text(size: int, root: str, at_us: int) -> bytes:
    """Give the bytes that an anchor's signature covers."""
    return f"guiwei/anchor/{size}/{root}/{at_us}".encode()


def unanchored(connection: Connection) -> int:
    """Count the entries that no anchor covers yet."""
    last = connection.execute(_LAST).first()
    return int(connection.execute(_SIZE).scalar_one()) - (last.size if last else 0)


def anchor(database: Database, key: Ed25519PrivateKey, now_us: int) -> int:
    """Anchor everything up to now; returns the size anchored (0 when the ledger is empty)."""
    with database.engine.connect() as connection:
        last = connection.execute(_LAST).first()
        tree = restore(last.peaks) if last else MerkleTree()
        size = int(connection.execute(_SIZE).scalar_one())
        if size == tree.size:
            return size
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
