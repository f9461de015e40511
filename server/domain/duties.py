"""Duties: what must be done by a moment, once or again and again. Periods and who is reminded are rows of the sheet.

Law 1: a duty is named by kind, subject and due moment; there is one of each.
Law 2: one with `months` is due in those months by the calendar, whatever was done before; one with `every_…` is due
       that long after it was done last; one with neither is opened only by what happens.
Law 3: overdue is computed from the due moment, never stored.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from server.domain.office import Office, is_office_day
from server.domain.words import DutyKind, Role


class Per(StrEnum):
    """What a duty's subject names: nothing, a station, a department, a username, an item's code."""

    COMPANY = "company"
    CABINET = "cabinet"
    DEPARTMENT = "department"
    PERSON = "person"
    ITEM = "item"


PER: Final[dict[DutyKind, Per]] = {
    DutyKind.UNRETURNED_LIST: Per.COMPANY,
    DutyKind.HALF_YEARLY_STATISTICS: Per.COMPANY,
    DutyKind.YEARLY_STATISTICS: Per.COMPANY,
    DutyKind.EVALUATION: Per.COMPANY,
    DutyKind.CABINET_INSPECTION: Per.CABINET,
    DutyKind.ENVIRONMENT_INSPECTION: Per.COMPANY,
    DutyKind.RISK_REVIEW: Per.COMPANY,
    DutyKind.EMERGENCY_DRILL: Per.COMPANY,
    DutyKind.FEEDBACK_ANSWER: Per.COMPANY,
    DutyKind.FORMAL_FILING: Per.ITEM,
    DutyKind.QUARTERLY_COLLECTION: Per.DEPARTMENT,
    DutyKind.YEARLY_COLLECTION: Per.DEPARTMENT,
    DutyKind.FILE_REVIEW: Per.ITEM,
    DutyKind.CONTROL_PLAN_REVIEW: Per.ITEM,
    DutyKind.RIGHTS_REVIEW: Per.PERSON,
    DutyKind.TRAINING_RENEWAL: Per.PERSON,
    DutyKind.STOCKTAKE_DUE: Per.CABINET,
}
"""What each kind is about. The sweep opens the periodic ones for every subject, except for items: there are too many,
and only their own topic knows which of them it concerns."""

TOLD_IN_DEPARTMENT: Final = frozenset({Role.DEPARTMENT_MANAGER, Role.DIRECTOR, Role.REQUESTER})
"""Posts that are reminded of their own department's duties only."""

_DAY_END: Final = time(23, 59, 59, 999_000)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MOST: Final = 24
"""Months made up for at once after a long stop; who was away for longer need not be told of each."""


@dataclass(frozen=True)
class DutyRow:
    """How often a kind of duty is due, the rule that says so, and which posts are reminded.

    At most one of `every_months`, `every_days` and `months` is given; with `months`, it is due by the end of `day`
    of each of them (0 is the last day).
    """

    kind: DutyKind
    rule: str
    remind: frozenset[Role]
    every_months: int = 0
    every_days: int = 0
    months: tuple[int, ...] = ()
    day: int = 0

    @property
    def is_periodic(self) -> bool:
        """Say whether time alone makes it due."""
        return bool(self.every_months or self.every_days or self.months)


@dataclass(frozen=True, slots=True)
class Last:
    """The newest duty of a kind and subject: when it is due and, if it is over, since when."""

    due_us: int
    ended_us: int | None


@dataclass(frozen=True, slots=True)
class Term:
    """From when on a duty can be done, and by when it must be."""

    from_us: int
    due_us: int


def gaps(rows: Sequence[DutyRow]) -> list[str]:
    """Say what a sheet's rows leave open or contradict."""
    found = [
        f"duty: no row for {kind}; every kind needs one" for kind in DutyKind if kind not in {r.kind for r in rows}
    ]
    for n, row in enumerate(rows):
        place = f"duty[{n}]"
        if any(row.kind == other.kind for other in rows[:n]):
            found.append(f"{place}.kind: {row.kind} has a row already")
        if sum(bool(one) for one in (row.every_months, row.every_days, row.months)) > 1:
            found.append(f"{place}: give one of every_months, every_days and months")
        if row.every_months < 0 or row.every_days < 0:
            found.append(f"{place}: every_months and every_days are 0 or more")
        if not set(row.months) <= set(range(1, 13)) or not 0 <= row.day <= 28 or (row.day and not row.months):
            found.append(f"{place}: months are 1 to 12, day is 1 to 28 of them, or 0 for the last")
    return found


def wanted(row: DutyRow, last: Last | None, now_us: int, zone: ZoneInfo) -> list[Term]:
    """Say which duties are to be opened now for a subject whose newest one is `last`."""
    if not row.is_periodic:
        return []
    if row.months:
        return _by_calendar(row, last, now_us, zone)
    if last is not None and last.ended_us is None:
        return []
    base = now_us if last is None or last.ended_us is None else last.ended_us
    return [Term(base, due_after(row, base, zone))]


def due_after(row: DutyRow, base_us: int, zone: ZoneInfo) -> int:
    """Say when a duty that was last done at a moment is due again: at the end of a day."""
    day = local_date(base_us, zone)
    ahead = add_months(day, row.every_months) if row.every_months else day + timedelta(days=row.every_days)
    return day_end(ahead, zone)


def last_office_day(office: Office, day: date) -> date:
    """Give the day itself or the office day before it, within its month; the first of the month if there is none."""
    first = day.replace(day=1)
    while day > first and not is_office_day(office, day):
        day -= timedelta(days=1)
    return day


def add_months(day: date, months: int) -> date:
    """Give the same day so many months on, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def day_start(day: date, zone: ZoneInfo) -> int:
    """Give the first moment of a day (µs)."""
    return (datetime.combine(day, time(), zone) - _EPOCH) // _MICROSECOND


def day_end(day: date, zone: ZoneInfo) -> int:
    """Give the last millisecond of a day (µs)."""
    return (datetime.combine(day, _DAY_END, zone) - _EPOCH) // _MICROSECOND


def local_date(moment_us: int, zone: ZoneInfo) -> date:
    """Give the site's date at a moment."""
    return (_EPOCH + timedelta(microseconds=moment_us)).astimezone(zone).date()


def _by_calendar(row: DutyRow, last: Last | None, now_us: int, zone: ZoneInfo) -> list[Term]:
    """Give the terms begun after the last one; the very first is the next that can still be done in time."""
    this = local_date(now_us, zone).replace(day=1)
    if last is None:
        ahead = (_term(row, add_months(this, n), zone) for n in range(13))
        return [next(term for term in ahead if term is not None and term.due_us > now_us)]
    months = (add_months(this, n) for n in range(-_MOST, 1))
    return [term for month in months if (term := _term(row, month, zone)) is not None and term.due_us > last.due_us]


def _term(row: DutyRow, month: date, zone: ZoneInfo) -> Term | None:
    if month.month not in row.months:
        return None
    day = row.day or calendar.monthrange(month.year, month.month)[1]
    return Term(day_start(month, zone), day_end(month.replace(day=day), zone))
