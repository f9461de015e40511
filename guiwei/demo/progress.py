"""What a person sees of stories at work: a live table on a terminal, plain lines elsewhere, and the final table.

Progress goes to standard error, the results to standard output.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from guiwei.drill.runner import Result
from guiwei.drill.story import read_story

WIDE = 160
"""Columns when the output is not a terminal."""
LOOKS = {"waiting": "dim", "playing": "cyan", "as expected": "green", "differs": "red", "could not be run": "red"}


@dataclass
class Row:
    """One story on the board."""

    name: str
    state: str = "waiting"
    step: str = ""
    begun: float | None = None
    seconds: float | None = None


class Board:
    """How far each story is; `step` may be called from any thread."""

    def __init__(self, files: list[Path], console: Console | None = None) -> None:
        self.rows = {str(path): Row(_name(path)) for path in files}
        self.console = console or to(Console(stderr=True))
        self.live = Live(get_renderable=self._table, console=self.console, transient=True)
        self.alive = self.console.is_terminal

    def __enter__(self) -> Self:
        if self.alive:
            self.live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self.alive:
            self.live.stop()

    def step(self, name: str, label: str) -> None:
        """Show that a story takes a step."""
        row = next((r for r in self.rows.values() if r.name == name and r.seconds is None), None)
        if row is None:
            return
        if row.begun is None:
            row.begun = time.monotonic()
            self._say(f"playing           {name}")
        row.state, row.step = "playing", label

    def done(self, result: Result) -> None:
        """Show how a story ended."""
        row = self.rows[result.file]
        row.state, row.step, row.seconds = outcome(result), "", result.seconds
        self._say(f"{row.state:<17} {row.name} ({result.seconds:.1f} s)")

    def _say(self, line: str) -> None:
        if not self.alive:
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0))
        for title, style in (("Story", ""), ("Step", "dim"), ("State", ""), ("Seconds", "")):
            table.add_column(title, style=style, no_wrap=True, justify="right" if title == "Seconds" else "left")
        for row in self.rows.values():
            spent = row.seconds if row.seconds is not None else time.monotonic() - row.begun if row.begun else None
            seconds = "" if spent is None else f"{spent:.1f}"
            table.add_row(Text(row.name), Text(row.step), Text(row.state, style=LOOKS[row.state]), seconds)
        return table


def outcome(result: Result) -> str:
    """Say in words how a story ended."""
    if result.error is not None:
        return "could not be run"
    return "as expected" if result.as_expected else "differs"


def print_results(results: list[Result], seconds: float, console: Console | None = None) -> None:
    """Print every story with what it expected and what was seen, each difference on a row of its own."""
    table = Table(title=None, show_lines=False)
    for title in ("Story", "Result", "Seconds", "What", "Expected", "Seen"):
        table.add_column(title, justify="right" if title == "Seconds" else "left", overflow="fold")
    for result in results:
        word = outcome(result)
        rows = [(d.what, _words(d.expected), _words(d.seen)) for d in result.differences]
        if result.error is not None:
            rows.append(("", "a run", "see below"))
        first, *rest = rows or [("", "as written", "as written")]
        table.add_row(result.name, Text(word, LOOKS[word]), f"{result.seconds:.1f}", *map(Text, first))
        for row in rest:
            table.add_row("", "", "", *map(Text, row))
    out = console or to(Console())
    out.print(table)
    for result in results:
        if result.error is not None:
            out.print(Text(f"{result.name}: {result.error}\n"), soft_wrap=True)
    good = sum(result.as_expected for result in results)
    out.print(f"{good} of {len(results)} stories as expected, in {seconds:.1f} s", highlight=False)


def to(console: Console) -> Console:
    """Give a console enough columns when nobody's window limits them."""
    if not console.is_terminal:
        console.width = max(console.width, WIDE)
    return console


def _words(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return "\n".join(map(str, value)) or "none"
    if isinstance(value, dict):
        return " ".join(f"{key}={part}" for key, part in value.items())
    return str(value)


def _name(path: Path) -> str:
    try:
        return read_story(path).name
    except Exception:  # what is wrong with it is told with its result, and must not cost the others theirs
        return path.stem
