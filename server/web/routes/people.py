"""People, their badges, and the stations."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool

from server.service import people, stations
from server.service.inputs import NewBadge, NewPerson, NewStation
from server.service.rights import Act
from server.service.shapes import Done, Page, PersonView, StationView
from server.web.auth import gate
from server.web.deps import Given
from server.web.routes.common import Limit
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["people and stations"])


@router.get("/people", **gate(Act.FIND_PEOPLE))
async def list_people(
    look: Look, after: Annotated[str | None, Query(max_length=64)] = None, limit: Limit = 100
) -> Page[PersonView]:
    """List people by username."""
    return people.list_people(look, after, limit)


@router.post("/people", status_code=201, **gate(Act.MANAGE_PEOPLE))
async def add_person(body: NewPerson, do: Do, deps: Given) -> PersonView:
    """Take a person in, with the badges they carry."""
    row = await run_in_threadpool(
        people.new_person,
        body.username,
        body.name,
        body.role,
        body.department,
        body.locale,
        body.password,
        body.pin or "",
    )
    return await do(PersonView, lambda work: people.add_person(work, row, body.badges, deps.settings.site))


@router.post("/people/{username}/badges", status_code=201, **gate(Act.MANAGE_PEOPLE))
async def add_badge(username: str, body: NewBadge, do: Do, deps: Given) -> Done:
    """Give a person a badge."""
    return await do(Done, lambda work: people.add_badge(work, username, body.badge, deps.settings.site))


@router.get("/stations", **gate(Act.SEE_OVERVIEW))
async def list_stations(look: Look) -> Page[StationView]:
    """List the cabinets and whether they are heard."""
    return stations.list_stations(look)


@router.post("/stations", status_code=201, **gate(Act.MANAGE_STATIONS))
async def add_station(body: NewStation, do: Do) -> StationView:
    """Take a cabinet into the registry."""
    return await do(StationView, lambda work: stations.add_station(work, body))
