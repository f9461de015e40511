"""Stocktakes: opening one, counting with the scan box or by radio, live progress, results, closing."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote

from fastapi import Form, Response
from pydantic import ValidationError

from server.domain.words import Condition
from server.service.cabinet import stations
from server.service.context import Writing
from server.service.errors import ServiceError
from server.service.inputs import NewScan, NewScans, NewStocktake, NewSweep
from server.service.people.rights import Act
from server.service.shapes import ItemView, ScansView, StocktakeLineView, StocktakeView
from server.service.stocktaking import counting, stocktake_signing, stocktakes
from server.web.auth import gate
from server.web.deps import Given
from server.web.writing import Do

from .routing import Look, explain, go, page_router
from .scan import Outcome, is_place, item_code, unknown
from .words import RESULTS

ROWS = 20
SHOWN = 200
WRONG = frozenset({"misplaced", "on_loan_but_here", "duplicate"})
"""Results of what is there, but does not agree with the record."""
router = page_router()


@dataclass
class OpenForm:
    """The form as it was filled in."""

    title: str = ""
    stations: list[str] = field(default_factory=list)


@router.get("/stocktakes", **gate(Act.SEE_COUNTS))
async def stocktake_list(look: Look, after: int | None = None) -> Response:
    """List stocktakes, with the form to open one."""
    return _list(look, OpenForm(), after)


@router.post("/stocktakes", **gate(Act.COUNT))
async def open_stocktake(
    look: Look,
    act: Do,
    title: Annotated[str, Form()] = "",
    stations: Annotated[list[str], Form()] = [],  # noqa: B006 -- FastAPI copies it
    blind: Annotated[str, Form()] = "",
) -> Response:
    """Open a stocktake of the ticked cabinets."""
    form = OpenForm(title, stations)
    try:
        asked = NewStocktake(title=title, stations=stations, blind=blind == "yes")
        opened = await act(StocktakeView, lambda work: stocktakes.open_stocktake(work, asked))
    except ValidationError:
        look.page.note("bad", look.page.text("Tick at least one cabinet."))
        return _list(look, form, None, 422)
    except ServiceError as error:
        return _list(look, form, None, explain(look.page, error))
    return go(f"/stocktakes/{opened.id}")


@router.get("/stocktakes/{number}", **gate(Act.SEE_COUNTS))
async def one_stocktake(
    look: Look, number: int, at: str = "", show: str = "", seen: str = "", how: str = ""
) -> Response:
    """Show one stocktake; `seen` and `how` say what the last scan came to."""
    view = counting.get_stocktake(look, number)
    outcome = _outcome(look, view, at, seen, how) if seen else None
    return _page(look, view, at, show, outcome)


@router.post("/stocktakes/{number}/scan", **gate(Act.COUNT))
async def scan(
    look: Look, act: Do, number: int, code: Annotated[str, Form()] = "", at: Annotated[str, Form()] = ""
) -> Response:
    """Take in a scan: a place is where one counts from now on, anything else was seen there."""
    text = code.strip()[:200]
    if is_place(look, text):
        return go(f"/stocktakes/{number}?at={quote(text)}")
    if not is_place(look, at):
        outcome = Outcome("refused", look.page.text("Scan or type the place first, such as a/1"))
        return shown(look, number, "", "", outcome, 422)
    found = item_code(look, text) or text
    try:
        asked = NewScans(scans=[NewScan(place=at, code=found)])
        said = await act(ScansView, lambda work: stocktakes.scan(work, number, asked))
    except ValidationError:
        return shown(look, number, at, "", Outcome("refused", unknown(look, text)), 422)
    except ServiceError as error:
        return shown(look, number, at, "", None, explain(look.page, error))
    how = "unknown" if said.unknown else "already" if said.already else "ok"
    return go(f"/stocktakes/{number}?at={quote(at)}&seen={quote(found, safe='')}&how={how}")


@router.post("/stocktakes/{number}/sweep", **gate(Act.COUNT))
async def sweep(look: Look, act: Do, deps: Given, number: int) -> Response:
    """Have the cabinets listen for their tags."""
    return await _tried(look, act, number, lambda work: stocktakes.sweep(work, number, NewSweep(), deps.keys))


@router.post("/stocktakes/{number}/close", **gate(Act.COUNT))
async def close(look: Look, act: Do, number: int) -> Response:
    """Close the count; refused while a sweep is awaited."""
    return await _tried(look, act, number, lambda work: stocktakes.close(work, number))


async def _tried(look: Look, act: Do, number: int, work: Callable[[Writing], StocktakeView]) -> Response:
    try:
        await act(StocktakeView, work)
    except ServiceError as error:
        return shown(look, number, "", "", None, explain(look.page, error))
    return go(f"/stocktakes/{number}")


def _outcome(look: Look, view: StocktakeView, at: str, seen: str, how: str) -> Outcome:
    """Say what a scan came to: by the line's result, so that what is out of place is never told as in order."""
    if how == "unknown":
        return Outcome("refused", unknown(look, seen))
    item = look.names.find(seen)
    line = next((line for line in view.lines if line.item == seen), None)
    if item and (wrong := _wrong(look, view, line, item, at)):
        return Outcome("refused", wrong, item.code)
    text = look.page.text("It was counted here before.") if how == "already" else look.page.text("Counted.")
    return Outcome("already" if how == "already" else "ok", text, item.code if item else None)


