"""The server's command line; every command says what it lacks and ends with 2 when it was set up wrongly."""

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server import backup_cli
from server.backup_cli import Check, From, Into, Second, ToPlace, Url

if TYPE_CHECKING:
    from server.bootstrap import Real

app = typer.Typer(
    add_completion=False, help="Set up and run the server. Settings come from GUIWEI_* variables.", no_args_is_help=True
)


@contextmanager
def explained(command: str = "server") -> Iterator[None]:
    """Turn what is the operator's to mend into a message and exit code 2."""
    from sqlalchemy.exc import ArgumentError, OperationalError

    from server.config import ConfigError
    from server.service.customers.vault import SealBrokenError
    from server.service.errors import ServiceError
    from server.service.imports.company import CompanyFileError
    from server.service.keys import KeyFileError

    try:
        yield
    except (ConfigError, KeyFileError, SealBrokenError, CompanyFileError, ServiceError) as error:
        typer.echo(f"guiwei {command}: {error}", err=True)
        raise typer.Exit(2) from None
    except (OperationalError, ArgumentError) as error:
        cause = getattr(error, "orig", None) or error
        typer.echo(f"guiwei {command}: the database (GUIWEI_DATABASE_URL) does not answer: {cause}", err=True)
        raise typer.Exit(2) from None


@app.command()
def migrate() -> None:
    """Bring the database to the newest form."""
    with explained():
        from server.config import load_settings
        from server.store.migrate import migrate as bring_up

        bring_up(load_settings().database_url.get_secret_value())


@app.command()
def init(
    company: Annotated[
        Path | None, typer.Option(help="a JSON file of people, stations and items to begin with")
    ] = None,
) -> None:
    """Make keys, certificate authority and tables, load a company into the empty database, print the public keys."""
    with explained():
        from server.bootstrap import open_clock, real_things
        from server.config import load_settings
        from server.service.cabinet.authority import make_authority
        from server.service.customers.vault import make_vault
        from server.service.imports.company import load_company, read_company
        from server.service.keys import make_keys
        from server.store.migrate import migrate as bring_up

        settings = load_settings()
        wanted = read_company(company) if company is not None else None
        make_keys(settings.data)
        make_authority(settings.data, settings.site, open_clock(settings).real_wall_us())
        make_vault(settings.data)
        bring_up(settings.database_url.get_secret_value())
        if wanted is not None:
            with real_things(settings) as real:
                load_company(real.database, wanted, real.policy, real.zone, settings.site, real.clock.wall_us())
        keys()


@app.command()
def backup(place: ToPlace = None, second: Second = None, check: Check = False) -> None:
    """Back up database, keys and attachments; or try whether the newest backup can be restored."""
    with explained():
        backup_cli.backup(place, second, check)


@app.command()
def restore(source: From, into: Into, database: Url = "") -> None:
    """Restore a backup into an empty place; nothing that is there is overwritten."""
    with explained():
        backup_cli.restore(source, into, database)


@app.command()
def keys() -> None:
    """Print the public keys that stations must know, as JSON."""
    with explained():
        from server.config import load_settings
        from server.service.keys import load_keys

        typer.echo(json.dumps(load_keys(load_settings().data).public()))


@app.command("rotate-keys")
def rotate_keys() -> None:
    """Take a new key for sensitive fields and seal every value anew under it; may be run while the server serves."""
    with explained(), _real() as real:
        from server.service.customers.sealed import rotate_keys as turn
        from server.service.customers.vault import Vault, make_vault

        make_vault(real.settings.data)
        vault = Vault(real.settings.data)
        done = turn(real.database, vault, real.clock.wall_us())
        typer.echo(f"{done} values are sealed under key {vault.current} now")


@app.command()
def openapi() -> None:
    """Print the document of the API, as it is committed in docs/openapi.json."""
    from server.web.app import api_document

    typer.echo(api_document(), nl=False)


@app.command()
def web() -> None:
    """Serve the pages and the API."""
    with explained(), _real() as real:
        from server.bootstrap import run_web

        run_web(real, _ready)


@app.command()
def intake() -> None:
    """Take in what the stations send."""
    with explained(), _real() as real:
        from server.bootstrap import consumer

        consumer(real).run(_stop_by_signal())


@app.command()
def sweep() -> None:
    """Do what becomes due as time passes."""
    with explained(), _real() as real:
        from server.bootstrap import sweeper

        sweeper(real).run(_stop_by_signal())


@app.command("all")
def everything() -> None:
    """Run web, intake and sweep in one process."""
    with explained(), _real() as real:
        from server.bootstrap import consumer, in_threads, run_web, sweeper

        ear, hand = consumer(real), sweeper(real)
        with in_threads(ear.run, hand.run):
            run_web(real, _ready, lambda: ear.ready, lambda: hand.swept_us)


@contextmanager
def _real() -> Iterator["Real"]:
    from server.bootstrap import real_things, set_up_logs
    from server.config import load_settings
    from server.service.oversight.sheets import note_sheet

    set_up_logs()
    with real_things(load_settings()) as real:
        note_sheet(real.database, real.policy, real.sheet, real.clock.wall_us())
        yield real


def _ready(address: str) -> None:
    typer.echo(f"guiwei server ready at {address}")
    sys.stdout.flush()


def _stop_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
