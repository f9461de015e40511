"""Requests, decisions, delegations, standing rules, duty orders, handovers."""

from fastapi import APIRouter

from server.domain.words import AuthorityKind, RequestState
from server.service.inputs import NewDecision, NewDelegation, NewHandover, NewOrder, NewRegistration, NewRequest, Note
from server.service.people.rights import Act
from server.service.requests import authority, delegations, handovers, requests
from server.service.requests.renewals import NewRenewal
from server.service.shapes import AuthorityView, DelegationView, HandoverView, Page, RequestView
from server.web.auth import gate
from server.web.routes.common import Cursor, Limit, Number
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["requests"])


@router.get("/requests", **gate(Act.SEE_REQUESTS))
async def list_requests(
    look: Look,
    state: RequestState | None = None,
    show: requests.Show = "all",
    before: Cursor = None,
    limit: Limit = 100,
) -> Page[RequestView]:
    """List the requests that are one's business, the newest first; only one's own, or those that wait for oneself."""
    return requests.list_requests(look, state, before, limit, show)


@router.post("/requests", status_code=201, **gate(Act.REQUEST))
async def file_request(body: NewRequest, do: Do) -> RequestView:
    """Ask to use items in one mode; `for` somebody else when the rules want their manager to file it."""
    return await do(RequestView, lambda work: requests.file_request(work, body))


@router.get("/requests/{number}", **gate(Act.SEE_REQUESTS))
async def get_request(number: Number, look: Look) -> RequestView:
    """Show one request and what was said to it."""
    return requests.get_request(look, number)


@router.post("/requests/{number}/approve", **gate(Act.DECIDE))
async def approve(number: Number, do: Do, body: NewDecision | None = None) -> RequestView:
    """Approve a request, perhaps for a shorter time."""
    return await do(RequestView, lambda work: requests.decide(work, number, "approve", body or NewDecision()))


@router.post("/requests/{number}/refuse", **gate(Act.DECIDE))
async def refuse(number: Number, do: Do, body: Note | None = None) -> RequestView:
    """Refuse a request."""
    asked = NewDecision(note=body.note if body else "")
    return await do(RequestView, lambda work: requests.decide(work, number, "refuse", asked))


@router.post("/requests/{number}/renew", status_code=201, **gate(Act.REQUEST))
async def renew(number: Number, body: NewRenewal, do: Do) -> RequestView:
    """Ask that what is out of a request be due later; the same posts decide (R05)."""
    return await do(RequestView, lambda work: requests.renew(work, number, body))


@router.post("/requests/{number}/withdraw", **gate(Act.REQUEST))
async def withdraw(number: Number, do: Do, body: Note | None = None) -> RequestView:
    """Take one's own request back."""
    note = body.note if body else ""
    return await do(RequestView, lambda work: requests.withdraw(work, number, note))


@router.get("/delegations", **gate(Act.SEE_REQUESTS))
async def list_delegations(look: Look, before: Cursor = None, limit: Limit = 100) -> Page[DelegationView]:
    """List delegations from or to oneself."""
    return delegations.list_delegations(look, before, limit)


@router.post("/delegations", status_code=201, **gate(Act.DECIDE))
async def delegate(body: NewDelegation, do: Do) -> DelegationView:
    """Let somebody approve in one's stead (R10)."""
    return await do(DelegationView, lambda work: delegations.delegate(work, body))


@router.post("/delegations/{number}/revoke", **gate(Act.DECIDE))
async def revoke(number: Number, do: Do) -> DelegationView:
    """End one's own delegation before its time."""
    return await do(DelegationView, lambda work: delegations.revoke(work, number))


@router.get("/registrations", **gate(Act.SEE_REQUESTS))
async def list_registrations(look: Look, before: Cursor = None, limit: Limit = 100) -> Page[AuthorityView]:
    """List standing rules, the newest first."""
    return authority.list_authorities(look, AuthorityKind.STANDING, before, limit)


@router.get("/orders", **gate(Act.SEE_REQUESTS))
async def list_orders(look: Look, before: Cursor = None, limit: Limit = 100) -> Page[AuthorityView]:
    """List duty orders, the newest first."""
    return authority.list_authorities(look, AuthorityKind.ORDER, before, limit)


@router.post("/registrations", status_code=201, **gate(Act.REGISTER))
async def register(body: NewRegistration, do: Do) -> AuthorityView:
    """Register that somebody borrows straight from the archivist (R09)."""
    return await do(AuthorityView, lambda work: authority.register(work, body))


@router.post("/orders", status_code=201, **gate(Act.ORDER))
async def order(body: NewOrder, do: Do) -> AuthorityView:
    """Order somebody to do a duty with items (R02)."""
    return await do(AuthorityView, lambda work: authority.order(work, body))


@router.post("/handovers", status_code=201, **gate(Act.HAND_OVER))
async def hand_over(body: NewHandover, do: Do) -> HandoverView:
    """Record that the holder handed items to somebody who has authority for them (R14)."""
    return await do(HandoverView, lambda work: handovers.hand_over(work, body))
