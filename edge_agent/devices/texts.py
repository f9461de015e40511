"""Texts that a byte ends: cut them out of a stream, and refuse one that never ends.

1. What is longer than `longest` is refused once, and the rest of it is passed over until its end.
2. Silence ends a text as its end byte does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from edge_agent.devices.base import FrameError, Heard


class Texts(ABC):
    """The receiving half of a Dialect that only listens; a family says what one text means."""

    longest: ClassVar[int]
    what: ClassVar[str]
    """What a text is called in an error: a code, a line."""

    def __init__(self, ends: bytes) -> None:
        self._ends = ends
        self._text = bytearray()
        self._at = 0
        self._overlong = False

    @property
    def unparsed(self) -> bytes:
        """Bytes of a text not yet ended."""
        return bytes(self._text)

    def feed(self, data: bytes) -> list[Heard]:
        """Take the next bytes of the stream."""
        heard: list[Heard] = []
        for byte in data:
            if byte in self._ends:
                heard += self._end()
            elif len(self._text) < self.longest:
                self._text.append(byte)
            elif not self._overlong:
                heard.append(FrameError(self._at - self.longest, f"{self.what} longer than {self.longest} bytes"))
                self._overlong = True
            self._at += 1
        return heard

    def silence(self) -> list[Heard]:
        """End the text that was waiting."""
        return self._end()

    def greeting(self) -> list[bytes]:
        """Send nothing: such a device takes no commands."""
        return []

    def prompt(self) -> bytes:
        """Send nothing."""
        return b""

    @abstractmethod
    def _read(self, text: bytes, at: int) -> list[Heard]:
        """Give what one text means; `at` is where it began."""

    def _end(self) -> list[Heard]:
        text, overlong = bytes(self._text), self._overlong
        self._text.clear()
        self._overlong = False
        return [] if overlong or not text else self._read(text, self._at - len(text))
