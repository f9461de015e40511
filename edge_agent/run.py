"""The commands that run a station, record and replay one, and look at one: `guiwei edge run SETTINGS` and the like."""

from __future__ import annotations

import logging
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from edge_agent.devices.base import SettingsError
from edge_agent.outbox import OutboxError, witnessed
from edge_agent.plugs import Plugs
from edge_agent.settings import Settings, load_settings
from edge_agent.watchdog import from_systemd

WRONG_USE = 2
SettingsFile = Annotated[Path, typer.Argument(metavar="SETTINGS", help="The station's settings, a TOML file")]


def run(settings: SettingsFile) -> None:
    """Run a station until it is told to stop (SIGTERM, Ctrl-C)."""
    _work(_load(settings), None)


def record(
    settings: SettingsFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; it must not be there yet")],
    with_badges: Annotated[bool, typer.Option(help="Keep badge numbers as they are, not stand-ins for them")] = False,
    most_mb: Annotated[int, typer.Option(min=1, help="The recording ends when it is so large")] = 256,
) -> None:
    """Run a station, and write what its devices say to a file that can be replayed; it holds no PINs."""
    from edge_agent.clock import Clock
    from edge_agent.tools.recording import RecordedPlugs, Recorder, head_of

    known = _load(settings)
    clock = Clock(known.station.clock_file)
    try:
        recorder = Recorder(output, head_of(known, clock, badges=with_badges), clock, most_mb * 1024 * 1024)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from None
    _work(known, RecordedPlugs(recorder, known.server_key()))
    recorder.close()


def replay(
    recording: Annotated[Path, typer.Argument(metavar="FILE", help="A recording made by `guiwei edge record`")],
    settings: SettingsFile,
    speed: Annotated[float, typer.Option(min=0.1, max=20, help="How many times faster than it happened")] = 1.0,
    events: Annotated[bool, typer.Option("--events", help="Print what the station wrote, not what it read")] = False,
) -> None:
    """Run a station on a recording, and print what it reads and writes, one JSON line each."""
    from edge_agent.tools.replay import line_of, run_again

    def show(at_us: int, who: str, what: Any) -> None:
        if not events or who == "station":
            sys.stdout.write(line_of(at_us, who, what).decode() + "\n")

    try:
        run_again(recording, _load(settings), show, speed)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from None


def _work(settings: Settings, plugs: Plugs | None) -> None:
    from edge_agent.station import Station

    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)
    try:
        station = Station(settings, plugs)
        station.watchdog = from_systemd()
    except (SettingsError, OutboxError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from None
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: station.stop())
    station.run()


def status(
    settings: SettingsFile,
    witnesses: Annotated[
        bool, typer.Option("--witnesses", help="Print the ledger's anchors kept here, for `guiwei ledger verify`")
    ] = False,
) -> None:
    """Print what the station last said of itself, as JSON; `witness` is the newest of the ledger's anchors it keeps."""
    known = _load(settings).station
    if witnesses:
        _print_witnesses(Path(known.data))
        return
    path = Path(known.state)
    try:
        typer.echo(path.read_text(encoding="utf-8"))
    except OSError as error:
        typer.echo(f"{path}: {error.strerror}; is the station running?", err=True)
        raise typer.Exit(1) from None


def _print_witnesses(folder: Path) -> None:
    """Print a line for every anchor: SIZE:ROOT, and when it came by the station's clock."""
    try:
        for size, root, at_us in witnessed(folder):
            typer.echo(f"{size}:{root} {datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(timespec='seconds')}")
    except OutboxError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _load(path: Path) -> Settings:
    try:
        return load_settings(path)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from None
