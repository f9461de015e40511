"""Check the ledger again and again, part by part, and alarm that it does not hold (R60)."""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlmodel import Session, col, select

from server.domain.alarms import cause_key
from server.domain.ledger import GENESIS, entry_hash
from server.domain.merkle import MerkleTree
from server.domain.words import AlarmKind
from server.service.cabinet.alarms import Alarming, set_alarm
from server.store.anchors import extent, is_signed
from server.store.tables import LedgerAnchor, LedgerEntry
from server.store.unit_of_work import Database

PART: Final = 2000
MINUTE_US: Final = 60_000_000
DAY_US: Final = 86_400_000_000
EMPTY: Final = MerkleTree()


@dataclass(slots=True)
class Checking:
    """Looks at one part in a minute of the clock; at its end it waits for more, and begins anew every day."""

    database: Database
    key: Ed25519PublicKey
    looked_us: int = 0
    began_us: int = 0
    last: int = 0
    hash: str = GENESIS
    tree: MerkleTree | None = EMPTY
    """Over the entries up to `last`; None once one is missing or an anchor did not fit: then none is compared."""
    ended: bool = True
    """Whether the end was reached: a ledger of more parts than a day has minutes is walked to its end all the same."""
    missed: int = 0
    """The anchor that the ledger was found to end before, so that it is told once a day and not once a minute."""

    def turn(self, now_us: int) -> None:
        """Check the next part: each entry against the one before and its own text, each anchor against the entries."""
        if abs(now_us - self.looked_us) < MINUTE_US:
            return
        self.looked_us = now_us
        if self.ended and abs(now_us - self.began_us) >= DAY_US:
            self.began_us, self.last, self.hash, self.tree, self.missed = now_us, 0, GENESIS, EMPTY, 0
        with self.database.read() as session:
            wrong = self._check_part(session)
            newest, end = extent(session.connection())
        if wrong:
            self._alarm(wrong[0], wrong, now_us)
        if end < newest != self.missed:
            self.missed = newest
            self._alarm(f"anchor {newest}", [end + 1], now_us)

    def _check_part(self, session: Session) -> list[int]:
        """Read the next part and go on behind it; gives the entries that are wrong."""
        query = select(LedgerEntry).where(LedgerEntry.id > self.last).order_by(col(LedgerEntry.id)).limit(PART)
        rows = session.exec(query).all()
        self.ended = len(rows) < PART
        if not rows:
            return []
        covering = select(LedgerAnchor).where(col(LedgerAnchor.size).between(rows[0].id, rows[-1].id))
        anchors = {anchor.size: anchor for anchor in session.exec(covering)}
        return [row.id for row in rows if not self._fits(row, anchors.get(row.id))]

    def _fits(self, row: LedgerEntry, anchor: LedgerAnchor | None) -> bool:
        """Go on to an entry; say whether it fits the one before, its own text, and the anchor that ends with it."""
        before, self.last, self.hash = (self.last, self.hash), row.id, row.hash
        fits = before == (row.id - 1, row.previous) and row.hash == entry_hash(row.previous, row.body)
        self.tree = _grown(self.tree, row) if before[0] == row.id - 1 else None
        if anchor is None or self.tree is None:
            return fits
        if self.tree.root() != anchor.root or not is_signed(
            self.key, anchor.size, anchor.root, anchor.at_us, anchor.signature
        ):
            self.tree, fits = None, False  # no later root would fit either, and another's key signed more: told once
        return fits

    def _alarm(self, about: int | str, wrong: list[int], now_us: int) -> None:
        kind = AlarmKind.LEDGER_CHECK_FAILED
        with self.database.begin() as uow:
            set_alarm(uow, Alarming(kind, cause_key(kind, about), now_us, evidence=tuple(wrong)), now_us)


def _grown(tree: MerkleTree | None, row: LedgerEntry) -> MerkleTree | None:
    """Add an entry's hash to the tree, if it is one."""
    try:
        return None if tree is None else tree.append(row.hash)
    except (TypeError, ValueError):
        return None
