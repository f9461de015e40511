"""`guiwei import KIND FILE`: take a sheet into the database, by the same use case as the pages do.

Exit 0 every row is in, 1 some rows were refused (or would be), 2 wrong use.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server.exchange.kinds import FIELDS, Kind

app = typer.Typer(add_completion=False)

COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


@app.command()
def import_command(
    kind: Annotated[Kind, typer.Argument(help="What the sheet lists.")],
    file: Annotated[
        Path | None, typer.Argument(help="XLSX, or CSV in UTF-8 or GB18030.", exists=True, dir_okay=False)
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="field=heading, where the guess is wrong; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Say what is wrong and change nothing.")] = False,
    resume: Annotated[int | None, typer.Option(help="Go on with this import where it stopped.")] = None,
    by: Annotated[str, typer.Option("--as", help="The user name of who imports; left out: the set-up itself.")] = "",
    errors: Annotated[Path | None, typer.Option(help="Write the refused rows to this file.")] = None,
    template: Annotated[Path | None, typer.Option(help="Write an empty sheet (.xlsx or .csv) and stop.")] = None,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Take people, items, customers, places or loans in progress from a sheet into the database."""
    from server.cli import explained

    if language not in ("zh", "en"):
        raise typer.BadParameter(f"{language}: use zh or en", param_hint="--language")
    if template is not None:
        write_template(kind, template, language)
        return
    if (file is None) == (resume is None):
        raise typer.BadParameter("name a file, or --resume NUMBER", param_hint="FILE")
    with explained("import"):
        raise typer.Exit(take(kind, file, _mapping(kind, columns or []), dry_run, resume, by, errors, language))


def write_template(kind: Kind, path: Path, language: str) -> None:
    """Write an empty sheet with the usual headings."""
    from server.service.imports import import_views

    path.write_bytes(import_views.template(kind, "csv" if path.suffix.lower() == ".csv" else "xlsx", language))
    typer.echo(f"{path}: {', '.join(one.heading(language) for one in FIELDS[kind])}")


def take(
    kind: Kind,
    file: Path | None,
    mapping: dict[str, str],
    dry_run: bool,
    number: int | None,
    by: str,
    errors: Path | None,
    language: str,
) -> int:
    """Begin an import or go on with one, show how far it is, and say what was wrong."""
    from server.bootstrap import importer, real_things, viewer_named
    from server.config import load_settings
    from server.service.context import Reading, Writing
    from server.service.imports import imports
    from server.service.imports.import_shapes import NewImport, Resume

    with real_things(load_settings()) as real:
        viewer = viewer_named(real, by, language)
        data = file.read_bytes() if file is not None else b""
        sheet = imports.read(viewer, kind, data) if file is not None else None
        with real.database.begin() as uow:
            work = Writing(uow.session, real.clock.wall_us(), real.policy, viewer, real.zone, uow)
            if file is not None and sheet is not None:
                asked = NewImport(kind=kind, filename=file.name[-200:], mapping=mapping, dry_run=dry_run)
                number = imports.begin_import(work, asked, data, sheet).id
            job = imports.resume_import(work, number or 0, Resume(mapping=mapping or None, dry_run=dry_run))
        with Progress(*COLUMNS) as bar:
            task = bar.add_task(f"{job.kind} {job.filename}", total=job.total, completed=job.handled)
            importer(real).run(viewer, job.id, lambda behind, _: bar.update(task, completed=behind))
        with real.database.read() as session:
            look = Reading(session, real.clock.wall_us(), real.policy, viewer, real.zone)
            done = imports.get_import(look, job.id)
            if errors is not None and done.failed:
                errors.write_bytes(imports.error_file(look, job.id)[1])
    for fault in done.faults:
        typer.echo(f"{fault.row}  {fault.column}  {fault.what}  → {fault.fix}")
    typer.echo(f"import {done.id}{' (dry run)' if done.dry_run else ''}: {done.done} taken, {done.failed} refused")
    return 1 if done.failed else 0


def _mapping(kind: Kind, said: list[str]) -> dict[str, str]:
    known = {one.name for one in FIELDS[kind]}
    found = {}
    for one in said:
        name, mark, heading = one.partition("=")
        if not mark or name not in known:
            raise typer.BadParameter(
                f"{one}: write field=heading; fields: {', '.join(sorted(known))}", param_hint="--map"
            )
        found[name] = heading
    return found
