"""The one life of lending, and the rules of searches, copies, seals, mandates and keys, each alone."""

from dataclasses import replace

import pytest

from server.domain.copies import CopyFacts, judge_copies, keeps_open
from server.domain.custody import held_by, in_place
from server.domain.entrusted import Limit, Mandate, judge_hand_back, judge_receipt, limit_reasons
from server.domain.keysets import Declared, Opened, is_undeclared, judge_declaration, judge_holding, match
from server.domain.lending import LENDING_LIFE, STORED, LifeFacts, life_state, rungs_reached
from server.domain.loans import DAY_US, LOAN_LIFE, Checked, CheckFacts, LoanFacts, judge_check, overdue_alarms
from server.domain.office import is_known, year_missing
from server.domain.policy import load_policy
from server.domain.reasons import Code, reason
from server.domain.repairs import judge_close, judge_report
from server.domain.seals import Recorded, UseFacts, judge_use, register_reasons
from server.domain.searches import SearchFacts, judge_search
from server.domain.sheet import SheetError
from server.domain.verdicts import Lawful
from server.domain.words import (
    AlarmKind,
    ItemKind,
    LendingState,
    LoanState,
    Mode,
    RequestState,
    Secrecy,
)
from tests.server.domain.facts import (
    CHEN,
    GM,
    HOUR,
    LI,
    NINE,
    POLICY,
    RECORDS,
    SHEET,
    WANG,
    ZONE,
    at,
    item,
    refusals,
    said,
)

ENDS = {LendingState.REFUSED, LendingState.WITHDRAWN, LendingState.EXPIRED, LendingState.CLOSED}
MINUTE = HOUR // 60


def test_every_state_of_the_life_is_reached_and_left_or_an_end() -> None:
    reached = {after for _, _, after in LENDING_LIFE} | {LendingState.REQUESTED}
    assert reached == set(LendingState)
    assert {state for state in LendingState if not any(one[0] == state for one in LENDING_LIFE)} == ENDS
    assert len({(state, act) for state, act, _ in LENDING_LIFE}) == len(LENDING_LIFE)


def test_what_is_stored_follows_the_life_and_only_a_checked_loan_closes_after_its_return() -> None:
    assert set(STORED.values()) == set(LoanState)
    assert {(state, act) for state, act, after in LOAN_LIFE if after == LoanState.CLOSED} == {
        (LoanState.RETURNED, "close"),
        (LoanState.LOST, "conclude"),
        (LoanState.OUT, "hand_over"),
        (LoanState.CLAIMED_RETURNED, "hand_over"),
    }


@pytest.mark.parametrize(
    ("late", "state"),
    [(0, "out"), (1, "overdue"), (3 * DAY_US, "overdue"), (3 * DAY_US + 1, "overdue_hard"), (8 * DAY_US, "escalated")],
)
def test_r05_the_ladder_of_a_loan_that_stays_out(late: int, state: str) -> None:
    assert life_state(POLICY.lending, 3, LifeFacts(LoanState.OUT, NINE), NINE + late) == state
    reached = len(rungs_reached(POLICY.lending, NINE, NINE + late))
    assert reached == sum(late > rung.hours_late * HOUR for rung in POLICY.lending.ladder)


def test_a_returned_loan_is_checked_or_in_repair() -> None:
    facts = LifeFacts(LoanState.RETURNED, NINE)
    assert life_state(POLICY.lending, 3, facts, NINE + DAY_US) == "returned"
    assert life_state(POLICY.lending, 3, replace(facts, checked=True), NINE) == "checked"
    assert life_state(POLICY.lending, 3, replace(facts, checked=True, in_repair=True), NINE) == "repair"


CHECK = CheckFacts(CHEN, LoanState.RETURNED, "f1", complete=True, expected_parts=3)


def test_r12_r16_what_is_open_keeps_a_complete_return_from_closing() -> None:
    kept = keeps_open("f1", copies_open=2, repairs_open=1)
    assert said(kept) == {("R12", "copies_out"), ("R16", "in_repair")}
    assert judge_check(POLICY, replace(CHECK, keeps_open=kept)) == Checked(LoanState.RETURNED, kept)
    assert keeps_open("f1", 0, 0) == ()


def test_r11_what_is_owed_is_said() -> None:
    short = judge_check(POLICY, replace(CHECK, parts=1, expected_pages=9, pages=4))
    assert isinstance(short, Checked)
    assert short.owed == (("parts", 2), ("pages", 5))
    unsaid = judge_check(POLICY, replace(CHECK, complete=False))
    assert isinstance(unsaid, Checked)
    assert unsaid.owed == (("unsaid", 1),)


