"""Files that come with a form: received into a file of their own, and thrown away again unless they were kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.datastructures import UploadFile

from server.domain.attachments import HEAD
from server.service.records.attachments import Handed
from server.web.deps import Deps
from server.web.guard import MAX_BODY, UPLOAD

from .routing import Seen


@asynccontextmanager
async def handed_in(deps: Deps, upload: UploadFile) -> AsyncIterator[Handed]:
    """Take an uploaded file in for the time of the block; raises TooLargeError."""
    received = await deps.blobs.receive(_parts(upload), UPLOAD, HEAD)
    try:
        yield Handed(deps.blobs, received, (upload.filename or "file")[-200:])
    finally:
        deps.blobs.drop(received)


def too_large(look: Seen) -> int:
    """Say at the top of the page that a file is too large; give the answer's status."""
    most = UPLOAD // MAX_BODY
    look.page.note("bad", look.page.text("The file is too large: at most %(n)s MB can be handed in.", n=most))
    return 422


async def _parts(upload: UploadFile) -> AsyncIterator[bytes]:
    while part := await upload.read(65_536):
        yield part
