"""Keep up to date what stations hold for when nobody can be asked: after every change, and as time passes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from server.domain.policy import Policy
from server.service.cabinet.offline import hold
from server.store.sql import fetch
from server.store.unit_of_work import Database

ANYWAY: Final = 60.0
"""Seconds after which it looks though nothing was entered."""
SHARE: Final = 20
"""Looking takes one part in so many of the time at most, but for what takes less than a moment."""
MOMENT: Final = 0.2
_HEAD: Final = "SELECT MAX(id) AS id FROM ledger"


@dataclass(slots=True)
class Holding:
    """Looks whenever the ledger has grown, the less often the longer looking takes."""

    database: Database
    policy: Policy
    real_mono: Callable[[], float]
    looked: float = -ANYWAY
    rest: float = 0.0
    head: int | None = None

    def turn(self, now_us: int) -> None:
        """Look, if it is time."""
        began = self.real_mono()
        if began - self.looked < self.rest:
            return
        with self.database.engine.connect() as connection:
            head = fetch(connection, _HEAD)[0].id
        if head == self.head and began - self.looked < ANYWAY:
            return
        self.looked, self.head = began, head
        hold(self.database, self.policy, now_us)
        took = self.real_mono() - began
        self.rest = 0.0 if took < MOMENT else took * SHARE
