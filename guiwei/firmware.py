"""`guiwei firmware`: check device profiles, and write the broker's files from the contract's topics.

Here the contract and firmware_config meet: firmware_config imports nothing of ours, so the topics are handed to it.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from contract.topics import TOPICS, pattern
from firmware_config import mosquitto, profiles
from guiwei.broker import account_of, run_broker, unreadable

SERVERS = ("server-intake", "server-web", "server-sweep")
REVOKED, DENIED = "revoked.pem", "denied.txt"
"""The server's lists for the broker, in the folder `lists` of its authority."""
ROUTES = tuple(mosquitto.Route(pattern(row.channel, mosquitto.STATION), row.written_by) for row in TOPICS)

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Check device profiles; write the broker's configuration."
)


@app.command()
def profile(
    family: Annotated[str, typer.Argument(help="A family, or a profile file of your own.")] = "",
) -> None:
    """Check the profile of one family (or all of them) and print it as JSON."""
    path = Path(family)
    try:
        found = [profiles.load_file(path)] if path.suffix == ".toml" else None
        found = found or [profiles.load(name) for name in ([family] if family else profiles.families())]
    except (profiles.ProfileError, OSError) as error:
        typer.echo(f"guiwei firmware: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))


@app.command()
def broker(
    folder: Annotated[Path, typer.Argument(help="Where mosquitto.conf and the access list go.")],
    tls: Annotated[Path, typer.Option(help="The folder with ca.crt, broker.crt and broker.key.")],
    port: Annotated[int, typer.Option(help="The TLS port.")] = 8883,
    node: Annotated[list[str] | None, typer.Option(help="A sensor node as NAME:STATION; repeat for more.")] = None,
    authority: Annotated[
        Path | None, typer.Option(help="The server's authority folder: what it revoked is refused.")
    ] = None,
    run_as: Annotated[
        str, typer.Option(help="The account the broker runs as; '' for whoever starts it.")
    ] = "mosquitto",
    run: Annotated[bool, typer.Option("--run", help="Run the broker too; it follows what the server revokes.")] = False,
) -> None:
    """Write mosquitto.conf and its access list for mutual TLS; existing ones are replaced in one step."""
    nodes = [_node(text) for text in node or ()]
    folder, tls = folder.absolute(), tls.absolute()
    lists = None if authority is None else authority / "lists"
    revoked = None if lists is None else (lists / REVOKED).absolute()
    certificates = mosquitto.Tls(tls / "ca.crt", tls / "broker.crt", tls / "broker.key", revoked)
    listener = mosquitto.Listener(port, tls=certificates)
    access, settings, account = folder / "access.acl", folder / "mosquitto.conf", account_of(run_as)

    def write() -> Path:
        denied = _denied(lists)
        folder.mkdir(parents=True, exist_ok=True)
        mosquitto.replace_file(access, mosquitto.access_list(ROUTES, SERVERS, nodes, denied), mode=0o644)
        mosquitto.replace_file(settings, mosquitto.configuration(listener, access, account), mode=0o644)
        return settings

    try:
        if run:
            watched = () if lists is None else (lists / REVOKED, lists / DENIED)
            _check_readable(account, (certificates.ca, certificates.certificate, certificates.key, *watched))
            raise typer.Exit(run_broker(write, (certificates.certificate, certificates.key, *watched)))
        typer.echo(str(write()))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    if denied := _denied(lists):
        typer.echo(f"Denied: {' '.join(denied)}. Write it again once one of them has a new key (--run does so itself).")


def _check_readable(account: str | None, files: Iterable[Path]) -> None:
    """Say before it is started what the broker will not be able to read (ValueError)."""
    try:
        hidden = ", ".join(str(path) for path in unreadable(account, files))
    except KeyError:
        raise ValueError(f"--run-as {account}: there is no such account") from None
    if hidden:
        raise ValueError(f"{hidden}: not for {account} to read; give it to that account, or --run-as another one")


def _denied(lists: Path | None) -> list[str]:
    """Give the stations without a key in force, as the server lists them beside the revoked certificates."""
    if lists is None:
        return []
    revoked, denied = lists / REVOKED, lists / DENIED
    if not revoked.exists() or not denied.exists():
        raise ValueError(f"{lists}: no {REVOKED} and {DENIED}; `guiwei server init` writes them")
    return denied.read_text(encoding="ascii").split()


def _node(text: str) -> mosquitto.Node:
    name, separator, station = text.partition(":")
    if not separator:
        raise typer.BadParameter(f"{text!r}: write NAME:STATION")
    return mosquitto.Node(name, station, f"guiwei/nodes/{name}")
