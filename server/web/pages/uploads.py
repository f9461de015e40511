"""Files that come with a form."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from starlette.datastructures import UploadFile

from server.service.records.attachments import Handed
from server.web.deps import Deps
from server.web.guard import MAX_BODY, UPLOAD
from server.web.handing import received

from .routing import Seen


def handed_in(deps: Deps, upload: UploadFile) -> AbstractAsyncContextManager[Handed]:
    """Take an uploaded file in for the time of the block; raises TooLargeError."""
    return received(deps, _parts(upload), UPLOAD, (upload.filename or "file")[-200:])


def too_large(look: Seen) -> int:
    """Say at the top of the page that a file is too large; give the answer's status."""
    most = UPLOAD // MAX_BODY
    look.page.note("bad", look.page.text("The file is too large: at most %(n)s MB can be handed in.", n=most))
    return 422


async def _parts(upload: UploadFile) -> AsyncIterator[bytes]:
    while part := await upload.read(65_536):
        yield part
