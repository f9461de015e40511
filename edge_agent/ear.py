"""What the readers of one door say, cut into passes. PURE; moments are arguments, in seconds.

1. A pass lasts until the readers have begun to repeat themselves, so that every tag had its turn: it fits itself to
   the reader's speed and to how much stands behind the door.
2. It is a pass only if every reader spoke in it: a reader that says nothing tells nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from contract.messages import Sighting
from edge_agent.devices.base import Reading, RoundDone, TagSeen

REPEATS = 1.4
"""Reads per tag and antenna in a pass: a round and some more, because a pass begins in the middle of a round."""
FEW = 3
"""So few tags are read so often in the shortest pass that repetition need not be waited for."""
STEP_S = 0.03
"""How often it is looked whether a reader that has not repeated itself has done so."""
SPOKEN = (TagSeen, RoundDone)
"""What shows that a reader listens."""
LONGEST_S = 10.0
"""A reader that needs longer to repeat itself has stopped: that was no pass."""


def port(reader: str, antenna: int) -> str:
    """Name one antenna of one reader."""
    return f"{reader}/{antenna}"


@dataclass(slots=True)
class Seen:
    """One tag in one pass, or added up over several."""

    epc: str
    tid: str | None = None
    antenna: int = 1
    reads: int = 0
    rssi: float | None = None
    ports: dict[str, float | None] = field(default_factory=dict)
    """The antennas that read it, each with the strongest RSSI."""

    def add(self, tag: TagSeen, reader: str = "") -> bool:
        """Count one read; tell whether it is this antenna's first."""
        name = port(reader, tag.antenna)
        new = name not in self.ports
        self.reads += 1
        self.tid = tag.tid or self.tid
        if new or _louder(tag.rssi, self.ports[name]):
            self.ports[name] = tag.rssi
        if self.reads == 1 or _louder(tag.rssi, self.rssi):
            self.rssi, self.antenna = tag.rssi, tag.antenna
        return new

    def merge(self, other: Seen) -> None:
        """Add what another pass saw of the same tag."""
        if self.reads == 0 or _louder(other.rssi, self.rssi):
            self.rssi, self.antenna = other.rssi, other.antenna
        self.reads += other.reads
        self.tid = other.tid or self.tid

    def sighting(self) -> Sighting:
        """Give it as evidence."""
        return Sighting(epc=self.epc, tid=self.tid, antenna=self.antenna, reads=self.reads, rssi=self.rssi)


Pass = dict[str, Seen]


def _louder(one: float | None, other: float | None) -> bool:
    return one is not None and (other is None or one > other)


@dataclass(slots=True)
class Ear:
    """Listen for one door; `pass_s` is the least a pass lasts."""

    readers: Collection[str]
    pass_s: float
    _begins: float = 0.0
    _ends: float = 0.0
    _spoke: set[str] = field(default_factory=set)
    _seen: Pass = field(default_factory=dict)
    _reads: int = 0
    _pairs: int = 0

    def restart(self, now: float) -> None:
        """Begin anew after a moment of deafness: what is still on its way was read before now."""
        self._begin(now + self.pass_s)

    def hear(self, reader: str, at: float, reading: Reading) -> Pass | None:
        """Take one reading; give the pass that its moment ended."""
        ended = self.roll(at) if at >= self._ends else None
        if at >= self._begins and isinstance(reading, SPOKEN):
            self._spoke.add(reader)
            if isinstance(reading, TagSeen):
                seen = self._seen.get(reading.epc) or self._seen.setdefault(reading.epc, Seen(reading.epc))
                self._reads += 1
                self._pairs += seen.add(reading, reader)
        return ended

    def roll(self, now: float) -> Pass | None:
        """Let time pass; give the pass that has ended."""
        if now < self._ends:
            return None
        late = now - self._begins >= LONGEST_S
        if not late and self._pairs > FEW and self._reads < REPEATS * self._pairs:
            self._ends = now + min(self.pass_s / 2, STEP_S)
            return None
        ended = self._seen if self.readers and not late and self._spoke.issuperset(self.readers) else None
        self._begin(self._ends if now < self._ends + self.pass_s else now)
        return ended

    def _begin(self, at: float) -> None:
        self._begins, self._ends = at, at + self.pass_s
        self._spoke.clear()
        self._seen, self._reads, self._pairs = {}, 0, 0
