"""When duties are due: by the calendar, so long after the last time, or only when something asks for them."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from server.domain.duties import PER, DutyRow, Last, add_months, day_end, day_start, gaps, last_office_day, wanted
from server.domain.words import DutyKind
from tests.server.domain.facts import POLICY

ZONE = ZoneInfo("Asia/Shanghai")
MARCH = day_start(date(2026, 3, 2), ZONE)
K = DutyKind


def row(**period: object) -> DutyRow:
    return DutyRow(K.EVALUATION, "R64", frozenset(), **period)  # type: ignore[arg-type]


def end(year: int, month: int, day: int) -> int:
    return day_end(date(year, month, day), ZONE)


def test_every_kind_has_its_subject_and_its_row() -> None:
    assert set(PER) == set(DutyKind)
    assert {one.kind for one in POLICY.duty} == set(DutyKind)


def test_by_the_calendar_the_first_is_the_next_that_can_still_be_done_in_time() -> None:
    quarterly = row(months=(1, 4, 7, 10))
    (april,) = wanted(quarterly, None, MARCH, ZONE)
    assert (april.from_us, april.due_us) == (day_start(date(2026, 4, 1), ZONE), end(2026, 4, 30))
    assert wanted(quarterly, None, day_start(date(2026, 4, 9), ZONE), ZONE) == [april]
    monthly = row(months=tuple(range(1, 13)), day=5)
    (first,) = wanted(monthly, None, day_start(date(2026, 3, 6), ZONE), ZONE)
    assert first.due_us == end(2026, 4, 5)
    assert wanted(monthly, Last(first.due_us, None), day_start(date(2026, 4, 6), ZONE), ZONE) == []


def test_what_was_missed_while_nobody_looked_is_owed_month_by_month() -> None:
    monthly = row(months=tuple(range(1, 13)), day=5)
    last = Last(end(2026, 3, 5), None)
    owed = wanted(monthly, last, day_start(date(2026, 6, 1), ZONE), ZONE)
    assert [term.due_us for term in owed] == [end(2026, month, 5) for month in (4, 5, 6)]
    assert wanted(monthly, Last(owed[-1].due_us, None), day_start(date(2026, 6, 30), ZONE), ZONE) == []


def test_rolling_ones_count_from_when_it_was_done_last() -> None:
    monthly = row(every_months=1)
    (first,) = wanted(monthly, None, MARCH, ZONE)
    assert first.due_us == end(2026, 4, 2)
    assert wanted(monthly, Last(first.due_us, None), MARCH, ZONE) == []
    (again,) = wanted(monthly, Last(first.due_us, day_start(date(2026, 3, 31), ZONE)), MARCH, ZONE)
    assert again.due_us == end(2026, 4, 30)
    (weekly,) = wanted(row(every_days=7), None, MARCH, ZONE)
    assert weekly.due_us == end(2026, 3, 9)


def test_without_a_period_the_clock_opens_nothing() -> None:
    assert wanted(row(), None, MARCH, ZONE) == []


def test_months_are_added_by_the_calendar() -> None:
    assert add_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert add_months(date(2026, 1, 1), -1) == date(2025, 12, 1)


def test_the_last_office_day_is_not_later_than_the_day() -> None:
    assert last_office_day(POLICY.office, date(2026, 3, 5)) == date(2026, 3, 5)
    assert last_office_day(POLICY.office, date(2026, 4, 5)) == date(2026, 4, 3)
    assert last_office_day(POLICY.office, date(2026, 10, 5)) == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("period", "says"),
    [
        ({"every_months": 1, "every_days": 1}, "give one of"),
        ({"every_months": -1}, "0 or more"),
        ({"months": (13,)}, "months are 1 to 12"),
        ({"months": (1,), "day": 31}, "day is 1 to 28"),
        ({"day": 5}, "day is 1 to 28 of them"),
    ],
)
def test_a_row_that_contradicts_itself_is_named(period: dict[str, object], says: str) -> None:
    rest = [one for one in POLICY.duty if one.kind != K.EVALUATION]
    (found,) = gaps([row(**period), *rest])
    assert found.startswith("duty[0]")
    assert says in found


def test_a_kind_has_one_row_and_no_more() -> None:
    assert gaps(POLICY.duty[1:]) == [f"duty: no row for {POLICY.duty[0].kind}; every kind needs one"]
    assert "has a row already" in gaps([*POLICY.duty, POLICY.duty[0]])[0]