def test_r17_a_seals_count_that_does_not_agree_is_a_discrepancy() -> None:
    kept = (reason(Code.SEAL_COUNT_EXCEEDED, "f1", approved="1", recorded="2"),)
    assert judge_check(POLICY, replace(CHECK, keeps_open=kept)) == Checked(LoanState.DISCREPANCY, kept)


LOAN = LoanFacts(3, LoanState.OUT, NINE, "R05", 1, 2)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"kind": ItemKind.COPY}, AlarmKind.COPY_NOT_RETURNED),
        ({"mode": Mode.READING}, AlarmKind.READING_ROOM_ITEM_LEFT_ROOM),
        ({"mode": Mode.READING, "due_rule": "R08"}, AlarmKind.HOUR_LIMIT_EXCEEDED),
        ({"state": LoanState.CLAIMED_RETURNED}, AlarmKind.SAME_DAY_ORIGINAL_NOT_RETURNED),
    ],
)
def test_r04_r12_what_a_late_thing_is_decides_its_one_alarm(change: dict[str, object], kind: AlarmKind) -> None:
    (alarm,) = overdue_alarms(POLICY, replace(LOAN, **change), NINE + 1)  # type: ignore[arg-type]
    assert alarm.kind == kind


def test_r18_who_may_claim_lose_and_conclude() -> None:
    claim = SearchFacts(WANG, WANG.id, LoanState.OUT, "claim")
    assert isinstance(judge_search(POLICY, claim), Lawful)
    assert refusals(judge_search(POLICY, replace(claim, by=LI))) == {("R18", "not_your_loan")}
    lose = SearchFacts(WANG, WANG.id, LoanState.CLOSED, "lose", " ")
    assert refusals(judge_search(POLICY, lose)) == {
        ("R18", "loan_not_out"),
        ("R18", "lost_declared_by"),
        ("R22", "conclusion_missing"),
    }
    assert isinstance(judge_search(POLICY, SearchFacts(GM, WANG.id, LoanState.LOST, "conclude", "补办")), Lawful)


def test_r16_a_repair_has_its_damage_and_its_outcome() -> None:
    assert refusals(judge_report(" ")) == {("R16", "damage_missing")}
    assert refusals(judge_close(is_open=False, outcome="")) == {
        ("R16", "repair_not_open"),
        ("R22", "conclusion_missing"),
    }


COPY = CopyFacts(CHEN, item(), "1-3", "投标", False, Mode.PHOTOCOPY, RequestState.APPROVED, True)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, set()),
        ({"by": WANG}, {"copy_registered_by"}),
        ({"mode": Mode.LOAN}, {"copy_not_approved"}),
        ({"state": RequestState.FILED}, {"copy_not_approved"}),
        ({"names_original": False}, {"copy_not_approved"}),
        ({"loan": LoanState.CLOSED}, {"copy_record_closed"}),
        ({"loan": LoanState.RETURNED}, set()),
        ({"mode": None, "standing": True}, set()),
        ({"original": item(secrecy=Secrecy.CONFIDENTIAL)}, {"copy_of_secret"}),
        ({"pages": "", "by": WANG}, {"copy_pages_missing", "copy_registered_by"}),
    ],
)
def test_r12_r13_which_copies_may_be_registered(change: dict[str, object], codes: set[str]) -> None:
    found = judge_copies(POLICY, replace(COPY, **change))  # type: ignore[arg-type]
    assert ({code for _, code in refusals(found)} if codes else found) == (codes or Lawful())


USE = UseFacts(WANG, "c1", WANG.id, CHEN, True, approved=2, recorded_before=0, impressions=2)


def test_r17_approved_against_recorded_impressions() -> None:
    assert judge_use(POLICY, USE) == Recorded()
    over = judge_use(POLICY, replace(USE, recorded_before=1))
    assert isinstance(over, Recorded)
    assert said(over.excess) == {("R17", "seal_count_exceeded")}
    assert judge_use(POLICY, replace(USE, approved=0, impressions=9)) == Recorded()
    assert refusals(judge_use(POLICY, replace(USE, supervisor=WANG, in_use=False))) == {  # type: ignore[arg-type]
        ("R17", "seal_supervisor_party"),
        ("R17", "seal_supervised_by"),
        ("R17", "seal_out_of_use"),
    }


