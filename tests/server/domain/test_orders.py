"""Duty orders, standing registrations and handovers: authority that comes without a request, and what passes it on."""

from dataclasses import replace

import pytest

from server.domain.custody import held_by
from server.domain.fitness import Fitness
from server.domain.handovers import HandoverFacts, judge_handover
from server.domain.orders import OrderFacts, RegistrationFacts, judge_order, judge_registration
from server.domain.people import PersonFacts
from server.domain.policy import load_policy
from server.domain.scopes import Scope
from server.domain.training import TrainingFacts
from server.domain.verdicts import Lawful
from server.domain.words import ItemKind, LineState, Mode, Secrecy, Task
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
    item,
    line,
    refusals,
)

ORDER = OrderFacts(CHEN, WANG, (item(),), Task.MOVE, "new shelf", NINE, NINE + HOUR, NINE)


@pytest.mark.parametrize("task", [task for task in Task if task != Task.DESTRUCTION])
@pytest.mark.parametrize("by", [CHEN, RECORDS, ZHAO, GM])
def test_r02_duty_is_ordered_by_the_records_office_or_its_heads(by: PersonFacts, task: Task) -> None:
    for person in (WANG, by):
        assert isinstance(judge_order(POLICY, replace(ORDER, by=by, person=person, task=task)), Lawful)


def test_r02_an_order_by_anybody_else_or_for_another_task_is_refused() -> None:
    for by in (WANG, LI, DEPUTY):
        found = refusals(judge_order(POLICY, replace(ORDER, by=by)))
        assert found == {("R02", "order_giver"), ("R40", "role_may_not")}
    assert refusals(judge_order(POLICY, replace(ORDER, task="tidying"))) == {("R02", "order_task")}
    empty = replace(ORDER, items=(), purpose="", until_us=NINE, person=replace(WANG, active=False))
    assert refusals(judge_order(POLICY, empty)) == {
        ("R01", "purpose_missing"),
        ("R01", "items_missing"),
        ("R02", "window_empty"),
        ("R20", "person_inactive"),
    }


@pytest.mark.parametrize("by", [CHEN, RECORDS, ZHAO, GM])
def test_r52_r54_destruction_is_ordered_by_its_list_and_by_nobodys_hand(by: PersonFacts) -> None:
    found = refusals(judge_order(POLICY, replace(ORDER, by=by, task=Task.DESTRUCTION)))
    assert found == {("R52", "destruction_needs_list"), ("R54", "destruction_outside")}


def test_r02_only_a_move_says_where_items_belong() -> None:
    assert isinstance(judge_order(POLICY, replace(ORDER, to=("b", 2))), Lawful)
    assert refusals(judge_order(POLICY, replace(ORDER, task=Task.REPAIR, to=("b", 2)))) == {("R02", "order_place")}


def test_r40_r44_neither_an_order_nor_a_standing_rule_reaches_past_rights_and_training() -> None:
    narrow = Fitness(Scope(cabinet=frozenset({"b"})))
    assert refusals(judge_order(POLICY, replace(ORDER, fitness=narrow))) == {("R40", "outside_scope")}
    assert refusals(judge_registration(POLICY, replace(STANDING, fitness=narrow))) == {("R40", "outside_scope")}
    rows = 'training = [{ act = "duty", subject = "security", roles = ["*"] }] '
    policy = load_policy(SHEET.replace("training = [] ", rows))
    assert refusals(judge_order(policy, ORDER)) == {("R44", "training_missing")}
    taught = Fitness(training=(TrainingFacts("security", None),))
    assert isinstance(judge_order(policy, replace(ORDER, fitness=taught)), Lawful)


STANDING = RegistrationFacts(CHEN, DIRECTOR, (item(),), Mode.LOAN, "daily use", NINE, NINE + HOUR, NINE)


@pytest.mark.parametrize("person", [GM, DEPUTY, DIRECTOR, ZHAO])
def test_r09_leaders_borrow_straight_when_the_archivist_registers_it(person: PersonFacts) -> None:
    for by in (CHEN, RECORDS):
        assert isinstance(judge_registration(POLICY, replace(STANDING, by=by, person=person)), Lawful)


def test_r09_nobody_else_borrows_straight_nor_anything_but_ordinary() -> None:
    assert refusals(judge_registration(POLICY, replace(STANDING, person=WANG))) == {("R09", "registered_post")}
    assert refusals(judge_registration(POLICY, replace(STANDING, by=DIRECTOR))) == {
        ("R09", "registered_by"),
        ("R40", "role_may_not"),
    }
    secret = replace(STANDING, items=(item(secrecy=Secrecy.SECRET),))
    assert refusals(judge_registration(POLICY, secret)) == {
        ("R09", "registered_secrecy"),
        ("R08", "secrecy_needs_approval"),
    }
    top = replace(STANDING, items=(item(secrecy=Secrecy.TOP_SECRET),))
    assert refusals(judge_registration(POLICY, top)) == {("R06", "secrecy_never")}
    copied = replace(STANDING, mode=Mode.PHOTOCOPY, due_us=NINE)
    assert refusals(judge_registration(POLICY, copied)) == {("R09", "registered_mode"), ("R05", "due_before_start")}


HELD = item(custody=held_by(WANG.id))
HANDOVER = HandoverFacts(WANG, WANG.id, LI, (HELD,), (line(5, HELD, LI.id),), NINE)


def test_r14_handing_on_uses_the_receivers_own_authority() -> None:
    assert judge_handover(POLICY, HANDOVER) == Lawful(basis=(5,))
    assert judge_handover(POLICY, replace(HANDOVER, by=CHEN, witness_id=CHEN.id)) == Lawful(basis=(5,))


def test_r14_without_it_handing_on_is_refused_and_says_what_is_wrong_with_it() -> None:
    assert refusals(judge_handover(POLICY, replace(HANDOVER, lines=()))) == {("R14", "handover_needs_authority")}
    spent = replace(HANDOVER, lines=(line(5, HELD, LI.id, state=LineState.CONSUMED), line(6, HELD, WANG.id)))
    assert refusals(judge_handover(POLICY, spent)) == {
        ("R14", "handover_needs_authority"),
        ("R02", "line_used"),
        ("R02", "names_another"),
    }


def test_r14_only_what_one_holds_to_another_person_by_those_concerned() -> None:
    theirs = item(custody=held_by(8))
    answer = judge_handover(POLICY, replace(HANDOVER, items=(theirs,), by=ZHAO, witness_id=WANG.id))
    assert refusals(answer) == {
        ("R14", "handover_not_holder"),
        ("R14", "handover_recorded_by"),
        ("R14", "handover_witness_party"),
    }
    to_self = replace(HANDOVER, receiver=WANG, lines=(line(5, HELD, WANG.id),))
    assert refusals(judge_handover(POLICY, to_self)) == {("R14", "handover_to_oneself")}
    assert refusals(judge_handover(POLICY, replace(HANDOVER, items=()))) == {("R01", "items_missing")}


def test_a_sheet_may_ask_for_a_witness() -> None:
    strict = load_policy(SHEET.replace("witness_kinds = []", 'witness_kinds = ["seal"]'))
    seal = item(kind=ItemKind.SEAL, custody=held_by(WANG.id))
    facts = replace(HANDOVER, items=(seal,), lines=(line(5, seal, LI.id, Mode.SEAL_USE),))
    assert refusals(judge_handover(strict, facts)) == {("R14", "handover_witness")}
    assert isinstance(judge_handover(strict, replace(facts, witness_id=CHEN.id)), Lawful)
