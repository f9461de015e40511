"""What a report is before it is a file: facts, tables, charts and places to sign, worded and ready to be written down.

Cells are text, numbers or nothing. Rows may be made as they are asked for, once: a list may be longer than memory.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Cell = str | int | float | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, its share of the width, and on which side its cells stand."""

    title: str
    width: float = 1.0
    align: Literal["L", "R", "C"] = "L"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; `title` may be empty."""

    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Row]


@dataclass(frozen=True, slots=True)
class Series:
    """One line or set of bars of a chart."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Values over labels: bars side by side, or lines for a trend."""

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    kind: Literal["bar", "line"] = "bar"


@dataclass(frozen=True, slots=True)
class Cover:
    """The front of a file folder, and its spine, in mm."""

    width: float = 220.0
    height: float = 310.0
    spine: float = 15.0
    spine_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One report: `made` and `printed` say when its facts were taken and who has it printed when."""

    name: str
    title: str
    owner: str
    made: str
    printed: str
    facts: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    signatures: tuple[str, ...] = ()
    landscape: bool = False
    cover: Cover | None = None
    locale: str = "zh"
    note: str = field(default="")
