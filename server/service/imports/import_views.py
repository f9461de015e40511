"""Imports as they are shown, the file of what was wrong, and an empty sheet to fill in."""

import json

from sqlmodel import col, select

from server.exchange.faults import fault_text
from server.exchange.kinds import FIELDS, Kind
from server.exchange.sheets import Form, read_sheet, write_sheet
from server.service.context import Reading
from server.service.errors import ConflictError
from server.service.imports.import_shapes import FaultView, FieldView, ImportView
from server.service.lookups import known, usernames
from server.service.shapes import moment
from server.store.tables import ImportFault, ImportJob

SHOWN = 100
MEDIA: dict[Form, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WRONG = {"zh": ("行号", "错误", "如何处理"), "en": ("Row", "What is wrong", "What to do")}


def job_view(look: Reading, job: ImportJob, whole: bool = False) -> ImportView:
    """Give an import as it is shown; `whole` with its columns, first rows and faults."""
    mapping, kind = json.loads(job.mapping), Kind(job.kind)
    fields = [
        FieldView(
            name=one.name,
            title=one.heading(look.viewer.locale),
            required=one.required,
            heading=mapping.get(one.name),
        )
        for one in FIELDS[kind]
    ]
    return ImportView(
        id=known(job.id),
        kind=kind,
        filename=job.filename,
        form=job.form,
        dry_run=job.dry_run,
        state=job.state,
        total=job.total,
        handled=job.next_row,
        done=job.done,
        failed=job.failed,
        backup=job.backup,
        by=usernames(look.session, [job.by_id]).get(job.by_id),
        created_at=moment(job.created_us, look.zone),
        updated_at=moment(job.updated_us, look.zone),
        headings=json.loads(job.headings) if whole else [],
        fields=fields if whole else [],
        preview=json.loads(job.preview) if whole else [],
        faults=faults_of(look, known(job.id), SHOWN) if whole else [],
    )


def faults_of(look: Reading, number: int, limit: int | None = None) -> list[FaultView]:
    """List what was wrong, in the order of the rows, in the reader's language."""
    query = select(ImportFault).where(ImportFault.job_id == number).order_by(col(ImportFault.row), col(ImportFault.id))
    found = []
    for row in look.session.exec(query if limit is None else query.limit(limit)):
        what, fix = fault_text(row.code, json.loads(row.params), look.viewer.locale)
        found.append(FaultView(row=row.row, column=row.column, code=row.code, what=what, fix=fix))
    return found


def error_file(look: Reading, job: ImportJob) -> bytes:
    """Write the rows that were not taken, in the form they came in, each with what is wrong and what to do.

    Corrected, it can be imported again as it is: the added columns are called as no field is.
    """
    faults = faults_of(look, known(job.id))
    if not faults or not job.file:
        raise ConflictError("nothing_wrong", "no row of this import was refused")
    sheet = read_sheet(job.file)
    said: dict[int, list[FaultView]] = {}
    for fault in faults:
        said.setdefault(fault.row, []).append(fault)
    marks = WRONG.get(look.viewer.locale, WRONG["zh"])
    kept = [at for at, heading in enumerate(sheet.headings) if heading not in {*WRONG["zh"], *WRONG["en"]}]
    rows = [
        [
            *(cells[at] for at in kept),
            str(number),
            "；".join(f"{one.column}: {one.what}" for one in said[number]),
            "；".join(one.fix for one in said[number]),
        ]
        for number, cells in sheet.rows
        if number in said
    ]
    form: Form = "xlsx" if job.form == "xlsx" else "csv"
    return write_sheet(form, [*(sheet.headings[at] for at in kept), *marks], rows)


def template(kind: Kind, form: Form, language: str) -> bytes:
    """Write an empty sheet with the usual headings."""
    return write_sheet(form, [one.heading(language) for one in FIELDS[kind]], [])
