"""Anchor the ledger while it grows: so that every cabinet soon holds a root that covers what was entered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.store.anchors import anchor, unanchored
from server.store.unit_of_work import Database

MOST_ENTRIES: Final = 1000
MOST_SECONDS: Final = 60.0


@dataclass(slots=True)
class Anchoring:
    """Signs a root when so many entries wait for one, or any has waited so long (real time)."""

    database: Database
    key: Ed25519PrivateKey
    real_mono: Callable[[], float]
    waiting_since: float | None = None

    def turn(self, now_us: int) -> None:
        """Anchor, if it is time."""
        with self.database.engine.connect() as connection:
            waiting = unanchored(connection)
        if waiting <= 0:  # below 0 the ledger was cut: that is not sworn to, and the check alarms it
            self.waiting_since = None
            return
        now = self.real_mono()
        since = self.waiting_since = now if self.waiting_since is None else self.waiting_since
        if waiting >= MOST_ENTRIES or now - since >= MOST_SECONDS:
            anchor(self.database, self.key, now_us)
            self.waiting_since = None
