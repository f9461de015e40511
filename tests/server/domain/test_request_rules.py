"""Steps, conditions, renewals, queues and emergencies as pure rules, under the shipped sheet and under changed ones."""

from dataclasses import replace

import pytest

from server.domain.approval_steps import ItemMark, Said, posts_of, steps_of
from server.domain.approvals import DecisionFacts, RequestFacts, is_last, judge_approval, judge_decision, judge_request
from server.domain.authorities import line_reasons
from server.domain.custody import ItemFacts, held_by
from server.domain.delegations import DelegationFacts, Scope, covers, scope_of, usable
from server.domain.emergencies import (
    AfterwardsFacts,
    EmergencyFacts,
    judge_afterwards,
    judge_emergency,
    posts_afterwards,
)
from server.domain.emergencies import window as emergency_window
from server.domain.fitness import Fitness
from server.domain.handovers import passed_on_due
from server.domain.holds import HoldFacts, judge_hold, kept_until
from server.domain.people import PersonFacts
from server.domain.policy import Policy, load_policy
from server.domain.renewals import OutFacts, RenewalFacts, judge_renewal, renewed_due
from server.domain.scopes import Scope as Rights
from server.domain.sheet import SheetError
from server.domain.training import TrainingFacts
from server.domain.verdicts import Lawful
from server.domain.words import ItemKind, Mode, RequestState, Role, Secrecy
from tests.server.domain.facts import (
    CHEN,
    DEPUTY,
    DIRECTOR,
    GM,
    HOUR,
    LI,
    NINE,
    POLICY,
    RECORDS,
    SHEET,
    WANG,
    ZHAO,
    ZONE,
    item,
    line,
    refusals,
    said,
)

ROW = """[[approval]]
rule = "R09"
secrecy = ["ordinary"]
modes = ["reading", "loan"]
"""
NARROW = {
    "categories": 'categories = ["贷款"]',
    "grades": 'grades = ["C"]',
    "posts": 'posts = ["requester"]',
}


def narrowed(condition: str) -> Policy:
    """Make a sheet whose first row for ordinary loans has a condition and two steps."""
    two = 'filing = "manager"\nsteps = [{ approvers = ["head_of_office"] }, { approvers = ["general_manager"] }]\n'
    return load_policy(SHEET.replace(ROW, f"{ROW}{NARROW[condition]}\n{two}{ROW}"))


def ask(mode: Mode = Mode.LOAN, of: ItemFacts | None = None, **more: object) -> RequestFacts:
    facts = RequestFacts(WANG, LI, (of or item(),), mode, "review", NINE, NINE + 8 * HOUR, NINE)
    return replace(facts, **more)  # type: ignore[arg-type]


def decide(request: RequestFacts, approver: PersonFacts, *decided: Said, **more: object) -> DecisionFacts:
    facts = DecisionFacts(request, RequestState.FILED, approver, NINE, decided=decided)
    return replace(facts, **more)  # type: ignore[arg-type]


SHARED = ask(Mode.SHARING, item(secrecy=Secrecy.SECRET), recipient="legal")


def test_r65_each_step_has_its_posts_and_its_own_person() -> None:
    assert steps_of(POLICY, SHARED) == 2
    assert posts_of(POLICY, SHARED, 0) == {Role.RECORDS_MANAGER}
    assert posts_of(POLICY, SHARED, 1) == {Role.GENERAL_MANAGER, Role.DEPUTY_GENERAL_MANAGER}
    first = decide(SHARED, RECORDS)
    assert isinstance(judge_decision(POLICY, first), Lawful)
    assert not is_last(POLICY, first)
    assert refusals(judge_approval(POLICY, first)) == {("R01", "steps_left")}
    assert refusals(judge_decision(POLICY, decide(SHARED, GM))) == {("R65", "approver_post")}
    second = decide(SHARED, GM, Said(RECORDS.id))
    assert isinstance(judge_approval(POLICY, second), Lawful)
    assert refusals(judge_decision(POLICY, decide(SHARED, GM, Said(GM.id)))) == {("R10", "step_decided_before")}


