"""Reed switches without a GPIO chip: the kernel's edge events on a pseudo-terminal, repeated as a sign of life."""

from __future__ import annotations

import struct
import time
from pathlib import Path

from edge_agent.emulators.pty_device import Faults, PtyDevice

RISING, FALLING = 1, 2
EVERY = 0.2


class GpioEmulator(PtyDevice):
    """Some lines with a switch each; closed pulls the line low unless `closed` is "high"."""

    def __init__(
        self, path: Path, *, lines: tuple[int, ...] = (1, 2, 3, 4), closed: str = "low", faults: Faults | None = None
    ) -> None:
        self._closed_is_high = closed == "high"
        self._closed = dict.fromkeys(lines, True)
        self._number = 0
        self._due = 0.0
        super().__init__(path, faults)

    def open_contact(self, line: int) -> None:
        """Open a switch."""
        self._move(line, closed=False)

    def close_contact(self, line: int) -> None:
        """Close a switch."""
        self._move(line, closed=True)

    def tick(self) -> float:
        """Tell all lines again."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + EVERY
            for line in self._closed:
                self._tell(line)
        return self._due - now

    def _move(self, line: int, *, closed: bool) -> None:
        with self.lock:
            self._closed[line] = closed
            self._tell(line)

    def _tell(self, line: int) -> None:
        self._number += 1
        edge = RISING if self._closed[line] is self._closed_is_high else FALLING
        now = time.monotonic_ns()
        self.send(struct.pack("<QIIIIIIIIII", now, edge, line, self._number, self._number, 0, 0, 0, 0, 0, 0))
