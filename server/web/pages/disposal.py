"""Keeping and destroying: what waits to be appraised, holds, destruction lists with their steps, and the register."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Form, Response
from pydantic import BaseModel, ValidationError

from server.service.context import Reading, Writing
from server.service.disposal import appraisals, destruction_views, destructions
from server.service.disposal.appraisals import AppraisalView, HoldsView, Lift, NewHold, NewOutcome
from server.service.disposal.destruction_views import CertificateView, DestructionView
from server.service.disposal.destructions import Carried, NewDestruction, NewWitnesses, Scan, Strike
from server.service.errors import ServiceError
from server.service.people.rights import Act
from server.service.shapes import Page as Shown
from server.web.auth import gate
from server.web.writing import Do

from .forms import refused, words
from .i18n import N_
from .routing import Look, go, page_router
from .scan import item_code

ROWS = 50
FIELDS = {
    "items": N_("Items"),
    "why": N_("Why"),
    "title": N_("Title"),
    "actor": N_("Who carries it out"),
    "witnesses": N_("Witnesses"),
    "until": N_("Until"),
    "outcome": N_("Decision"),
    "method": N_("Method"),
    "code": N_("Code"),
    "item": N_("Item"),
}
Tab = Literal["lists", "appraisals", "holds", "register"]
Field = Annotated[str, Form(max_length=10_000)]
READERS: dict[Tab, Callable[[Reading, int | None, int], Shown[Any]]] = {
    "lists": destruction_views.list_destructions,
    "appraisals": lambda look, before, limit: appraisals.list_appraisals(look, "open", before, limit),
    "holds": lambda look, before, limit: appraisals.list_holds(look, False, before, limit),
    "register": destruction_views.list_register,
}
router = page_router()


@router.get("/disposal", **gate(Act.ATTEND_DESTRUCTION))
async def disposal(look: Look, show: Tab = "lists", after: int | None = None) -> Response:
    """Show one of the four: those who do not see all see the lists they are named for."""
    return _list(look, show if look.viewer.may(Act.SEE_DISPOSALS) else "lists", after)


@router.post("/disposal/appraisals/{number}", **gate(Act.APPRAISE))
async def appraise(
    look: Look, act: Do, number: int, outcome: Field = "", until: Field = "", note: Field = ""
) -> Response:
    """Decide what becomes of an item whose retention is over."""
    given = {"outcome": outcome, "until": until or None, "note": note}
    return await _listed(
        look,
        act,
        "appraisals",
        AppraisalView,
        lambda work: appraisals.decide(work, number, NewOutcome.model_validate(given)),
    )


@router.post("/disposal/holds", **gate(Act.APPRAISE))
async def hold(look: Look, act: Do, items: Field = "", why: Field = "") -> Response:
    """Stop the destruction of items."""
    given = {"items": _codes(look, items), "why": why}
    return await _listed(
        look, act, "holds", HoldsView, lambda work: appraisals.place_holds(work, NewHold.model_validate(given))
    )


@router.post("/disposal/holds/{number}/lift", **gate(Act.APPRAISE))
async def lift(look: Look, act: Do, number: int, why: Field = "") -> Response:
    """Lift a hold."""
    return await _listed(
        look,
        act,
        "holds",
        HoldsView,
        lambda work: appraisals.lift_hold(work, number, Lift.model_validate({"why": why})),
    )


@router.post("/disposal/lists", **gate(Act.FILE_DESTRUCTION))
async def file_list(
    look: Look, act: Do, items: Field = "", title: Field = "", why: Field = "", actor: Field = ""
) -> Response:
    """File a destruction list."""
    given = {"items": _codes(look, items), "title": title, "why": why, "actor": actor.strip() or None}
    return await _listed(
        look,
        act,
        "lists",
        DestructionView,
        lambda work: destructions.file_list(work, NewDestruction.model_validate(given)),
    )


@router.get("/disposal/lists/{number}", **gate(Act.ATTEND_DESTRUCTION))
async def one_list(look: Look, number: int) -> Response:
    """Show a list with its steps, and whatever its reader may do next."""
    return _one(look, number)


@router.post("/disposal/lists/{number}/decide", **gate(Act.DECIDE_DESTRUCTION))
async def decide(
    look: Look, act: Do, number: int, say: Annotated[Literal["review", "approve", "refuse"], Form()], note: Field = ""
) -> Response:
    """Review, approve or refuse a list."""
    return await _acted(look, act, number, DestructionView, lambda work: destructions.decide(work, number, say, note))


@router.post("/disposal/lists/{number}/withdraw", **gate(Act.FILE_DESTRUCTION))
async def withdraw(look: Look, act: Do, number: int) -> Response:
    """Take a list back."""
    return await _acted(look, act, number, DestructionView, lambda work: destructions.withdraw(work, number, ""))


@router.post("/disposal/lists/{number}/strike", **gate(Act.DECIDE_DESTRUCTION))
async def strike(look: Look, act: Do, number: int, item: Field = "", why: Field = "") -> Response:
    """Strike an item off."""
    given = {"item": item, "why": why}
    return await _acted(
        look, act, number, DestructionView, lambda work: destructions.strike(work, number, Strike.model_validate(given))
    )


@router.post("/disposal/lists/{number}/witnesses", **gate(Act.APPOINT_WITNESS))
async def appoint(look: Look, act: Do, number: int, witnesses: Field = "") -> Response:
    """Name the witnesses."""
    given = {"witnesses": words(witnesses)}
    return await _acted(
        look,
        act,
        number,
        DestructionView,
        lambda work: destructions.appoint(work, number, NewWitnesses.model_validate(given)),
    )


@router.post("/disposal/lists/{number}/confirm", **gate(Act.ATTEND_DESTRUCTION))
async def confirm(look: Look, act: Do, number: int, code: Field = "") -> Response:
    """Confirm an item by scanning it."""
    given = {"code": item_code(look, code.strip()[:200]) or code.strip()}
    return await _acted(
        look, act, number, DestructionView, lambda work: destructions.confirm(work, number, Scan.model_validate(given))
    )


@router.post("/disposal/lists/{number}/carry-out", **gate(Act.ATTEND_DESTRUCTION))
async def carry_out(look: Look, act: Do, number: int, method: Field = "", note: Field = "") -> Response:
    """Record that it was done."""
    given = {"method": method, "note": note}
    return await _acted(
        look,
        act,
        number,
        CertificateView,
        lambda work: destructions.carry_out(work, number, Carried.model_validate(given)),
    )


async def _listed(
    look: Look, act: Do, show: Tab, model: type[BaseModel], work: Callable[[Writing], BaseModel]
) -> Response:
    try:
        await act(model, work)
    except (ValidationError, ServiceError) as error:
        return _list(look, show, None, refused(look, error, FIELDS))
    return go(f"/disposal?show={show}")


async def _acted(
    look: Look, act: Do, number: int, model: type[BaseModel], work: Callable[[Writing], BaseModel]
) -> Response:
    try:
        await act(model, work)
    except (ValidationError, ServiceError) as error:
        return _one(look, number, refused(look, error, FIELDS))
    return go(f"/disposal/lists/{number}")


def _codes(look: Look, text: str) -> list[str]:
    return [item_code(look, word) or word for word in words(text)]


def _list(look: Look, show: Tab, after: int | None, status: int = 200) -> Response:
    page = READERS[show](look, after, ROWS)
    ready = appraisals.ready(look, ROWS) if look.viewer.may(Act.FILE_DESTRUCTION) else []
    return look.show("disposal.html", page.rows, status, rows=page.rows, next=page.next, show=show, ready=ready)


def _one(look: Look, number: int, status: int = 200) -> Response:
    view = destruction_views.get_destruction(look, number)
    return look.show(
        "destruction.html",
        [view],
        status,
        d=view,
        lines=[one for one in view.items if not one.struck_why],
        struck=[one for one in view.items if one.struck_why],
        attends=look.viewer.username in (view.actor, *view.witnesses),
        methods=sorted(look.policy.destruction.methods),
    )
