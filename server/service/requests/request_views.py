"""Requests as they are shown: people by username, items by code, the decisions so far and whom it waits for."""

import json

from sqlmodel import col, select

from server.domain import approvals
from server.domain.words import LoanState, RequestState
from server.service.context import Reading
from server.service.lookups import codes, known, usernames
from server.service.shapes import DecisionView, RequestView, moment, moment_or_none
from server.store.tables import Decision, Loan, Request, RequestAwaits


def request_views(look: Reading, requests: list[Request]) -> list[RequestView]:
    """Give requests as they are shown."""
    session = look.session
    ids = [known(request.id) for request in requests]
    decisions = list(session.exec(select(Decision).where(col(Decision.request_id).in_(ids)).order_by(col(Decision.id))))
    loans: dict[int | None, list[LoanState]] = {}
    for number, state in session.exec(select(Loan.request_id, Loan.state).where(col(Loan.request_id).in_(ids))):
        loans.setdefault(number, []).append(LoanState(state))
    people = usernames(
        session, [n for r in requests for n in (r.applicant_id, r.filed_by_id)] + [d.approver_id for d in decisions]
    )
    items = codes(session, {number for request in requests for number in json.loads(request.items)})
    awaits = _awaits(look, ids)
    said: dict[int, list[DecisionView]] = {}
    for decision in decisions:
        said.setdefault(decision.request_id, []).append(
            DecisionView(
                approver=people[decision.approver_id],
                delegation=decision.delegation_id,
                said=decision.said,
                note=decision.note,
                at=moment(decision.at_us, look.zone),
                step=decision.step,
            )
        )
    return [
        RequestView(
            id=number,
            applicant=people[request.applicant_id],
            filed_by=people[request.filed_by_id],
            mode=request.mode,
            purpose=request.purpose,
            items=[items[item] for item in json.loads(request.items)],
            state=approvals.shown_state(
                RequestState(request.state), request.until_us, look.now_us, tuple(loans.get(number, ()))
            ),
            documents=json.loads(request.documents),
            impressions=request.impressions,
            created_at=moment(request.created_us, look.zone),
            from_at=moment(request.from_us, look.zone),
            until_at=moment(request.until_us, look.zone),
            due_at=moment_or_none(request.due_us, look.zone),
            decisions=said.get(number, []),
            pages=request.pages,
            recipient=request.recipient,
            outside=request.outside,
            renews=request.renews_id,
            awaits=awaits.get(number, []),
        )
        for number, request in zip(ids, requests, strict=True)
    ]


def _awaits(look: Reading, ids: list[int]) -> dict[int, list[str]]:
    query = select(RequestAwaits).where(col(RequestAwaits.request_id).in_(ids)).order_by(RequestAwaits.role)
    found: dict[int, list[str]] = {}
    for row in look.session.exec(query):
        found.setdefault(row.request_id, []).append(row.role)
    return found
