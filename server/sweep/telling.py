"""Write the records office a notice of every alarm that is set."""

from dataclasses import dataclass

from sqlmodel import func, select

from server.service.lending.notices import tell_of_alarms
from server.store.tables import Alarm, Notice
from server.store.unit_of_work import Database


@dataclass(slots=True)
class Telling:
    """Remembers up to which alarm everybody has been told."""

    database: Database
    told: int = -1

    def turn(self, now_us: int) -> None:
        """Tell of what is new."""
        with self.database.read() as session:
            if self.told < 0:
                self.told = session.exec(select(func.max(Notice.alarm_id))).one() or 0
            newest = session.exec(select(func.max(Alarm.id))).one() or 0
        if newest > self.told:
            with self.database.begin() as uow:
                told = tell_of_alarms(uow, self.told, now_us)
            self.told = told
