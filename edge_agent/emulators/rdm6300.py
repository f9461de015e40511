"""A 125 kHz badge reader: the frame is repeated as long as the card is present."""

from __future__ import annotations

import time
from pathlib import Path

from edge_agent.emulators.pty_device import IDLE, Faults, PtyDevice


class Rdm6300Emulator(PtyDevice):
    """One reader; `crlf` gives the ID-12/ID-20 kind of frame."""

    def __init__(self, path: Path, *, every: float = 0.1, crlf: bool = False, faults: Faults | None = None) -> None:
        self._every = every
        self._before_end = b"\r\n" if crlf else b""
        self._card: bytes | None = None
        self._due = 0.0
        super().__init__(path, faults)

    def present(self, card: str) -> None:
        """Hold a card (10 hex digits) to the reader."""
        with self.lock:
            self._card, self._due = bytes.fromhex(card), 0.0
        self.wake()

    def remove(self) -> None:
        """Take the card away."""
        with self.lock:
            self._card = None

    def tick(self) -> float:
        """Repeat the frame."""
        if self._card is None:
            return IDLE
        now = time.monotonic()
        if now >= self._due:
            self.send(frame(self._card, self._before_end))
            self._due = now + self._every
        return self._due - now


def frame(card: bytes, before_end: bytes = b"") -> bytes:
    """Give the frame of a 5-byte card number."""
    check = 0
    for byte in card:
        check ^= byte
    return b"\x02" + (card + bytes((check,))).hex().upper().encode() + before_end + b"\x03"
