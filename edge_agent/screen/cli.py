"""`guiwei edge screen SETTINGS`: serve the station's screen, in a process that shares nothing with the station."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import Annotated

import typer

from edge_agent.clock import Clock
from edge_agent.devices.base import SettingsError
from edge_agent.run import WRONG_USE, SettingsFile
from edge_agent.screen.words import LANGUAGES
from edge_agent.settings import load_settings

PORT = 8380


def screen(
    settings: SettingsFile,
    address: Annotated[str, typer.Option(help="The one address to listen on, as the panel's browser names it")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free port")] = PORT,
    language: Annotated[str, typer.Option(help="zh or en; whoever stands there can switch")] = "zh",
    contact: Annotated[str, typer.Option(help="Whom to call when something is wrong, e.g. '档案室 8012'")] = "",
) -> None:
    """Serve the page of a touch panel: who is signed in, what may be taken, what moved, what is wrong."""
    try:
        known = load_settings(settings)
        serve(known.station.name, Path(known.station.state), known.station.clock_file, address, port, language, contact)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from None


def serve(station: str, state: Path, clock: str, address: str, port: int, language: str, contact: str) -> None:
    """Serve until stopped (SettingsError: an address or language that will not do, a library that is not there)."""
    try:
        import uvicorn

        from edge_agent.screen.app import Screen, make_app
    except ModuleNotFoundError as error:
        raise SettingsError(f"{error.name} is not installed here; uv sync --locked --extra screen") from None
    chosen = next((name for name in LANGUAGES if name == language), None)
    if chosen is None:
        raise SettingsError(f"--language {language}: one of {', '.join(LANGUAGES)}")
    where = one_address(address)
    try:
        listening = socket.create_server((str(where), port), family=_family(where))
    except OSError as error:
        raise SettingsError(f"--address {address} --port {port}: {error.strerror}") from None
    hosts = hosts_of(where, listening.getsockname()[1])
    typer.echo(f"http://{hosts[0]}/")
    app = make_app(Screen(station, state, hosts, chosen, contact, Clock(clock).wall_us))
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run([listening])


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def one_address(text: str) -> Address:
    """Read an address to listen on (SettingsError: not an address, or every address at once)."""
    try:
        where = ipaddress.ip_address(text)
    except ValueError:
        raise SettingsError(f"--address {text}: needs an IP address, such as 127.0.0.1") from None
    if where.is_unspecified or where.is_multicast:
        raise SettingsError(f"--address {text}: name the one address the panel uses, not all of them")
    return where


def hosts_of(where: Address, port: int) -> tuple[str, ...]:
    """Name the hosts a browser may ask for."""
    host = f"[{where}]" if where.version == 6 else str(where)
    names = (host, "localhost") if where.is_loopback else (host,)
    return tuple(name if port == 80 else f"{name}:{port}" for name in names)


def _family(where: Address) -> int:
    return socket.AF_INET6 if where.version == 6 else socket.AF_INET
