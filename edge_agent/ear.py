"""What the readers of one door say, cut into passes. PURE; moments are arguments, in seconds.

A slice of time is a pass only if every reader spoke in it: a reader that says nothing tells nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from contract.messages import Sighting
from edge_agent.devices.base import Reading, RoundDone, TagSeen


@dataclass(slots=True)
class Seen:
    """One tag in one pass, or added up over several."""

    epc: str
    tid: str | None = None
    antenna: int = 1
    reads: int = 0
    rssi: float | None = None

    def add(self, tag: TagSeen) -> None:
        """Count one read."""
        self.reads += 1
        self.tid = tag.tid or self.tid
        self.antenna = tag.antenna
        if tag.rssi is not None and (self.rssi is None or tag.rssi > self.rssi):
            self.rssi = tag.rssi

    def merge(self, other: Seen) -> None:
        """Add what another pass saw of the same tag."""
        self.reads += other.reads
        self.tid = other.tid or self.tid
        if self.rssi is None or (other.rssi is not None and other.rssi > self.rssi):
            self.rssi, self.antenna = other.rssi, other.antenna

    def sighting(self) -> Sighting:
        """Give it as evidence."""
        return Sighting(epc=self.epc, tid=self.tid, antenna=self.antenna, reads=self.reads, rssi=self.rssi)


Pass = dict[str, Seen]


@dataclass(slots=True)
class Ear:
    """Listen for one door."""

    readers: Collection[str]
    pass_s: float
    _ends: float = 0.0
    _spoke: set[str] = field(default_factory=set)
    _seen: Pass = field(default_factory=dict)

    def restart(self, now: float) -> None:
        """Begin anew after one slice of deafness: what is still on its way was read before now."""
        self._ends = now + 2 * self.pass_s
        self._spoke.clear()
        self._seen = {}

    def hear(self, reader: str, at: float, reading: Reading) -> Pass | None:
        """Take one reading; give the pass that its moment ended."""
        ended = self.roll(at)
        if at >= self._ends - self.pass_s and isinstance(reading, TagSeen | RoundDone):
            self._spoke.add(reader)
            if isinstance(reading, TagSeen):
                self._seen.setdefault(reading.epc, Seen(reading.epc)).add(reading)
        return ended

    def roll(self, now: float) -> Pass | None:
        """Let time pass; give the pass that has ended."""
        if now < self._ends:
            return None
        ended = self._seen if self.readers and self._spoke.issuperset(self.readers) else None
        self._spoke.clear()
        self._seen = {}
        self._ends = self._ends + self.pass_s if now < self._ends + self.pass_s else now + self.pass_s
        return ended
