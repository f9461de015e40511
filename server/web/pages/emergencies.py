"""Emergencies, and the queue for an item: what stands beside the plain way of a request."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, Response
from pydantic import ValidationError

from server.domain.verdicts import Lawful, Refused
from server.service.errors import ServiceError
from server.service.people.rights import Act
from server.service.requests import emergencies, holds
from server.service.requests.emergencies import EmergencyView, NewEmergency
from server.service.requests.holds import HoldView, NewHold
from server.web.auth import gate
from server.web.deps import Given
from server.web.present import Present
from server.web.problems import told
from server.web.writing import Do

from .forms import refused, words
from .i18n import N_
from .routing import Look, explain, go, page_router

ROWS = 50
FIELDS = {
    "items": N_("Codes of the items"),
    "other": N_("Who else is here"),
    "purpose": N_("What for"),
    "badge": N_("Their badge"),
    "password": N_("Their password"),
}
router = page_router()


@dataclass
class EmergencyForm:
    """The form as it was filled in; badge and password are typed anew each time."""

    items: str = ""
    other: str = ""
    purpose: str = ""


@router.get("/emergencies", **gate(Act.SEE_REQUESTS))
async def emergency_list(look: Look, after: int | None = None) -> Response:
    """List the emergencies that are one's business, with the form for one that is now."""
    return _list(look, EmergencyForm(), after)


@router.post("/emergencies", **gate(Act.REQUEST))
async def do_use(
    look: Look,
    act: Do,
    deps: Given,
    present: Present,
    items: Annotated[str, Form()] = "",
    other: Annotated[str, Form()] = "",
    purpose: Annotated[str, Form()] = "",
    badge: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Take items at once with a second person present."""
    form = EmergencyForm(items, other, purpose)
    asked = {"items": words(items), "other": other.strip(), "purpose": purpose, "badge": badge.strip() or None}
    try:
        new = NewEmergency.model_validate(asked | {"password": password})
        right = await present(new.other, new.password)
        used = await act(EmergencyView, lambda work: emergencies.use(work, new, deps.settings.site, right))
    except (ValidationError, ServiceError) as error:
        return _list(look, form, None, refused(look, error, FIELDS))
    return go(f"/emergencies/{used.id}")


@router.get("/emergencies/{number}", **gate(Act.SEE_REQUESTS))
async def one_emergency(look: Look, number: int) -> Response:
    """Show one emergency; who may approve it afterwards finds the form, who may not is told why."""
    return _one(look, number)


@router.post("/emergencies/{number}/decide", **gate(Act.DECIDE))
async def do_decide(
    look: Look, act: Do, number: int, say: Annotated[str, Form()], note: Annotated[str, Form()] = ""
) -> Response:
    """Approve afterwards, or say that it was none."""
    if say not in ("approve", "disapprove"):
        return _one(look, number, 422)
    try:
        await act(EmergencyView, lambda work: emergencies.decide(work, number, say, note[:500]))
    except ServiceError as error:
        return _one(look, number, explain(look.page, error))
    return go(f"/emergencies/{number}")


@router.post("/items/{code}/holds", **gate(Act.REQUEST))
async def do_join(act: Do, code: str, purpose: Annotated[str, Form()] = "") -> Response:
    """Wait for an item that is out."""
    await act(HoldView, lambda work: holds.join(work, code, NewHold(purpose=purpose[:500])))
    return go(f"/items/{code}")


@router.post("/holds/{number}/leave", **gate(Act.REQUEST))
async def do_leave(act: Do, number: int) -> Response:
    """Leave a queue."""
    left = await act(HoldView, lambda work: holds.leave(work, number))
    return go(f"/items/{left.item}")


def _list(look: Look, form: EmergencyForm, after: int | None, status: int = 200) -> Response:
    page = emergencies.list_emergencies(look, after, ROWS)
    return look.show("emergencies.html", page.rows, status, rows=page.rows, next=page.next, form=form)


def _one(look: Look, number: int, status: int = 200) -> Response:
    found = emergencies.get_emergency(look, number)
    judged = emergencies.judge(look, number) if found.decided_at is None else None
    why_not = [told(reason, look.page.locale) for reason in judged.reasons] if isinstance(judged, Refused) else []
    return look.show("emergency.html", [found], status, e=found, may_decide=isinstance(judged, Lawful), why_not=why_not)
