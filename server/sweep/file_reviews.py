"""Announce reviews that come due (R36, R37), and begin those of items that came by another way.

Announced once a day; begun a batch a minute until there are none, so that many new items never hold up the stations.
"""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from server.domain.duties import due_after, local_date
from server.domain.policy import Policy
from server.domain.words import DutyKind
from server.service.records.file_reviews import announce, begin_reviews, unannounced, unbegun
from server.store.unit_of_work import Database

PAUSE_US: Final = 60_000_000


@dataclass(slots=True)
class Reviews:
    """Remembers the day when everything was announced, the day when everything had begun, and the last batch."""

    database: Database
    policy: Policy
    zone: ZoneInfo
    announced: str = ""
    begun: str = ""
    batch_us: int = 0

    def turn(self, now_us: int) -> None:
        """Begin and announce."""
        day = local_date(now_us, self.zone).isoformat()
        if day != self.begun and abs(now_us - self.batch_us) >= PAUSE_US:
            self._begin(now_us, day)
        if day != self.announced:
            self._announce(now_us, day)

    def _begin(self, now_us: int, day: str) -> None:
        row = self.policy.duty_row(DutyKind.FILE_REVIEW)
        with self.database.read() as session:
            items = unbegun(session) if row.is_periodic else []
        if not items:
            self.begun = day
            return
        with self.database.begin() as uow:
            begin_reviews(uow, items, due_after(row, now_us, self.zone))
        self.batch_us = now_us

    def _announce(self, now_us: int, day: str) -> None:
        with self.database.read() as session:
            soon = unannounced(session, self.policy, now_us)
        if not soon:
            self.announced = day
            return
        with self.database.begin() as uow:
            announce(uow, soon, now_us)
