"""How far the station's clock is from the server's, from the echoes in receipts. PURE.

A receipt echoes the station's monotonic moment of sending; the one with the shortest round trip of the last eight
says most: the server wrote its time somewhere between, so half the round trip is the most it can be wrong.
"""

from collections import deque
from typing import NamedTuple

SAMPLES = 8
LONGEST_TRIP_US = 60_000_000


class Offset(NamedTuple):
    """Add `us` to the station's wall clock to get the server's; None: never synchronised, `us` is 0."""

    us: int
    error_us: int | None


class _Sample(NamedTuple):
    trip_us: int
    epoch_us: int
    """The server's time minus the station's monotonic clock."""


class OffsetEstimate:
    """Learn the offset from receipts."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=SAMPLES)

    def learn(self, *, sent_mono_us: int, received_mono_us: int, server_us: int) -> None:
        """Take one receipt's times; an impossible round trip is ignored."""
        trip = received_mono_us - sent_mono_us
        if 0 <= trip <= LONGEST_TRIP_US:
            self._samples.append(_Sample(trip, server_us - (sent_mono_us + trip // 2)))

    def now(self, wall_us: int, mono_us: int) -> Offset:
        """Give the offset for a moment read on both clocks; a wall clock that was set since is thereby corrected."""
        if not self._samples:
            return Offset(0, None)
        best = min(self._samples)
        return Offset(best.epoch_us + mono_us - wall_us, best.trip_us // 2 + 1)
