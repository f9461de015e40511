"""A loan's life: what it waits for, claims and losses, copies, repairs and searches (R11, R12, R13, R16, R18)."""

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError

from server.service.context import Writing
from server.service.errors import ServiceError
from server.service.inputs import Conclusion, Input, Note
from server.service.lending import copies, lending, repairs, searches
from server.service.lending.lending_shapes import (
    Claim,
    CopyView,
    Loss,
    NewCopies,
    NewRepair,
    RepairView,
    SearchView,
)
from server.service.people.rights import Act
from server.service.shapes import Page
from server.web.auth import gate
from server.web.writing import Acting, Do

from .forms import refused
from .i18n import N_
from .routing import Look, Seen, go, page_router

ROWS = 50
FIELDS = {
    "pages": N_("Pages copied"),
    "purpose": N_("What for"),
    "count": N_("How many copies"),
    "request": N_("Request no."),
    "damage": N_("Damage"),
    "conclusion": N_("Conclusion"),
    "note": N_("Note"),
    "impressions": N_("Impressions"),
    "supervisor": N_("Supervised by"),
    "photo": N_("Photo of the impressions"),
    "impression": N_("Picture of the impression"),
    "engraved_at": N_("Engraved on"),
    "keeper": N_("Keeper"),
    "until": N_("Until"),
    "modes": N_("May be used for"),
    "signed": N_("Signed receipt"),
    "when": N_("When"),
    "holder": N_("Who has it"),
    "to": N_("To"),
    "witness": N_("Witness"),
    "seal": N_("Code"),
    "item": N_("Code"),
}
Shower = Callable[[int], Response]
router = page_router()


async def filled(request: Request) -> dict[str, Any]:
    """Give what a form was filled with, without what was left empty."""
    form = await request.form()
    return {name: value for name in form if name != "csrf" and (value := form[name]) not in ("", None)}


async def carry_out(
    look: Seen,
    act: Acting,
    asked: Callable[[], Input],
    view: type[BaseModel],
    work: Callable[[Writing, Any], Any],
    after: str,
    again: Shower,
) -> Response:
    """Read a form, do what it asks and go on; what is not right is said on the page it came from."""
    try:
        wanted = asked()
        await act(view, lambda writing: work(writing, wanted))
    except (ValidationError, ServiceError) as error:
        return again(refused(look, error, FIELDS))
    return go(after)


@router.get("/loans/{number}", **gate(Act.SEE_LOANS))
async def one_loan(look: Look, number: int) -> Response:
    """Show one loan's whole life, and what may be done about it."""
    return _loan(look, number, 200)


@router.post("/loans/{number}/claim", **gate(Act.CLAIM))
async def claim(look: Look, act: Do, number: int, request: Request) -> Response:
    """Say that it is back although the record has it out."""
    values = await filled(request)
    return await _about_loan(look, act, number, Claim, values, lambda work, a: searches.claim(work, number, a.note))


@router.post("/loans/{number}/withdraw-claim", **gate(Act.CLAIM))
async def withdraw_claim(look: Look, act: Do, number: int) -> Response:
    """Take the claim back."""
    return await _about_loan(look, act, number, Note, {}, lambda work, _: searches.withdraw_claim(work, number))


@router.post("/loans/{number}/lose", **gate(Act.CLAIM))
async def lose(look: Look, act: Do, number: int, request: Request) -> Response:
    """Record a loss."""
    values = await filled(request)
    return await _about_loan(look, act, number, Loss, values, lambda work, a: searches.lose(work, number, a.conclusion))


@router.post("/loans/{number}/find", **gate(Act.CHECK))
async def find(look: Look, act: Do, number: int, request: Request) -> Response:
    """Record that it was found."""
    values = await filled(request)
    return await _about_loan(look, act, number, Note, values, lambda work, a: searches.find(work, number, a.note))


@router.post("/loans/{number}/conclude", **gate(Act.CONCLUDE))
async def conclude(look: Look, act: Do, number: int, request: Request) -> Response:
    """Conclude a loss."""
    values = await filled(request)
    return await _about_loan(
        look, act, number, Conclusion, values, lambda work, a: searches.conclude(work, number, a.conclusion)
    )


@router.get("/copies", **gate(Act.SEE_LOANS))
async def copy_list(look: Look, item: str = "", after: int | None = None) -> Response:
    """List registered copies: those not back and checked, or those of one item with the form to register more."""
    return _copies(look, item.strip(), after, 200)


@router.post("/copies", **gate(Act.COPY))
async def register_copies(look: Look, act: Do, request: Request) -> Response:
    """Register copies that were made."""
    values = await filled(request)
    code = str(values.pop("item", ""))

    def asked() -> NewCopies:
        return NewCopies.model_validate({"pages": "", "purpose": "", **values, "standing": "standing" in values})

    return await carry_out(
        look,
        act,
        asked,
        Page[CopyView],
        lambda work, a: copies.register(work, code, a),
        f"/copies?item={code}",
        lambda status: _copies(look, code, None, status),
    )


@router.post("/copies/{code}/return", **gate(Act.COPY))
async def return_copy(look: Look, act: Do, code: str) -> Response:
    """Take a copy back over the desk, and go to its check."""
    return await carry_out(
        look,
        act,
        Note,
        CopyView,
        lambda work, _: copies.take_back(work, code),
        "/loans?show=returned",
        lambda status: _copies(look, "", None, status),
    )


@router.get("/repairs", **gate(Act.SEE_COUNTS))
async def repair_list(look: Look) -> Response:
    """List what is searched for and what waits to be repaired."""
    return _repairs(look, 200)


@router.post("/repairs", **gate(Act.REPAIR))
async def report_damage(look: Look, act: Do, request: Request) -> Response:
    """Report damage to an item."""
    values = await filled(request)
    code = str(values.pop("item", ""))
    return await carry_out(
        look,
        act,
        lambda: NewRepair.model_validate(values),
        RepairView,
        lambda work, a: repairs.report(work, code, a.damage),
        "/repairs",
        lambda status: _repairs(look, status),
    )


@router.post("/repairs/{number}/close", **gate(Act.REPAIR))
async def close_repair(look: Look, act: Do, number: int, request: Request) -> Response:
    """Close a repair with what was done."""
    values = await filled(request)
    return await carry_out(
        look,
        act,
        lambda: Conclusion.model_validate(values),
        RepairView,
        lambda work, a: repairs.close(work, number, a.conclusion),
        "/repairs",
        lambda status: _repairs(look, status),
    )


async def _about_loan(
    look: Seen,
    act: Acting,
    number: int,
    model: type[Input],
    values: dict[str, Any],
    work: Callable[[Writing, Any], SearchView],
) -> Response:
    return await carry_out(
        look,
        act,
        lambda: model.model_validate(values),
        SearchView,
        work,
        f"/loans/{number}",
        lambda status: _loan(look, number, status),
    )


def _loan(look: Seen, number: int, status: int) -> Response:
    life = lending.get_life(look, number)
    return look.show("loan.html", [life], status, life=life, loan=life.loan)


def _copies(look: Seen, code: str, after: int | None, status: int) -> Response:
    found = look.names.find(code) if code else None
    page = copies.list_copies(look, code if found else None, bool(found), after, ROWS)
    return look.show("copies.html", page.rows, status, rows=page.rows, next=page.next, of=found, asked=code)


def _repairs(look: Seen, status: int) -> Response:
    sought = searches.list_searches(look, False, None, ROWS).rows
    open_ones = repairs.list_repairs(look, False, None, ROWS).rows
    return look.show("repairs.html", [*sought, *open_ones], status, searches=sought, repairs=open_ones)
