"""`guiwei edge …`: the commands of a station."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge_agent import camera
from edge_agent.devices import FAMILIES
from edge_agent.devices.base import DeviceError, FrameError, SettingsError
from edge_agent.devices.decode import BAD, GOOD, WRONG_USE, settings_from
from edge_agent.devices.decode import decode as decode_chunks
from edge_agent.devices.describe import settings_table
from edge_agent.provision import provision
from edge_agent.run import record, replay, run, status
from edge_agent.screen.cli import screen
from edge_agent.tools.check import check
from edge_agent.tools.fuzz import fuzz_families
from edge_agent.tools.regions import region

app = typer.Typer(name="edge", add_completion=False, help="Run and look after a station.", no_args_is_help=True)


@app.callback()
def edge() -> None:
    """Run and look after a station."""


app.command()(run)
app.command()(status)
app.command()(screen)
app.command()(check)
app.command()(provision)
app.command()(record)
app.command()(replay)
app.command("fuzz")(fuzz_families)
app.command()(region)


@app.command()
def decode(
    family: Annotated[str, typer.Argument(help=f"One of: {', '.join(FAMILIES)}")],
    chunks: Annotated[list[str], typer.Argument(metavar="HEX...", help="Bytes as hex, each one chunk of the stream")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the family; repeat as needed")
    ] = None,
) -> None:
    """Say what bytes on a device's wire mean, as JSON."""
    try:
        result, code = decode_chunks(family, chunks, settings_from(settings or []))
    except DeviceError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from None
    typer.echo(json.dumps(result, ensure_ascii=False))
    raise typer.Exit(code)


@app.command("settings")
def settings() -> None:
    """List the settings of every device family."""
    typer.echo(settings_table())


@app.command("scan-image")
def scan_image(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Picture files, or directories of them")],
) -> None:
    """Read the printed codes in pictures; one JSON line per code."""
    files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    failed = False
    for file in files:
        try:
            found = camera.scan_file(file) or [camera.none_found(str(file))]
        except SettingsError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(WRONG_USE) from None
        except DeviceError as error:
            found = [FrameError(0, str(error))]
        for event in found:
            if isinstance(event, FrameError):
                failed = True
                typer.echo(event.what, err=True)
            else:
                typer.echo(json.dumps({"file": str(file), **msgspec.to_builtins(event)}, ensure_ascii=False))
    raise typer.Exit(BAD if failed else GOOD)
