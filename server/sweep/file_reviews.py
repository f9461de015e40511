"""Announce reviews that come due (R36, R37), and begin those of items that came by another way, once a day."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from server.domain.duties import due_after, local_date
from server.domain.policy import Policy
from server.domain.words import DutyKind
from server.service.file_reviews import announce, begin_reviews, unannounced, unbegun
from server.store.unit_of_work import Database


@dataclass(slots=True)
class Reviews:
    """Remembers on which day it looked last; a day with more than one transaction holds goes on at the next turn."""

    database: Database
    policy: Policy
    zone: ZoneInfo
    looked: str = ""

    def turn(self, now_us: int) -> None:
        """Look once a day."""
        day = local_date(now_us, self.zone).isoformat()
        if day == self.looked:
            return
        row = self.policy.duty_row(DutyKind.FILE_REVIEW)
        with self.database.read() as session:
            items = unbegun(session) if row.is_periodic else []
            soon = unannounced(session, self.policy, now_us)
        if not items and not soon:
            self.looked = day
            return
        with self.database.begin() as uow:
            if items:
                begin_reviews(uow, items, due_after(row, now_us, self.zone))
            announce(uow, soon, now_us)
