"""Cabinets: which are heard, which are silent since when, what they hold; for whoever looks after them, their keys."""

from collections import defaultdict
from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from server.service.cabinet import enrolment, stations
from server.service.cabinet.enrolment import CodeView, NewCode, Revocation, StationKeysView
from server.service.errors import ServiceError
from server.service.inputs import NewStation
from server.service.oversight import overview
from server.service.people.rights import Act
from server.service.shapes import StationView
from server.web.auth import gate
from server.web.deps import Given
from server.web.writing import Do

from .forms import refused
from .i18n import N_
from .routing import Look, explain, go, page_router

Text = Annotated[str, Form(max_length=500)]
FIELDS = {"name": N_("Short name"), "title": N_("Full name"), "doors": N_("Doors"), "reason": N_("Reason")}
router = page_router()


@router.get("/stations", **gate(Act.SEE_OVERVIEW))
async def station_list(look: Look, silent: bool = False) -> Response:
    """List the cabinets with their doors and counts; or only those that are silent."""
    return _list(look, silent)


@router.post("/stations", **gate(Act.MANAGE_STATIONS))
async def add(look: Look, act: Do, name: Text = "", title: Text = "", doors: Text = "") -> Response:
    """Take a cabinet in that will enrol itself."""
    try:
        asked = NewStation.model_validate({"name": name.strip(), "title": title, "doors": doors})
        await act(StationView, lambda work: stations.add_station(work, asked))
    except (ValidationError, ServiceError) as error:
        return _list(look, False, refused(look, error, FIELDS))
    return go(f"/stations/{asked.name}")


@router.get("/stations/{name}", **gate(Act.MANAGE_STATIONS))
async def one_station(look: Look, name: str) -> Response:
    """Show a cabinet's keys."""
    return _one(look, name)


@router.post("/stations/{name}/codes", **gate(Act.MANAGE_STATIONS))
async def make_code(request: Request, look: Look, act: Do, deps: Given, name: str) -> Response:
    """Make a one-time code, and show it this once with the command that wants it."""
    try:
        code = await act(CodeView, lambda work: enrolment.make_code(work, name, NewCode()), keyed=False)
    except ServiceError as error:
        return _one(look, name, explain(look.page, error))
    scheme = "https" if deps.settings.secure else request.url.scheme
    return _one(look, name, code=code, address=f"{scheme}://{request.url.netloc}")


@router.post("/stations/{name}/revoke", **gate(Act.MANAGE_STATIONS))
async def revoke(look: Look, act: Do, deps: Given, name: str, reason: Text = "") -> Response:
    """Take a cabinet's key away."""
    try:
        asked = Revocation(reason=reason)
        await act(StationKeysView, lambda work: enrolment.revoke(work, name, asked))
    except (ValidationError, ServiceError) as error:
        return _one(look, name, refused(look, error, FIELDS))
    await run_in_threadpool(deps.enrolling.write_lists)
    return go(f"/stations/{name}")


def _list(look: Look, silent: bool, status: int = 200) -> Response:
    rows = [row for row in stations.list_stations(look).rows if not silent or (row.active and not row.online)]
    held: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    if look.viewer.may(Act.SEE_COUNTS):
        for tally in overview.counts(look).rows:
            held[tally.station][tally.state] += tally.n
    return look.show("stations.html", (), status, rows=rows, held=held, silent=silent)


def _one(look: Look, name: str, status: int = 200, code: CodeView | None = None, address: str = "") -> Response:
    found = enrolment.station_keys(look, name)
    return look.show("station.html", (), status, s=found, code=code, address=address)
