"""A file handed in: received into a file of its own, looked at, and thrown away again unless it was kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi.concurrency import run_in_threadpool

from server.domain.attachments import HEAD
from server.service.records.attachments import Handed, look_at
from server.web.deps import Deps

_LOOKING: Final = asyncio.Semaphore(1)
"""One file is looked at at a time: decoding a large image takes most of a gigabyte."""


@asynccontextmanager
async def received(deps: Deps, parts: AsyncIterator[bytes], most: int, name: str) -> AsyncIterator[Handed]:
    """Take a file of at most `most` bytes in for the time of the block; raises TooLargeError."""
    come = await deps.blobs.receive(parts, most, HEAD)
    try:
        async with _LOOKING:
            handed = await run_in_threadpool(look_at, deps.blobs, come, name)
        yield handed
    finally:
        deps.blobs.drop(come)
