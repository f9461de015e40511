"""Requests and decisions under the shipped sheet: who asks, in which mode, who says yes."""

from dataclasses import replace

import pytest

from server.domain.approvals import (
    REQUEST_LIFE,
    DecisionFacts,
    RequestFacts,
    judge_decision,
    judge_request,
    judge_withdrawal,
    shown_state,
    window,
)
from server.domain.custody import ItemFacts
from server.domain.delegations import DelegationFacts, Scope, judge_delegation, scope_of
from server.domain.people import PersonFacts
from server.domain.policy import load_policy
from server.domain.scopes import Scope as Rights
from server.domain.verdicts import Lawful
from server.domain.words import ItemKind, LoanState, Mode, RequestState, Secrecy
from tests.server.domain.facts import (
    CHEN,
    DEPUTY,
    DIRECTOR,
    GM,
    HOUR,
    HU,
    LI,
    NINE,
    POLICY,
    RECORDS,
    SHEET,
    WANG,
    ZHAO,
    ZONE,
    at,
    item,
    refusals,
    rules,
)

FILED = RequestState.FILED


def ask(
    filer: PersonFacts = LI,
    applicant: PersonFacts = WANG,
    of: ItemFacts | None = None,
    mode: Mode = Mode.LOAN,
    purpose: str = "review",
    impressions: int = 0,
    documents: tuple[str, ...] = (),
) -> RequestFacts:
    return RequestFacts(
        applicant, filer, (of or item(),), mode, purpose, NINE, NINE + 8 * HOUR, NINE, None, documents, impressions
    )


def of(secrecy: Secrecy) -> ItemFacts:
    return item(secrecy=secrecy)


SEAL = item(kind=ItemKind.SEAL)


def test_r01_a_request_needs_a_purpose_and_an_item() -> None:
    request = replace(ask(purpose="  "), items=())
    assert refusals(judge_request(POLICY, request)) == {("R01", "purpose_missing"), ("R01", "items_missing")}


@pytest.mark.parametrize(
    ("kind", "mode", "fits"),
    [
        (ItemKind.FILE, Mode.LOAN, True),
        (ItemKind.FILE, Mode.SEAL_USE, False),
        (ItemKind.SEAL, Mode.LOAN, False),
        (ItemKind.SEAL, Mode.READING, False),
        (ItemKind.SEAL, Mode.SEAL_USE, True),
        (ItemKind.KEY, Mode.LOAN, True),
        (ItemKind.KEY, Mode.PHOTOCOPY, False),
    ],
)
def test_r03_a_mode_is_for_its_kinds_only(kind: ItemKind, mode: Mode, fits: bool) -> None:
    answer = judge_request(POLICY, ask(of=item(kind=kind), mode=mode))
    assert isinstance(answer, Lawful) if fits else refusals(answer) == {("R03", "mode_not_for_kind")}


def test_r02_duty_is_ordered_and_not_requested() -> None:
    assert refusals(judge_request(POLICY, ask(mode=Mode.DUTY))) == {("R02", "duty_needs_order")}


@pytest.mark.parametrize("mode", [Mode.READING, Mode.LOAN, Mode.PHOTOCOPY])
def test_r06_top_secret_is_refused_to_everyone(mode: Mode) -> None:
    for filer in (LI, ZHAO, GM, DEPUTY):
        request = ask(filer, GM if filer is GM else WANG, of(Secrecy.TOP_SECRET), mode)
        assert refusals(judge_request(POLICY, request)) == {("R06", "secrecy_never")}


def test_r07_confidential_is_only_read() -> None:
    assert isinstance(judge_request(POLICY, ask(of=of(Secrecy.CONFIDENTIAL), mode=Mode.READING)), Lawful)
    for mode in (Mode.LOAN, Mode.PHOTOCOPY):
        request = ask(of=of(Secrecy.CONFIDENTIAL), mode=mode)
        assert refusals(judge_request(POLICY, request)) == {("R07", "secrecy_not_in_mode")}


@pytest.mark.parametrize(
    ("filer", "applicant", "may"),
    [
        (LI, WANG, True),
        (LI, LI, True),
        (HU, WANG, False),
        (WANG, WANG, False),
        (CHEN, WANG, False),
        (CHEN, CHEN, False),
        (RECORDS, WANG, False),
        (ZHAO, ZHAO, True),
        (ZHAO, WANG, True),
        (DIRECTOR, DIRECTOR, True),
        (DEPUTY, DEPUTY, True),
        (GM, GM, True),
    ],
)
def test_r09_ordinary_files_are_asked_for_by_managers_or_leaders(
    filer: PersonFacts, applicant: PersonFacts, may: bool
) -> None:
    answer = judge_request(POLICY, ask(filer, applicant))
    assert isinstance(answer, Lawful) if may else refusals(answer) == {("R09", "filer_post")}