def test_r10_no_person_decides_two_steps_not_even_in_anothers_stead() -> None:
    given = DelegationFacts(30, GM, ZHAO.id, NINE - HOUR, NINE + HOUR)
    by_delegate = decide(SHARED, ZHAO, Said(RECORDS.id), delegations=(given,))
    assert judge_decision(POLICY, by_delegate) == Lawful(basis=(30,))
    for before in (Said(ZHAO.id), Said(DEPUTY.id, GM.id), Said(CHEN.id, ZHAO.id)):
        again = decide(SHARED, ZHAO, before, delegations=(given,))
        assert ("R10", "step_decided_before") in refusals(judge_decision(POLICY, again))


def test_a_request_of_one_row_has_one_step_and_mixed_ones_need_all_rows_at_each() -> None:
    mixed = ask(Mode.SHARING, recipient="legal", items=(item(1), item(2, secrecy=Secrecy.SECRET)))
    assert steps_of(POLICY, ask()) == 1
    assert steps_of(POLICY, mixed) == 2
    assert posts_of(POLICY, mixed, 0) == {Role.RECORDS_MANAGER}
    assert posts_of(POLICY, mixed, 1) == {Role.GENERAL_MANAGER, Role.DEPUTY_GENERAL_MANAGER}
    graded = ask(items=(item(1), item(2, secrecy=Secrecy.SECRET)), applicant=WANG, filer=LI)
    assert posts_of(POLICY, graded, 0) == {Role.GENERAL_MANAGER, Role.DEPUTY_GENERAL_MANAGER}
    assert isinstance(judge_decision(POLICY, decide(graded, GM)), Lawful)
    assert refusals(judge_decision(POLICY, decide(graded, ZHAO))) == {("R08", "approver_post")}


def test_r08_whoever_stands_in_for_a_strict_rows_approver_does_not_get_the_say_by_mixing() -> None:
    both = '\napprovers = ["general_manager", "deputy_general_manager"]'
    alone = '\napprovers = ["general_manager"]\ninstead = ["deputy_general_manager"]'
    sheet = SHEET.replace(both, alone, 1)
    graded = ask(items=(item(1), item(2, secrecy=Secrecy.SECRET)), applicant=WANG, filer=LI)
    assert posts_of(load_policy(sheet), graded, 0) == {Role.GENERAL_MANAGER}


def test_r09_r13_what_nobody_could_approve_together_is_refused_when_it_is_filed() -> None:
    mixed = ask(items=(item(1), item(2, kind=ItemKind.COPY)), applicant=WANG, filer=LI)
    assert posts_of(POLICY, mixed, 0) == frozenset()
    assert refusals(judge_request(POLICY, mixed)) == {("R09", "no_common_approver"), ("R13", "no_common_approver")}
    assert isinstance(judge_request(POLICY, ask(items=(item(1), item(2)), applicant=WANG, filer=LI)), Lawful)


def test_r40_a_request_for_somebody_reaches_no_further_than_their_own_rights() -> None:
    narrow = Fitness(Rights(secrecy=frozenset({Secrecy.SECRET}), cabinet=frozenset({"a"})))
    found = refusals(judge_request(POLICY, ask(items=(item(1), item(2)), applicant=WANG, filer=LI, fitness=narrow)))
    assert found == {("R40", "outside_scope")}
    wide = Fitness(Rights(secrecy=frozenset({Secrecy.ORDINARY}), cabinet=frozenset({"a"})))
    assert isinstance(judge_request(POLICY, ask(applicant=WANG, filer=LI, fitness=wide)), Lawful)


