"""Tells an open page that something changed; the page asks for its own part again, with its reader's own rights."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Header, Request
from fastapi.responses import StreamingResponse

from server.service.changes import LEDGER, look
from server.service.people.rights import Act
from server.web.auth import gate, while_signed_in
from server.web.deps import Deps, Given

from .routing import page_router

HEARTBEAT_SECONDS = 15.0
BEHIND_THE_SCENES = (LEDGER,)  # what no page shows, such as a sign-in
router = page_router()


@router.get("/live", **gate(Act.OWN))
async def live(
    request: Request, deps: Given, since: str = "", last_event_id: Annotated[str | None, Header()] = None
) -> StreamingResponse:
    """Stream a `guiwei` event whenever something shown has changed; its data is how far the record goes.

    `since` is how far it was when the page was made, so that nothing between the page and its stream is missed.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _told(request, deps, last_event_id or since), media_type="text/event-stream", headers=headers
    )


async def _told(request: Request, deps: Deps, told: str) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    if (now := _now(deps)) != told:
        told = now
        yield _event(now)
    async for change in while_signed_in(request, deps.live.changes(HEARTBEAT_SECONDS)):
        now = str(change.cursor) if change else _now(deps)
        new = now != told if change is None else change.topics != BEHIND_THE_SCENES
        told = now
        yield _event(now) if new else b": still here\n\n"


def _now(deps: Deps) -> str:
    with deps.database.read() as session:
        return str(look(session, None)[1].entry)


def _event(cursor: str) -> bytes:
    return f"id: {cursor}\nevent: guiwei\ndata: {cursor}\n\n".encode()
