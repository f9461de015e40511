"""Whether the server lives, whether it is ready, and its numbers for Prometheus."""

import secrets

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from server.service.oversight.health import gauges, ready
from server.web.auth import public
from server.web.deps import Given
from server.web.metrics import MEDIA, Metrics
from server.web.problems import problem

router = APIRouter(tags=["health"])


@router.get("/health/live", **public())
async def live() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "live"}


@router.get("/health/ready", **public())
async def is_ready(deps: Given) -> JSONResponse:
    """Say whether the database answers and, if the intake runs in this process, stations are heard; 503 when not."""
    fine = ready(deps.database) and deps.hearing()
    body = {"status": "ready" if fine else "not_ready", "swept_us": deps.swept_us()}
    return JSONResponse(body, 200 if fine else 503)


@router.get("/metrics", **public(), response_class=PlainTextResponse)
async def metrics(request: Request, deps: Given) -> Response:
    """Give the numbers to the holder of the metrics token; without one set, to this machine only."""
    token = deps.settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    local = request.client is not None and request.client.host in ("127.0.0.1", "::1")
    if not (secrets.compare_digest(given.encode(), token.encode()) if token else local):
        return problem(request, 403, "not_for_you", "send the metrics token as a bearer token", reasons=[])
    counted: Metrics = request.app.state.metrics
    with deps.database.read() as session:
        return Response(counted.text(gauges(session, deps.clock.wall_us())), media_type=MEDIA)
