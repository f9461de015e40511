"""Duties: what must be done by when, and what is overdue."""

from typing import Literal

from fastapi import APIRouter

from server.domain.words import DutyKind
from server.service.oversight import duties
from server.service.oversight.duties import DutyView
from server.service.people.rights import Act
from server.service.shapes import Page
from server.web.auth import gate
from server.web.routes.common import Cursor, Limit
from server.web.writing import Look

router = APIRouter(prefix="/api/v1/duties", tags=["oversight"])


@router.get("", **gate(Act.SEE_DUTIES))
async def list_duties(
    look: Look,
    overdue: bool = False,
    state: Literal["open", "ended", "all"] = "open",
    kind: DutyKind | None = None,
    subject: str | None = None,
    after: Cursor = None,
    limit: Limit = 100,
) -> Page[DutyView]:
    """List duties, or only what is overdue."""
    return duties.list_duties(look, overdue, state, kind, subject, after, limit)
