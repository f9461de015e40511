"""The ledger with its mark of proof, and the messages in quarantine."""

from fastapi import Response

from server.service import trail
from server.service.people.rights import Act
from server.service.records import history
from server.web.auth import gate

from .routing import Look, page_router

ROWS = 50
router = page_router()


@router.get("/ledger", **gate(Act.SEE_LEDGER))
async def ledger(look: Look, after: int | None = None) -> Response:
    """Show the ledger, the newest entries first, each checked against its hash."""
    return look.show("ledger.html", trail=trail.trail(look, after, ROWS))


@router.get("/quarantine", **gate(Act.SEE_QUARANTINE))
async def quarantine(look: Look, after: int | None = None) -> Response:
    """Show what stations sent that could never be handled, and why."""
    page = history.list_quarantine(look, after, ROWS)
    return look.show("quarantine.html", page.rows, rows=page.rows, next=page.next)
