"""The cabinets and their agents: the registry, one-time codes to enrol with, and taking a key away."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from contract.codec import encode
from contract.enrolment import MAX_BODY, decode_request
from contract.errors import ContractError
from server.service.cabinet import enrolment, stations
from server.service.cabinet.enrolment import CodeView, NewCode, Revocation, StationKeysView
from server.service.errors import InvalidError
from server.service.inputs import NewStation
from server.service.people.rights import Act
from server.service.shapes import Page, StationView
from server.web.auth import gate, public
from server.web.deps import Given
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["stations"])

MEDIA = "application/json"
BODY = {"requestBody": {"required": True, "content": {MEDIA: {"schema": {"type": "object"}}}}}


@router.get("/stations", **gate(Act.SEE_OVERVIEW))
async def list_stations(look: Look) -> Page[StationView]:
    """List the cabinets and whether they are heard."""
    return stations.list_stations(look)


@router.post("/stations", status_code=201, **gate(Act.MANAGE_STATIONS))
async def add_station(body: NewStation, do: Do) -> StationView:
    """Take a cabinet into the registry; without a key it enrols itself with a code."""
    return await do(StationView, lambda work: stations.add_station(work, body))


@router.get("/stations/{name}/keys", **gate(Act.MANAGE_STATIONS))
async def list_keys(name: str, look: Look) -> StationKeysView:
    """Show the keys a station has and had."""
    return enrolment.station_keys(look, name)


@router.post("/stations/{name}/codes", status_code=201, **gate(Act.MANAGE_STATIONS))
async def make_code(name: str, body: NewCode, do: Do) -> CodeView:
    """Make a one-time code to enrol a station with; it is shown here and never again, whatever Idempotency-Key came."""
    return await do(CodeView, lambda work: enrolment.make_code(work, name, body), keyed=False)


@router.post("/stations/{name}/revoke", **gate(Act.MANAGE_STATIONS))
async def revoke(name: str, body: Revocation, do: Do, deps: Given) -> StationKeysView:
    """Take a station's key away; what it signs is refused from now on."""
    done = await do(StationKeysView, lambda work: enrolment.revoke(work, name, body))
    await run_in_threadpool(deps.enrolling.write_lists)
    return done


@router.post("/enrolments", response_class=Response, openapi_extra={**public()["openapi_extra"], **BODY})
async def enrol(request: Request, deps: Given) -> Response:
    """Enrol a station by its code: public keys for a certificate and what it must know (`contract/enrolment.py`)."""
    body = await request.body()
    if len(body) > MAX_BODY:
        raise InvalidError("oversize", f"a request to enrol has at most {MAX_BODY} bytes")
    try:
        asked = decode_request(body)
    except ContractError as error:
        raise InvalidError(error.reason, error.detail) from None
    return Response(encode(await run_in_threadpool(deps.enrolling.enrol, asked)), media_type=MEDIA)
