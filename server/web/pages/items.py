"""Items: finding one, one item with its time line, and what belongs behind a door."""

from typing import Annotated, Literal

from fastapi import Depends, Response

from server.service import page_views
from server.service.cabinet import stations
from server.service.errors import NotFoundError
from server.service.lookups import station_named
from server.service.people.rights import Act
from server.service.records import history, items, records
from server.service.records.item_search import ANYTHING, Facets
from server.service.records.time_line import time_line
from server.service.requests import holds
from server.web.auth import gate

from .routing import Look, page_router
from .scan import at_place, is_place

ROWS = 50
router = page_router()


@router.get("/items", **gate(Act.FIND_ITEMS))
async def item_list(
    look: Look,
    facets: Annotated[Facets, Depends()],
    q: str = "",
    custody: Literal["", "place", "held", "incident"] = "",
    after: int | None = None,
) -> Response:
    """List items; the search finds code, record number and the titles one may read, and narrows by facets (R31)."""
    page = items.list_items(look, q.strip(), custody or None, after, ROWS, facets)
    sheet, narrowed = look.policy.keeping, facets != ANYTHING
    return look.show("items.html", page.rows, rows=page.rows, next=page.next, sheet=sheet, narrowed=narrowed)


@router.get("/items/{code}", **gate(Act.FIND_ITEMS))
async def one_item(look: Look, code: str, after: str | None = None) -> Response:
    """Show one item: where it is, and everything that happened to it."""
    item = records.get_record(look, code)
    line = time_line(look, code, after, ROWS)
    queue = holds.queue_for(look, code) if look.viewer.may(Act.REQUEST) else []
    return look.show("item.html", [item, *line.rows, *queue], item=item, line=line.rows, next=line.next, queue=queue)


@router.get("/movements", **gate(Act.SEE_MOVEMENTS))
async def movements(look: Look, after: int | None = None) -> Response:
    """List what happened, the newest first."""
    page = history.list_movements(look, None, after, ROWS, newest_first=True)
    return look.show("movements.html", page.rows, rows=page.rows, next=page.next)


@router.get("/places/{station}/{door}", **gate(Act.FIND_ITEMS))
async def place(look: Look, station: str, door: int, code: str = "", after: int = 0) -> Response:
    """Show what belongs at a place; what is scanned there is compared with it."""
    where = f"{station}/{door}"
    if not is_place(look, where):
        raise NotFoundError("place", where)
    page = page_views.items_at(look, where, after, ROWS)
    found = stations.station_view(look, station_named(look.session, station))
    outcome = at_place(look, where, code) if code else None
    return look.show(
        "place.html", page.rows, rows=page.rows, next=page.next, place=where, station=found, outcome=outcome
    )
