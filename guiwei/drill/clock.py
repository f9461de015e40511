"""The hands of a world's clocks: files of two int64 that server and stations read through their own clock."""

import struct
import time
from pathlib import Path

_HANDS = struct.Struct("<qq")


def real_us() -> int:
    """Give the real moment in microseconds UTC."""
    return time.time_ns() // 1000


class StoryClock:
    """Story time: real time moved to the story's start (wall clocks only), shifted by its waits, skewed per station."""

    def __init__(self, folder: Path, start_us: int) -> None:
        self.folder = folder
        self.shift_us = 0
        self.base_us = start_us - real_us()
        self.skews: dict[str, int] = {}
        self.jumps: list[tuple[int, int]] = []
        """Each wait: the story's moment it led to, and the real moment of it."""

    def file(self, who: str) -> Path:
        """Give (and first write) the clock file of the server or of a station."""
        self.skews.setdefault(who, 0)
        path = self.folder / f"clock-{who}"
        self._write(path, self.skews[who])
        return path

    def now_us(self) -> int:
        """Give the story's moment."""
        return real_us() + self.base_us + self.shift_us

    def real_us_of(self, moment_us: int) -> int:
        """Give the real moment at which it was that moment in the story; what a wait passed over was as it began."""
        since_us, real_since_us = max((jump for jump in self.jumps if jump[0] <= moment_us), default=(0, -self.base_us))
        ends = (real for at, real in self.jumps if at > moment_us)
        return min(real_since_us + moment_us - since_us, *ends, real_us())

    def wait(self, us: int) -> None:
        """Let story time pass at once, everywhere."""
        self.shift_us += us
        self.jumps.append((self.now_us(), real_us()))
        for who, skew in self.skews.items():
            self._write(self.folder / f"clock-{who}", skew)

    def go_to(self, moment_us: int) -> None:
        """Let story time pass until a moment; raises ValueError when it is over already."""
        ahead = moment_us - self.now_us()
        if ahead < 0:
            raise ValueError(f"story time is {-ahead / 1e6:.0f} s past that moment already")
        self.wait(ahead)

    def apart_us(self, who: str) -> int:
        """Give by how much somebody's wall clock is ahead of the monotonic one."""
        return real_us() - time.monotonic_ns() // 1000 + self.base_us + self.skews[who]

    def skew(self, who: str, us: int) -> None:
        """Let one clock jump, and only it."""
        self.skews[who] = self.skews.get(who, 0) + us
        self._write(self.folder / f"clock-{who}", self.skews[who])

    def _write(self, path: Path, skew: int) -> None:
        data = _HANDS.pack(self.shift_us, self.base_us + skew)
        if path.exists():
            with path.open("r+b") as file:  # in place: the readers hold it mapped
                file.write(data)
        else:
            path.write_bytes(data)
