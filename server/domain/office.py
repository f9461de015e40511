"""Office days and close of business, by the site's own calendar (R05); the holidays are data of the policy sheet."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LOOK_AHEAD_DAYS = 366
_QUARTER_US = 900_000_000


@dataclass(frozen=True, eq=False)  # one per sheet, and looked up by itself with every loan
class Office:
    """When the office is open: `weekdays` are 1 (Monday) to 7, exceptions are named days."""

    close: time
    weekdays: frozenset[int]
    holidays: frozenset[date]
    extra_workdays: frozenset[date]


def is_office_day(office: Office, day: date) -> bool:
    """Say whether the office is open on this day."""
    return day in office.extra_workdays or (day.isoweekday() in office.weekdays and day not in office.holidays)


def close_of_business(office: Office, moment_us: int, zone: str) -> int:
    """Find the first close of business of an office day that is still to come at this moment (µs)."""
    today, tomorrow = _closes(office, moment_us // _QUARTER_US, zone)
    return today if today > moment_us else tomorrow


def waited_us(office: Office, from_us: int, to_us: int, zone: str) -> int:
    """Count the time between two moments that lies in office days (µs); beyond a year it is all counted."""
    begin, end = (_EPOCH + timedelta(microseconds=us) for us in (from_us, to_us))
    waited, day = timedelta(), begin.astimezone(_zone(zone)).date()
    for _ in range(_LOOK_AHEAD_DAYS):
        opens = datetime.combine(day, time(), _zone(zone))
        day += timedelta(days=1)
        closes = datetime.combine(day, time(), _zone(zone))
        if opens >= end:
            return max(0, waited // _MICROSECOND)
        if is_office_day(office, opens.date()):
            waited += min(closes, end) - max(opens, begin)
    return to_us - from_us


def years_known(office: Office) -> frozenset[int]:
    """Give the years whose statutory holidays the sheet names; any other year is reckoned by weekdays alone."""
    return frozenset(day.year for day in office.holidays)


def is_known(office: Office, moment_us: int, zone: str) -> bool:
    """Say whether the sheet knows the holidays of the year a moment lies in; a sheet with none wants none."""
    years = years_known(office)
    return not years or (_EPOCH + timedelta(microseconds=moment_us)).astimezone(_zone(zone)).year in years


def year_missing(office: Office, now_us: int, days_ahead: int, zone: str) -> int | None:
    """Give the year that begins within so many days, or has begun, and whose holidays the sheet does not name."""
    soon_us = now_us + days_ahead * 86_400_000_000
    for moment_us in (now_us, soon_us):
        if not is_known(office, moment_us, zone):
            return (_EPOCH + timedelta(microseconds=moment_us)).astimezone(_zone(zone)).year
    return None


@lru_cache(maxsize=1024)
def _closes(office: Office, quarter: int, zone: str) -> tuple[int, int]:
    """Find the first close from the day of a quarter of an hour on, and from the day after (no day ends within one)."""
    day = (_EPOCH + timedelta(microseconds=quarter * _QUARTER_US)).astimezone(_zone(zone)).date()
    return _next_close(office, day, zone), _next_close(office, day + timedelta(days=1), zone)


def _next_close(office: Office, first: date, zone: str) -> int:
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = first + timedelta(days=ahead)
        if is_office_day(office, day):
            return (datetime.combine(day, office.close, _zone(zone)) - _EPOCH) // _MICROSECOND
    raise ValueError(f"no office day within a year of {first}: check office.weekdays and office.holidays")


@lru_cache(maxsize=16)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
