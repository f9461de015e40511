"""How tags are read behind a door, as far as it was learnt: by each antenna, and after closings. PURE.

Bounded and decayed: a rate remembers MEMORY passes, a tag its MOST_PORTS best antennas, a door some hundred closings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from math import exp, lgamma

import msgspec

MEMORY = 200.0
"""Passes a rate remembers; older ones fade, so that it follows what changes."""
KEPT = 20.0
"""Passes it remembers when the door has been opened."""
MOST_PORTS = 8
"""Antennas remembered of a tag."""
LATEST, LATE_FADE = 40, 0.998
"""Passes told apart after a closing; what a closing still counts for at the next."""
BELIEVED, BELIEVED_TAGS = 0.2, 50.0
"""Before anything is seen: a pass misses a present tag so often, believed as firmly as if seen of so many tags."""
TAIL = 0.5
"""After the latest that was seen, each further pass of silence is believed to be so likely."""


class Rate(msgspec.Struct, frozen=True, omit_defaults=True):
    """How often one antenna reads a tag behind the closed door, and how strongly."""

    hits: float = 0.0
    misses: float = 0.0
    rssi: float | None = None

    def after(self, *, read: bool, rssi: float | None = None) -> Rate:
        """Take one more pass into account."""
        fade = min(1.0, (MEMORY - 1) / max(self.hits + self.misses, 1.0))
        hits = self.hits * fade + read
        strength = rssi if self.rssi is None or rssi is None else self.rssi + (rssi - self.rssi) / min(hits, 50.0)
        return Rate(hits, self.misses * fade + (not read), self.rssi if rssi is None else strength)

    def moved(self, new: Rate) -> Rate:
        """Take a sweep into account after which the tag may lie anew: what was before counts for little."""
        fade = min(1.0, KEPT / max(self.hits + self.misses, 1.0))
        known = [(one.rssi, hits) for one, hits in ((self, self.hits * fade), (new, new.hits)) if one.rssi is not None]
        weight = sum(hits for _, hits in known)
        rssi = sum(rssi * hits for rssi, hits in known) / weight if weight else self.rssi
        return Rate(self.hits * fade + new.hits, self.misses * fade + new.misses, rssi)

    def log_chance(self, read: float, missed: float, prior: tuple[float, float] = (1.0, 1.0)) -> float:
        """Predict how likely such passes are (Beta posterior), as a natural logarithm."""
        a, b = prior[0] + self.hits, prior[1] + self.misses
        return _log_beta(a + read, b + missed) - _log_beta(a, b)

    def chance(self, missed: float) -> float:
        """Predict how likely it is that a present tag is missed so often in a row."""
        return exp(self.log_chance(0, missed))


Habits = Mapping[str, Rate]
"""A tag's rates, by antenna (`ear.port`)."""


def habits_after(habits: Habits, heard: Mapping[str, float | None], silent: Collection[str] = ()) -> dict[str, Rate]:
    """Take one more pass into account for every antenna that is not silent; the strongest few are kept."""
    after = {
        name: rate if name in silent else rate.after(read=False) for name, rate in habits.items() if name not in heard
    }
    after |= {name: habits.get(name, Rate()).after(read=True, rssi=rssi) for name, rssi in heard.items()}
    if len(after) > MOST_PORTS:
        after = dict(sorted(after.items(), key=lambda one: -one[1].hits)[:MOST_PORTS])
    return after


def missed_so_often(habits: Habits, missed: float, silent: Collection[str] = ()) -> float:
    """Predict how likely it is that a tag of these habits is missed so often in a row, if nothing moved."""
    return exp(sum(rate.log_chance(0, missed) for name, rate in habits.items() if name not in silent))


class Lateness(msgspec.Struct, frozen=True):
    """In which pass after a closing the tags that were there were first heard: how badly things may come to lie.

    This takes the place of independence: how long present tags stay silent is counted, not multiplied from one miss.
    """

    counts: tuple[float, ...] = ()

    def after(self, first_heard: Iterable[int]) -> Lateness:
        """Take one more closing into account: in which passes (from 0) tags were first heard; old closings fade."""
        counts = [count * LATE_FADE for count in self.counts]
        for number in first_heard:
            counts += [0.0] * (min(number, LATEST) + 1 - len(counts))
            counts[min(number, LATEST)] += 1
        return Lateness(tuple(counts))

    def silent(self, most: int) -> list[float]:
        """Say how likely a tag that is there is not heard in 0, 1 … `most` passes."""
        left, late, chances = sum(self.counts), 0.0, [1.0]
        all_ = left + BELIEVED_TAGS
        for number in range(1, most + 1):
            left = max(0.0, left - self.counts[number - 1]) if number <= len(self.counts) else 0.0
            late = max(left, min(late, 1.0) * TAIL)
            chances.append(min(chances[-1], (late + BELIEVED_TAGS * BELIEVED**number) / all_))
        return chances


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


class KnownTag(msgspec.Struct, frozen=True):
    """A tag that belongs to what stands behind the door."""

    tid: str | None = None
    antenna: int = 1
    habits: dict[str, Rate] = {}
    """Its rates, by antenna (`ear.port`)."""
    unread: bool = False
    """It was neither seen nor certainly gone when it was last looked for."""