def test_r44_training_a_use_needs_is_asked_for_when_it_is_requested() -> None:
    rows = 'training = [{ act = "loan", subject = "rules", roles = ["requester"] }]'
    policy = load_policy(SHEET.replace("training = [] ", rows + " "))
    assert refusals(judge_request(policy, ask(applicant=WANG, filer=LI))) == {("R44", "training_missing")}
    over = Fitness(training=(TrainingFacts("rules", NINE - 1),))
    assert refusals(judge_request(policy, ask(applicant=WANG, filer=LI, fitness=over))) == {("R44", "training_over")}
    valid = Fitness(training=(TrainingFacts("rules", NINE + HOUR),))
    assert isinstance(judge_request(policy, ask(applicant=WANG, filer=LI, fitness=valid)), Lawful)
    assert isinstance(judge_request(policy, ask(applicant=ZHAO, filer=ZHAO)), Lawful)


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ("categories", {"marks": {"f1": ItemMark("贷款")}}, {"marks": {"f1": ItemMark("合同")}}),
        ("grades", {"marks": {"f1": ItemMark("", "C")}}, {"marks": {"f1": ItemMark("", "A")}}),
        ("posts", {}, {"applicant": DIRECTOR}),
    ],
)
def test_a_row_may_be_narrowed_by_category_grade_and_post(
    condition: str, hit: dict[str, object], miss: dict[str, object]
) -> None:
    policy = narrowed(condition)
    fits, fits_not = (replace(ask(), **change) for change in (hit, miss))  # type: ignore[arg-type]
    assert (steps_of(policy, fits), steps_of(policy, fits_not), steps_of(POLICY, fits)) == (2, 1, 1)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('approvers = ["head_of_office"]\n', 'approvers = ["head_of_office"]\nsteps = [{ approvers = ["keeper"] }]\n',
         "give approvers (one step) or steps, not both"),
        ('{ approvers = ["general_manager", "deputy_general_manager"] },', "{ approvers = [] },",
         "steps[1].approvers: empty; nobody could approve"),
        ("keep_hours = 24", "keep_hours = -1", "must be 0 or more"),
        ("\nminutes = 60", "\nminutes = 0", "must be at least 1"),
        ('proofs = ["badge", "password"]', 'proofs = ["word"]', "proofs: needs some of badge, password"),
    ],
)  # fmt: skip
def test_a_sheet_that_leaves_a_step_or_a_section_open_is_refused(old: str, new: str, says: str) -> None:
    assert old in SHEET
    with pytest.raises(SheetError) as refused:
        load_policy(SHEET.replace(old, new, 1))
    assert any(says in problem for problem in refused.value.problems)


def test_r04_r65_only_copies_go_outside() -> None:
    outside = ask(Mode.SHARING, recipient="bank", outside=True)
    assert refusals(judge_request(POLICY, replace(outside, filer=WANG))) == {("R04", "outside_needs_copy")}
    copy = item(kind=ItemKind.COPY)
    assert isinstance(judge_request(POLICY, replace(outside, filer=WANG, items=(copy,))), Lawful)


def test_r14_a_transfer_is_of_what_another_holds_and_opens_no_cabinet() -> None:
    for custody, fits in ((None, False), (held_by(WANG.id), False), (held_by(CHEN.id), True)):
        asked = ask(Mode.TRANSFER, item(custody=custody), filer=WANG)
        answer = judge_request(POLICY, asked)
        assert isinstance(answer, Lawful) if fits else ("R14", "transfer_not_held") in refusals(answer)
    held = ask(Mode.TRANSFER, item(custody=held_by(CHEN.id)))
    assert isinstance(judge_request(POLICY, replace(held, filer=CHEN)), Lawful)
    assert ("R01", "filer_post") in refusals(judge_request(POLICY, replace(held, filer=RECORDS)))
    passing = line(1, item(), mode=Mode.TRANSFER)
    assert said(tuple(line_reasons(POLICY, passing, WANG.id, NINE))) == {("R14", "transfer_hand_to_hand")}
    assert line_reasons(POLICY, passing, WANG.id, NINE, by_hand=True) == []


def test_what_is_kept_for_somebody_is_approved_for_nobody_else() -> None:
    assert refusals(judge_decision(POLICY, decide(ask(), ZHAO, kept=("f1",)))) == {("R01", "kept_for_another")}
    assert isinstance(judge_decision(POLICY, decide(ask(), ZHAO, kept=("f1",), act="refuse")), Lawful)


