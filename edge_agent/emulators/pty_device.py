"""A device on a pseudo-terminal: plugged, unplugged and plugged again behind one stable path, with faults on the wire.

The path is a symbolic link to the slave of the moment, as udev makes one for a real adapter. Bytes nobody reads are
lost, as on a real line. Subclasses say what the device does: `received` (the host's bytes) and `tick` (by itself).
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import select
import threading
import time
import tty
from dataclasses import dataclass, field
from pathlib import Path

IDLE = 5.0
STALLED = 0.05
HUSH = 0.02


@dataclass
class Faults:
    """What goes wrong on the way from device to host; rates are per byte, from 0 to 1."""

    split: bool = False
    lose: float = 0.0
    garble: float = 0.0
    stall: bool = False
    late: float = 0.0
    """Seconds by which what the device says comes late."""
    seed: int = 1
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 (faults must be repeatable)

    def spoil(self, data: bytes) -> bytes:
        """Lose and garble bytes at the set rates."""
        kept = [byte for byte in data if self.rng.random() >= self.lose]
        return bytes(byte ^ 1 << self.rng.randrange(8) if self.rng.random() < self.garble else byte for byte in kept)


class PtyDevice:
    """A device with one serial port; call `close` when done."""

    def __init__(self, path: Path, faults: Faults | None = None) -> None:
        self.path = path
        self.faults = faults or Faults()
        self.lock = threading.RLock()
        self._master = self._slave = -1
        self._wake_read, self._wake_write = os.pipe()
        self._closing = False
        self._heard_at = 0.0
        self._thread = threading.Thread(target=self._run, name=f"emulator-{path.name}", daemon=True)
        self.plug()
        self._thread.start()

    # -- what the device does; for subclasses ----------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """Take bytes from the host."""

    def tick(self) -> float:
        """Do what is due by itself; give the seconds until the next time."""
        return IDLE

    def reset(self) -> None:
        """Forget what power loss forgets."""

    def hushed(self) -> None:
        """Learn that the host fell silent for a while before what comes now: half a request is none."""

    def send(self, data: bytes) -> None:
        """Send bytes to the host, through the faults."""
        with self.lock:
            data = self.faults.spoil(data)
            time.sleep(self.faults.late)
            for piece in (data[n : n + 1] for n in range(len(data))) if self.faults.split else (data,):
                self._put(piece)
                if self.faults.split:
                    time.sleep(0.0002)

    def wake(self) -> None:
        """Have `tick` called soon."""
        os.write(self._wake_write, b"\0")

    # -- the plug -----------------------------------------------------------------------------------------------

    def plug(self) -> None:
        """Plug the device in, with power just come."""
        with self.lock:
            if self._master >= 0:
                return
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self.reset()
            link = self.path.with_name(self.path.name + ".new")
            link.unlink(missing_ok=True)
            link.symlink_to(os.ttyname(self._slave))
            link.replace(self.path)
        self.wake()

    def unplug(self) -> None:
        """Pull the device out: its path vanishes and open ports fail."""
        with self.lock:
            if self._master < 0:
                return
            self.path.unlink(missing_ok=True)
            os.close(self._master)
            os.close(self._slave)
            self._master = self._slave = -1
        self.wake()

    def close(self) -> None:
        """Stop the device for good."""
        if self._closing:
            return
        self._closing = True
        self.wake()
        self._thread.join(timeout=10)
        self.unplug()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _put(self, data: bytes) -> None:
        if self._master < 0 or self.faults.stall:
            return
        with contextlib.suppress(BlockingIOError):
            os.write(self._master, data)

    def _run(self) -> None:
        while not self._closing:
            with self.lock:
                plugged = self._master >= 0 and not self.faults.stall
                pause = self.tick() if plugged else STALLED
                master = self._master
            watched = [self._wake_read, *([master] if plugged else [])]
            try:
                ready, _, _ = select.select(watched, [], [], min(pause, IDLE))
            except (OSError, ValueError):
                continue  # unplugged between the two
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            if master in ready:
                self._take(master)

    def _take(self, master: int) -> None:
        with self.lock:
            if master != self._master:
                return
            try:
                data = os.read(master, 4096)
            except OSError as error:
                if error.errno not in (errno.EIO, errno.EAGAIN):
                    raise
                return
            if not data:
                return
            before, self._heard_at = self._heard_at, time.monotonic()
            if self._heard_at - before > HUSH:
                self.hushed()
            self.received(data)
