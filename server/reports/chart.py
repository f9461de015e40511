"""Where the parts of a chart lie: boxes, lines and words in a picture of 640 by 260, for SVG and PDF alike."""

from dataclasses import dataclass
from html import escape
from typing import Final, Literal

from server.reports.model import Chart

WIDTH: Final = 640.0
HEIGHT: Final = 260.0
COLOURS: Final = ("#2f6f9f", "#c0722b", "#4f8a4b", "#8b5a9c", "#a33f4a", "#7d7f2c")
GRID: Final = "#9aa3ab"
_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 12.0, 34.0, 30.0
_STEPS: Final = 4
_MOST_LABELS: Final = 14
_SIZE: Final = 12.0


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Line:
    """A stroke through points."""

    points: tuple[tuple[float, float], ...]
    colour: str
    width: float


@dataclass(frozen=True, slots=True)
class Word:
    """A text on its baseline."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"]


Part = Box | Line | Word


def parts(chart: Chart) -> list[Part]:
    """Lay a chart out."""
    top = _round_up(max((value for one in chart.series for value in one.values), default=0.0))
    width, height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    found: list[Part] = []
    for step in range(_STEPS + 1):
        y = _TOP + height * (1 - step / _STEPS)
        found.append(Line(((_LEFT, y), (WIDTH - _RIGHT, y)), GRID, 1.0 if step == 0 else 0.4))
        found.append(Word(_LEFT - 6, y + 4, f"{top * step / _STEPS:g}", "end"))
    slot = width / max(1, len(chart.labels))
    every = -(-len(chart.labels) // _MOST_LABELS) or 1
    for n, label in enumerate(chart.labels):
        if n % every == 0:
            found.append(Word(_LEFT + slot * (n + 0.5), HEIGHT - 10, _short(label, slot * every), "middle"))
    x = _LEFT
    for n, one in enumerate(chart.series):
        colour = COLOURS[n % len(COLOURS)]
        found += [Box(x, 8, 12, 12, colour), Word(x + 17, 19, one.name, "start")]
        x += 34 + _SIZE * sum(1.0 if ord(letter) > 255 else 0.6 for letter in one.name)
        points = [(_LEFT + slot * (i + 0.5), _TOP + height * (1 - value / top)) for i, value in enumerate(one.values)]
        found += _line(points, colour) if chart.kind == "line" else _bars(points, colour, n, len(chart.series), slot)
    return found


def svg(chart: Chart) -> str:
    """Draw a chart as SVG; its title is its name for those who cannot see it."""
    drawn = "".join(map(_drawn, parts(chart)))
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{escape(chart.title)}" '
        f'font-size="{_SIZE:g}">{drawn}</svg>'
    )


def _line(points: list[tuple[float, float]], colour: str) -> list[Part]:
    marks: list[Part] = [Box(x - 2.5, y - 2.5, 5, 5, colour) for x, y in points]
    return [Line(tuple(points), colour, 2.0), *marks] if points else []


def _bars(points: list[tuple[float, float]], colour: str, n: int, of: int, slot: float) -> list[Part]:
    wide = min(36.0, slot * 0.8 / of)
    foot = HEIGHT - _BOTTOM
    return [Box(x + (n - of / 2) * wide, y, wide * 0.92, foot - y, colour) for x, y in points]


def _round_up(value: float) -> float:
    """Give the next of 4, 8, 20, 40, 80, 200 … so that the steps are whole numbers."""
    found, factors = 4.0, (2.0, 2.5, 2.0)
    n = 0
    while found < value:
        found *= factors[n % 3]
        n += 1
    return found


def _short(text: str, room: float) -> str:
    most = max(2, int(room // (_SIZE if any(ord(letter) > 255 for letter in text) else _SIZE * 0.6)))
    return text if len(text) <= most else text[: most - 1] + "…"


def _drawn(part: Part) -> str:
    if isinstance(part, Box):
        place = f'x="{part.x:.1f}" y="{part.y:.1f}" width="{part.width:.1f}" height="{max(part.height, 0):.1f}"'
        return f'<rect {place} fill="{part.colour}"/>'
    if isinstance(part, Line):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in part.points)
        return f'<polyline points="{points}" fill="none" stroke="{part.colour}" stroke-width="{part.width:g}"/>'
    place = f'x="{part.x:.1f}" y="{part.y:.1f}" text-anchor="{part.anchor}"'
    return f'<text {place} fill="currentColor">{escape(part.text)}</text>'
