"""`guiwei chaos`: the whole matrix of blows, or a seeded sample of it."""

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from guiwei.chaos.strike import Outcome, blows, strike
from guiwei.drill.runner import shipped
from guiwei.drill.story import StoryError

app = typer.Typer(add_completion=False)


@app.command()
def chaos(
    story: Annotated[list[Path] | None, typer.Option(help="Story files; left out: those that ship.")] = None,
    seed: Annotated[int, typer.Option(help="Where the moments are drawn from.")] = 1,
    sample: Annotated[int, typer.Option(help="How many blows of the matrix; 0 is all of them.")] = 0,
    side_by_side: Annotated[int, typer.Option(help="Worlds at a time.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Kill parts at every moment of every story; exit 1 when anything was lost, invented or ascribed to another."""
    try:
        matrix = blows(story or shipped(), seed)
    except StoryError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if sample:
        matrix = random.Random(seed).sample(matrix, min(sample, len(matrix)))
    with ThreadPoolExecutor(side_by_side) as pool:
        runs = pool.map(strike, matrix)
        outcomes = list(track(runs, "striking", len(matrix), console=Console(stderr=True)))
    wrong = [outcome for outcome in outcomes if outcome.kind == "wrong"]
    if as_json:
        typer.echo(json.dumps({"seed": seed, "runs": [asdict(outcome) for outcome in outcomes]}, ensure_ascii=False))
    else:
        _show(outcomes)
    raise typer.Exit(1 if wrong else 0)


def _show(outcomes: list[Outcome]) -> None:
    table = Table("story", "killed", "step", "ms", "outcome", "what is wrong")
    for outcome in outcomes:
        if outcome.kind != "same":
            wrong = "\n".join(outcome.wrong[:5])
            table.add_row(outcome.story, outcome.what, str(outcome.step), str(outcome.after_ms), outcome.kind, wrong)
    console = Console()
    if table.row_count:
        console.print(table)
    n = Counter(outcome.kind for outcome in outcomes)
    console.print(f"{len(outcomes)} blows: {n['same']} ended as if nothing had happened,", end=" ")
    console.print(f"{n['gap']} named a gap, {n['wrong']} wrong")