def test_r10_a_scope_may_name_categories_and_what_is_of_none_lies_outside() -> None:
    scope = scope_of({"categories": ["合同"]})
    assert covers(scope, ask(marks={"f1": ItemMark("合同")}))
    assert not covers(scope, ask(marks={"f1": ItemMark("投诉")}))
    assert not covers(scope, ask())
    with pytest.raises(ValueError, match="category"):
        scope_of({"category": ["合同"]})


@pytest.mark.parametrize(
    ("change", "is_usable"),
    [
        ({}, True),
        ({"from_us": NINE + 1}, False),
        ({"until_us": NINE}, False),
        ({"revoked_us": NINE}, False),
        ({"to_id": 77}, False),
        ({"giver": replace(GM, active=False)}, False),
        ({"giver": replace(GM, role=Role.REQUESTER)}, False),
        ({"scope": Scope(modes=frozenset())}, True),
    ],
)
def test_r10_a_delegation_gives_something_only_while_both_are_who_they_must_be(
    change: dict[str, object], is_usable: bool
) -> None:
    given = DelegationFacts(30, GM, ZHAO.id, NINE - HOUR, NINE + HOUR)
    given = replace(given, **change)  # type: ignore[arg-type]
    assert usable(POLICY, given, ZHAO, NINE) == is_usable


OUT = OutFacts(item(), NINE - HOUR, NINE + HOUR)
RENEWAL = RenewalFacts(WANG.id, WANG.id, LI.id, Mode.LOAN, (OUT,), NINE + 30 * HOUR, 0, NINE, ZONE)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, set()),
        ({"by_id": LI.id}, set()),
        ({"by_id": CHEN.id}, {("R01", "renewal_not_yours")}),
        ({"before": 2}, {("R05", "renewal_too_often")}),
        ({"out": ()}, {("R05", "renewal_nothing_out")}),
        ({"due_us": NINE + HOUR}, {("R05", "renewal_no_longer")}),
        ({"out": (replace(OUT, waited_for=True),)}, {("R05", "renewal_held")}),
        ({"now_us": NINE + HOUR + 1}, {("R05", "renewal_overdue")}),
        ({"out": (replace(OUT, item=item(secrecy=Secrecy.SECRET), due_us=NINE + 3 * HOUR),)},
         {("R08", "renewal_no_longer")}),
        ({"by_id": CHEN.id, "before": 2, "out": ()},
         {("R01", "renewal_not_yours"), ("R05", "renewal_too_often"), ("R05", "renewal_nothing_out")}),
    ],
)  # fmt: skip
def test_r05_a_renewal_and_every_reason_against_it(change: dict[str, object], found: set[tuple[str, str]]) -> None:
    answer = judge_renewal(POLICY, replace(RENEWAL, **change))  # type: ignore[arg-type]
    assert refusals(answer) == found if found else isinstance(answer, Lawful)


def test_r08_a_renewed_due_moment_keeps_the_firm_limit() -> None:
    secret = replace(OUT, item=item(secrecy=Secrecy.SECRET))
    assert renewed_due(POLICY, RENEWAL, OUT) == (NINE + 30 * HOUR, "approval")
    assert renewed_due(POLICY, RENEWAL, secret) == (NINE + 3 * HOUR, "R08")


@pytest.mark.parametrize(
    ("rule", "own", "due"),
    [
        ("R05", None, (NINE, "R05")),
        ("R05", NINE + HOUR, (NINE + HOUR, "approval")),
        ("R08", NINE + HOUR, (NINE, "R08")),
        ("R08", NINE - HOUR, (NINE - HOUR, "approval")),
    ],
)
def test_r14_what_is_passed_on_is_due_no_later_than_a_firm_limit(
    rule: str, own: int | None, due: tuple[int, str]
) -> None:
    assert passed_on_due(POLICY, NINE, rule, own) == due


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, set()),
        ({"is_back": True}, {("R01", "hold_not_out")}),
        ({"waits": True}, {("R01", "hold_twice")}),
        ({"item": item(custody=held_by(WANG.id))}, {("R01", "hold_is_yours")}),
        ({"item": item(secrecy=Secrecy.TOP_SECRET, custody=held_by(5))}, {("R06", "secrecy_never")}),
        ({"person": replace(WANG, active=False)}, {("R20", "person_inactive")}),
    ],
)
def test_r01_who_may_wait_for_an_item(change: dict[str, object], found: set[tuple[str, str]]) -> None:
    facts = HoldFacts(item(custody=held_by(CHEN.id)), WANG, is_back=False)
    answer = judge_hold(POLICY, replace(facts, **change))  # type: ignore[arg-type]
    assert refusals(answer) == found if found else isinstance(answer, Lawful)
    assert kept_until(POLICY, NINE) == NINE + 24 * HOUR


