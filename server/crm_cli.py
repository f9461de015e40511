"""`guiwei crm sync`: read the CRMs of the settings now; `guiwei crm status`: how their readings went.

Exit 0 all well, 1 a CRM could not be read, 2 wrong use.
"""

from typing import Annotated

import typer

app = typer.Typer(name="crm", no_args_is_help=True, add_completion=False)


@app.callback()
def crm() -> None:
    """Keep customers in step with Zoho CRM and Fxiaoke (纷享销客)."""


@app.command("sync")
def sync_command(
    system: Annotated[str, typer.Option(help="Only this one: zoho or fxiaoke.")] = "",
    full: Annotated[bool, typer.Option(help="Read everybody, and find out who is gone without a trace.")] = False,
) -> None:
    """Read what changed since the last reading."""
    from rich.console import Console

    from server.bootstrap import crm_readers, real_things
    from server.cli import explained
    from server.config import load_settings
    from server.exchange.crm import CrmError

    failed = False
    with explained("crm"), real_things(load_settings()) as real, Console(stderr=True).status("") as status:
        readers = [one for one in crm_readers(real) if system in ("", one.crm.name)]
        if not readers:
            typer.echo("no CRM is set up: GUIWEI_ZOHO_CLIENT_ID or GUIWEI_FXIAOKE_APP_ID (see operations)", err=True)
            raise typer.Exit(2)
        for reader in readers:
            name = reader.crm.name
            try:
                said = reader.read(full, lambda t, name=name: status.update(f"{name}: {t.pages} pages, {t.changed}"))  # type: ignore[misc]
            except CrmError as error:
                typer.echo(f"{name}: {error.code}: {error}", err=True)
                failed = True
            else:
                typer.echo(f"{name}: {said.changed} read, {said.deleted} deleted there")
    raise typer.Exit(1 if failed else 0)


@app.command("status")
def status_command() -> None:
    """Say when each CRM was read last, and what went wrong."""
    from server.bootstrap import real_things, viewer_named
    from server.cli import explained
    from server.config import load_settings
    from server.service.context import Reading
    from server.service.customers.crm import list_crms

    with explained("crm"), real_things(load_settings()) as real, real.database.read() as session:
        look = Reading(session, real.clock.wall_us(), real.policy, viewer_named(real, "", "en"), real.zone)
        for row in list_crms(look).rows:
            went = f"TROUBLE {row.trouble}" if row.trouble else "well"
            typer.echo(f"{row.system}: read {row.read_at or 'never'}, tried {row.tried_at or 'never'}, {went}")
