"""Stocktakes."""

from fastapi import APIRouter

from server.service.inputs import NewScans, NewStocktake, NewSweep
from server.service.people.rights import Act
from server.service.shapes import Page, ScansView, StocktakeView
from server.service.stocktaking import counting, stocktake_signing, stocktakes
from server.service.stocktaking.stocktake_signing import (
    DifferencesView,
    Explanation,
    NewConditions,
    ReportView,
    Signing,
)
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


@router.post("/{number}/conditions", **gate(Act.COUNT))
async def note_conditions(number: Number, body: NewConditions, do: Do) -> StocktakeView:
    """Write down the condition of items while they are counted (R50)."""
    return await do(StocktakeView, lambda work: stocktake_signing.note_conditions(work, number, body))


@router.get("/{number}/differences", **gate(Act.SEE_COUNTS))
async def list_differences(number: Number, look: Look) -> DifferencesView:
    """List what a closed stocktake found different."""
    return stocktake_signing.list_differences(look, number)


@router.post("/{number}/differences/{difference}/explain", **gate(Act.COUNT))
async def explain(number: Number, difference: Number, body: Explanation, do: Do) -> DifferencesView:
    """Explain a difference (R50)."""
    return await do(DifferencesView, lambda work: stocktake_signing.explain(work, number, difference, body))


@router.post("/{number}/sign", **gate(Act.SIGN_COUNTS))
async def sign(number: Number, do: Do, body: Signing | None = None) -> DifferencesView:
    """Sign explained differences off, as a second person (R50)."""
    return await do(DifferencesView, lambda work: stocktake_signing.sign(work, number, body or Signing()))


@router.post("/{number}/recount", status_code=201, **gate(Act.COUNT))
async def recount(number: Number, do: Do) -> StocktakeView:
    """Open a stocktake that counts the unsigned differences again."""
    return await do(StocktakeView, lambda work: stocktake_signing.recount(work, number))


@router.get("/{number}/report", **gate(Act.SEE_COUNTS))
async def get_report(number: Number, look: Look) -> ReportView:
    """Give the report of a closed stocktake."""
    return stocktake_signing.report(look, number)
