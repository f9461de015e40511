"""Due moments, lateness, and the check that ends a loan."""

from dataclasses import replace

import pytest

from server.domain.loans import (
    DAY_US,
    Checked,
    CheckFacts,
    LoanFacts,
    due_moment,
    is_overdue,
    judge_check,
    next_state,
    overdue_alarms,
)
from server.domain.policy import load_policy
from server.domain.verdicts import Refused
from server.domain.words import AlarmKind, LoanState, Mode, Secrecy
from tests.server.domain.facts import CHEN, HOUR, NINE, POLICY, SHEET, WANG, ZONE, at, said


@pytest.mark.parametrize(
    ("taken", "due"),
    [
        ("2026-03-02T09:00", "2026-03-02T17:30"),
        ("2026-03-02T17:29", "2026-03-02T17:30"),
        ("2026-03-02T17:30", "2026-03-03T17:30"),
        ("2026-03-06T18:00", "2026-03-09T17:30"),
        ("2026-03-07T10:00", "2026-03-09T17:30"),
        ("2026-02-14T10:00", "2026-02-14T17:30"),
        ("2026-02-14T18:00", "2026-02-24T17:30"),
        ("2026-09-30T20:00", "2026-10-08T17:30"),
        ("2026-10-10T09:00", "2026-10-10T17:30"),
    ],
)
def test_r05_due_at_close_of_business_of_an_office_day(taken: str, due: str) -> None:
    found = due_moment(POLICY, Secrecy.ORDINARY, Mode.LOAN, at(taken), None, ZONE)
    assert found == (at(due), "R05")


def test_r05_is_judged_in_the_sites_own_zone() -> None:
    in_berlin, _ = due_moment(POLICY, Secrecy.ORDINARY, Mode.LOAN, NINE, None, "Europe/Berlin")
    assert in_berlin == at("2026-03-03T00:30")


def test_r08_four_hours_for_secret_unless_business_closes_first() -> None:
    four = due_moment(POLICY, Secrecy.SECRET, Mode.LOAN, NINE, None, ZONE)
    assert four == (NINE + 4 * HOUR, "R08")
    late = at("2026-03-02T16:00")
    assert due_moment(POLICY, Secrecy.SECRET, Mode.LOAN, late, None, ZONE) == (at("2026-03-02T17:30"), "R05")


def test_the_approvals_own_due_replaces_close_of_business_and_never_the_four_hours() -> None:
    tomorrow, soon = NINE + 30 * HOUR, NINE + HOUR
    assert due_moment(POLICY, Secrecy.ORDINARY, Mode.LOAN, NINE, tomorrow, ZONE) == (tomorrow, "approval")
    assert due_moment(POLICY, Secrecy.ORDINARY, Mode.LOAN, NINE, soon, ZONE) == (soon, "approval")
    assert due_moment(POLICY, Secrecy.SECRET, Mode.LOAN, NINE, tomorrow, ZONE) == (NINE + 4 * HOUR, "R08")
    assert due_moment(POLICY, Secrecy.SECRET, Mode.LOAN, NINE, soon, ZONE) == (soon, "approval")


def test_a_duty_order_on_a_secret_item_has_no_four_hours() -> None:
    assert due_moment(POLICY, Secrecy.SECRET, Mode.DUTY, NINE, None, ZONE)[1] == "R05"


LOAN = LoanFacts(3, LoanState.OUT, NINE, "R05", 1, 2)


def test_overdue_is_being_out_after_the_due_moment() -> None:
    assert not is_overdue(LOAN, NINE)
    assert is_overdue(LOAN, NINE + 1)
    assert is_overdue(replace(LOAN, state=LoanState.CLAIMED_RETURNED), NINE + 1)
    for state in set(LoanState) - {LoanState.OUT, LoanState.CLAIMED_RETURNED}:
        assert not is_overdue(replace(LOAN, state=state), NINE + DAY_US)


