"""Alarm what is out past its due moment, and clear the alarm when it is back.

A loan is looked at when its due moment comes, when it is new, and once in a while; being overdue is computed from the
due moment, never stored. What belongs in a cabinet that has been silent since is unknown, not unreturned: no alarm.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import exists
from sqlmodel import Session, col, func, or_, select

from server.domain.alarms import cause_key
from server.domain.lending import OUT_STATES
from server.domain.loans import LateAlarm, overdue_alarms
from server.domain.policy import Policy
from server.domain.words import AlarmKind
from server.service.cabinet.alarms import Alarming, clear_alarm, set_alarm
from server.service.lending.loans import loan_facts
from server.store.tables import Alarm, Item, LedgerEntry, Loan, Station
from server.store.unit_of_work import Database
from server.sweep.silent import silent_since

KINDS: Final = (
    AlarmKind.SAME_DAY_ORIGINAL_NOT_RETURNED,
    AlarmKind.HOUR_LIMIT_EXCEEDED,
    AlarmKind.OVERDUE_SOFT,
    AlarmKind.OVERDUE_HARD,
    AlarmKind.COPY_NOT_RETURNED,
    AlarmKind.READING_ROOM_ITEM_LEFT_ROOM,
)
JUMP_US: Final = 60_000_000
"""After this much time every late loan is looked at again: some become later than late, some cabinets are heard."""
MOST: Final = 500
"""Alarms written in one transaction, causes asked for in one query."""


@dataclass(slots=True)
class Overdue:
    """What this job remembers between its turns."""

    database: Database
    policy: Policy
    due_until_us: int = 0
    loans_until: int = 0
    full_us: int = 0
    entry: int = -1

    def turn(self, now_us: int) -> None:
        """Set what is late by now, clear what came back."""
        with self.database.read() as session:
            entry = session.exec(select(func.max(LedgerEntry.id))).one() or 0
            newest = session.exec(select(func.max(Loan.id))).one() or 0
            all_again = abs(now_us - self.full_us) > JUMP_US
            late = self._late(session, 0 if all_again else self.due_until_us, now_us)
            gone = list(session.exec(_GONE)) if entry != self.entry else []
        for start in range(0, max(len(late), len(gone)), MOST):
            self._write(late[start : start + MOST], gone[start : start + MOST], now_us)
        if all_again:
            self.full_us = now_us
        self.due_until_us, self.loans_until, self.entry = now_us, newest, entry

    def _late(self, session: Session, since_us: int, now_us: int) -> list[tuple[Loan, LateAlarm]]:
        """Give the late loans not alarmed yet; what somebody has closed with a conclusion is not alarmed again."""
        fresh = or_(col(Loan.due_us) >= since_us, col(Loan.id) > self.loans_until)
        loans = session.exec(
            select(Loan, Station, Item.kind)
            .join(Item, col(Item.id) == Loan.item_id)
            .outerjoin(Station, col(Station.name) == Item.home_station)
            .where(col(Loan.closed_us).is_(None), Loan.due_us < now_us, col(Loan.state).in_(OUT_STATES), fresh)
        )
        found = [
            (loan, alarm)
            for loan, station, kind in loans
            for alarm in overdue_alarms(self.policy, loan_facts(loan, _silence(station), kind), now_us)
        ]
        told: set[str] = set()
        for start in range(0, len(found), MOST):
            causes = [alarm.cause for _, alarm in found[start : start + MOST]]
            told.update(session.exec(select(Alarm.cause).where(col(Alarm.cause).in_(causes))))
        return [(loan, alarm) for loan, alarm in found if alarm.cause not in told]

    def _write(self, late: list[tuple[Loan, LateAlarm]], gone: list[str], now_us: int) -> None:
        with self.database.begin() as uow:
            for loan, alarm in late:
                if alarm.kind == AlarmKind.OVERDUE_HARD:
                    clear_alarm(uow, cause_key(AlarmKind.OVERDUE_SOFT, "loan", loan.id), now_us)
                fact = Alarming(alarm.kind, alarm.cause, loan.due_us, person_id=loan.person_id, item_id=loan.item_id)
                set_alarm(uow, fact, now_us)
            for cause in gone:
                clear_alarm(uow, cause, now_us)


def _silence(station: Station | None) -> int | None:
    return None if station is None else silent_since(station)


_STILL_OUT = exists().where(
    col(Loan.item_id) == col(Alarm.item_id),
    col(Loan.person_id) == col(Alarm.person_id),
    col(Loan.closed_us).is_(None),
    col(Loan.state).in_(OUT_STATES),
)
_GONE = select(Alarm.cause).where(
    col(Alarm.kind).in_(KINDS), col(Alarm.closed_us).is_(None), col(Alarm.cleared_us).is_(None), ~_STILL_OUT
)
