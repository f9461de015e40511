"""Imports: handing a sheet in, naming its columns, trying it, watching it go in, what was wrong; and what is set up."""

from typing import Annotated

from fastapi import BackgroundTasks, File, Form, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool

from server.exchange.kinds import Kind
from server.service.customers.crm import list_crms
from server.service.errors import ServiceError
from server.service.imports import imports, onboarding
from server.service.imports.import_shapes import ImportView, Resume
from server.service.imports.lists import NewLabelList, labels_of
from server.service.people.rights import Act
from server.service.records.printing import record_labels
from server.service.shapes import Done
from server.web.auth import Me, gate
from server.web.deps import Given
from server.web.routes.imports import contents, go_on, new_import
from server.web.writing import Do

from .i18n import N_
from .routing import Look, explain, go, page_router

ROWS = 20
KINDS = {
    "people": N_("People"),
    "items": N_("Items"),
    "customers": N_("Customers"),
    "places": N_("Cabinets and shelves"),
    "loans": N_("Loans in progress"),
}
STATES = {
    "new": N_("Columns to be named"),
    "running": N_("Under way"),
    "stopped": N_("Stopped"),
    "done": N_("Done"),
    "tried": N_("Checked, nothing changed"),
}
STEPS = {
    "posts": N_("Every post the rules need is filled"),
    "managers": N_("Every department has its manager"),
    "badges": N_("Everybody has a badge"),
    "cabinets": N_("The cabinets are set up and heard"),
    "items": N_("The files are taken in"),
    "seals": N_("The seals are taken in"),
    "tags": N_("Every item has its tag"),
    "backup": N_("A backup has been taken"),
    "stocktake": N_("The first stocktake is closed"),
    "request": N_("Somebody has made the first request"),
    "customers": N_("Customers are taken in"),
    "crm": N_("Customers are kept in step with the CRM"),
}
router = page_router()


@router.get("/imports", **gate(Act.IMPORT))
async def import_list(look: Look, after: int | None = None) -> Response:
    """List imports, with the form to hand a sheet in."""
    return _list(look, after)


@router.post("/imports", **gate(Act.IMPORT))
async def hand_in(
    look: Look,
    act: Do,
    deps: Given,
    viewer: Me,
    later: BackgroundTasks,
    file: Annotated[UploadFile, File()],
    kind: Annotated[Kind, Form()],
) -> Response:
    """Take a sheet, and try it first: nothing is changed before its faults have been seen."""
    try:
        asked = new_import(kind, file.filename or "", "{}", dry_run=True)
        data = await contents(file)
        sheet = await run_in_threadpool(imports.read, viewer, kind, data)
        view = await act(ImportView, lambda work: imports.begin_import(work, asked, data, sheet))
    except ServiceError as error:
        return _list(look, None, explain(look.page, error))
    go_on(deps, viewer, later, view)
    answer = go(f"/imports/{view.id}")
    answer.background = later
    return answer


@router.get("/imports/{number}", **gate(Act.IMPORT))
async def one_import(look: Look, number: int) -> Response:
    """Show one import: how far it is, its columns, what was wrong."""
    return _shown(look, number)


@router.post("/imports/{number}", **gate(Act.IMPORT))
async def resume(
    request: Request, look: Look, act: Do, deps: Given, viewer: Me, later: BackgroundTasks, number: int
) -> Response:
    """Go on: with the columns as they were named, as a trial or for real."""
    form = await request.form()
    named = {key[4:]: str(value) for key, value in form.items() if key.startswith("map_")}
    asked = Resume(mapping=named or None, dry_run=form.get("dry_run") == "yes")
    try:
        view = await act(ImportView, lambda work: imports.resume_import(work, number, asked))
    except ServiceError as error:
        return _shown(look, number, explain(look.page, error))
    go_on(deps, viewer, later, view)
    answer = go(f"/imports/{number}")
    answer.background = later
    return answer


@router.post("/imports/{number}/labels", **gate(Act.KEEP_ITEMS))
async def labels(look: Look, act: Do, number: int) -> Response:
    """Give the labels of what came with an import (the first 500), to print."""
    asked = NewLabelList.model_validate({"import": number, "limit": 500})
    try:
        drawn, codes, _ = await run_in_threadpool(labels_of, look, asked)
    except ServiceError as error:
        return _shown(look, number, explain(look.page, error))
    await act(Done, lambda work: record_labels(work, codes, "pdf"))
    return Response(drawn, media_type="application/pdf")


@router.get("/start", **gate(Act.IMPORT))
async def start(look: Look) -> Response:
    """Show what a new company has set up, and what it still lacks."""
    view = onboarding.set_up(look)
    return look.show("start.html", view=view, titles=STEPS, crms=list_crms(look).rows)


def _list(look: Look, after: int | None, status: int = 200) -> Response:
    page = imports.list_imports(look, after, ROWS)
    kinds = [(kind.value, KINDS[kind]) for kind in Kind if look.viewer.may(imports.ACTS[kind])]
    return look.show(
        "imports.html", page.rows, status, rows=page.rows, next=page.next, kinds=kinds, titles=KINDS, states=STATES
    )


def _shown(look: Look, number: int, status: int = 200) -> Response:
    view = imports.get_import(look, number)
    state = "tried" if view.dry_run and view.state == "done" else view.state
    lacking = [one.title for one in view.fields if one.required and not one.heading]
    return look.show(
        "import.html", [view], status, i=view, kind=KINDS[view.kind], state=state, said=STATES[state], lacking=lacking
    )
