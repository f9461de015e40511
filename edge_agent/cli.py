"""`guiwei edge …`: the commands of a station."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from edge_agent.devices import FAMILIES
from edge_agent.devices.base import DeviceError
from edge_agent.devices.decode import WRONG_USE, settings_from
from edge_agent.devices.decode import decode as decode_chunks

app = typer.Typer(name="edge", help="Run and look after a station.", no_args_is_help=True)


@app.callback()
def edge() -> None:
    """Run and look after a station."""


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