def _wrong(look: Look, view: StocktakeView, line: StocktakeLineView | None, item: ItemView, at: str) -> str | None:
    """Say what is not in order with an item that was counted at a place, or None."""
    text, now = look.page.text, item.custody
    if line is None:
        return text("It is none of the differences that are counted again.") if view.recount_of else None
    if line.result not in WRONG:
        return None
    elsewhere = [place for place in line.seen_at if place != at]
    if line.result == "duplicate" and elsewhere:
        return text("Counted, but it was also seen at %(places)s.", places=", ".join(elsewhere))
    if now.state == "held" and now.person:
        return text("Counted, but the record says that %(who)s has it.", who=look.names.person(now.person))
    if now.state == "held":
        return text("It is recorded as out, but it is here.")
    if now.state == "incident":
        return text("It is recorded as unaccounted for, but it is here.")
    if item.home and item.home != at:
        return text("Counted, but it belongs to %(home)s.", home=item.home)
    if now.place and now.place != at:
        return text("Counted, but it is recorded at %(place)s.", place=now.place)
    return text("Counted, but it was not expected here.")


def _list(look: Look, form: OpenForm, after: int | None, status: int = 200) -> Response:
    page = counting.list_stocktakes(look, after, ROWS)
    known = stations.list_stations(look).rows
    return look.show("stocktakes.html", page.rows, status, rows=page.rows, next=page.next, stations=known, form=form)


def shown(look: Look, number: int, at: str, show: str, outcome: Outcome | None, status: int = 200) -> Response:
    """Show one stocktake, with what may be done next."""
    return _page(look, counting.get_stocktake(look, number), at, show, outcome, status)


def _page(look: Look, view: StocktakeView, at: str, show: str, outcome: Outcome | None, status: int = 200) -> Response:
    told = Counter(name_of(view, line) for line in view.lines)
    lines = [line for line in view.lines if not show or name_of(view, line) == show]
    doors = {row.name: row.doors for row in stations.list_stations(look).rows}
    open_now = view.state == "open"
    return look.show(
        "stocktake.html",
        lines[:SHOWN],
        status,
        s=view,
        at=at if is_place(look, at) else "",
        show=show if show in RESULTS else "",
        outcome=outcome,
        counting=open_now and look.viewer.may(Act.COUNT),
        hidden=view.blind and open_now,
        places=[f"{name}/{door}" for name in view.stations for door in range(1, doors.get(name, 0) + 1)],
        found=told["found"],
        buckets=[(name, told[name]) for name in RESULTS if told[name]],
        lines=[(line, name_of(view, line)) for line in lines[:SHOWN]],
        more=len(lines) - SHOWN,
        differences=[] if open_now else stocktake_signing.list_differences(look, view.id).rows,
        conditions=list(Condition),
    )


def name_of(view: StocktakeView, line: StocktakeLineView) -> str:
    """Give the word for a line: while the count is open, what is not seen yet is still to be found, not missing."""
    return "expected" if line.result == "missing" and view.state == "open" else line.result
