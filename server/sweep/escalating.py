"""Have alarms that nobody takes on climb their ladder."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from server.domain.policy import Policy
from server.service.cabinet import escalation
from server.store.unit_of_work import Database

MINUTE_US: Final = 60_000_000


@dataclass(slots=True)
class Escalating:
    """Looks once in a minute of the clock."""

    database: Database
    policy: Policy
    zone: ZoneInfo
    looked_us: int = 0

    def turn(self, now_us: int) -> None:
        """Tell whom the ladder names of what has waited that long."""
        if not self.policy.alarms.ladder or abs(now_us - self.looked_us) < MINUTE_US:
            return
        self.looked_us = now_us
        with self.database.read() as session:
            found = escalation.climbing(session, self.policy, now_us, self.zone)
        if found:
            with self.database.begin() as uow:
                for one in found:
                    escalation.climb(uow, one, now_us)
