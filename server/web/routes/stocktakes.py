"""Stocktakes."""

from fastapi import APIRouter

from server.service import counting, stocktakes
from server.service.inputs import NewScans, NewStocktake, NewSweep
from server.service.rights import Act
from server.service.shapes import Page, ScansView, StocktakeView
from server.web.auth import gate
from server.web.deps import Given
from server.web.routes.common import Cursor, Limit, Number
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1/stocktakes", tags=["stocktakes"])


@router.get("", **gate(Act.SEE_COUNTS))
async def list_stocktakes(look: Look, before: Cursor = None, limit: Limit = 20) -> Page[StocktakeView]:
    """List stocktakes, the newest first, without their lines."""
    return counting.list_stocktakes(look, before, limit)


@router.post("", status_code=201, **gate(Act.COUNT))
async def open_stocktake(body: NewStocktake, do: Do) -> StocktakeView:
    """Open a stocktake; what is expected is frozen now."""
    return await do(StocktakeView, lambda work: stocktakes.open_stocktake(work, body))


@router.get("/{number}", **gate(Act.SEE_COUNTS))
async def get_stocktake(number: Number, look: Look) -> StocktakeView:
    """Show a stocktake with its lines and counts."""
    return counting.get_stocktake(look, number)


@router.post("/{number}/sweep", **gate(Act.COUNT))
async def sweep(number: Number, do: Do, deps: Given, body: NewSweep | None = None) -> StocktakeView:
    """Have the cabinets' readers listen behind their doors."""
    return await do(StocktakeView, lambda work: stocktakes.sweep(work, number, body or NewSweep(), deps.keys))


@router.post("/{number}/scans", **gate(Act.COUNT))
async def scan(number: Number, body: NewScans, do: Do) -> ScansView:
    """Take in what was scanned at the shelves."""
    return await do(ScansView, lambda work: stocktakes.scan(work, number, body))


@router.post("/{number}/close", **gate(Act.COUNT))
async def close(number: Number, do: Do) -> StocktakeView:
    """Close a stocktake and write its results down."""
    return await do(StocktakeView, lambda work: stocktakes.close(work, number))