def test_r09_two_people_without_a_department_are_not_of_the_same_one() -> None:
    request = ask(replace(LI, department=""), replace(WANG, department=""))
    assert refusals(judge_request(POLICY, request)) == {("R09", "filer_post")}


def test_r17_a_seal_is_asked_for_by_whoever_needs_it_and_the_sheet_says_what_to_list() -> None:
    asked = ask(WANG, WANG, SEAL, Mode.SEAL_USE)
    assert isinstance(judge_request(POLICY, asked), Lawful)
    text = SHEET.replace("require_documents = false", "require_documents = true")
    strict = load_policy(text.replace("require_impressions = false", "require_impressions = true"))
    assert refusals(judge_request(strict, asked)) == {
        ("R17", "seal_documents_missing"),
        ("R17", "seal_impressions_missing"),
    }
    assert isinstance(judge_request(strict, replace(asked, documents=("contract 7",), impressions=2)), Lawful)
    assert rules(judge_request(POLICY, replace(asked, impressions=-1))) == {"R17"}


def test_who_files_is_not_asked_of_what_cannot_be_used_at_all() -> None:
    assert rules(judge_request(POLICY, ask(WANG, WANG, SEAL))) == {"R03"}
    assert rules(judge_request(POLICY, ask(WANG, WANG, of(Secrecy.TOP_SECRET)))) == {"R06"}


def test_every_reason_is_collected() -> None:
    request = replace(ask(WANG, purpose=""), items=(item(), SEAL), until_us=NINE, due_us=NINE)
    assert rules(judge_request(POLICY, request)) == {"R01", "R02", "R03", "R05", "R09"}


def test_somebody_no_longer_active_neither_asks_nor_is_asked_for() -> None:
    assert refusals(judge_request(POLICY, ask(applicant=replace(WANG, active=False)))) == {("R20", "person_inactive")}


def test_a_window_ends_after_it_begins_and_after_now() -> None:
    codes = {
        (NINE, NINE): "window_empty",
        (NINE, NINE - 1): "window_empty",
        (NINE - HOUR, NINE): "window_over",
        (NINE - HOUR, NINE + 1): "",
    }
    for (start, until), code in codes.items():
        answer = judge_request(POLICY, replace(ask(), from_us=start, until_us=until))
        assert refusals(answer) == {("R02", code)} if code else isinstance(answer, Lawful)


def test_the_window_lasts_until_close_of_business_of_an_office_day() -> None:
    assert window(POLICY, ZONE, NINE, None, None) == (NINE, at("2026-03-02T17:30"))
    assert window(POLICY, ZONE, at("2026-03-06T18:00"), None, None)[1] == at("2026-03-09T17:30")
    assert window(POLICY, ZONE, NINE, NINE + HOUR, NINE + 2 * HOUR) == (NINE + HOUR, NINE + 2 * HOUR)


def decide(request: RequestFacts, approver: PersonFacts, **more: object) -> DecisionFacts:
    return replace(DecisionFacts(request, FILED, approver, NINE), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("secrecy", "mode", "approver", "by"),
    [
        (Secrecy.ORDINARY, Mode.LOAN, ZHAO, ""),
        (Secrecy.ORDINARY, Mode.LOAN, GM, "R09"),
        (Secrecy.ORDINARY, Mode.LOAN, CHEN, "R09"),
        (Secrecy.ORDINARY, Mode.READING, ZHAO, ""),
        (Secrecy.ORDINARY, Mode.PHOTOCOPY, RECORDS, ""),
        (Secrecy.ORDINARY, Mode.PHOTOCOPY, ZHAO, "R12"),
        (Secrecy.SECRET, Mode.LOAN, GM, ""),
        (Secrecy.SECRET, Mode.LOAN, DEPUTY, ""),
        (Secrecy.SECRET, Mode.LOAN, ZHAO, "R08"),
        (Secrecy.CONFIDENTIAL, Mode.READING, DEPUTY, ""),
        (Secrecy.CONFIDENTIAL, Mode.READING, ZHAO, "R07 R08"),
    ],
)
def test_each_secrecy_and_mode_has_its_approvers(secrecy: Secrecy, mode: Mode, approver: PersonFacts, by: str) -> None:
    answer = judge_decision(POLICY, decide(ask(of=of(secrecy), mode=mode), approver))
    assert refusals(answer) == {(rule, "approver_post") for rule in by.split()} if by else isinstance(answer, Lawful)