def test_r17_a_sheet_may_want_every_use_recorded_with_a_photo() -> None:
    strict = load_policy(
        SHEET.replace("use_record_required = false", "use_record_required = true").replace(
            "photo_required = false", "photo_required = true"
        )
    )
    assert said(register_reasons(strict, "c1", is_recorded=False)) == {("R17", "seal_use_not_recorded")}
    assert register_reasons(POLICY, "c1", is_recorded=False) == ()
    assert refusals(judge_use(strict, USE)) == {("R17", "seal_photo_missing")}  # type: ignore[arg-type]


def test_r19_only_what_the_mandate_says_and_only_until_then() -> None:
    limits = (
        Limit("c1", Mandate("华东", (Mode.SEAL_USE,), NINE)),
        Limit("f1", in_repair=True),
        Limit("c2", retired=True),
    )
    assert said(tuple(limit_reasons(limits[:1], Mode.SEAL_USE, NINE))) == set()
    assert said(tuple(limit_reasons(limits, Mode.LOAN, NINE + 1))) == {
        ("R19", "mandate_mode"),
        ("R19", "mandate_over"),
        ("R16", "in_repair"),
        ("R17", "seal_out_of_use"),
    }
    assert limit_reasons(limits, Mode.DUTY, NINE + 1) == []


def test_r19_received_with_a_mandate_and_handed_back_from_its_place() -> None:
    assert refusals(judge_receipt(POLICY, WANG, "c1", True, "", ())) == {
        ("R19", "entrusted_by"),
        ("R19", "mandate_missing"),
        ("R19", "entrusted_already"),
    }
    out, back = held_by(1).state, in_place("a", 1).state
    assert refusals(judge_hand_back(POLICY, CHEN, "c1", False, out)) == {
        ("R19", "not_entrusted"),
        ("R19", "entrusted_out"),
    }
    assert isinstance(judge_hand_back(POLICY, CHEN, "c1", True, back), Lawful)


def test_r21_a_declaration_explains_the_nearest_opening_of_its_cabinet_and_only_one() -> None:
    ring = POLICY.lending.keys
    opened = [Opened(1, "a", NINE), Opened(2, "a", NINE + HOUR), Opened(3, "b", NINE)]
    declared = [Declared(7, "a", NINE + HOUR, NINE + 2 * HOUR)]
    assert [(one.incident, two.id) for one, two in match(ring, opened, declared)] == [(1, 7)]
    both = [*declared, Declared(8, "a", NINE, NINE - HOUR)]
    assert [(one.incident, two.id) for one, two in match(ring, opened, both)] == [(1, 8), (2, 7)]
    assert match(ring, opened, [Declared(9, "a", NINE, NINE - 3 * HOUR)]) == []
    window = ring.declare_after_minutes * MINUTE
    assert [is_undeclared(ring, opened[0], NINE + window + extra) for extra in (0, 1)] == [False, True]


def test_r21_who_may_hold_which_set_and_when_a_use_may_be_declared() -> None:
    assert isinstance(judge_holding(POLICY, "spare", GM), Lawful)
    assert refusals(judge_holding(POLICY, "spare", RECORDS)) == {("R21", "key_holder_post")}
    assert isinstance(judge_declaration(POLICY, "断电", NINE - HOUR, NINE), Lawful)
    assert refusals(judge_declaration(POLICY, " ", NINE + 3 * HOUR, NINE)) == {
        ("R21", "key_reason_missing"),
        ("R21", "key_use_outside_window"),
    }


def test_r05_a_year_without_holidays_is_known_to_be_unknown() -> None:
    office = POLICY.office
    assert is_known(office, at("2026-12-31T23:00"), ZONE)
    assert not is_known(office, at("2027-01-01T00:00"), ZONE)
    assert year_missing(office, at("2026-11-30T09:00"), 30, ZONE) is None
    assert year_missing(office, at("2026-12-15T09:00"), 30, ZONE) == 2027
    assert is_known(replace(office, holidays=frozenset()), at("2031-01-01T00:00"), ZONE)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("search_days = 7", "search_days = 0", "lending.search_days: must be at least 1"),
        ("hours_late = 24", "hours_late = 0", "lending.ladder: needs rungs"),
        ("remind_before_minutes = [30]", "remind_before_minutes = [0]", "each must be at least 1"),
        ('spare = ["general_manager"]', "", "name both"),
    ],
)
def test_a_fault_of_the_lending_section_is_named(old: str, new: str, says: str) -> None:
    assert old in SHEET
    with pytest.raises(SheetError, match=says):
        load_policy(SHEET.replace(old, new))
