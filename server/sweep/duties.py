"""Open the duties whose term has begun, remind of what has begun by the calendar, and flag what is overdue.

The first turn looks at everything; after that, once a minute of the clock: being due is a matter of days.
"""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from server.domain.policy import Policy
from server.service.oversight.duties import flag_overdue, open_what_is_due, remind_of_begun
from server.store.unit_of_work import Database

LOOK_US: Final = 60_000_000


@dataclass(slots=True)
class Duties:
    """Remembers when it looked last."""

    database: Database
    policy: Policy
    zone: ZoneInfo
    looked_us: int = 0

    def turn(self, now_us: int) -> None:
        """Open and flag."""
        if abs(now_us - self.looked_us) < LOOK_US:
            return
        with self.database.begin() as uow:
            open_what_is_due(uow, self.policy, now_us, self.zone)
            remind_of_begun(uow, self.policy, now_us, self.zone)
            flag_overdue(uow, self.policy, now_us, self.zone)
        self.looked_us = now_us
