"""What was heard of one tag, weighed: here against elsewhere, as the logarithm of one ratio. PURE; docs/presence.md.

1. Misses are not independent: whatever moved while the door was open may lie badly now. So the chance that a present
   tag is missed so often is an even mixture of what this tag used to do, and of what tags of this door are seen to do
   after a closing.
2. A tag elsewhere, in a hand outside or behind the neighbour's door, is read seldom and weakly. A few are read as often
   as one that is here: however many the reads, they never prove more than that. The rest must be said by how strong
   they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import exp, log
from statistics import median

from edge_agent.habits import Habits, KnownTag, Lateness, Rate

SURE = 3e-3
"""How likely a tag elsewhere may look as one that is here does, when it is called there."""
SURELY_BACK, SURELY_NEW = 1e-1, 1e-3
"""The same for a tag at home here that was away or at the first look of all, and for one that is not of this door."""
ELSEWHERE = (0.3, 6.0)
"""Beta prior of how often a tag that is not here is read: seldom, but nobody knows how seldom."""
AS_OFTEN = 0.05
"""Share of what is elsewhere that is read as often as what is here."""
SPREAD_DB = 4.0
"""How far the strength of a tag differs from one closing to the next, …"""
FADE_DB = 5.0
"""… and from one pass to the next."""
MOST_FROM_RSSI = 4.0
"""Strength alone never proves anything: at most so much evidence (natural logarithm) comes from it."""
LEAST = 1e-300
"""No chance is less, so that each has a logarithm."""
NEVER = Rate()
"""What an antenna tells that never read a tag."""


@dataclass(slots=True)
class Heard:
    """One tag behind the closed door."""

    reads: int = 0
    """Passes in which it was read by any antenna."""
    first: int | None = None
    ports: dict[str, Rate] = field(default_factory=dict)
    """The antennas that read it, how often and how strongly."""

    def add(self, number: int, ports: Mapping[str, float | None]) -> None:
        """Count the pass of this number, in which these antennas read it."""
        self.reads += 1
        self.first = number if self.first is None else self.first
        for name, rssi in ports.items():
            self.ports[name] = self.ports.get(name, NEVER).after(read=True, rssi=rssi)


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known before anything is heard."""

    known: Mapping[str, KnownTag] = field(default_factory=dict)
    """What stood behind the door."""
    lateness: Lateness = field(default_factory=Lateness)
    away: Mapping[str, KnownTag] = field(default_factory=dict)
    """What left from here: it is at home here, and may come back."""
    strays: Mapping[str, Rate] = field(default_factory=dict)
    """What was heard behind the closed door and is not there: neighbours', and how they are heard from here."""
    elsewhere: frozenset[str] = frozenset()
    """What stands behind other doors of this station that stay closed."""
    risk: float = 5e-4
    """How likely anything that is there may be called gone in one sweep."""
    far_db: float = 20.0
    """How much weaker than the door's own a tag behind a closed door is; 0: strength says nothing."""

    @property
    def home(self) -> Mapping[str, KnownTag]:
        """Give what this door is known by: what stands behind it; of an empty one, what left from there."""
        return self.known or self.away

    def sure(self, epc: str) -> float:
        """Give the score from which on a tag is called there."""
        back = epc in self.away or not self.home
        return -log(SURE if epc in self.known else SURELY_BACK if back else SURELY_NEW)

    def loudness(self) -> float | None:
        """Give how strongly a tag of this door is usually read, by the antenna that reads it best."""
        best = [loudest for tag in self.home.values() if (loudest := _loudest(tag)) is not None]
        return median(best) if best else None

    def levels(self) -> dict[str, float]:
        """Give how strongly each antenna usually reads a tag of this door."""
        return levels(tag.habits for tag in self.home.values())

    def weigh(
        self,
        epc: str,
        tag: Heard,
        passes: int,
        moved: float,
        levels: Mapping[str, float],
        hears: Callable[[str], bool] = lambda _: True,
    ) -> tuple[float, float]:
        """Weigh what was heard of a tag in so many passes: the logarithm of the ratio, at least and at most.

        `moved` is how likely a tag that may lie anew is missed so often. At most: such a tag might yet have been read
        so often. At least: it is read as seldom as that. Antennas that do not hear say nothing.
        """
        missed, known = passes - tag.reads, self.known.get(epc)
        here = [moved * (tag.reads / passes) ** tag.reads, moved]
        if known and known.habits:
            own = sum(
                rate.log_chance(hits := tag.ports.get(name, NEVER).hits, passes - hits)
                for name, rate in known.habits.items()
                if hears(name)
            )
            here = [(each + exp(own)) / 2 for each in here]
        away = self.strays.get(epc, NEVER).log_chance(tag.reads, missed, ELSEWHERE)
        strength = self._strength(epc, tag, levels)
        often, rest = (0.0, 0.0) if strength is None else (AS_OFTEN, strength)
        ratios = [exp(away - log(max(each, LEAST))) for each in here]
        least, most = (rest - log((1 - often) * ratio + often + LEAST) for ratio in ratios)
        return least, most

    def _strength(self, epc: str, tag: Heard, levels: Mapping[str, float]) -> float | None:
        """Weigh how strongly a tag was read, by each antenna against how strongly that should read it."""
        home = self.known.get(epc) or self.away.get(epc) or KnownTag()
        each = [
            (rate.hits, rate.rssi, usual)
            for name, rate in tag.ports.items()
            if rate.rssi is not None
            and (usual := _between(home.habits.get(name, NEVER).rssi, levels.get(name))) is not None
        ]
        times = sum(hits for hits, _, _ in each)
        if not each or not self.far_db:
            return None
        rssi, usual = sum(hits * rssi for hits, rssi, _ in each), sum(hits * usual for hits, _, usual in each)
        return self._evidence(rssi / times, usual / times, times, self.strays.get(epc, NEVER).rssi)

    def _evidence(self, rssi: float, usual: float, times: float, stray: float | None = None) -> float:
        """Give the logarithm of how much more likely so strong reads are here than elsewhere.

        A neighbour's tag that is known is elsewhere as strong as `stray`.
        """
        far = self.far_db if stray is None else max(usual - stray, 0.0)
        weight = far / (SPREAD_DB**2 + FADE_DB**2 / times) * (rssi - usual + far / 2)
        return max(-MOST_FROM_RSSI, min(MOST_FROM_RSSI, weight))

    def came_unseen(self, epc: str, rssi: float | None, times: float) -> bool:
        """Tell of a tag that is steadily read behind the closed door, so strongly, whether it is there."""
        usual = _between(_loudest(self.away.get(epc, KnownTag())), self.loudness())
        if rssi is None or usual is None or not self.far_db:
            return True
        return self._evidence(rssi, usual, times) - log(AS_OFTEN) >= self.sure(epc)


def levels(each: Iterable[Habits]) -> dict[str, float]:
    """Give how strongly each antenna reads tags of such habits, on the median."""
    found: dict[str, list[float]] = {}
    for habits in each:
        for name, rate in habits.items():
            if rate.rssi is not None:
                found.setdefault(name, []).append(rate.rssi)
    return {name: median(rssi) for name, rssi in found.items()}


def _between(own: float | None, door: float | None) -> float | None:
    """Expect a tag halfway between itself before and the door's others: half of it is where and how it lay."""
    return (own + door) / 2 if own is not None and door is not None else own if door is None else door


def _loudest(tag: KnownTag) -> float | None:
    return max((rate.rssi for rate in tag.habits.values() if rate.rssi is not None), default=None)
