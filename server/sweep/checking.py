"""Check the ledger again and again, part by part, and alarm that it does not hold (R60)."""

from dataclasses import dataclass
from typing import Final

from sqlmodel import col, select

from server.domain.alarms import cause_key
from server.domain.ledger import GENESIS, entry_hash
from server.domain.words import AlarmKind
from server.service.cabinet.alarms import Alarming, set_alarm
from server.store.tables import LedgerEntry
from server.store.unit_of_work import Database

PART: Final = 2000
MINUTE_US: Final = 60_000_000
DAY_US: Final = 86_400_000_000


@dataclass(slots=True)
class Checking:
    """Looks at one part in a minute of the clock; at the end it waits for more, and begins anew every day."""

    database: Database
    looked_us: int = 0
    began_us: int = 0
    last: int = 0
    hash: str = GENESIS

    def turn(self, now_us: int) -> None:
        """Check the next part: numbers without a gap, each entry fitting the one before and its own text."""
        if abs(now_us - self.looked_us) < MINUTE_US:
            return
        self.looked_us = now_us
        if abs(now_us - self.began_us) >= DAY_US:
            self.began_us, self.last, self.hash = now_us, 0, GENESIS
        query = select(LedgerEntry).where(LedgerEntry.id > self.last).order_by(col(LedgerEntry.id)).limit(PART)
        wrong: list[int] = []
        with self.database.read() as session:
            for row in session.exec(query):
                before, self.last, self.hash = (self.last, self.hash), row.id, row.hash
                if before != (row.id - 1, row.previous) or row.hash != entry_hash(row.previous, row.body):
                    wrong.append(row.id)
        if wrong:
            self._alarm(wrong, now_us)

    def _alarm(self, wrong: list[int], now_us: int) -> None:
        kind = AlarmKind.LEDGER_CHECK_FAILED
        with self.database.begin() as uow:
            set_alarm(uow, Alarming(kind, cause_key(kind, wrong[0]), now_us, evidence=tuple(wrong)), now_us)
