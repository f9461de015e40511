"""Renewals: a request that what is out of another be due later, decided by the same posts (R05 R08)."""

import json

from msgspec import to_builtins
from pydantic import AwareDatetime
from sqlmodel import Session, col, func, select

from server.domain import renewals
from server.domain.custody import ItemFacts
from server.domain.renewals import OutFacts, RenewalFacts
from server.domain.verdicts import Reason
from server.domain.words import LoanState, Mode, RequestState
from server.service.context import Reading, Writing
from server.service.errors import lawful
from server.service.inputs import Input, Text, micros
from server.service.lending.notices import tell
from server.service.lookups import item_facts, known
from server.service.requests.holds import waited_for
from server.service.requests.request_facts import stored
from server.store.tables import Item, Loan, Request


class NewRenewal(Input):
    """Until when it shall be kept, and why."""

    due: AwareDatetime
    purpose: Text = ""


def renewal_of(work: Writing, number: int, asked: NewRenewal) -> tuple[Request, RenewalFacts]:
    """Make, not yet stored, the request that renews what is out of request `number`, or raise why it cannot be."""
    session = work.session
    asked_of = stored(session, number)
    first = stored(session, asked_of.renews_id) if asked_of.renews_id else asked_of
    facts = _facts(work, first, work.viewer.id, micros(asked.due))
    lawful(renewals.judge_renewal(work.policy, facts))
    request = Request(
        applicant_id=first.applicant_id,
        filed_by_id=work.viewer.id,
        mode=first.mode,
        purpose=asked.purpose or first.purpose,
        state=RequestState.FILED,
        created_us=work.now_us,
        from_us=work.now_us,
        until_us=facts.due_us,
        due_us=facts.due_us,
        items=json.dumps([out.item.id for out in facts.out]),
        renews_id=first.id,
        documents=first.documents,
        impressions=first.impressions,
        pages=first.pages,
        recipient=first.recipient,
        outside=first.outside,
    )
    return request, facts


def renewal_reasons(look: Reading, request: Request, due_us: int | None) -> list[Reason]:
    """Say why a renewal cannot be granted now: what was lawful when it was asked for may not be so any more."""
    first = stored(look.session, known(request.renews_id))
    facts = _facts(look, first, request.filed_by_id, due_us or request.until_us, set(json.loads(request.items)))
    return renewals.renewal_reasons(look.policy, facts)


def grant_renewal(work: Writing, request: Request) -> None:
    """Let what is still out of the first request be due later."""
    first = stored(work.session, known(request.renews_id))
    due_us = request.due_us or request.until_us
    facts = _facts(work, first, request.filed_by_id, due_us, set(json.loads(request.items)))
    outs = {out.item.id: out for out in facts.out}
    for loan in _loans(work.session, first):
        if loan.item_id in outs:
            loan.due_us, loan.due_rule = renewals.renewed_due(work.policy, facts, outs[loan.item_id])
            work.session.add(loan)
    work.ledger("loan_renewed", request=request.id, renews=first.id, due_us=due_us, facts=to_builtins(facts))
    tell(work, [request.applicant_id], "request_renewed", str(first.id))


def _facts(look: Reading, first: Request, by_id: int, due_us: int, only: set[int] | None = None) -> RenewalFacts:
    loans = [loan for loan in _loans(look.session, first) if only is None or loan.item_id in only]
    items = _items(look.session, loans)
    wanted = waited_for(look.session, [loan.item_id for loan in loans], first.applicant_id)
    granted = select(func.count()).where(Request.renews_id == first.id, Request.state == RequestState.APPROVED)
    return RenewalFacts(
        by_id=by_id,
        applicant_id=first.applicant_id,
        filer_id=first.filed_by_id,
        mode=Mode(first.mode),
        out=tuple(OutFacts(items[loan.item_id], loan.taken_us, loan.due_us, loan.item_id in wanted) for loan in loans),
        due_us=due_us,
        before=look.session.exec(granted).one(),
        now_us=look.now_us,
        zone=look.zone.key,
    )


def _loans(session: Session, first: Request) -> list[Loan]:
    query = select(Loan).where(Loan.request_id == first.id, Loan.state == LoanState.OUT)
    return list(session.exec(query.order_by(col(Loan.id))))


def _items(session: Session, loans: list[Loan]) -> dict[int, ItemFacts]:
    query = select(Item).where(col(Item.id).in_([loan.item_id for loan in loans]))
    return {known(item.id): item_facts(item) for item in session.exec(query)}
