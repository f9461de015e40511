"""Imports of sheets: hand one in, see how it goes, get what was wrong back as a file, go on."""

import json
from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, File, Form, Query, UploadFile
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.responses import Response

from server.exchange.kinds import Kind
from server.exchange.sheets import MAX_FILE
from server.service.errors import InvalidError
from server.service.imports import import_views, imports
from server.service.imports.import_run import Importer
from server.service.imports.import_shapes import ImportView, NewImport, Resume
from server.service.people.rights import Act, Viewer
from server.service.shapes import Page
from server.web.auth import Me, gate
from server.web.deps import Deps, Given
from server.web.routes.common import Cursor, Limit, Number
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1/imports", tags=["imports"])

FileForm = Annotated[Literal["csv", "xlsx"], Query(alias="format", description="the file's form")]


@router.get("", **gate(Act.IMPORT))
async def list_imports(look: Look, after: Cursor = None, limit: Limit = 100) -> Page[ImportView]:
    """List imports, the newest first."""
    return imports.list_imports(look, after, limit)


@router.post("", status_code=201, **gate(Act.IMPORT))
async def begin_import(
    do: Do,
    deps: Given,
    viewer: Me,
    later: BackgroundTasks,
    file: Annotated[UploadFile, File(description="XLSX, or CSV in UTF-8 or GB18030")],
    kind: Annotated[Kind, Form()],
    mapping: Annotated[str, Form(description="a JSON object from field to heading, where the guess is wrong")] = "{}",
    dry_run: Annotated[bool, Form()] = False,
) -> ImportView:
    """Hand a sheet in; its rows are taken in after the answer, unless a field that is needed has no column."""
    asked = new_import(kind, file.filename or "", mapping, dry_run)
    data = await contents(file)
    sheet = await run_in_threadpool(imports.read, viewer, kind, data)
    view = await do(ImportView, lambda work: imports.begin_import(work, asked, data, sheet))
    go_on(deps, viewer, later, view)
    return view


@router.get("/template", **gate(Act.IMPORT))
async def get_template(look: Look, kind: Kind, form: FileForm = "xlsx") -> Response:
    """Give an empty sheet to fill in."""
    imports.check_kind(look.viewer, kind)
    return as_file(import_views.template(kind, form, look.viewer.locale), form, f"{kind}.{form}")


@router.get("/{number}", **gate(Act.IMPORT))
async def get_import(look: Look, number: Number) -> ImportView:
    """Show one import: how far it is, its columns, and what was wrong."""
    return imports.get_import(look, number)


@router.get("/{number}/errors", **gate(Act.IMPORT))
async def get_errors(look: Look, number: Number) -> Response:
    """Give the rows that were not taken, in the form they came in, with what is wrong and what to do."""
    form, data = await run_in_threadpool(imports.error_file, look, number)
    return as_file(data, form, f"import-{number}-errors.{form}")


@router.post("/{number}/resume", **gate(Act.IMPORT))
async def resume_import(
    do: Do, deps: Given, viewer: Me, later: BackgroundTasks, number: Number, body: Resume | None = None
) -> ImportView:
    """Go on where it stopped; after a dry run, take the rows in for real."""
    view = await do(ImportView, lambda work: imports.resume_import(work, number, body or Resume()))
    go_on(deps, viewer, later, view)
    return view


def new_import(kind: Kind, filename: str, mapping: str, dry_run: bool) -> NewImport:
    """Read what came beside a file; raises InvalidError."""
    try:
        columns = json.loads(mapping or "{}")
        return NewImport(kind=kind, filename=filename[-200:], mapping=columns, dry_run=dry_run)
    except (ValueError, ValidationError):
        raise InvalidError(
            "mapping", 'mapping is a JSON object from field to heading, such as {"name": "姓名"}'
        ) from None


async def contents(file: UploadFile) -> bytes:
    """Read a file that was handed in, one byte more than is let through at most."""
    return await file.read(MAX_FILE + 1)


def go_on(deps: Deps, viewer: Viewer, later: BackgroundTasks, view: ImportView) -> None:
    """Take the rows in once the answer is sent."""
    if view.state == "running":
        settings = deps.settings
        real = (deps.database, deps.clock, deps.policy, settings.zone, settings.site, deps.vault, deps.backup)
        importer = Importer(*real)
        later.add_task(importer.run, viewer, view.id)


def as_file(data: bytes, form: Literal["csv", "xlsx"], name: str) -> Response:
    """Give a file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=import_views.MEDIA[form], headers=headers)