FIRE = EmergencyFacts(WANG, CHEN, (item(),), "fire", "badge", NINE)
AUDITOR = PersonFacts(40, Role.INTERNAL_AUDITOR)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, set()),
        ({"items": (item(secrecy=Secrecy.TOP_SECRET),)}, set()),
        ({"proof": ""}, {("R02", "emergency_unproven")}),
        ({"other": WANG}, {("R02", "emergency_alone")}),
        ({"other": AUDITOR}, {("R02", "emergency_post")}),
        ({"purpose": " ", "items": ()}, {("R01", "purpose_missing"), ("R01", "items_missing")}),
        ({"other": replace(CHEN, active=False)}, {("R20", "person_inactive")}),
    ],
)
def test_r02_two_persons_present_may_act_in_an_emergency(
    change: dict[str, object], found: set[tuple[str, str]]
) -> None:
    answer = judge_emergency(POLICY, replace(FIRE, **change))  # type: ignore[arg-type]
    assert refusals(answer) == found if found else isinstance(answer, Lawful)
    assert emergency_window(POLICY, NINE) == (NINE + HOUR, NINE + 24 * HOUR)


LEADERS = {Role.GENERAL_MANAGER, Role.DEPUTY_GENERAL_MANAGER}


@pytest.mark.parametrize(
    ("items", "posts"),
    [
        ((item(),), {Role.HEAD_OF_OFFICE}),
        ((item(secrecy=Secrecy.SECRET),), LEADERS),
        ((item(secrecy=Secrecy.CONFIDENTIAL),), LEADERS),
        ((item(secrecy=Secrecy.TOP_SECRET),), LEADERS),
        ((item(kind=ItemKind.SEAL),), {Role.HEAD_OF_OFFICE, *LEADERS}),
        ((item(1), item(2, secrecy=Secrecy.TOP_SECRET)), LEADERS),
    ],
)
def test_r02_afterwards_decides_who_could_have_approved(items: tuple[ItemFacts, ...], posts: set[Role]) -> None:
    facts = replace(FIRE, items=items)
    assert posts_afterwards(POLICY, facts) == posts
    for person in (ZHAO, GM, DEPUTY, RECORDS, LI):
        answer = judge_afterwards(POLICY, AfterwardsFacts(facts, person, NINE + HOUR))
        if person.role in posts:
            assert isinstance(answer, Lawful)
        else:
            assert refusals(answer) == {("R02", "emergency_post_afterwards")}


def test_r02_the_two_of_an_emergency_and_their_delegates_do_not_approve_it_nor_anybody_twice() -> None:
    own = replace(FIRE, by=ZHAO)
    assert ("R10", "emergency_own") in refusals(judge_afterwards(POLICY, AfterwardsFacts(own, ZHAO, NINE)))
    given = DelegationFacts(30, ZHAO, DIRECTOR.id, NINE - HOUR, NINE + HOUR)
    by_delegate = AfterwardsFacts(own, DIRECTOR, NINE, delegations=(given,))
    assert ("R10", "own_request_by_delegate") in refusals(judge_afterwards(POLICY, by_delegate))
    assert judge_afterwards(POLICY, replace(by_delegate, emergency=FIRE)) == Lawful(basis=(30,))
    late = replace(by_delegate, emergency=FIRE, is_decided=True)
    assert refusals(judge_afterwards(POLICY, late)) == {("R02", "emergency_decided")}
