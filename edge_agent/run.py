"""The commands that run a station and look at one: `guiwei edge run SETTINGS`, `guiwei edge status SETTINGS`."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from edge_agent.devices.base import SettingsError
from edge_agent.outbox import OutboxError
from edge_agent.settings import Settings, load_settings
from edge_agent.watchdog import from_systemd

WRONG_USE = 2
SettingsFile = Annotated[Path, typer.Argument(metavar="SETTINGS", help="The station's settings, a TOML file")]


def run(settings: SettingsFile) -> None:
    """Run a station until it is told to stop (SIGTERM, Ctrl-C)."""
    from edge_agent.station import Station

    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)
    try:
        station = Station(_load(settings))
        station.watchdog = from_systemd()
    except (SettingsError, OutboxError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from None
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: station.stop())
    station.run()


def status(settings: SettingsFile) -> None:
    """Print what the station last said of itself, as JSON."""
    path = Path(_load(settings).station.state)
    try:
        typer.echo(path.read_text(encoding="utf-8"))
    except OSError as error:
        typer.echo(f"{path}: {error.strerror}; is the station running?", err=True)
        raise typer.Exit(1) from None


def _load(path: Path) -> Settings:
    try:
        return load_settings(path)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from None
