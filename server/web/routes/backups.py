"""Backups (R39)."""

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from server.service import backups
from server.service.backups import BackupView
from server.service.errors import ConflictError
from server.service.people.rights import Act
from server.service.shapes import Done, Page
from server.web.auth import gate
from server.web.deps import Given
from server.web.routes.common import Cursor, Limit
from server.web.writing import Look

router = APIRouter(prefix="/api/v1/backups", tags=["backups"])


@router.get("", **gate(Act.SEE_BACKUPS))
async def list_backups(look: Look, before: Cursor = None, limit: Limit = 100) -> Page[BackupView]:
    """List the backups tried, the newest first."""
    return backups.list_backups(look, before, limit)


@router.post("", status_code=201, **gate(Act.TAKE_BACKUP))
async def take_backup(deps: Given) -> Done:
    """Take a backup now."""
    if deps.backup is None:
        raise ConflictError("no_backups", "this server has no place for backups: set GUIWEI_BACKUP")
    await run_in_threadpool(deps.backup, "by hand")
    return Done()
