"""Items, their tags, their history, and movements."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from server.domain.words import CustodyState
from server.service.context import Reading
from server.service.inputs import NewItem, NewLabels, NewTag
from server.service.lending import loans
from server.service.lending.lending_shapes import NewReturnCheck
from server.service.people.rights import Act
from server.service.records import history, items, records
from server.service.records.item_search import Facets
from server.service.records.records import RecordView
from server.service.shapes import Done, ItemView, LoanView, MovementView, Page
from server.web.auth import Me, gate
from server.web.deps import Given
from server.web.etags import versioned
from server.web.routes.common import Cursor, Limit
from server.web.writing import Do, Look

Sought = Annotated[Facets, Depends()]

router = APIRouter(prefix="/api/v1", tags=["items"])


@router.get("/items", **gate(Act.FIND_ITEMS))
async def list_items(
    look: Look,
    facets: Sought,
    q: Annotated[str, Query(max_length=200, description="part of a code, record number or title")] = "",
    custody: CustodyState | None = None,
    after: Cursor = None,
    limit: Limit = 100,
) -> Page[ItemView]:
    """List items; titles that are not for the reader are masked."""
    return items.list_items(look, q, custody, after, limit, facets)


@router.post("/items", status_code=201, **gate(Act.KEEP_ITEMS))
async def add_item(body: NewItem, do: Do) -> ItemView:
    """Take an item in at its place."""
    return await do(ItemView, lambda work: items.add_item(work, body))


@router.get("/items/{code}", **gate(Act.FIND_ITEMS))
async def get_item(code: str, look: Look, response: Response) -> RecordView:
    """Show one item, who answers for it now, and its record; the ETag names the version a change is made to."""
    return versioned(response, records.get_record(look, code))


@router.get("/items/{code}/history", **gate(Act.SEE_MOVEMENTS))
async def get_history(code: str, look: Look, after: Cursor = None, limit: Limit = 100) -> Page[MovementView]:
    """List an item's movements, the newest first; only one's own unless one's post sees all."""
    return history.list_movements(look, code, after, limit, newest_first=True)


@router.post("/items/{code}/tags", status_code=201, **gate(Act.KEEP_ITEMS))
async def retag(code: str, body: NewTag, do: Do) -> ItemView:
    """Bind a new tag; the old one is dead from now on."""
    return await do(ItemView, lambda work: items.retag(work, code, body))


@router.post("/items/{code}/check", **gate(Act.CHECK))
async def check_item(code: str, body: NewReturnCheck, do: Do) -> LoanView:
    """Check an item that came back (R11): its latest returned loan is closed, or kept open with a discrepancy."""
    return await do(LoanView, lambda work: loans.check_item(work, code, body))


@router.get("/movements", **gate(Act.SEE_MOVEMENTS))
async def list_movements(
    look: Look,
    item: Annotated[str | None, Query(max_length=64)] = None,
    after: Cursor = None,
    limit: Limit = 100,
) -> Page[MovementView]:
    """List movements in the order they were recorded."""
    return history.list_movements(look, item, after, limit)


@router.post("/labels", **gate(Act.KEEP_ITEMS), response_class=Response)
async def print_labels(body: NewLabels, deps: Given, viewer: Me, do: Do) -> Response:
    """Draw labels to print: many on a sheet (pdf), or one (png, zpl)."""
    from server.service.records import printing  # pulls in drawing and PDF libraries: only who prints waits for them

    def draw() -> bytes:
        with deps.database.read() as session:
            look = Reading(session, deps.clock.wall_us(), deps.policy, viewer, deps.settings.zone)
            return printing.draw_labels(look, body)

    drawn = await run_in_threadpool(draw)
    await do(Done, lambda work: printing.record_labels(work, body.items, body.format))
    return Response(drawn, media_type=printing.MEDIA[body.format])