def test_r17_seal_use_is_approved_by_the_head_or_above() -> None:
    request = ask(WANG, WANG, SEAL, Mode.SEAL_USE)
    for approver in (ZHAO, DEPUTY, GM):
        assert isinstance(judge_decision(POLICY, decide(request, approver)), Lawful)
    assert refusals(judge_decision(POLICY, decide(request, LI))) == {("R17", "approver_post")}


def test_r10_nobody_decides_what_they_asked_for_or_filed() -> None:
    own = ask(ZHAO, ZHAO)
    filed = ask(ZHAO, WANG)
    assert refusals(judge_decision(POLICY, decide(own, ZHAO))) == {("R10", "own_request")}
    assert refusals(judge_decision(POLICY, decide(filed, ZHAO))) == {("R10", "own_request")}
    assert refusals(judge_decision(POLICY, decide(ask(), LI))) == {("R10", "own_request"), ("R09", "approver_post")}
    for approver in (GM, DEPUTY):
        assert isinstance(judge_decision(POLICY, decide(own, approver)), Lawful)
        assert isinstance(judge_decision(POLICY, decide(filed, approver)), Lawful)
    assert refusals(judge_decision(POLICY, decide(ask(GM, GM, of(Secrecy.SECRET)), GM))) == {("R10", "own_request")}


def test_a_decision_is_made_once_and_in_time() -> None:
    for state in set(RequestState) - {FILED}:
        assert refusals(judge_decision(POLICY, decide(ask(), ZHAO, state=state))) == {("R01", "request_not_waiting")}
    late = decide(ask(), ZHAO, now_us=NINE + 9 * HOUR)
    assert refusals(judge_decision(POLICY, late)) == {("R02", "window_over")}
    assert isinstance(judge_decision(POLICY, replace(late, until_us=NINE + 20 * HOUR)), Lawful)
    assert isinstance(judge_decision(POLICY, replace(late, act="refuse")), Lawful)
    assert refusals(judge_decision(POLICY, decide(ask(), ZHAO, act="withdraw"))) == {("R01", "request_not_waiting")}


DELEGATION = DelegationFacts(30, GM, DEPUTY.id, NINE - HOUR, NINE + HOUR)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, ""),
        ({"to_id": 77}, "delegation_to_another"),
        ({"from_us": NINE + 1}, "delegation_not_begun"),
        ({"from_us": NINE}, ""),
        ({"revoked_us": NINE + 1}, ""),
        ({"until_us": NINE}, "delegation_over"),
        ({"revoked_us": NINE}, "delegation_revoked"),
        ({"scope": Scope(modes=frozenset({Mode.READING}))}, "delegation_scope"),
        ({"scope": Scope(secrecy=frozenset({Secrecy.ORDINARY}))}, "delegation_scope"),
        ({"scope": Scope(departments=frozenset({"legal"}))}, "delegation_scope"),
        ({"scope": Scope(frozenset({Mode.LOAN}), frozenset({Secrecy.SECRET}), frozenset({"sales"}))}, ""),
        ({"rights": Rights(secrecy=frozenset({Secrecy.ORDINARY}))}, "outside_scope"),
        ({"rights": Rights(secrecy=frozenset({Secrecy.SECRET}))}, ""),
        ({"giver": LI}, "delegation_gives_nothing"),
        ({"giver": replace(GM, active=False)}, "person_inactive"),
    ],
)
def test_r10_a_delegate_decides_within_scope_and_dates_only(change: dict[str, object], code: str) -> None:
    delegation = replace(DELEGATION, to_id=ZHAO.id)
    delegation = replace(delegation, **change)  # type: ignore[arg-type]
    answer = judge_decision(POLICY, decide(ask(of=of(Secrecy.SECRET)), ZHAO, delegations=(delegation,)))
    if code:
        assert code in {found for _, found in refusals(answer)}
        assert ("R08", "approver_post") in refusals(answer)
    else:
        assert answer == Lawful(basis=(30,))


