"""Propose for appraisal what has reached the end of its retention; nothing is ever destroyed by the clock (R51)."""

from dataclasses import dataclass
from typing import Final

from sqlmodel import col, select

from server.domain.policy import Policy
from server.service.disposal.appraisals import MOST, propose
from server.store.tables import RetentionTerm
from server.store.unit_of_work import Database

HOUR_US: Final = 3_600_000_000


@dataclass(slots=True)
class Retention:
    """Looks once in an hour of the clock: periods end with days, not with seconds."""

    database: Database
    policy: Policy
    looked_us: int = 0

    def turn(self, now_us: int) -> None:
        """Propose what is over by now."""
        if abs(now_us - self.looked_us) < HOUR_US:
            return
        ended = (col(RetentionTerm.end_us) <= now_us, col(RetentionTerm.proposed).is_(False))
        with self.database.read() as session:
            some = session.exec(select(RetentionTerm.item_id).where(*ended).limit(1)).first() is not None
        more = False
        if some:
            with self.database.begin() as uow:
                more = propose(uow, self.policy, now_us) == MOST
        self.looked_us = 0 if more else now_us
