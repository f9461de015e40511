"""Take the rows of an import in, slice by slice.

Law 1: a row that is done is never done twice: how far a job has come is written in the transaction of its rows.
Law 2: a row is taken whole or not at all, and one that will not do stops no other.
Law 3: a dry run does everything and keeps nothing but what was wrong.
Law 4: a backup is taken before the first row changes anything (R39).
"""

import contextlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import defer
from sqlmodel import Session

from server.clock import Clock
from server.domain.policy import Policy
from server.domain.reasons import Language, text
from server.exchange.kinds import FIELDS, Kind, RowFault, keys_of, read_row
from server.exchange.sheets import Sheet, read_sheet
from server.service.context import Writing
from server.service.customers.vault import Vault
from server.service.errors import RefusedError, ServiceError
from server.service.imports.import_rows import RowError, Taking, take_row
from server.service.people.rights import Viewer
from server.store.tables import ImportFault, ImportJob
from server.store.unit_of_work import Database, UnitOfWork

SLICE: Final = 50
"""Rows of one transaction: more would keep stations waiting."""
REFUSALS: Final = (RowError, ServiceError, IntegrityError, DataError)
"""What is a row's own fault; anything else ends the run, and the job goes on from there later."""


class _DryError(Exception):
    """Leaves a transaction that must change nothing."""


