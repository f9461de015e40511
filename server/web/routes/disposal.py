"""Retention, appraisals, disposal holds, destruction lists and their register."""

from typing import Literal

from fastapi import APIRouter

from server.service.disposal import appraisals, destruction_views, destructions, retention
from server.service.disposal.appraisals import AppraisalView, HoldsView, HoldView, Lift, NewHold, NewOutcome
from server.service.disposal.destruction_views import CertificateView, DestroyedView, DestructionView
from server.service.disposal.destructions import Carried, NewDestruction, NewWitnesses, Scan, Strike
from server.service.disposal.retention import NewRetention, RetentionView
from server.service.inputs import Note
from server.service.people.rights import Act
from server.service.shapes import Page
from server.web.auth import gate
from server.web.routes.common import Cursor, Limit, Number
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["disposal"])


@router.get("/retentions", **gate(Act.SEE_DISPOSALS))
async def list_retention(
    look: Look, over: bool = False, after: Cursor = None, limit: Limit = 100
) -> Page[RetentionView]:
    """List how long items are kept; `over` lists only those whose term has ended."""
    return retention.list_retention(look, over, after, limit)


@router.get("/items/{code}/retention", **gate(Act.SEE_DISPOSALS))
async def get_retention(code: str, look: Look) -> RetentionView:
    """Say how long an item is kept, and what bears on its destruction."""
    return retention.get_retention(look, code)


@router.post("/items/{code}/retention", **gate(Act.SET_RETENTION))
async def set_retention(code: str, body: NewRetention, do: Do) -> RetentionView:
    """Set an item's period, or the day it runs from (R51)."""
    return await do(RetentionView, lambda work: retention.set_retention(work, code, body))


@router.get("/appraisals", **gate(Act.SEE_DISPOSALS))
async def list_appraisals(
    look: Look, state: Literal["open", "decided", "all"] = "open", before: Cursor = None, limit: Limit = 100
) -> Page[AppraisalView]:
    """List what is proposed for appraisal, or was decided."""
    return appraisals.list_appraisals(look, state, before, limit)


@router.post("/appraisals/{number}/decide", **gate(Act.APPRAISE))
async def decide_appraisal(number: Number, body: NewOutcome, do: Do) -> AppraisalView:
    """Decide: keep it longer, keep it for ever, or let it be destroyed (R51)."""
    return await do(AppraisalView, lambda work: appraisals.decide(work, number, body))


@router.get("/disposal-holds", **gate(Act.SEE_DISPOSALS))
async def list_holds(look: Look, lifted: bool = False, before: Cursor = None, limit: Limit = 100) -> Page[HoldView]:
    """List the stops on destruction in force, or those lifted too."""
    return appraisals.list_holds(look, lifted, before, limit)


@router.post("/disposal-holds", status_code=201, **gate(Act.APPRAISE))
async def place_holds(body: NewHold, do: Do) -> HoldsView:
    """Stop the destruction of items."""
    return await do(HoldsView, lambda work: appraisals.place_holds(work, body))


@router.post("/disposal-holds/{number}/lift", **gate(Act.APPRAISE))
async def lift_hold(number: Number, body: Lift, do: Do) -> HoldsView:
    """Lift a hold, saying why."""
    return await do(HoldsView, lambda work: appraisals.lift_hold(work, number, body))


@router.get("/destructions", **gate(Act.ATTEND_DESTRUCTION))
async def list_destructions(look: Look, before: Cursor = None, limit: Limit = 100) -> Page[DestructionView]:
    """List destruction lists; those who do not see all see what they are named for."""
    return destruction_views.list_destructions(look, before, limit)


@router.post("/destructions", status_code=201, **gate(Act.FILE_DESTRUCTION))
async def file_list(body: NewDestruction, do: Do) -> DestructionView:
    """File a destruction list (R52)."""
    return await do(DestructionView, lambda work: destructions.file_list(work, body))


@router.get("/destructions/{number}", **gate(Act.ATTEND_DESTRUCTION))
async def get_destruction(number: Number, look: Look) -> DestructionView:
    """Show a destruction list with its steps, witnesses and confirmations."""
    return destruction_views.get_destruction(look, number)


@router.post("/destructions/{number}/review", **gate(Act.DECIDE_DESTRUCTION))
async def review(number: Number, do: Do, body: Note | None = None) -> DestructionView:
    """Review a list as head of the manager's office (R52)."""
    note = body.note if body else ""
    return await do(DestructionView, lambda work: destructions.decide(work, number, "review", note))


@router.post("/destructions/{number}/approve", **gate(Act.DECIDE_DESTRUCTION))
async def approve(number: Number, do: Do, body: Note | None = None) -> DestructionView:
    """Approve a list (R52)."""
    note = body.note if body else ""
    return await do(DestructionView, lambda work: destructions.decide(work, number, "approve", note))


@router.post("/destructions/{number}/refuse", **gate(Act.DECIDE_DESTRUCTION))
async def refuse(number: Number, do: Do, body: Note | None = None) -> DestructionView:
    """Refuse a list."""
    note = body.note if body else ""
    return await do(DestructionView, lambda work: destructions.decide(work, number, "refuse", note))


@router.post("/destructions/{number}/withdraw", **gate(Act.FILE_DESTRUCTION))
async def withdraw(number: Number, do: Do, body: Note | None = None) -> DestructionView:
    """Take one's own list back."""
    note = body.note if body else ""
    return await do(DestructionView, lambda work: destructions.withdraw(work, number, note))


@router.post("/destructions/{number}/strike", **gate(Act.DECIDE_DESTRUCTION))
async def strike(number: Number, body: Strike, do: Do) -> DestructionView:
    """Strike an item off a list: it stays."""
    return await do(DestructionView, lambda work: destructions.strike(work, number, body))


@router.post("/destructions/{number}/witnesses", **gate(Act.APPOINT_WITNESS))
async def appoint(number: Number, body: NewWitnesses, do: Do) -> DestructionView:
    """Name the witnesses (R53); who carries it out is ordered to take the items out."""
    return await do(DestructionView, lambda work: destructions.appoint(work, number, body))


@router.post("/destructions/{number}/confirm", **gate(Act.ATTEND_DESTRUCTION))
async def confirm(number: Number, body: Scan, do: Do) -> DestructionView:
    """Confirm an item at the act by its code, as who carries it out or as a witness (R53)."""
    return await do(DestructionView, lambda work: destructions.confirm(work, number, body))


@router.post("/destructions/{number}/carry-out", **gate(Act.ATTEND_DESTRUCTION))
async def carry_out(number: Number, body: Carried, do: Do) -> CertificateView:
    """Record that it was done, and how; gives the certificate (R53)."""
    return await do(CertificateView, lambda work: destructions.carry_out(work, number, body))


@router.get("/destructions/{number}/certificate", **gate(Act.ATTEND_DESTRUCTION))
async def get_certificate(number: Number, look: Look) -> CertificateView:
    """Give what the certificate of a destruction says."""
    return destruction_views.certificate(look, number)


@router.get("/destruction-register", **gate(Act.SEE_DISPOSALS))
async def list_register(look: Look, after: Cursor = None, limit: Limit = 100) -> Page[DestroyedView]:
    """List everything ever destroyed (R53); it is kept for ever."""
    return destruction_views.list_register(look, after, limit)
