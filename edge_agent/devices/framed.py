"""Frames that tell their own length: cut them out of a stream, judge them, and find the next good one after a bad one.

1. Framed by length: header and end bytes may occur inside the data.
2. After a bad length, sum or end only the first byte is given up; a good frame begun inside the garbage is found.
3. One error per refused frame or run of stray bytes; what is tried inside a refused frame is not reported again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

import msgspec

from edge_agent.devices.base import FrameError, Heard

STRAY = 2
"""A length up to this, together with what is wrong, means bytes that begin no frame."""


class Framed(ABC):
    """The receiving half of a Dialect; a family says how to measure, check and read one frame."""

    least: ClassVar[int]
    """Bytes of the shortest frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._base = 0
        self._blamed_until = -1

    @property
    def unparsed(self) -> bytes:
        """Bytes of a frame not yet complete."""
        return bytes(self._buffer)

    def feed(self, data: bytes) -> list[Heard]:
        """Take the next bytes of the stream."""
        self._buffer += data
        return self._scan(more_may_come=True)

    def silence(self) -> list[Heard]:
        """Give up the frame that never became complete."""
        return self._scan(more_may_come=False)

    # -- what a family says -----------------------------------------------------------------------------------------

    @abstractmethod
    def _measure(self) -> tuple[int, str | None]:
        """Tell the length of the frame at the buffer's start as far as known, or what is wrong with it already."""

    @abstractmethod
    def _check(self, length: int) -> str | None:
        """Say what is wrong with the whole frame of this length at the buffer's start."""

    @abstractmethod
    def _read(self, frame: bytes, at: int) -> Iterable[Heard]:
        """Give what a frame with a right sum means."""

    # -- cutting ----------------------------------------------------------------------------------------------------

    def _scan(self, *, more_may_come: bool) -> list[Heard]:
        heard: list[Heard] = []
        torn: int | None = None
        while self._buffer:
            length, wrong = self._measure()
            rest = ""
            if wrong is None and len(self._buffer) < length:
                if more_may_come:
                    return heard
                wrong = f"frame cut short: {len(self._buffer)} of {max(length, self.least)} bytes"
                rest = self._buffer.hex()
            if wrong is None:
                wrong = self._check(length)
            if wrong is None:
                if torn is not None and isinstance(cut := heard[torn], FrameError):  # it ends where this frame begins
                    heard[torn] = msgspec.structs.replace(cut, rest=cut.rest[: 2 * (self._base - cut.at)])
                    torn = None
                heard += self._read(bytes(self._buffer[:length]), self._base)
                self._blamed_until = -1
                self._drop(length)
            else:
                told = len(heard)
                self._blame(FrameError(self._base, wrong, rest), length, heard)
                torn = told if rest and len(heard) > told else torn
                self._drop(1)
        return heard

    def _blame(self, wrong: FrameError, length: int, heard: list[Heard]) -> None:
        """Report what is wrong here unless it lies inside what was already reported."""
        if length <= STRAY and self._base == self._blamed_until:
            self._blamed_until += 1
        elif self._base >= self._blamed_until:
            heard.append(wrong)
            self._blamed_until = self._base + (1 if length <= STRAY else min(length, len(self._buffer)))

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._base += count