class _MovedOnError(Exception):
    """Somebody else has gone on with the job meanwhile."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was read: its number in the file, its values, and what is wrong with them."""

    number: int
    values: dict[str, Any]
    faults: tuple[RowFault, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run of a job goes by: who runs it, and how it was to be done when the run began."""

    viewer: Viewer
    number: int
    kind: Kind
    dry: bool
    mapping: str


@dataclass(frozen=True, slots=True)
class Importer:
    """Takes a job's rows in; any number may be at one job, in any number of processes."""

    database: Database
    clock: Clock
    policy: Policy
    zone: ZoneInfo
    site: str
    vault: Vault
    backup: Callable[[str], str] | None = None
    """Takes a backup, for a reason, and says where it is."""

    def run(self, viewer: Viewer, number: int, told: Callable[[int, int], object] | None = None) -> None:
        """Take in everything that is left; `told` is called with how many rows are behind and how many there are."""
        with self.database.read() as session:
            job = session.get_one(ImportJob, number)
            plan, at = Plan(viewer, number, Kind(job.kind), job.dry_run, job.mapping), job.next_row
            if job.state != "running":
                return
            data = job.file
        sheet = read_sheet(data)
        rows = rows_of(plan.kind, sheet, json.loads(plan.mapping), self.zone)
        if not plan.dry and not at and not self._backed_up(viewer, number):
            return
        while at < len(rows):
            with contextlib.suppress(_MovedOnError):
                self._slice(plan, rows, at)
            with self.database.read() as session:
                job = _light(session, number)
                at, left = job.next_row, _is_on(job, plan)
            if told is not None:
                told(at, len(rows))
            if not left:
                return

    def _backed_up(self, viewer: Viewer, number: int) -> bool:
        """Take a backup, and say whether the rows may come in; when there is none, the job says why and stops."""
        if self.backup is None:
            return True
        try:
            where = self.backup(f"import {number}")
        except ServiceError as error:
            with self.database.begin() as uow:
                job = _light(uow.session, number)
                job.state = "stopped"
                params = json.dumps({"detail": error.detail}, ensure_ascii=False)
                uow.session.add(ImportFault(job_id=number, row=0, column="", code="refused", params=params))
                self._writing(uow, viewer).ledger("import_stopped", **{"import": number}, why=error.code)
            return False
        with self.database.begin() as uow:
            _light(uow.session, number).backup = where
            self._writing(uow, viewer).ledger("import_backed_up", **{"import": number}, backup=where)
        return True

    def _slice(self, plan: Plan, rows: list[Row], at: int) -> None:
        """Take a slice in one transaction; when a row will not do, take its rows one by one."""
        part = rows[at : at + SLICE]
        try:
            self._take(plan, at, part)
        except REFUSALS:
            for offset, row in enumerate(part):
                try:
                    self._take(plan, at + offset, [row])
                except REFUSALS as error:
                    self._note(plan, at + offset, 1, [(row.number, _fault(error))])

    def _take(self, plan: Plan, at: int, rows: list[Row]) -> None:
        faults = [(row.number, fault) for row in rows for fault in row.faults]
        try:
            with self.database.begin() as uow:
                job, work = _at(uow.session, plan, at), self._writing(uow, plan.viewer)
                taking = Taking(work, plan.number, self.site, self.vault)
                for row in rows:
                    if not row.faults:
                        take_row(taking, plan.kind, row.values)
                uow.session.flush()
                if plan.dry:
                    raise _DryError
                _advance(work, job, len(rows), faults)
        except _DryError:
            self._note(plan, at, len(rows), faults)

    def _note(self, plan: Plan, at: int, handled: int, faults: list[tuple[int, RowFault]]) -> None:
        """Write only how far the job has come and what was wrong."""
        with self.database.begin() as uow:
            _advance(self._writing(uow, plan.viewer), _at(uow.session, plan, at), handled, faults)

    def _writing(self, uow: UnitOfWork, viewer: Viewer) -> Writing:
        return Writing(uow.session, self.clock.wall_us(), self.policy, viewer, self.zone, uow)


def rows_of(kind: Kind, sheet: Sheet, mapping: dict[str, str], zone: ZoneInfo) -> list[Row]:
    """Read every row of a sheet, purely; what stands twice in it is a fault of the later row."""
    columns = {name: sheet.headings.index(heading) for name, heading in mapping.items()}
    seen: dict[tuple[str, str], int] = {}
    rows = []
    for number, cells in sheet.rows:
        values, faults = read_row(kind, columns, cells, zone)
        for key in () if faults else keys_of(kind, values):
            if (first := seen.setdefault(key, number)) != number:
                faults.append(RowFault(key[0], "twice_in_file", {"value": key[1], "row": str(first)}))
        rows.append(Row(number, values, tuple(faults)))
    return rows


def _light(session: Session, number: int) -> ImportJob:
    """Give a job without its file, which may be megabytes."""
    return session.get_one(ImportJob, number, options=[defer(ImportJob.file)])  # type: ignore[arg-type]


def _at(session: Session, plan: Plan, at: int) -> ImportJob:
    job = _light(session, plan.number)
    if not _is_on(job, plan) or job.next_row != at:
        raise _MovedOnError
    return job


def _is_on(job: ImportJob, plan: Plan) -> bool:
    """Say whether a job is still to be done as this run does it."""
    return job.state == "running" and (job.dry_run, job.mapping) == (plan.dry, plan.mapping)


def _advance(work: Writing, job: ImportJob, handled: int, faults: Iterable[tuple[int, RowFault]]) -> None:
    mapping, failed = json.loads(job.mapping), set[int]()
    for number, fault in faults:
        failed.add(number)
        column = mapping.get(fault.at) or next(
            (f.heading("zh") for f in FIELDS[Kind(job.kind)] if f.name == fault.at), ""
        )
        params = json.dumps(dict(fault.params), ensure_ascii=False)
        work.session.add(ImportFault(job_id=job.id or 0, row=number, column=column, code=fault.code, params=params))
    said = {"import": job.id, "from": job.next_row + 1, "to": job.next_row + handled}
    job.next_row += handled
    job.done += handled - len(failed)
    job.failed += len(failed)
    job.updated_us = work.now_us
    if not job.dry_run:
        work.ledger("import_rows", **said, done=handled - len(failed), failed=len(failed))
    if job.next_row >= job.total:
        _finish(work, job)
    work.session.add(job)


def _finish(work: Writing, job: ImportJob) -> None:
    job.state = "done"
    if not job.dry_run and not job.failed:
        job.file = b""  # what it said is in the tables now; nothing of it is needed any more
        job.headings = job.preview = "[]"
    work.ledger(
        "import_tried" if job.dry_run else "import_done", **{"import": job.id}, done=job.done, failed=job.failed
    )


def _fault(error: Exception) -> RowFault:
    if isinstance(error, RowError):
        return RowFault(error.at, error.code, error.params)
    if isinstance(error, RefusedError):
        languages: tuple[Language, ...] = ("zh", "en")
        said = {f"detail_{to}": "；".join(f"{one.rule} {text(one, to)}" for one in error.reasons) for to in languages}
        return RowFault("", "refused", said)
    return RowFault(
        "", "refused", {"detail": error.detail if isinstance(error, ServiceError) else type(error).__name__}
    )
