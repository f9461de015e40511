"""Breaches (R45) and reviews of rights (R42): who may say what of whom."""

from server.domain.people import PersonFacts
from server.domain.policy_people import PeopleRules
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Refused, answer
from server.domain.words import AlarmState, Role


def judge_breach(alarm: AlarmState | None) -> Lawful | Refused:
    """Say whether a breach may be recorded: one that an alarm told of, when the alarm is concluded."""
    return answer([] if alarm in (None, AlarmState.CLOSED) else [reason(Code.ALARM_NOT_CONCLUDED)])


def judge_outcome(outcome: str) -> Lawful | Refused:
    """Say whether a breach may be closed: with its outcome."""
    return answer([] if outcome.strip() else [reason(Code.OUTCOME_MISSING)])


def judge_review(rules: PeopleRules, by: PersonFacts, person: PersonFacts) -> Lawful | Refused:
    """Say whether somebody may review a person's rights: a manager those of their department, nobody their own."""
    found = [reason(Code.OWN_REVIEW)] if by.id == person.id else []
    manager = by.role == Role.DEPARTMENT_MANAGER
    if by.role not in rules.reviewers or (manager and by.department != person.department):
        found.append(reason(Code.REVIEWER_POST, roles=",".join(sorted(rules.reviewers))))
    return answer(found)
