"""Attachments: handed in as they are, streamed to disk and back, open to whom what they belong to is open."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from server.service.errors import InvalidError
from server.service.people.rights import Act
from server.service.records import attachments
from server.service.records.attachments import AttachmentView
from server.service.records.blobs import TooLargeError
from server.service.shapes import Page
from server.web.auth import gate
from server.web.deps import Given
from server.web.guard import UPLOAD
from server.web.handing import received
from server.web.routes.common import Number
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1/attachments", tags=["attachments"])

Subject = Annotated[str, Query(max_length=40, description="item, request, customer or credit_file")]
Of = Annotated[str, Query(max_length=64, description="the item's code, or the number of a request or customer")]
Name = Annotated[str, Query(min_length=1, max_length=200, description="the file's name")]
BINARY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("", **gate(Act.SEE_RECORDS))
async def list_attachments(look: Look, subject: Subject, of: Of) -> Page[AttachmentView]:
    """List what is attached to something."""
    return attachments.list_attachments(look, subject, of)


ATTACH: Final = gate(Act.ATTACH)


@router.post(
    "", status_code=201, dependencies=ATTACH["dependencies"], openapi_extra={**ATTACH["openapi_extra"], **BINARY}
)
async def attach(
    request: Request, look: Look, deps: Given, do: Do, subject: Subject, of: Of, name: Name
) -> AttachmentView:
    """Attach the body as a file; its content says what it is, and what may not be attached is refused with reasons."""
    attachments.find(look, subject, of)
    try:
        async with received(deps, request.stream(), UPLOAD, name) as handed:
            return await do(AttachmentView, lambda work: attachments.attach(work, handed, subject, of), keyed=False)
    except TooLargeError as error:
        raise InvalidError("too_large", str(error)) from None


@router.get("/{number}/content", response_class=FileResponse, **gate(Act.SEE_RECORDS))
async def content(number: Number, look: Look, deps: Given, do: Do) -> FileResponse:
    """Give an attachment's bytes; the reading of one that belongs to something secret is recorded (R22)."""
    row, is_recorded = attachments.open_attachment(look, number)
    path = deps.blobs.path_of(row.sha256)
    if not await run_in_threadpool(path.is_file):
        raise InvalidError("bytes_missing", "the file is not in the data directory; put that back from its backup")
    if is_recorded:
        await do(AttachmentView, lambda work: attachments.record_reading(work, number), keyed=False)
    return FileResponse(path, media_type=row.media, filename=row.name, headers={"Cache-Control": "no-store"})
