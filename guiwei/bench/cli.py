"""The command line of the measurements: `guiwei bench NAME [--json]`; exit 1 when a figure misses what is asked."""

from typing import Annotated

import typer

app = typer.Typer(name="bench", no_args_is_help=True, add_completion=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


@app.callback()
def bench() -> None:
    """Measure intake, latency and queries."""


@app.command()
def intake(
    as_json: Json = False,
    events: Annotated[int, typer.Option(min=100, max=8000, help="Events of one round.")] = 8000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the median counts.")] = 3,
    seconds: Annotated[float, typer.Option(min=1, help="How long to send 200 events a second.")] = 10,
    postgres: Annotated[bool, typer.Option(help="Measure PostgreSQL too.")] = True,
) -> None:
    """Messages per second through broker, signature, judgement, ledger and commit, beside mosquitto_sub."""
    from guiwei.bench.intake import measure

    raise typer.Exit(measure(events, rounds, seconds, postgres).show(as_json))