def test_r10_no_delegation_is_named_where_none_is_needed() -> None:
    answer = judge_decision(POLICY, decide(ask(of=of(Secrecy.SECRET)), DEPUTY, delegations=(DELEGATION,)))
    assert answer == Lawful()


def test_r10_a_delegate_does_not_decide_the_delegators_own_request() -> None:
    delegation = replace(DELEGATION, to_id=ZHAO.id)
    request = ask(GM, GM, of(Secrecy.SECRET))
    answer = judge_decision(POLICY, decide(request, ZHAO, delegations=(delegation,)))
    assert ("R10", "own_request_by_delegate") in refusals(answer)


def test_r10_a_delegation_is_never_passed_on() -> None:
    chained = DelegationFacts(31, ZHAO, LI.id, NINE - HOUR, NINE + HOUR)
    answer = judge_decision(POLICY, decide(ask(of=of(Secrecy.SECRET)), LI, delegations=(chained,)))
    assert ("R10", "delegation_gives_nothing") in refusals(answer)


@pytest.mark.parametrize(("to", "may"), [(DEPUTY, True), (ZHAO, True), (DIRECTOR, False), (GM, False), (WANG, False)])
def test_r10_the_general_managers_delegate_is_a_deputy_or_the_head(to: PersonFacts, may: bool) -> None:
    facts = replace(DELEGATION, to_id=to.id)
    answer = judge_delegation(POLICY, facts, to, GM.id, NINE)
    assert isinstance(answer, Lawful) if may else rules(answer) == {"R10"}


def test_r10_a_delegation_is_written_by_who_gives_it_for_a_time_to_come() -> None:
    assert refusals(judge_delegation(POLICY, DELEGATION, DEPUTY, CHEN.id, NINE)) == {("R10", "delegation_not_yours")}
    over = replace(DELEGATION, until_us=NINE)
    assert refusals(judge_delegation(POLICY, over, DEPUTY, GM.id, NINE)) == {("R10", "delegation_over")}
    empty = replace(DELEGATION, until_us=DELEGATION.from_us)
    assert refusals(judge_delegation(POLICY, empty, DEPUTY, GM.id, NINE)) == {("R02", "window_empty")}
    of_li = replace(DELEGATION, giver=LI)
    assert refusals(judge_delegation(POLICY, of_li, DEPUTY, LI.id, NINE)) == {("R10", "delegation_gives_nothing")}


def test_a_scope_is_read_from_plain_words() -> None:
    assert scope_of({}) == Scope()
    assert scope_of({"modes": ["loan"], "departments": ["sales"]}) == Scope(
        frozenset({Mode.LOAN}), None, frozenset({"sales"})
    )
    with pytest.raises(ValueError, match="no mode: use modes"):
        scope_of({"mode": ["loan"]})
    with pytest.raises(ValueError, match="lend"):
        scope_of({"modes": ["lend"]})


def test_a_request_is_taken_back_by_its_people_while_it_stands() -> None:
    assert isinstance(judge_withdrawal(FILED, 1, 1, 2), Lawful)
    assert isinstance(judge_withdrawal(RequestState.APPROVED, 2, 1, 2), Lawful)
    stranger = refusals(judge_withdrawal(FILED, 3, 1, 2))
    assert stranger == {("R01", "not_your_request"), ("R40", "not_your_request")}
    assert refusals(judge_withdrawal(RequestState.REFUSED, 1, 1, 2)) == {("R01", "request_not_waiting")}


def test_the_state_shown_is_the_gravest() -> None:
    out, closed, short = LoanState.OUT, LoanState.CLOSED, LoanState.DISCREPANCY
    assert shown_state(RequestState.APPROVED, NINE, NINE, ()) == "approved"
    assert shown_state(RequestState.APPROVED, NINE, NINE + 1, ()) == "expired"
    assert shown_state(FILED, NINE, NINE + 1, ()) == "expired"
    assert shown_state(RequestState.REFUSED, NINE, NINE + 1, ()) == "refused"
    assert shown_state(RequestState.APPROVED, NINE, NINE + 1, (closed, out)) == "out"
    assert shown_state(RequestState.APPROVED, NINE, NINE, (closed, short, out)) == "discrepancy"
    assert shown_state(RequestState.APPROVED, NINE, NINE, (closed,)) == "closed"


def test_no_request_leaves_refused_or_withdrawn() -> None:
    assert {state for state, _, _ in REQUEST_LIFE} == {RequestState.FILED, RequestState.APPROVED}
