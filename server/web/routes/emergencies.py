"""Emergencies and queues: what stands beside the plain way of a request."""

from fastapi import APIRouter

from server.service.inputs import Note
from server.service.people.rights import Act
from server.service.requests import emergencies, holds
from server.service.requests.emergencies import EmergencyView, NewEmergency
from server.service.requests.holds import HoldView, NewHold
from server.service.shapes import Page
from server.web.auth import gate
from server.web.deps import Given
from server.web.present import Present
from server.web.routes.common import Cursor, Limit, Number
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["requests"])


@router.get("/emergencies", **gate(Act.SEE_REQUESTS))
async def list_emergencies(look: Look, before: Cursor = None, limit: Limit = 100) -> Page[EmergencyView]:
    """List the emergencies that are one's business, the newest first."""
    return emergencies.list_emergencies(look, before, limit)


@router.post("/emergencies", status_code=201, **gate(Act.REQUEST))
async def use_emergency(body: NewEmergency, do: Do, deps: Given, present: Present) -> EmergencyView:
    """Take items at once with a second person present, who shows it by badge or password (R02)."""
    right = await present(body.other, body.password)
    site = deps.settings.site
    return await do(EmergencyView, lambda work: emergencies.use(work, body, site, right))


@router.get("/emergencies/{number}", **gate(Act.SEE_REQUESTS))
async def get_emergency(number: Number, look: Look) -> EmergencyView:
    """Show one emergency."""
    return emergencies.get_emergency(look, number)


@router.post("/emergencies/{number}/approve", **gate(Act.DECIDE))
async def approve_emergency(number: Number, do: Do, body: Note | None = None) -> EmergencyView:
    """Approve an emergency afterwards; it stays flagged."""
    note = body.note if body else ""
    return await do(EmergencyView, lambda work: emergencies.decide(work, number, "approve", note))


@router.post("/emergencies/{number}/disapprove", **gate(Act.DECIDE))
async def disapprove_emergency(number: Number, do: Do, body: Note | None = None) -> EmergencyView:
    """Say afterwards that an emergency was not one."""
    note = body.note if body else ""
    return await do(EmergencyView, lambda work: emergencies.decide(work, number, "disapprove", note))


@router.get("/items/{code}/holds", **gate(Act.REQUEST))
async def list_queue(code: str, look: Look) -> list[HoldView]:
    """List who waits for an item, the first first."""
    return holds.queue_for(look, code)


@router.post("/items/{code}/holds", status_code=201, **gate(Act.REQUEST))
async def join_queue(code: str, do: Do, body: NewHold | None = None) -> HoldView:
    """Wait for an item that is out."""
    return await do(HoldView, lambda work: holds.join(work, code, body or NewHold()))


@router.get("/holds", **gate(Act.REQUEST))
async def list_holds(look: Look, before: Cursor = None, limit: Limit = 100) -> Page[HoldView]:
    """List one's own places in queues."""
    return holds.list_holds(look, before, limit)


@router.post("/holds/{number}/leave", **gate(Act.REQUEST))
async def leave_queue(number: Number, do: Do) -> HoldView:
    """Leave a queue."""
    return await do(HoldView, lambda work: holds.leave(work, number))
