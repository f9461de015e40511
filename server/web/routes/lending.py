"""A loan's life: claims, losses, repairs, copies (R11, R12, R13, R16, R18)."""

from typing import Annotated

from fastapi import APIRouter, Query

from server.service.inputs import Conclusion, Note
from server.service.lending import copies, lending, repairs, searches
from server.service.lending.lending_shapes import (
    Claim,
    CopyView,
    LoanLife,
    Loss,
    NewCopies,
    NewRepair,
    RepairView,
    SearchView,
)
from server.service.people.rights import Act
from server.service.shapes import Page
from server.web.auth import gate
from server.web.routes.common import Cursor, Limit, Number
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["lending"])


@router.get("/loans/{number}", **gate(Act.SEE_LOANS))
async def get_loan(number: Number, look: Look) -> LoanLife:
    """Show one loan with its whole life: checks, what is owed, copies, repairs, searches."""
    return lending.get_life(look, number)


@router.post("/loans/{number}/claim", status_code=201, **gate(Act.CLAIM))
async def claim(number: Number, do: Do, body: Claim | None = None) -> SearchView:
    """Say that what the record has out is back; a search begins."""
    note = body.note if body else ""
    return await do(SearchView, lambda work: searches.claim(work, number, note))


@router.post("/loans/{number}/withdraw-claim", **gate(Act.CLAIM))
async def withdraw_claim(number: Number, do: Do) -> SearchView:
    """Take a claim back: it is with its borrower after all."""
    return await do(SearchView, lambda work: searches.withdraw_claim(work, number))


@router.post("/loans/{number}/lose", status_code=201, **gate(Act.CLAIM))
async def lose(number: Number, body: Loss, do: Do) -> SearchView:
    """Record that a lent item is lost; an incident has it until it is found or concluded."""
    return await do(SearchView, lambda work: searches.lose(work, number, body.conclusion))


@router.post("/loans/{number}/find", **gate(Act.CHECK))
async def find(number: Number, do: Do, body: Note | None = None) -> SearchView:
    """Record that what was searched for is in its place again."""
    note = body.note if body else ""
    return await do(SearchView, lambda work: searches.find(work, number, note))


@router.post("/loans/{number}/conclude", **gate(Act.CONCLUDE))
async def conclude(number: Number, body: Conclusion, do: Do) -> SearchView:
    """End a loss with what was found out and decided."""
    return await do(SearchView, lambda work: searches.conclude(work, number, body.conclusion))


@router.get("/searches", **gate(Act.SEE_LOANS))
async def list_searches(
    look: Look, every: Annotated[bool, Query(alias="all")] = False, before: Cursor = None, limit: Limit = 100
) -> Page[SearchView]:
    """List what is searched for, or every search there was."""
    return searches.list_searches(look, every, before, limit)


@router.get("/repairs", **gate(Act.SEE_COUNTS))
async def list_repairs(
    look: Look, every: Annotated[bool, Query(alias="all")] = False, before: Cursor = None, limit: Limit = 100
) -> Page[RepairView]:
    """List what waits to be repaired, or every repair there was."""
    return repairs.list_repairs(look, every, before, limit)


@router.post("/items/{code}/repairs", status_code=201, **gate(Act.REPAIR))
async def report(code: str, body: NewRepair, do: Do) -> RepairView:
    """Report damage (R16); the item is not used until it is repaired."""
    return await do(RepairView, lambda work: repairs.report(work, code, body.damage))


@router.post("/repairs/{number}/close", **gate(Act.REPAIR))
async def close_repair(number: Number, body: Conclusion, do: Do) -> RepairView:
    """Close a repair with what was done."""
    return await do(RepairView, lambda work: repairs.close(work, number, body.conclusion))


@router.get("/copies", **gate(Act.SEE_LOANS))
async def list_copies(
    look: Look, every: Annotated[bool, Query(alias="all")] = False, after: Cursor = None, limit: Limit = 100
) -> Page[CopyView]:
    """List registered copies that are not back and checked, or every copy there was."""
    return copies.list_copies(look, None, every, after, limit)


@router.get("/items/{code}/copies", **gate(Act.SEE_LOANS))
async def copies_of(code: str, look: Look, after: Cursor = None, limit: Limit = 100) -> Page[CopyView]:
    """List the copies of an item."""
    return copies.list_copies(look, code, True, after, limit)


@router.post("/items/{code}/copies", status_code=201, **gate(Act.COPY))
async def register_copies(code: str, body: NewCopies, do: Do) -> Page[CopyView]:
    """Register the copies made of an item, each with its own number (R12), or a standing copy (R13)."""
    return await do(Page[CopyView], lambda work: copies.register(work, code, body))


@router.post("/copies/{code}/return", **gate(Act.COPY))
async def return_copy(code: str, do: Do) -> CopyView:
    """Take a copy back over the desk; it waits for its check."""
    return await do(CopyView, lambda work: copies.take_back(work, code))
