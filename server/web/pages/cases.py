"""Cases: contradictions in the record, and what a person found out about them."""

from typing import Annotated, Literal

from fastapi import Form, Response

from server.service.cabinet import cases
from server.service.errors import ServiceError
from server.service.people.rights import Act
from server.service.shapes import CaseView
from server.web.auth import gate
from server.web.writing import Do

from .routing import Look, explain, go, page_router

ROWS = 50
router = page_router()


@router.get("/cases", **gate(Act.SEE_ALARMS))
async def case_list(look: Look, show: Literal["open", "all"] = "open", after: int | None = None) -> Response:
    """List cases, the newest first."""
    return _shown(look, show, after)


@router.post("/cases/{number}/resolve", **gate(Act.RESOLVE_CASES))
async def resolve(look: Look, act: Do, number: int, resolution: Annotated[str, Form()] = "") -> Response:
    """Resolve a case with what was found; without words it stays open."""
    said = resolution.strip()[:200]
    if not said:
        look.page.note("bad", look.page.text("Write down what was found first."))
        return _shown(look, "open", None, 422)
    try:
        await act(CaseView, lambda work: cases.resolve(work, number, said))
    except ServiceError as error:
        return _shown(look, "open", None, explain(look.page, error))
    return go("/cases")


def _shown(look: Look, show: str, after: int | None, status: int = 200) -> Response:
    page = cases.list_cases(look, show, after, ROWS)
    return look.show("cases.html", page.rows, status, rows=page.rows, next=page.next, show=show)
