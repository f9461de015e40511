"""Approvals to see or change a customer's grade or credit file (R37), and the control plan of a risk.

Law 1: nobody sees or changes a grade without an approval in force that covers this customer, whatever their role.
Law 2: an approval to change is good for one change.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from server.domain.customers import (
    CreditAct,
    CreditFacts,
    covering,
    in_force,
    judge_credit,
    judge_credit_decision,
    judge_credit_request,
)
from server.domain.words import DutyKind, RequestState
from server.service.context import Reading, Writing
from server.service.customers.customer_shapes import CreditRequestView, NewCreditRequest, NewPlan, PlanReview, PlanView
from server.service.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError, lawful
from server.service.inputs import micros
from server.service.lending.notices import holders_of, tell
from server.service.lookups import known, person_facts, person_named, person_of, usernames
from server.service.oversight.duties import drop, fulfil
from server.service.paging import paged
from server.service.people.rights import Act
from server.service.records.file_reviews import plan_subject
from server.service.shapes import Page, moment, moment_or_none
from server.store.tables import ControlPlan, CreditRequest, Customer

HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Cover:
    """Whose grades somebody may see now."""

    everyone: bool = False
    customers: frozenset[int] = field(default_factory=frozenset)

    def covers(self, customer_id: int) -> bool:
        """Say whether this customer's grade may be seen."""
        return self.everyone or customer_id in self.customers

    def only(self, column: Any) -> list[ColumnElement[bool]]:
        """Give what narrows a query to these customers."""
        return [] if self.everyone else [column.in_(sorted(self.customers))]


def cover_of(look: Reading) -> Cover:
    """Say whose grades the viewer may see now."""
    held = [facts for facts in approvals_of(look) if in_force(facts, look.now_us)]
    return Cover(
        any(facts.customer_id is None for facts in held),
        frozenset(facts.customer_id for facts in held if facts.customer_id is not None),
    )


def approvals_of(look: Reading) -> list[CreditFacts]:
    """Give the viewer's approvals that are not used up."""
    held = (CreditRequest.person_id == look.viewer.id, CreditRequest.state == RequestState.APPROVED)
    query = select(CreditRequest).where(*held, col(CreditRequest.used_us).is_(None)).order_by(col(CreditRequest.id))
    return [_facts(row) for row in look.session.exec(query)]


def require_cover(work: Writing, customer_id: int, act: CreditAct) -> int | None:
    """Give the approval that lets the viewer do this; raises RefusedError when there is none."""
    found = covering(approvals_of(work), customer_id, act, work.now_us)
    lawful(judge_credit(found is not None, act))
    return found.id if found else None


def use_cover(work: Writing, number: int) -> None:
    """Use an approval up."""
    row = _stored(work.session, number)
    row.used_us = work.now_us
    work.session.add(row)
    work.ledger("credit_approval_used", credit_request=number, customer=row.customer_id)


def ask(work: Writing, asked: NewCreditRequest) -> CreditRequestView:
    """Ask to see or change a grade or credit file."""
    if asked.customer is not None and work.session.get(Customer, asked.customer) is None:
        raise NotFoundError("customer", asked.customer)
    lawful(judge_credit_request(asked.purpose, asked.act, asked.customer))
    row = CreditRequest(
        person_id=work.viewer.id,
        customer_id=asked.customer,
        act=asked.act,
        purpose=asked.purpose,
        state=RequestState.FILED,
        created_us=work.now_us,
    )
    work.session.add(row)
    work.session.flush()
    work.ledger("credit_asked", credit_request=row.id, customer=asked.customer, act=asked.act, purpose=asked.purpose)
    grades = work.policy.keeping.grades
    tell(work, holders_of(work.session, grades.approvers), "request_filed", f"C{row.id}")
    return request_views(work, [row])[0]


def decide(work: Writing, number: int, act: Literal["approve", "refuse"], note: str) -> CreditRequestView:
    """Approve or refuse such a request; never one's own."""
    row = _stored(work.session, number)
    asker, by = (
        person_facts(person_of(work.session, row.person_id)),
        person_facts(person_of(work.session, work.viewer.id)),
    )
    lawful(judge_credit_decision(work.policy.keeping, _facts(row), asker, by))
    row.state = RequestState.APPROVED if act == "approve" else RequestState.REFUSED
    row.decided_by_id, row.decided_us, row.note = work.viewer.id, work.now_us, note
    if act == "approve":
        row.until_us = work.now_us + work.policy.keeping.grades.hours * HOUR_US
    work.session.add(row)
    work.ledger(f"credit_{row.state}", credit_request=number, customer=row.customer_id, policy=work.policy.digest)
    tell(work, [row.person_id], f"request_{row.state}", f"C{number}")
    return request_views(work, [row])[0]


