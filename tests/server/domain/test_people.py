"""People alone: narrowed rights, training, clearance, reviews, breaches."""

from dataclasses import replace
from typing import Any

import pytest

from server.domain.breaches import judge_breach, judge_outcome, judge_review
from server.domain.clearance import ADMINISTRATORS, Ties, judge_change, judge_clearance, tie_reasons
from server.domain.people import PersonFacts
from server.domain.policy_people import PeopleRules, TrainingRow
from server.domain.scopes import DAY_US, EVERYTHING, Scope, Thing, entry_reasons, judge_scope, outside
from server.domain.training import TrainingFacts, training_reasons
from server.domain.verdicts import Lawful, Refused
from server.domain.words import AlarmState, Role, TrainedAct

WANG = PersonFacts(1, Role.REQUESTER, "销售部")
GUEST = PersonFacts(2, Role.GUEST_AUDITOR)
THING = Thing("销售部", "合同", "secret", "a")
RULES = PeopleRules(
    reviewers=frozenset({Role.DEPARTMENT_MANAGER, Role.SECURITY_ADMIN}),
    guest_days=30,
    training=(TrainingRow(TrainedAct.SEAL_USE, "rules", frozenset({Role.REQUESTER})),),
)


def codes(said: Lawful | Refused) -> set[str]:
    return {reason.code for reason in said.reasons}


@pytest.mark.parametrize("limit", ["department", "category", "secrecy", "cabinet"])
def test_r40_each_respect_narrows_by_itself_and_what_a_thing_lacks_does_not_keep_it_out(limit: str) -> None:
    def only(*names: str) -> Scope:
        limits: dict[str, Any] = {limit: frozenset(names)}
        return replace(EVERYTHING, **limits)

    assert outside(only(getattr(THING, limit)), THING) == []
    (said,) = outside(only("other"), THING, "F1")
    assert (said.rule, said.code, said.item, dict(said.params)) == ("R40", "outside_scope", "F1", {"limit": limit})
    assert outside(only(), THING) != []
    assert outside(only("other"), Thing()) == []
    assert outside(EVERYTHING, THING) == []


def test_r40_all_that_is_against_it_is_said() -> None:
    scope = Scope(frozenset({"x"}), frozenset({"x"}), frozenset({"x"}), frozenset({"x"}))
    assert len(outside(scope, THING)) == 4


def test_r61_a_guests_access_has_a_beginning_an_end_and_a_scope() -> None:
    scope = Scope(category=frozenset({"合同"}), from_us=10, until_us=20)
    said = [{r.code for r in entry_reasons(GUEST.role, scope, now)} for now in (9, 10, 19, 20)]
    assert said == [{"access_not_begun"}, set(), set(), {"access_over"}]
    for wrong in (EVERYTHING, Scope(until_us=20), Scope(category=frozenset({"合同"}))):
        assert {r.code for r in entry_reasons(GUEST.role, wrong, 10)} == {"guest_unlimited"}
    assert entry_reasons(Role.ARCHIVIST, EVERYTHING, 10) == []
    assert {r.code for r in entry_reasons(Role.ARCHIVIST, scope, 10, whole=True)} == {"narrowed"}
    assert {r.code for r in entry_reasons(Role.INTERNAL_AUDITOR, EVERYTHING, 10, changes=True)} == {"auditors_read"}


def test_r61_limits_are_set_by_another_and_a_guests_for_days() -> None:
    month = Scope(category=frozenset({"合同"}), until_us=30 * DAY_US)
    assert judge_scope(RULES, GUEST, 9, month, 0) == Lawful()
    longer = Scope(category=frozenset({"合同"}), until_us=31 * DAY_US)
    assert codes(judge_scope(RULES, GUEST, 9, longer, 0)) == {"guest_too_long"}
    assert codes(judge_scope(RULES, WANG, WANG.id, Scope(until_us=5), 9)) == {"own_rights", "window_empty"}


def test_r43_every_tie_is_a_reason() -> None:
    ties = Ties(("F1",), ("F2",), ("C1",), (3,), ("F4",), (5,), ("a",))
    assert len(tie_reasons(ties)) == 7
    assert {reason.rule for reason in tie_reasons(ties)} == {"R43"}
    assert judge_clearance(WANG, 9, Ties()) == Lawful()
    assert codes(judge_clearance(WANG, WANG.id, Ties(held=("F1",)))) == {"own_rights", "still_holds"}


@pytest.mark.parametrize("role", Role)
def test_r40_an_administrator_takes_no_business_act_along(role: Role) -> None:
    ties = Ties(held=("F1",))
    said = judge_change(WANG, 9, role, "采购部", True, ties)
    assert codes(said) == ({"post_needs_clearance", "still_holds"} if role in ADMINISTRATORS else set())
    assert judge_change(WANG, 9, role, "采购部", True, Ties()) == Lawful()
    assert "own_rights" in codes(judge_change(WANG, 1, role, "采购部", True, Ties()))


def test_r44_training_counts_until_it_expires() -> None:
    def said(*records: TrainingFacts, role: Role = Role.REQUESTER) -> set[str]:
        return {r.code for r in training_reasons(RULES, role, [TrainedAct.SEAL_USE], records, 10)}

    assert said() == {"training_missing"}
    assert said(TrainingFacts("tools", None)) == {"training_missing"}
    assert said(TrainingFacts("rules", 10)) == {"training_over"}
    assert said(TrainingFacts("rules", 10), TrainingFacts("rules", 11)) == set()
    assert said(TrainingFacts("rules", None)) == set()
    assert said(role=Role.DIRECTOR) == set()
    assert training_reasons(RULES, Role.REQUESTER, [TrainedAct.LOAN], (), 10) == []


def test_r42_who_reviews_whom() -> None:
    manager = PersonFacts(3, Role.DEPARTMENT_MANAGER, "销售部")
    assert judge_review(RULES, manager, WANG) == Lawful()
    assert codes(judge_review(RULES, manager, PersonFacts(4, Role.REQUESTER, "采购部"))) == {"reviewer_post"}
    assert codes(judge_review(RULES, manager, manager)) == {"own_review"}
    assert codes(judge_review(RULES, WANG, manager)) == {"reviewer_post"}


def test_r45_a_breach_waits_for_the_conclusion_and_ends_with_an_outcome() -> None:
    assert [codes(judge_breach(state)) for state in (None, AlarmState.CLOSED)] == [set(), set()]
    assert (
        codes(judge_breach(AlarmState.SET)) == codes(judge_breach(AlarmState.ACKNOWLEDGED)) == {"alarm_not_concluded"}
    )
    assert codes(judge_outcome(" ")) == {"outcome_missing"}
