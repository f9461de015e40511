"""The server's clock; a drill may shift it through a file of 16 bytes, read anew at every call.

The file holds two little-endian int64: `shift_us`, added to wall and monotonic time, and `skew_us`, added to wall
time only. Wire timers (grants, resends, sign-ins) run on `real_mono` and `real_wall_us`, which nothing shifts.
"""

import mmap
import os
import struct
import time
from pathlib import Path
from typing import Protocol

_FIELDS = struct.Struct("<qq")


class Clock(Protocol):
    """What the server asks about time."""

    def wall_us(self) -> int:
        """Give UTC in microseconds."""
        ...

    def mono_us(self) -> int:
        """Give microseconds that never run backwards, for durations."""
        ...

    def real_mono(self) -> float:
        """Give seconds that nothing shifts, for timers on the wire."""
        ...

    def real_wall_us(self) -> int:
        """Give UTC in microseconds that no drill shifts, for how long a sign-in lasts."""
        ...


class SystemClock:
    """The machine's time, shifted by the file if there is one."""

    def __init__(self, file: Path | None = None) -> None:
        self._map: mmap.mmap | None = None
        if file is not None:
            with file.open("rb") as handle:
                if os.fstat(handle.fileno()).st_size < _FIELDS.size:
                    raise ValueError(f"{file}: a clock file has {_FIELDS.size} bytes (two little-endian int64)")
                self._map = mmap.mmap(handle.fileno(), _FIELDS.size, access=mmap.ACCESS_READ)

    def _shifts(self) -> tuple[int, int]:
        if self._map is None:
            return 0, 0
        shift, skew = _FIELDS.unpack_from(self._map)
        return shift, skew

    def wall_us(self) -> int:
        """Give UTC in microseconds, shifted and skewed."""
        return self.real_wall_us() + sum(self._shifts())

    def mono_us(self) -> int:
        """Give monotonic microseconds, shifted."""
        return time.monotonic_ns() // 1000 + self._shifts()[0]

    def real_mono(self) -> float:
        """Give monotonic seconds, unshifted."""
        return time.monotonic()

    def real_wall_us(self) -> int:
        """Give UTC in microseconds, unshifted."""
        return time.time_ns() // 1000
