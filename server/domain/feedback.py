"""Feedback (R63): taken in from anybody, assigned by those whom the sheet names, closed with an answer."""

from dataclasses import dataclass

from server.domain.people import PersonFacts
from server.domain.policy_oversight import Oversight
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Refused, answer


@dataclass(frozen=True, slots=True)
class FeedbackFacts:
    """What is known of it: for whom it is, and whether it is closed."""

    assigned_to_id: int | None
    is_closed: bool


def judge_assign(rules: Oversight, by: PersonFacts, facts: FeedbackFacts) -> Lawful | Refused:
    """Say whether this person may assign it."""
    found = [reason(Code.FEEDBACK_CLOSED)] if facts.is_closed else []
    if by.role not in rules.answered_by:
        found.append(reason(Code.FEEDBACK_ANSWERED_BY, roles=",".join(sorted(rules.answered_by))))
    return answer(found)


def judge_answer(rules: Oversight, by: PersonFacts, facts: FeedbackFacts, text: str) -> Lawful | Refused:
    """Say whether this person may close it with this answer: for whom it is, or who assigns."""
    found = [reason(Code.FEEDBACK_CLOSED)] if facts.is_closed else []
    if by.id != facts.assigned_to_id and by.role not in rules.answered_by:
        found.append(reason(Code.FEEDBACK_ANSWERED_BY, roles=",".join(sorted(rules.answered_by))))
    if not text.strip():
        found.append(reason(Code.ANSWER_MISSING))
    return answer(found)
