"""What is behind a closed door, judged from passes: a tag is gone only when chance cannot explain its silence. PURE.

1. A pass is a slice of time in which every reader of the door spoke; in it a tag was read or missed.
2. Each tag has its own read rate, learnt behind the closed door; the chance that a present tag is missed k times in
   a row is the posterior prediction of that rate, never better than FLOOR ** k, nor than what the tags read in this
   very sweep show.
3. There = read in two passes, and the sweep long enough that nothing present could have gone unheard. Gone = missed
   in a row so often that the chance of it is below `miss_chance`. Neither within `max_passes` = unread.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp, lgamma

import msgspec

FLOOR = 0.3
"""No reader is believed to miss a present tag less often than this."""
MEMORY = 200.0
"""Passes a rate remembers; older ones fade, so that it follows what changes."""
READS_TO_BE_THERE = 2


class Rate(msgspec.Struct, frozen=True):
    """How often a tag was read behind the closed door."""

    hits: float = 0.0
    misses: float = 0.0

    def after(self, *, read: bool) -> Rate:
        """Take one more pass into account."""
        fade = min(1.0, (MEMORY - 1) / max(self.hits + self.misses, 1.0))
        return Rate(self.hits * fade + read, self.misses * fade + (not read))

    def chance(self, missed: int) -> float:
        """Predict how likely it is that a present tag is missed so often in a row (Beta posterior, flat prior)."""
        seen, all_ = 1 + self.misses, 2 + self.hits + self.misses
        return exp(lgamma(seen + missed) - lgamma(seen) + (lgamma(all_) - lgamma(all_ + missed)))


def missed_so_often(rate: Rate, missed: int) -> float:
    """Predict how likely it is that a present tag of this rate is missed so often in a row, by whatever reader."""
    return max(FLOOR**missed, rate.chance(missed))


class Judged(StrEnum):
    """What a sweep says of a tag."""

    THERE = "there"
    GONE = "gone"
    OPEN = "open"


@dataclass(slots=True)
class Heard:
    """One tag in this sweep."""

    reads: int = 0
    missed: int = 0
    """Passes missed in a row until now."""
    judged: Judged = Judged.OPEN


@dataclass(frozen=True, slots=True)
class Found:
    """What a sweep found: EPCs of known tags there, gone and unread, and of new ones that came."""

    there: frozenset[str]
    gone: frozenset[str]
    unread: frozenset[str]
    came: frozenset[str]
    passes: int


@dataclass(slots=True)
class Sweep:
    """Listen behind a closed door until certain."""

    known: Mapping[str, Rate]
    miss_chance: float
    max_passes: int
    passes: int = 0
    heard: dict[str, Heard] = field(default_factory=dict)
    here: Rate = field(default_factory=Rate)
    """How often the tags known to be there were read in this sweep."""

    def __post_init__(self) -> None:
        self.heard = {epc: Heard() for epc in self.known}

    def hear(self, read: Collection[str]) -> None:
        """Take one pass."""
        self.passes += 1
        for epc in read:
            self.heard.setdefault(epc, Heard())
        for epc, tag in self.heard.items():
            tag.reads, tag.missed = (tag.reads + 1, 0) if epc in read else (tag.reads, tag.missed + 1)
        sure = [tag for tag in self.heard.values() if tag.reads >= READS_TO_BE_THERE]
        reads = sum(tag.reads for tag in sure)
        self.here = Rate(reads, self.passes * len(sure) - reads)
        for epc, tag in self.heard.items():
            tag.judged = self._judge(epc, tag)

    def _judge(self, epc: str, tag: Heard) -> Judged:
        if tag.reads >= READS_TO_BE_THERE and (tag.judged is Judged.THERE or self._long_enough()):
            return Judged.THERE
        if self._chance(epc, tag.missed) < self.miss_chance:
            return Judged.GONE
        return Judged.OPEN

    def _chance(self, epc: str, missed: int) -> float:
        own = self.known.get(epc)
        return max(
            missed_so_often(own, missed) if own is not None else FLOOR**missed,
            self.here.chance(missed) if self.here.hits else 0.0,
        )

    def _long_enough(self) -> bool:
        """Tell whether a tag that came would have been heard by now."""
        return self._chance("", self.passes) < self.miss_chance

    @property
    def certain(self) -> bool:
        """Tell whether everything is decided."""
        return self._long_enough() and all(tag.judged is not Judged.OPEN for tag in self.heard.values())

    @property
    def done(self) -> bool:
        """Tell whether to stop listening."""
        return self.passes >= self.max_passes or self.certain

    def found(self) -> Found:
        """Give what can be said now."""
        by = {judged: {e for e, tag in self.heard.items() if tag.judged is judged} for judged in Judged}
        known = set(self.known)
        enough = {e for e in by[Judged.OPEN] if self.heard[e].reads >= READS_TO_BE_THERE}
        return Found(
            there=frozenset((by[Judged.THERE] | enough) & known),
            gone=frozenset(by[Judged.GONE] & known),
            unread=frozenset((by[Judged.OPEN] - enough) & known),
            came=frozenset((by[Judged.THERE] | enough) - known),
            passes=self.passes,
        )

    def rate(self, epc: str) -> Rate:
        """Give the rate of a tag that is there: what was known of it, else what this sweep shows."""
        tag = self.heard[epc]
        return self.known.get(epc) or Rate(tag.reads, self.passes - tag.reads)
