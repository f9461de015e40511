"""Strange badges, unusual hours, tags that are not the ones that were bound, what is nobody's to take and not there."""

from datetime import datetime, time
from itertools import product

import pytest

from server.domain.intrusions import are_too_strange, counted_alarm, is_another_tag, is_never_lent, is_outside_schedule
from server.domain.policy import AccessRule, Policy, load_policy
from server.domain.sheet import SheetError
from server.domain.words import AlarmKind, Secrecy, StocktakeResult
from tests.server.company import POLICY, ZONE

SHEET = POLICY.read_text()


def sheet(**changed: str) -> Policy:
    """The sheet that ships, with other words."""
    rows = [next((f"{key} = {changed[key]}" for key in changed if row.startswith(f"{key} =")), row) for row in
            SHEET.splitlines()]  # fmt: skip
    return load_policy("\n".join(rows))


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1e6)


HOURS = {"alarm_before": "07:30:00", "alarm_after": "20:00:00"}


@pytest.mark.parametrize(
    ("moment", "hours", "days_off"),
    [
        ("2026-03-02T07:29:59", True, False), ("2026-03-02T07:30:00", False, False),
        ("2026-03-02T20:00:00", False, False), ("2026-03-02T20:00:01", True, False),
        ("2026-03-07T10:00:00", False, True),  # Saturday
        ("2026-02-28T10:00:00", False, False),  # a Saturday that is worked
        ("2026-02-17T10:00:00", False, True),  # a holiday
    ],
)  # fmt: skip
def test_when_an_opening_is_told_of(moment: str, hours: bool, days_off: bool) -> None:
    for policy, expected in (
        (sheet(), False),
        (sheet(**HOURS), hours),
        (sheet(alarm_off_days="true"), days_off),
        (sheet(**HOURS, alarm_off_days="true"), hours or days_off),
    ):
        assert is_outside_schedule(policy, at(moment), str(ZONE)) is expected


def test_a_sheet_that_cannot_be_meant_is_refused() -> None:
    for changed in ({"alarm_before": "21:00:00", "alarm_after": "07:00:00"}, {"foreign_minutes": "0"}):
        with pytest.raises(SheetError, match="access"):
            sheet(**changed)


def test_so_many_strange_badges_are_too_many() -> None:
    three, never = AccessRule(frozenset(), frozenset()), AccessRule(frozenset(), frozenset(), foreign_badges=0)
    assert [are_too_strange(three, shown) for shown in (0, 1, 2, 3, 4)] == [False, False, False, True, True]
    assert not are_too_strange(never, 99)
    assert (three.alarm_before, three.alarm_after) == (time.min, time.max)


@pytest.mark.parametrize(
    ("bound", "read", "other"),
    [
        (None, "E2801105", False), ("E2801105", None, False), ("E2801105", "", False),
        ("E28011052000", "E28011052000", False), ("e28011052000", "E28011052000", False),
        ("E280110520001234", "E2801105", False), ("E2801105", "E280110520001234", False),
        ("E280110520001234", "E280110520001235", True), ("E280110520001234", "E2801106", True),
    ],
)  # fmt: skip
def test_a_tag_is_another_when_its_own_number_is(bound: str | None, read: str | None, other: bool) -> None:
    assert is_another_tag(bound, read) is other


def test_what_a_count_alarms() -> None:
    policy, one, two = sheet(), frozenset({("a", 1)}), frozenset({("a", 1), ("b", 2)})
    assert [secrecy for secrecy in Secrecy if is_never_lent(policy, secrecy)] == [Secrecy.TOP_SECRET]
    for result, secrecy in product(StocktakeResult, Secrecy):
        absent = (result, secrecy) == (StocktakeResult.MISSING, Secrecy.TOP_SECRET)
        expected = AlarmKind.NEVER_LEND_ITEM_ABSENT if absent else None
        assert counted_alarm(policy, result, secrecy, [one]) == expected
        assert counted_alarm(policy, result, secrecy, [one, two]) == AlarmKind.DUPLICATE_TAG
