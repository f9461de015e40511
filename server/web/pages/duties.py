"""Duties: a calendar of what must be done by when, overdue ones first."""

from typing import Literal

from fastapi import Response

from server.service.oversight import duties
from server.service.people.rights import Act
from server.web.auth import gate

from .routing import Look, page_router

ROWS = 100
router = page_router()


@router.get("/duties", **gate(Act.SEE_DUTIES))
async def duty_list(
    look: Look, show: Literal["open", "overdue", "ended"] = "open", after: int | None = None
) -> Response:
    """List duties: what is open, soonest due first; what is overdue; what is over."""
    if show == "open" and after is None:
        rows, following = duties.soonest(look, ROWS), None
    else:
        page = duties.list_duties(look, show == "overdue", show, after=after, limit=ROWS)
        rows, following = page.rows, page.next
    return look.show("duties.html", rows, rows=rows, next=following, show=show)
