"""The command line of the measurements: `guiwei bench NAME [--json]`; exit 1 when a figure misses what is asked."""

from typing import Annotated

import typer

app = typer.Typer(name="bench", no_args_is_help=True, add_completion=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


@app.callback()
def bench() -> None:
    """Measure intake, latency, queries and a station."""


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


@app.command()
def queries(
    as_json: Json = False,
    items: Annotated[int, typer.Option(min=20_000)] = 1_000_000,
    few: Annotated[int, typer.Option(help="Past events at first.")] = 100_000,
    many: Annotated[int, typer.Option(help="Past events at last.")] = 10_000_000,
    asked: Annotated[int, typer.Option(min=10, help="How often each question is asked.")] = 1000,
    postgres: Annotated[bool, typer.Option(help="PostgreSQL instead of SQLite.")] = False,
) -> None:
    """Whether the first page, an item's history and the counts take longer as history grows."""
    from guiwei.bench.queries import measure

    raise typer.Exit(measure(items, few, many, asked, postgres).show(as_json))


@app.command()
def latency(
    as_json: Json = False,
    closings: Annotated[int, typer.Option(min=2, help="How often the door is closed.")] = 100,
) -> None:
    """Milliseconds from a door-close event at the station to its verdict on the page in a browser."""
    from guiwei.bench.latency import measure

    raise typer.Exit(measure(closings).show(as_json))


@app.command()
def station(
    as_json: Json = False,
    minutes: Annotated[float, typer.Option(min=0.5, help="How long the readers keep their pace.")] = 10,
) -> None:
    """Whether one station keeps up with 1,100 tags a second from an LLRP reader and 400 from an M100; its cost."""
    from guiwei.bench.station import measure

    raise typer.Exit(measure(minutes).show(as_json))


@app.command()
def presence(
    as_json: Json = False,
    rate: Annotated[list[float] | None, typer.Option(help="Mean read rate; give it several times.")] = None,
    tags: Annotated[list[int] | None, typer.Option(help="Tags behind the door; give it several times.")] = None,
    antennas: Annotated[int, typer.Option(min=1, max=8)] = 1,
    per_second: Annotated[float, typer.Option(min=10, help="Reads the reader gives in a second.")] = 1100,
    sessions: Annotated[int, typer.Option(min=1, help="Sessions of one run.")] = 400,
    runs: Annotated[int, typer.Option(min=1, help="Runs, each at a cabinet of its own.")] = 3,
    first: Annotated[int, typer.Option(min=0, help="Number of the first cabinet.")] = 0,
    alone: Annotated[bool, typer.Option("--alone", help="The estimator alone: no wires, journal, events.")] = False,
) -> None:
    """How often a closing is judged wrongly, how soon it is settled, what stays unread: a curve over read rates."""
    from guiwei.bench.presence import measure
    from guiwei.bench.shelf import Setting

    rates, many = rate or [0.85, 0.90, 0.95, 0.97, 0.99], tags or [50, 200, 500]
    points = [Setting(one, number, antennas, per_second) for number in many for one in rates]
    raise typer.Exit(measure(points, sessions, runs, first, alone=alone).show(as_json))


@app.command("edge-install")
def edge_install(
    as_json: Json = False,
    runs: Annotated[int, typer.Option(min=1, help="How often the station is started.")] = 5,
) -> None:
    """How large a station's own environment is, and how soon a station stands in it."""
    from guiwei.bench.edge_install import measure

    raise typer.Exit(measure(runs).show(as_json))
