"""After a count: explaining its differences, signing them off as a second person, counting them again."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Response
from pydantic import BaseModel, ValidationError

from server.service.context import Writing
from server.service.errors import ServiceError
from server.service.people.rights import Act
from server.service.shapes import StocktakeView
from server.service.stocktaking import stocktake_signing
from server.service.stocktaking.stocktake_signing import DifferencesView, Explanation, NewConditions, Signing
from server.web.auth import gate
from server.web.writing import Do

from .forms import refused
from .i18n import N_
from .routing import Look, explain, go, page_router
from .scan import item_code
from .stocktakes import shown

FIELDS = {"explanation": N_("Explanation"), "conditions": N_("Condition")}
router = page_router()


@router.post("/stocktakes/{number}/differences/{difference}", **gate(Act.COUNT))
async def explain_difference(
    look: Look, act: Do, number: int, difference: int, explanation: Annotated[str, Form()] = ""
) -> Response:
    """Explain a difference."""
    return await _acted(
        look,
        act,
        number,
        DifferencesView,
        lambda work: stocktake_signing.explain(
            work, number, difference, Explanation.model_validate({"explanation": explanation})
        ),
    )


@router.post("/stocktakes/{number}/sign", **gate(Act.SIGN_COUNTS))
async def sign(look: Look, act: Do, number: int) -> Response:
    """Sign off every difference that is left."""
    return await _acted(
        look, act, number, DifferencesView, lambda work: stocktake_signing.sign(work, number, Signing())
    )


@router.post("/stocktakes/{number}/condition", **gate(Act.COUNT))
async def note_condition(
    look: Look,
    act: Do,
    number: int,
    item: Annotated[str, Form()] = "",
    condition: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """Write down how an item is."""
    given = {"conditions": [{"item": item_code(look, item.strip()) or item, "condition": condition, "note": note}]}
    return await _acted(
        look,
        act,
        number,
        StocktakeView,
        lambda work: stocktake_signing.note_conditions(work, number, NewConditions.model_validate(given)),
    )


@router.post("/stocktakes/{number}/recount", **gate(Act.COUNT))
async def recount(look: Look, act: Do, number: int) -> Response:
    """Open a count of the differences, and go there."""
    try:
        opened = await act(StocktakeView, lambda work: stocktake_signing.recount(work, number))
    except ServiceError as error:
        return shown(look, number, "", "", None, explain(look.page, error))
    return go(f"/stocktakes/{opened.id}")


async def _acted(
    look: Look, act: Do, number: int, model: type[BaseModel], work: Callable[[Writing], BaseModel]
) -> Response:
    try:
        await act(model, work)
    except (ValidationError, ServiceError) as error:
        return shown(look, number, "", "", None, refused(look, error, FIELDS))
    return go(f"/stocktakes/{number}")