@pytest.mark.parametrize(
    ("rule", "after", "kind"),
    [
        ("R05", 1, AlarmKind.SAME_DAY_ORIGINAL_NOT_RETURNED),
        ("R05", 9 * DAY_US, AlarmKind.SAME_DAY_ORIGINAL_NOT_RETURNED),
        ("R08", 1, AlarmKind.HOUR_LIMIT_EXCEEDED),
        ("approval", 1, AlarmKind.OVERDUE_SOFT),
        ("approval", 3 * DAY_US, AlarmKind.OVERDUE_SOFT),
        ("approval", 3 * DAY_US + 1, AlarmKind.OVERDUE_HARD),
    ],
)
def test_a_late_loan_sets_exactly_one_alarm(rule: str, after: int, kind: AlarmKind) -> None:
    (alarm,) = overdue_alarms(POLICY, replace(LOAN, due_rule=rule), NINE + after)
    assert (alarm.kind, alarm.cause) == (kind, f"{kind}:loan:3")
    assert overdue_alarms(POLICY, LOAN, NINE) == ()


def test_while_its_cabinet_is_silent_a_late_item_is_unknown_and_not_unreturned() -> None:
    assert overdue_alarms(POLICY, replace(LOAN, silent_since_us=NINE), NINE + HOUR) == ()
    assert len(overdue_alarms(POLICY, replace(LOAN, silent_since_us=NINE + 1), NINE + HOUR)) == 1


def test_a_sheet_may_set_other_hours() -> None:
    text = SHEET.replace("hours = 4", "hours = 2").replace("close = 17:30:00", "close = 18:00:00")
    changed = load_policy(text)
    assert due_moment(changed, Secrecy.SECRET, Mode.LOAN, NINE, None, ZONE) == (NINE + 2 * HOUR, "R08")
    assert due_moment(changed, Secrecy.ORDINARY, Mode.LOAN, NINE, None, ZONE) == (at("2026-03-02T18:00"), "R05")


CHECK = CheckFacts(CHEN, LoanState.RETURNED, "f1", complete=True, expected_parts=3, expected_pages=40)


def test_r11_a_complete_return_closes_the_loan() -> None:
    assert judge_check(POLICY, CHECK) == Checked(LoanState.CLOSED)
    assert judge_check(POLICY, replace(CHECK, parts=3, pages=41)) == Checked(LoanState.CLOSED)
    assert judge_check(POLICY, replace(CHECK, state=LoanState.DISCREPANCY)) == Checked(LoanState.CLOSED)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"complete": False}, {"incomplete"}),
        ({"parts": 2}, {"parts_short"}),
        ({"pages": 0}, {"pages_short"}),
        ({"parts": 2, "pages": 39, "complete": False}, {"parts_short", "pages_short"}),
    ],
)
def test_r11_a_shortfall_keeps_the_loan_open_and_is_alarmed(change: dict[str, object], codes: set[str]) -> None:
    found = judge_check(POLICY, replace(CHECK, **change))  # type: ignore[arg-type]
    assert isinstance(found, Checked)
    assert (found.state, found.alarm) == (LoanState.DISCREPANCY, AlarmKind.RETURNED_INCOMPLETE)
    assert said(found.reasons) == {("R11", code) for code in codes}


def test_r11_the_archivist_checks_and_only_what_has_come_back() -> None:
    found = judge_check(POLICY, replace(CHECK, by=WANG, state=LoanState.OUT))
    assert isinstance(found, Refused)
    assert said(found.reasons) == {("R11", "checked_by"), ("R11", "loan_not_returned")}
    assert isinstance(judge_check(POLICY, replace(CHECK, state=LoanState.CLOSED)), Refused)


def test_nothing_follows_a_closed_loan() -> None:
    assert next_state(LoanState.OUT, "return") == LoanState.RETURNED
    assert next_state(LoanState.OUT, "hand_over") == LoanState.CLOSED
    with pytest.raises(KeyError):
        next_state(LoanState.CLOSED, "return")
