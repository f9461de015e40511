"""A station's way in when the broker is down: the same bytes, the same receipt."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from contract.errors import ContractError
from contract.signing import MAX_MESSAGE
from server.service.errors import InvalidError
from server.web.auth import public
from server.web.deps import Given

router = APIRouter(prefix="/api/v1", tags=["stations"])

MEDIA = "application/octet-stream"
BODY = {"requestBody": {"required": True, "content": {MEDIA: {"schema": {"type": "string", "format": "binary"}}}}}


@router.post("/captures", response_class=Response, openapi_extra={**public()["openapi_extra"], **BODY})
async def capture(request: Request, deps: Given) -> Response:
    """Take one signed batch; its signature says which station it is from, and nothing else is believed."""
    payload = await request.body()
    if len(payload) > MAX_MESSAGE:
        raise InvalidError("oversize", f"a batch has at most {MAX_MESSAGE} bytes")
    try:
        receipt = await run_in_threadpool(deps.capture, payload)
    except ContractError as error:
        raise InvalidError(error.reason, error.detail) from None
    return Response(receipt, media_type=MEDIA)
