"""Backups: when they were taken, what they hold, which failed; and taking one now (R39)."""

from fastapi import Response
from fastapi.concurrency import run_in_threadpool

from server.service import backups
from server.service.errors import ServiceError
from server.service.people.rights import Act
from server.web.auth import gate
from server.web.deps import Given

from .routing import Look, explain, go, page_router

ROWS = 50
router = page_router()


@router.get("/backups", **gate(Act.SEE_BACKUPS))
async def backup_list(look: Look, after: int | None = None) -> Response:
    """List the backups tried, the newest first."""
    return _list(look, after)


@router.post("/backups", **gate(Act.TAKE_BACKUP))
async def take(look: Look, deps: Given) -> Response:
    """Take a backup now."""
    try:
        if deps.backup is not None:
            await run_in_threadpool(deps.backup, "by hand")
    except ServiceError as error:
        return _list(look, None, explain(look.page, error))
    return go("/backups")


def _list(look: Look, after: int | None, status: int = 200) -> Response:
    page = backups.list_backups(look, after, ROWS)
    return look.show("backups.html", status=status, rows=page.rows, next=page.next)
