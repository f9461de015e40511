"""Imports: a sheet becomes a job, goes on where it stopped, and says what was wrong; `import_run` takes its rows in."""

import hashlib
import json
from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.orm import defer
from sqlmodel import col, select

from server.exchange.kinds import FIELDS, Kind, guess
from server.exchange.sheets import Form, Sheet, SheetFileError, read_sheet
from server.service.context import Reading, Writing
from server.service.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from server.service.imports import import_views
from server.service.imports.import_shapes import ImportView, NewImport, Resume
from server.service.imports.import_views import job_view
from server.service.paging import paged
from server.service.people.rights import Act, Viewer
from server.service.shapes import Page
from server.store.tables import ImportFault, ImportJob

PREVIEW = 5
ACTS: dict[Kind, Act] = {
    Kind.PEOPLE: Act.MANAGE_PEOPLE,
    Kind.ITEMS: Act.KEEP_ITEMS,
    Kind.CUSTOMERS: Act.KEEP_CUSTOMERS,
    Kind.PLACES: Act.MANAGE_STATIONS,
    Kind.LOANS: Act.KEEP_ITEMS,
}
"""What one must be entitled to do one by one, to do it by the list."""


def read(viewer: Viewer, kind: Kind, data: bytes) -> Sheet:
    """Read a sheet that somebody hands in, which takes seconds: before a transaction, which others wait for."""
    check_kind(viewer, kind)
    try:
        return read_sheet(data)
    except SheetFileError as error:
        raise InvalidError(error.code, str(error)) from None


def begin_import(work: Writing, asked: NewImport, data: bytes, sheet: Sheet) -> ImportView:
    """Make a job of a sheet and what was read in it; it runs once every field that is needed has its column."""
    check_kind(work.viewer, asked.kind)
    shown = [at for at, heading in enumerate(sheet.headings) if heading]
    mapping = _mapping(asked.kind, sheet.headings, {**guess(asked.kind, sheet.headings), **asked.mapping})
    job = ImportJob(
        kind=asked.kind,
        filename=asked.filename,
        form=sheet.form,
        digest=hashlib.sha256(data).hexdigest(),
        file=data,
        headings=json.dumps([sheet.headings[at] for at in shown], ensure_ascii=False),
        preview=json.dumps([[cells[at] for at in shown] for _, cells in sheet.rows[:PREVIEW]], ensure_ascii=False),
        mapping=json.dumps(mapping, ensure_ascii=False),
        dry_run=asked.dry_run,
        state="running" if not lacking(asked.kind, mapping) else "new",
        total=len(sheet.rows),
        by_id=work.viewer.id or None,
        created_us=work.now_us,
        updated_us=work.now_us,
    )
    work.session.add(job)
    work.session.flush()
    said = {"rows": job.total, "digest": job.digest, "dry_run": job.dry_run}
    work.ledger("import_begun", **{"import": job.id}, what=job.kind, **said)
    return job_view(work, job)


def resume_import(work: Writing, number: int, asked: Resume) -> ImportView:
    """Go on with a job where it stopped; after a dry run, begin again for real (or dry once more)."""
    job = _job(work, number)
    kind, headings = Kind(job.kind), json.loads(job.headings)
    if job.state == "done" and not job.dry_run:
        raise ConflictError("import_done", "this import is done; import a corrected file as a new one")
    if headings and asked.mapping is not None:
        mapping = _mapping(kind, headings, asked.mapping)
        if job.next_row and not job.dry_run and mapping != json.loads(job.mapping):
            raise ConflictError("import_begun", "rows are in already; the columns can be changed no more")
        job.mapping = json.dumps(mapping, ensure_ascii=False)
    if absent := lacking(kind, json.loads(job.mapping)):
        raise InvalidError("mapping_incomplete", f"no column is named for: {', '.join(absent)}; name it by mapping")
    if job.state != "running" or job.dry_run != asked.dry_run:
        work.session.exec(delete(ImportFault).where(col(ImportFault.job_id) == job.id))
        job.next_row = job.done = job.failed = 0
    job.state, job.dry_run, job.updated_us = "running", asked.dry_run, work.now_us
    work.session.add(job)
    work.ledger("import_resumed", **{"import": job.id}, row=job.next_row, dry_run=job.dry_run)
    return job_view(work, job)


def get_import(look: Reading, number: int) -> ImportView:
    """Show one import, with its columns, first rows and faults."""
    return job_view(look, _job(look, number), whole=True)


def error_file(look: Reading, number: int) -> tuple[Form, bytes]:
    """Give the form and bytes of the file of what was wrong."""
    job = _job(look, number)
    return ("xlsx" if job.form == "xlsx" else "csv"), import_views.error_file(look, job)


def list_imports(look: Reading, before: int | None, limit: int) -> Page[ImportView]:
    """List the imports one may see, the newest first."""
    kinds = [kind for kind in Kind if look.viewer.may(ACTS[kind])]
    query = (
        select(ImportJob)
        .options(defer(ImportJob.file))  # type: ignore[arg-type]
        .where(col(ImportJob.kind).in_(kinds))
        .order_by(col(ImportJob.id).desc())
    )
    if before is not None:
        query = query.where(col(ImportJob.id) < before)
    return paged(look.session.exec(query.limit(limit + 1)), limit, lambda rows: [job_view(look, job) for job in rows])


def check_kind(viewer: Viewer, kind: Kind) -> None:
    """Raise ForbiddenError when somebody may not enter such things one by one either."""
    if not viewer.may(ACTS[kind]):
        raise ForbiddenError("not_your_role", f"{viewer.role} may not import {kind} (R40)")


def lacking(kind: Kind, mapping: dict[str, str]) -> list[str]:
    """Give the usual headings of the fields that are needed and have no column."""
    return [f"{one.heading('zh')} ({one.name})" for one in FIELDS[kind] if one.required and one.name not in mapping]


def _job(look: Reading, number: int) -> ImportJob:
    job = look.session.get(ImportJob, number, options=[defer(ImportJob.file)])  # type: ignore[arg-type]
    if job is None or not look.viewer.may(ACTS[Kind(job.kind)]):
        raise NotFoundError("import", number)
    return job


def _mapping(kind: Kind, headings: Sequence[str], wanted: dict[str, str]) -> dict[str, str]:
    """Check a mapping from fields to headings; a field with no heading is left out."""
    known = {one.name for one in FIELDS[kind]}
    for name, heading in wanted.items():
        if name not in known:
            raise InvalidError("no_such_field", f"{kind} have no field {name!r}; there are: {', '.join(sorted(known))}")
        if heading and heading not in headings:
            raise InvalidError("no_such_column", f"the file has no column {heading!r}; it has: {tuple(headings)}")
    return {name: heading for name, heading in wanted.items() if heading}
