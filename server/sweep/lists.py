"""Send the general manager the list of what is not returned, on the last office day by the sheet's day (R15)."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from server.domain.duties import last_office_day, local_date
from server.domain.policy import Policy
from server.domain.words import DutyKind, Role
from server.service.context import Writing
from server.service.people.rights import Viewer
from server.service.reporting.kept import make
from server.store.tables import Duty
from server.store.unit_of_work import Database

LOOK_US: Final = 60_000_000
CLOCK: Final = Viewer(0, "clock", "clock", Role.SYSTEM_ADMIN, "", "clock")
"""Who stands in the ledger for what is done because time passed."""


@dataclass(slots=True)
class MonthlyList:
    """Remembers when it looked last; that a list is owed is said by its open duty."""

    database: Database
    policy: Policy
    zone: ZoneInfo
    looked_us: int = 0

    def turn(self, now_us: int) -> None:
        """Make the list when its day has come."""
        if abs(now_us - self.looked_us) < LOOK_US:
            return
        owed = (Duty.kind == DutyKind.UNRETURNED_LIST, col(Duty.ended_us).is_(None), Duty.from_us <= now_us)
        with self.database.read() as session:
            due_us = session.exec(select(Duty.due_us).where(*owed).order_by(col(Duty.due_us)).limit(1)).first()
        if due_us is not None and local_date(now_us, self.zone) >= last_office_day(
            self.policy.office, local_date(due_us, self.zone)
        ):
            with self.database.begin() as uow:
                make(Writing(uow.session, now_us, self.policy, CLOCK, self.zone, uow), "unreturned", None)
        self.looked_us = now_us
