"""What a bench prints: one JSON object with figures (median, least, most), references and ratios."""

import json
import math
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import typer


def say(text: str) -> None:
    """Say how far the bench is; standard output is for the result only."""
    typer.echo(text, err=True)


def figure(values: Sequence[float], unit: str) -> dict[str, Any]:
    """Give the median of several measurements with the least and the most."""
    return {
        "value": round(statistics.median(values), 4),
        "unit": unit,
        "min": round(min(values), 4),
        "max": round(max(values), 4),
    }


def quantile(values: Sequence[float], part: float) -> float:
    """Give the value that `part` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def at_most(wrong: int, tries: int, doubt: float = 0.05) -> float:
    """Give the share that so many wrong of so many tries leave possible (upper limit after Clopper and Pearson)."""

    def so_few(share: float) -> float:
        return sum(math.comb(tries, k) * share**k * (1 - share) ** (tries - k) for k in range(wrong + 1))

    low, high = 0.0, 1.0
    while high - low > 1e-7:
        middle = (low + high) / 2
        low, high = (middle, high) if so_few(middle) > doubt else (low, middle)
    return high


@dataclass(slots=True)
class Result:
    """The result of one bench."""

    bench: str
    runs: int
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    reference: dict[str, dict[str, Any]] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)

    def need(self, name: str, value: float, least: float) -> None:
        """Note a ratio that must be at least so much."""
        self.ratios[name] = round(value, 4)
        if value < least:
            self.misses.append(f"{name} is {value:.3f}, should be at least {least}")

    def show(self, as_json: bool) -> int:
        """Print the result; returns the exit code, 1 when something misses what is asked for."""
        if as_json:
            machine = {"cores": os.cpu_count(), "python": platform.python_version()}
            told = {
                "bench": self.bench,
                "machine": machine,
                "runs": self.runs,
                "figures": self.figures,
                "reference": self.reference,
                "ratios": self.ratios,
            }
            typer.echo(json.dumps({**told, "misses": self.misses}, ensure_ascii=False))
        else:
            named = [*self.figures.items(), *((f"{name} (reference)", one) for name, one in self.reference.items())]
            for name, one in named:
                typer.echo(f"{name:44} {one['value']:>12} {one['unit']:10} ({one['min']} to {one['max']})")
            for name, ratio in self.ratios.items():
                typer.echo(f"{name:44} {ratio:>12}")
            for miss in self.misses:
                typer.echo(f"MISSED: {miss}")
        return 1 if self.misses else 0
