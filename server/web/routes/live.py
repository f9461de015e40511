"""Changes as they happen, as server-sent events."""

from collections.abc import AsyncIterator
from typing import Final

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from server.service.people.rights import Act
from server.web.auth import gate, while_signed_in
from server.web.deps import Given

router = APIRouter(prefix="/api/v1", tags=["live"])

HEARTBEAT_SECONDS: Final = 15.0


@router.get("/stream", **gate(Act.OWN), response_class=StreamingResponse)
async def stream(request: Request, deps: Given) -> StreamingResponse:
    """Stream `change` events {topics, cursor}; look again at what you show when its topic is named (or `all`)."""

    async def lines() -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n"
        async for change in while_signed_in(request, deps.live.changes(HEARTBEAT_SECONDS)):
            if change is None:
                yield b": still here\n\n"
            else:
                data = msgspec.json.encode({"topics": change.topics, "cursor": change.cursor})
                yield b"event: change\nid: %d\ndata: %s\n\n" % (change.cursor, data)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(lines(), media_type="text/event-stream", headers=headers)
