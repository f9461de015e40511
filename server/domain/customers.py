"""Customers' grades, credit files and sensitive fields (R37, R38): who may see and change them, and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from server.domain.people import PersonFacts
from server.domain.policy_keeping import Keeping, SealedField
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import RequestState


class CreditAct(StrEnum):
    """What an approval of this kind is for; one to change also lets see."""

    SEE = "see"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class CreditFacts:
    """A request to see or change a grade or credit file; `customer_id` None stands for every customer's."""

    id: int
    person_id: int
    customer_id: int | None
    act: CreditAct
    state: RequestState
    until_us: int | None
    used: bool = False


def in_force(facts: CreditFacts, now_us: int) -> bool:
    """Say whether an approval can be used now; one to change is good for one change."""
    return facts.state == RequestState.APPROVED and not facts.used and now_us <= (facts.until_us or 0)


def covering(requests: Iterable[CreditFacts], customer_id: int, act: CreditAct, now_us: int) -> CreditFacts | None:
    """Find an approval in force that lets this be done with this customer's grade or credit file."""
    acts = {CreditAct.SEE: set(CreditAct), CreditAct.CHANGE: {CreditAct.CHANGE}}[act]
    return next(
        (r for r in requests if in_force(r, now_us) and r.act in acts and r.customer_id in (None, customer_id)), None
    )


def judge_credit_request(purpose: str, act: CreditAct, customer_id: int | None) -> Lawful | Refused:
    """Say whether this may be asked for: with a purpose, and changes one customer at a time."""
    found = [] if purpose else [reason(Code.PURPOSE_MISSING, rule="R37")]
    if act == CreditAct.CHANGE and customer_id is None:
        found.append(reason(Code.CREDIT_ONE_CUSTOMER))
    return answer(found)


def judge_credit_decision(
    keeping: Keeping, facts: CreditFacts, asker: PersonFacts, by: PersonFacts
) -> Lawful | Refused:
    """Say whether this person may decide the request: never one's own; for a post that approves, the one above it."""
    grades, found = keeping.grades, list[Reason]()
    if facts.state != RequestState.FILED:
        found.append(reason(Code.REQUEST_NOT_WAITING, rule="R37", state=facts.state))
    if by.id == facts.person_id:
        found.append(reason(Code.OWN_REQUEST, rule="R37"))
    may = grades.instead if asker.role in grades.approvers and grades.instead else grades.approvers
    if by.role not in may:
        found.append(reason(Code.APPROVER_POST, rule="R37", roles=",".join(sorted(may))))
    return answer(found)


def judge_grade(keeping: Keeping, grade: str, planned: bool) -> Lawful | Refused:
    """Say whether a customer may get this grade; a risk needs its control plan first."""
    if grade not in keeping.grades.all:
        return Refused((reason(Code.GRADE_UNKNOWN, grade=grade, known=", ".join(keeping.grades.all)),))
    return answer(
        [reason(Code.GRADE_NEEDS_PLAN, grade=grade)] if grade in keeping.grades.plan_for and not planned else []
    )


def judge_credit(covered: bool, act: CreditAct) -> Lawful | Refused:
    """Say whether a grade or credit file may be seen or changed: only with an approval of its own."""
    if covered:
        return answer([])
    seeing, changing = reason(Code.CREDIT_SEEING_NEEDS_APPROVAL), reason(Code.CREDIT_CHANGE_NEEDS_APPROVAL)
    return answer([seeing if act == CreditAct.SEE else changing])


def judge_unmasking(row: SealedField, by: PersonFacts, purpose: str, covered: bool) -> Lawful | Refused:
    """Say whether a sensitive field may be shown to this person now (R38)."""
    found: list[Reason] = []
    if by.role not in row.roles:
        found.append(reason(Code.FIELD_NOT_NEEDED, field=row.field, roles=",".join(sorted(row.roles))))
    if not purpose:
        found.append(reason(Code.PURPOSE_MISSING, rule="R38"))
    if row.approval and not covered:
        found.append(reason(Code.CREDIT_SEEING_NEEDS_APPROVAL))
    return answer(found)
