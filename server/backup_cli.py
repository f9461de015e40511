"""`guiwei server backup` and `guiwei server restore` (R39): what an operator does, and tries, by hand."""

from pathlib import Path
from typing import Annotated

import typer

ToPlace = Annotated[Path | None, typer.Argument(help="The folder backups go to; without it GUIWEI_BACKUP.")]
Second = Annotated[Path | None, typer.Option(help="A second place; without it GUIWEI_BACKUP_SECOND.")]
Check = Annotated[bool, typer.Option("--check", help="Take none: restore the newest one aside and verify its ledger.")]
From = Annotated[Path, typer.Argument(metavar="FROM", help="A backup, or a folder of backups: then its newest one.")]
Into = Annotated[Path, typer.Argument(help="A folder that is empty or not there yet.")]
Url = Annotated[str, typer.Option("--database", help="The URL of an empty PostgreSQL database to restore into.")]


def backup(place: ToPlace = None, second: Second = None, check: Check = False) -> None:
    """Back up database, keys and attachments; or try whether the newest backup can be restored."""
    from server.bootstrap import backups, real_things
    from server.config import load_settings

    settings = load_settings()
    given = {"backup": place or settings.backup, "backup_second": second or settings.backup_second}
    with real_things(settings.model_copy(update=given)) as real:
        keeper = backups(real)
        if check:
            _check(keeper.place, settings.database_url.get_secret_value(), real.keys.public()["server_key"])
            return
        row = keeper.take("command")
        if row.error:
            raise _failed(row.error)
        where = f"{keeper.place / row.name}{f' and {keeper.second}' if row.second else ''}"
        typer.echo(f"{where}: {row.entries} ledger entries, the last is {row.head}")


def restore(source: From, into: Into, database: Url = "") -> None:
    """Restore a backup into an empty place; nothing that is there is overwritten."""
    from server.store import backup as files

    try:
        manifest = files.restore(files.newest(source), into, database)
    except files.BackupError as error:
        raise _failed(str(error)) from None
    typer.echo(f"restored what was backed up at {manifest.made_at}: {manifest.entries} ledger entries")
    if not database:
        typer.echo(f"start it with GUIWEI_DATABASE_URL=sqlite:///{into / 'guiwei.sqlite'} GUIWEI_DATA={into / 'data'}")
    else:
        typer.echo(f"start it with GUIWEI_DATABASE_URL of that database and GUIWEI_DATA={into / 'data'}")


def _check(place: Path, url: str, key: str) -> None:
    from server.store import backup as files
    from server.verify import check, open_ledger

    try:
        with files.restored(files.newest(place), url) as (manifest, there), open_ledger(None, there) as found:
            report = check(*found, key)
    except files.BackupError as error:
        raise _failed(str(error)) from None
    if report.wrong or (report.entries, report.head) != (manifest.entries, manifest.head):
        raise _failed(report.wrong or f"the ledger ends with entry {report.entries}, the manifest says otherwise")
    typer.echo(f"the backup of {manifest.made_at} restores; its {report.entries} ledger entries verify")


def _failed(why: str) -> typer.Exit:
    typer.echo(f"guiwei server: {why}", err=True)
    return typer.Exit(1)
