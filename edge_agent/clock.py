"""The station's time: wall clock, monotonic clock, and the real monotonic clock for wire timers.

A drill may shift time through a file of two little-endian int64: `shift_us` is added to both clocks, `skew_us` to the
wall clock only. The file is mapped once and read at every call, so a drill moves time while the station runs.
"""

import mmap
import struct
import time
from pathlib import Path

from edge_agent.devices.base import SettingsError

SHAPE = struct.Struct("<qq")
CLOCK_FILE_SIZE = SHAPE.size


class Clock:
    """Tell the time in microseconds; without a file it is the machine's."""

    def __init__(self, file: str = "") -> None:
        self._map: mmap.mmap | None = None
        if file:
            try:
                with Path(file).open("rb") as opened:
                    self._map = mmap.mmap(opened.fileno(), CLOCK_FILE_SIZE, access=mmap.ACCESS_READ)
            except (OSError, ValueError) as error:
                raise SettingsError(f"station.clock_file {file}: needs a file of 16 bytes ({error})") from None

    def _moved(self) -> tuple[int, int]:
        if self._map is None:
            return 0, 0
        shift, skew = SHAPE.unpack(self._map[:CLOCK_FILE_SIZE])
        return shift, skew

    def wall_us(self) -> int:
        """Give UTC in microseconds since 1970, as this machine believes it."""
        shift, skew = self._moved()
        return time.time_ns() // 1000 + shift + skew

    def real_wall_us(self) -> int:
        """Give UTC in microseconds, never shifted: certificates last so long."""
        return time.time_ns() // 1000

    def mono_us(self) -> int:
        """Give the monotonic clock in microseconds: durations ruled by policy run on it."""
        return time.monotonic_ns() // 1000 + self._moved()[0]

    def real_mono(self) -> float:
        """Give real monotonic seconds, never shifted: wire timers, a grant's 30 s, resends."""
        return time.monotonic()
