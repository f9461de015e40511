"""Read a policy sheet with no server running: `guiwei policy check FILE`, `guiwei policy try FILE --on HISTORY`.

HISTORY is a ledger: a SQLite database, an export (JSON lines), or a database's URL. Nothing is written.
Exit 0 all well (nothing would be different), 1 the sheet is refused (something would), 2 wrong use.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo

import typer
from msgspec import structs
from sqlalchemy.exc import SQLAlchemyError

from server.domain.policy import Policy, load_policy
from server.domain.policy_summary import summary
from server.domain.reasons import Language, text
from server.domain.sheet import SheetError
from server.service.oversight.trying import Difference, Trial
from server.verify import open_ledger

app = typer.Typer(name="policy", no_args_is_help=True, add_completion=False)

Sheet = Annotated[Path, typer.Argument(help="A policy sheet (TOML).")]
InLanguage = Annotated[str, typer.Option("--language", help="zh or en.")]


@app.callback()
def policy() -> None:
    """Check a policy sheet; try it on what has happened."""


@app.command("check")
def check_command(file: Sheet, language: InLanguage = "en") -> None:
    """Say whether the sheet is complete, what is wrong with it, and what it rules."""
    spoken = _language(language)
    try:
        sheet = _load(file)
    except SheetError as error:
        _list_problems(file, error)
        raise typer.Exit(1) from None
    typer.echo(f"{sheet.name} {sheet.digest}")
    for sentence in summary(sheet, spoken):
        typer.echo(f"  {sentence}")


@app.command("try")
def try_command(
    file: Sheet,
    on: Annotated[str, typer.Option(help="A ledger: a SQLite database, an export (JSON lines), or a URL.")],
    zone: Annotated[str, typer.Option(help="The site's time zone, for due moments.")] = "Asia/Shanghai",
    language: InLanguage = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List what would have been decided differently under this sheet."""
    spoken = _language(language)
    try:
        trial = Trial(_load(file), ZoneInfo(zone))
    except SheetError as error:
        _list_problems(file, error)
        raise typer.Exit(2) from None
    except (ValueError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise _wrong(f"--zone {zone}: {error}") from None
    is_url = "://" in on
    try:
        with open_ledger(None if is_url else Path(on), on if is_url else "") as (entries, _):
            found = [one for entry in entries for one in trial.differences(entry.id, json.loads(entry.body))]
    except (ValueError, KeyError, TypeError, SQLAlchemyError) as error:
        raise _wrong(f"{'the database' if is_url else on}: not a history that can be tried: {error}") from None
    if as_json:
        typer.echo(json.dumps(_as_object(trial, found, spoken), ensure_ascii=False))
    else:
        _print(trial, found, spoken)
    raise typer.Exit(1 if found else 0)


def _load(file: Path) -> Policy:
    try:
        return load_policy(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(f"{file}: not a file of UTF-8 text that can be read: {error}") from None


def _wrong(why: str) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(2)


def _list_problems(file: Path, error: SheetError) -> None:
    typer.echo(f"{file}: refused, {len(error.problems)} to put right", err=True)
    for problem in error.problems:
        typer.echo(f"  {problem}", err=True)


def _language(given: str) -> Language:
    for known in get_args(Language):
        if given == known:
            return known  # type: ignore[no-any-return]
    raise _wrong(f"--language {given}: use zh or en")


def _print(trial: Trial, found: list[Difference], language: Language) -> None:
    for one in found:
        typer.echo(f"entry {one.entry}  {one.what}  {one.item}: {one.then} -> {one.now}")
        for said in one.reasons:
            typer.echo(f"    {said.rule} {text(said, language)}")
    counts = ", ".join(f"{number} {kind}" for kind, number in sorted(trial.tried.items())) or "nothing"
    typer.echo(f"tried {counts}; {len(found)} decided differently")
    if trial.without_facts:
        silent = ", ".join(f"{number} {kind}" for kind, number in sorted(trial.without_facts.items()))
        typer.echo(f"not tried, their entries carry no facts: {silent}")


def _as_object(trial: Trial, found: list[Difference], language: Language) -> dict[str, Any]:
    def reasons(one: Difference) -> list[dict[str, Any]]:
        return [
            {**structs.asdict(said), "params": dict(said.params), "text": text(said, language)} for said in one.reasons
        ]

    return {
        "policy": trial.policy.digest,
        "name": trial.policy.name,
        "tried": dict(trial.tried),
        "without_facts": dict(trial.without_facts),
        "differences": [{**asdict(one), "reasons": reasons(one)} for one in found],
    }
