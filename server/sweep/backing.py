"""Take a backup when one is due, and alarm when there has been no good one for too long (R39)."""

import threading
from dataclasses import dataclass, field
from typing import Final

from sqlmodel import col, select

from server.domain.policy import Policy
from server.domain.words import AlarmKind
from server.service.backups import OVERDUE, Backups, last_good_us, last_tried_us
from server.service.cabinet.alarms import Alarming, set_alarm
from server.store.tables import Alarm
from server.store.unit_of_work import Database

HOUR_US: Final = 3_600_000_000
MINUTE_US: Final = 60_000_000


@dataclass(slots=True)
class Backing:
    """Looks once in a minute of the clock; the backup itself is taken beside the other jobs, one at a time."""

    database: Database
    policy: Policy
    backups: Backups
    looked_us: int = 0
    _at_work: threading.Thread | None = field(default=None, repr=False)

    def turn(self, now_us: int) -> None:
        """Begin a backup if one is due; one that failed is tried again after an hour."""
        if abs(now_us - self.looked_us) < MINUTE_US or (self._at_work is not None and self._at_work.is_alive()):
            return
        self.looked_us = now_us
        rules = self.policy.backups
        with self.database.read() as session:
            good, tried = last_good_us(session), last_tried_us(session)
            open_one = select(Alarm.id).where(Alarm.cause == OVERDUE, col(Alarm.closed_us).is_(None))
            is_alarmed = session.exec(open_one).first() is not None
        if now_us - good > rules.overdue_hours * HOUR_US and not is_alarmed:
            with self.database.begin() as uow:
                set_alarm(uow, Alarming(AlarmKind.BACKUP_OVERDUE, OVERDUE, good), now_us)
        due = tried == 0 or now_us - good >= rules.every_hours * HOUR_US
        if due and now_us - tried >= HOUR_US:
            self._at_work = threading.Thread(target=self.backups.take, args=("regular",), daemon=True)
            self._at_work.start()

    def wait(self) -> None:
        """Wait until the backup that was begun is done."""
        if self._at_work is not None:
            self._at_work.join()
