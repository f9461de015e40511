"""`guiwei demo`: play the stories once and judge them, or keep a lively company running to look at."""

import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from guiwei.demo.live import live
from guiwei.demo.progress import Board, print_results
from guiwei.demo.signals import INTERRUPTED, Ending, StoppedError
from guiwei.drill.runner import Result, as_json, exit_code, run_all, shipped

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    files: Annotated[list[Path] | None, typer.Argument(help="More story files.", show_default=False)] = None,
    story: Annotated[
        list[Path] | None, typer.Option("--story", help="A story file, or a folder of them; implies --once.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Play the stories (all that ship) once and judge them.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object; implies --once.")] = False,
    side_by_side: Annotated[int, typer.Option(min=1, max=16, help="How many stories to play at a time.")] = 4,
    seconds: Annotated[float | None, typer.Option("--for", help="End the live demo after so many seconds.")] = None,
    port: Annotated[int, typer.Option(help="Where the live demo serves its pages; 0: a free port.")] = 0,
    seed: Annotated[int | None, typer.Option(help="Repeat the live demo's day of this seed.")] = None,
    pace: Annotated[float, typer.Option(help="Seconds between the live demo's acts.")] = 2.0,
    browser: Annotated[bool, typer.Option(help="Open the first page when there is a browser.")] = True,
) -> None:
    """Keep a company of eight people and two cabinets busy until Ctrl-C, or play stories once and judge them."""
    chosen = [*(story or []), *(files or [])]
    if once or json or chosen:
        raise typer.Exit(play(paths(chosen), side_by_side, json))
    raise typer.Exit(live(port=port, seconds=seconds, seed=seed, pace=pace, browser=browser))


def paths(chosen: list[Path]) -> list[Path]:
    """Give the story files meant: those named, a named folder's, or all that ship."""
    found = [file for path in chosen for file in (sorted(path.glob("*.toml")) if path.is_dir() else [path])]
    if chosen and not found:
        typer.echo(f"guiwei demo: no story (*.toml) in {', '.join(map(str, chosen))}", err=True)
        raise typer.Exit(2)
    return found or shipped()


def play(files: list[Path], side_by_side: int, json: bool) -> int:
    """Play stories and print how each went; returns the exit code (stories.md), or 130 when interrupted."""
    begun = time.monotonic()
    results: list[Result] = []
    try:
        with Ending() as ending, Board(files) as board:

            def watch(name: str, label: str) -> None:
                if ending.asked:
                    raise StoppedError(name)
                board.step(name, label)

            for result in run_all(files, side_by_side, watch):
                results.append(result)
                board.done(result)
    except KeyboardInterrupt:
        typer.echo("guiwei demo: interrupted; nothing is left running", err=True)
        return INTERRUPTED
    order = [str(path) for path in files]
    results.sort(key=lambda result: order.index(result.file))
    if json:
        typer.echo(msgspec.json.encode(as_json(results, time.monotonic() - begun)))  # bytes: UTF-8 in any locale
    else:
        print_results(results, time.monotonic() - begun)
    return exit_code(results)