def list_requests(look: Reading, before: int | None, limit: int) -> Page[CreditRequestView]:
    """List one's own requests, and those that wait for one's decision; the newest first."""
    query = select(CreditRequest).order_by(col(CreditRequest.id).desc()).limit(limit + 1)
    if not look.viewer.may(Act.DECIDE_CREDIT):
        query = query.where(CreditRequest.person_id == look.viewer.id)
    if before is not None:
        query = query.where(col(CreditRequest.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: request_views(look, rows))


def request_views(look: Reading, rows: Sequence[CreditRequest]) -> list[CreditRequestView]:
    """Give such requests as they are shown; one whose time is over is expired."""
    people = usernames(look.session, (n for row in rows for n in (row.person_id, row.decided_by_id)))
    return [
        CreditRequestView(
            id=known(row.id),
            person=people[row.person_id],
            customer=row.customer_id,
            act=row.act,
            purpose=row.purpose,
            state=row.state if row.until_us is None or look.now_us <= row.until_us else RequestState.EXPIRED,
            created_at=moment(row.created_us, look.zone),
            decided_by=people.get(row.decided_by_id),
            until_at=moment_or_none(row.until_us, look.zone),
            used_at=moment_or_none(row.used_us, look.zone),
        )
        for row in rows
    ]


# ------------------------------------------------------------ control plans


def set_plan(work: Writing, customer_id: int, asked: NewPlan) -> PlanView:
    """Set how a customer's risk is controlled, by whom, and when that is looked at next."""
    if work.session.get(Customer, customer_id) is None:
        raise NotFoundError("customer", customer_id)
    if micros(asked.review) <= work.now_us:
        raise InvalidError("review", "review lies in the past; give the day when the plan is to be looked at")
    owner = person_named(work.session, asked.owner)
    row = work.session.get(ControlPlan, customer_id) or ControlPlan(
        customer_id=customer_id, owner_id=0, plan="", review_due_us=0
    )
    if row.review_due_us:
        drop(work, DutyKind.CONTROL_PLAN_REVIEW, plan_subject(customer_id), "set anew")
    row.owner_id, row.plan, row.review_due_us = known(owner.id), asked.plan, micros(asked.review)
    work.session.add(row)
    work.session.flush()
    work.ledger("control_plan_set", customer=customer_id, owner=owner.pseudonym, review_us=row.review_due_us)
    return plan_view(work, row)


def review_plan(work: Writing, customer_id: int, asked: PlanReview) -> PlanView:
    """Record that a control plan was looked at, and when it will be next; by its owner or the records office."""
    next_us, note = micros(asked.review), asked.note
    if not _owns_plan(work, customer_id) and not work.viewer.may(Act.KEEP_CUSTOMERS):
        raise ForbiddenError("not_yours", "a control plan is reviewed by its owner or the records office (R37)")
    row = _plan(work.session, customer_id)
    if next_us <= work.now_us:
        raise InvalidError("review", "review lies in the past; give the day when the plan is to be looked at")
    fulfil(work, DutyKind.CONTROL_PLAN_REVIEW, plan_subject(customer_id), note)
    row.reviewed_us, row.review_due_us = work.now_us, next_us
    work.session.add(row)
    work.ledger("control_plan_reviewed", customer=customer_id, note=note, review_us=next_us)
    return plan_view(work, row)


def get_plan(look: Reading, customer_id: int) -> PlanView:
    """Show a customer's control plan to its owner and to who may see the grade: it says what the grade is."""
    if not _owns_plan(look, customer_id) and not cover_of(look).covers(customer_id):
        said = judge_credit(False, CreditAct.SEE)
        raise RefusedError(said.reasons)
    return plan_view(look, _plan(look.session, customer_id))


def _owns_plan(look: Reading, customer_id: int) -> bool:
    """Say whose plan it is before anything else: that there is one tells the grade."""
    row = look.session.get(ControlPlan, customer_id)
    return row is not None and row.owner_id == look.viewer.id


def plan_view(look: Reading, row: ControlPlan) -> PlanView:
    """Give a control plan as it is shown."""
    return PlanView(
        customer=row.customer_id,
        owner=usernames(look.session, [row.owner_id])[row.owner_id],
        plan=row.plan,
        review_at=moment(row.review_due_us, look.zone),
        overdue=row.review_due_us < look.now_us,
        reviewed_at=moment_or_none(row.reviewed_us, look.zone),
    )


def _plan(session: Session, customer_id: int) -> ControlPlan:
    row = session.get(ControlPlan, customer_id)
    if row is None:
        raise NotFoundError("control plan of customer", customer_id)
    return row


def _facts(row: CreditRequest) -> CreditFacts:
    return CreditFacts(
        id=known(row.id),
        person_id=row.person_id,
        customer_id=row.customer_id,
        act=CreditAct(row.act),
        state=RequestState(row.state),
        until_us=row.until_us,
        used=row.used_us is not None,
    )


def _stored(session: Session, number: int) -> CreditRequest:
    row = session.get(CreditRequest, number)
    if row is None:
        raise NotFoundError("credit request", number)
    return row
