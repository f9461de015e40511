"""The cabinets and their agents."""

from fastapi import APIRouter

from server.service.cabinet import stations
from server.service.inputs import NewStation
from server.service.people.rights import Act
from server.service.shapes import Page, StationView
from server.web.auth import gate
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["stations"])


@router.get("/stations", **gate(Act.SEE_OVERVIEW))
async def list_stations(look: Look) -> Page[StationView]:
    """List the cabinets and whether they are heard."""
    return stations.list_stations(look)


@router.post("/stations", status_code=201, **gate(Act.MANAGE_STATIONS))
async def add_station(body: NewStation, do: Do) -> StationView:
    """Take a cabinet into the registry."""
    return await do(StationView, lambda work: stations.add_station(work, body))
