"""How much a station has to do: readings of tags taken from each device, and how long the oldest one waited.

The figures are those of the last whole period, so that the state is not written anew with every reading.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from edge_agent.devices.base import Reading, TagSeen

PERIOD_S = 5.0


class Load:
    """Count, and show what was counted once in a period."""

    def __init__(self) -> None:
        self._reads: Counter[str] = Counter()
        self._lag_s = 0.0
        self._next = 0.0
        self.shown: dict[str, Any] = {"at_s": 0.0, "reads": {}, "lag_ms": 0.0}

    def read(self, device: str, reading: Reading) -> None:
        """Count a reading of a tag."""
        if isinstance(reading, TagSeen):
            self._reads[device] += 1

    def waited(self, seconds: float) -> None:
        """Note how long the oldest reading waited."""
        self._lag_s = max(self._lag_s, seconds)

    def tick(self, now: float) -> None:
        """Show what was counted, once in a period."""
        if now >= self._next:
            self._next = now + PERIOD_S
            self.shown = {"at_s": round(now, 3), "reads": dict(self._reads), "lag_ms": round(self._lag_s * 1000, 1)}
            self._lag_s = 0.0
