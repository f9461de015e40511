"""A keyboard-wedge scanner: keys of a US keyboard as input_event records, written into a named pipe.

The kernels of test machines have no uinput, so a pipe stands for /dev/input/event…; the records are the same.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
import time
from pathlib import Path

from edge_agent.emulators.pty_device import Faults

SHIFT, CONTROL, ENTER, TAB = 42, 29, 28, 15
UNSHIFTED = {
    **{c: 2 + n for n, c in enumerate("1234567890-=")},
    **{c: 16 + n for n, c in enumerate("qwertyuiop[]")},
    **{c: 30 + n for n, c in enumerate("asdfghjkl;'`")},
    **{c: 43 + n for n, c in enumerate("\\zxcvbnm,./")},
    " ": 57,
}
ABOVE = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./", strict=True))
"""What stands above another character on its key."""


class BarcodeHidEmulator:
    """One scanner; plugged, unplugged and faulty in the ways of a PtyDevice."""

    def __init__(self, path: Path, *, suffix: int = ENTER, faults: Faults | None = None) -> None:
        self.path, self.faults, self.lock = path, faults or Faults(), threading.RLock()
        self._suffix = suffix
        self._pipe = -1
        self.plug()

    def plug(self) -> None:
        """Plug the scanner in."""
        with self.lock:
            if self._pipe < 0:
                os.mkfifo(self.path)
                self._pipe = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def unplug(self) -> None:
        """Pull the scanner out: its path vanishes and readers see the end."""
        with self.lock:
            if self._pipe >= 0:
                self.path.unlink(missing_ok=True)
                os.close(self._pipe)
                self._pipe = -1

    def close(self) -> None:
        """Stop the device for good."""
        self.unplug()

    def scan(self, text: str, aim: str = "]C0") -> None:
        """Scan a symbol; `aim` says its symbology, "" sends no prefix."""
        self.send(b"".join(map(typed, aim + text)) + stroke(self._suffix))

    def send(self, data: bytes) -> None:
        """Send records, through the faults."""
        with self.lock:
            data = self.faults.spoil(data)
            for piece in (data[n : n + 1] for n in range(len(data))) if self.faults.split else (data,):
                if self._pipe >= 0 and not self.faults.stall:
                    with contextlib.suppress(BlockingIOError):
                        os.write(self._pipe, piece)


def typed(character: str) -> bytes:
    """Give the records of one character as the scanner types it; GS as Ctrl with the right bracket."""
    if character < " ":
        return held(CONTROL, UNSHIFTED[chr(ord(character) + 0x40).lower()])
    if character in ABOVE or character.isupper():
        return held(SHIFT, UNSHIFTED[ABOVE.get(character, character.lower())])
    return stroke(UNSHIFTED[character])


def held(modifier: int, key: int) -> bytes:
    """Give the records of a key struck while a modifier is held."""
    return event(modifier, 1) + stroke(key) + event(modifier, 0)


def stroke(key: int) -> bytes:
    """Give the records of one key going down and up."""
    return event(key, 1) + event(key, 0)


def event(key: int, value: int) -> bytes:
    """Give a key's record, with the scan code before and the synchronisation after it."""
    now = time.time_ns() // 1000
    second, micro = divmod(now, 1_000_000)
    return b"".join(struct.pack("llHHi", second, micro, *what) for what in ((4, 4, key), (1, key, value), (0, 0, 0)))
