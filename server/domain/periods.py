"""Periods that are reported on: a month (2026-03), a half-year (2026-H1), a year (2026), by the site's calendar."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from server.domain.duties import add_months, day_start, local_date

_FORM: Final = re.compile(r"(20\d\d)(?:-(0[1-9]|1[0-2])|-H([12]))?")


class PeriodError(ValueError):
    """The text names no period."""


@dataclass(frozen=True, slots=True)
class Period:
    """Some months on end: from their first moment until just before the month after them (µs)."""

    text: str
    first: date
    months: int
    from_us: int
    until_us: int

    def title(self, is_chinese: bool) -> str:
        """Say which period it is."""
        year = self.first.year
        if self.months == 12:
            return f"{year} 年" if is_chinese else str(year)
        if self.months == 6:
            half = 1 if self.first.month == 1 else 2
            return f"{year} 年{'上' if half == 1 else '下'}半年" if is_chinese else f"{year}, half {half}"
        return f"{year} 年 {self.first.month} 月" if is_chinese else self.text

    def month_starts(self, zone: ZoneInfo) -> list[tuple[str, int]]:
        """Give each month of it and its first moment, and the moment after the last."""
        days = [add_months(self.first, n) for n in range(self.months + 1)]
        return [(f"{day:%Y-%m}", day_start(day, zone)) for day in days]


def period_of(text: str, zone: ZoneInfo) -> Period:
    """Read a period; raises PeriodError saying how it is written."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise PeriodError(f"{text!r} is no period; write 2026-03, 2026-H1 or 2026")
    year, month, half = int(found[1]), found[2], found[3]
    first = date(year, int(month) if month else 7 if half == "2" else 1, 1)
    months = 1 if month else 6 if half else 12
    return Period(text, first, months, day_start(first, zone), day_start(add_months(first, months), zone))


def current_month(now_us: int, zone: ZoneInfo) -> str:
    """Name the month of a moment."""
    return f"{local_date(now_us, zone):%Y-%m}"


def current_year(now_us: int, zone: ZoneInfo) -> str:
    """Name the year of a moment."""
    return f"{local_date(now_us, zone):%Y}"


def last_half_year(now_us: int, zone: ZoneInfo) -> str:
    """Name the half-year that ended last."""
    day = local_date(now_us, zone)
    return f"{day.year}-H1" if day.month > 6 else f"{day.year - 1}-H2"


def last_year(now_us: int, zone: ZoneInfo) -> str:
    """Name the year that ended last."""
    return str(local_date(now_us, zone).year - 1)
