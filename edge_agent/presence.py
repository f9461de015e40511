"""What is behind a closed door, judged from passes by one likelihood ratio for each tag. PURE; docs/presence.md.

1. In a pass (`ear.py`) each antenna read a tag or missed it; how often it does, is learnt while the door stays closed.
2. Misses are not independent: whatever moved while the door was open may lie badly now. So the chance that a present
   tag is missed so often is an even mixture of what this tag used to do, and of what tags of this door are seen to do
   after a closing (`Lateness`); it is never better than what the tags read in this very sweep show.
3. Reads count against where the tag could be instead: behind the neighbour's door or in a hand outside, read seldom and
   weakly. A tag that is not of this door must be heard as loudly as the door's own.
4. There and gone are said only beyond doubt; what is neither when listening ends is unread. An antenna that is silent
   proves nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp, log
from statistics import median

from edge_agent.habits import KnownTag, Lateness, Rate, missed_so_often

SURE = 3e-3
"""How likely a tag elsewhere may look as one that is here does, when it is called there."""
SURELY_BACK, SURELY_NEW = 1e-1, 1e-3
"""The same for a tag at home here that was away, and for one that is not of this door."""
ELSEWHERE = (0.3, 6.0)
"""Beta prior of how often a tag that is not here is read: seldom, but nobody knows how seldom."""
USED_TO = 1e-2
"""A tag is used to being read when a silence would have been less likely than this."""
SPREAD_DB = 5.0
"""How far the strength of a tag differs from one closing to the next."""
MOST_FROM_RSSI = 8.0
"""Strength alone never proves anything: at most so much evidence (natural logarithm) comes from it."""
FIRST_PASSES = 10
"""What stands behind a door of which nothing is known yet is not judged from fewer passes."""


class Judged(StrEnum):
    """What a sweep says of a tag."""

    THERE = "there"
    GONE = "gone"
    OPEN = "open"


@dataclass(slots=True)
class Heard:
    """One tag in this sweep."""

    reads: int = 0
    """Passes in which it was read by any antenna."""
    first: int | None = None
    ports: dict[str, int] = field(default_factory=dict)
    rssi: float = 0.0
    """How strongly it was read, added up over the reads of known strength; …"""
    usual: float = 0.0
    """… how strongly the same antennas read it before, …"""
    measured: int = 0
    """… and how many those are."""
    judged: Judged = Judged.OPEN


@dataclass(frozen=True, slots=True)
class Found:
    """What a sweep found: EPCs of known tags there, gone and unread, and of new ones that came."""

    there: frozenset[str]
    gone: frozenset[str]
    unread: frozenset[str]
    came: frozenset[str]
    passes: int


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known before a sweep begins."""

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
    far_db: float = 15.0
    """How much weaker than the door's own a tag behind a neighbour's door is; 0: strength says nothing."""

    def home(self, epc: str) -> KnownTag | None:
        """Give what is known of a tag that belongs here, whether it is in or out."""
        return self.known.get(epc) or self.away.get(epc)

    def far(self, rssi: float | None, usual: float | None) -> bool:
        """Tell whether so weak a read is more likely a neighbour's, where strength is known."""
        return rssi is not None and usual is not None and bool(self.far_db) and rssi <= usual - self.far_db / 2

    def loudness(self) -> float | None:
        """Give how strongly a tag of this door is usually read, by the antenna that reads it best."""
        each = ([rate.rssi for rate in tag.habits.values() if rate.rssi is not None] for tag in self.known.values())
        best = [max(strengths) for strengths in each if strengths]
        return median(best) if best else None


@dataclass(slots=True)
class Sweep:
    """Listen behind a closed door until certain."""

    prior: Prior
    passes: int = 0
    heard: dict[str, Heard] = field(default_factory=dict)
    silent: Collection[str] = ()
    """Antennas whose reference tag is missed."""
    spoke: set[str] = field(default_factory=set)
    here: Rate = field(default_factory=Rate)
    """How often the door's own tags, as far as they are heard at all, were read in this sweep."""
    moved: list[float] = field(default_factory=lambda: [1.0])
    """How likely a tag that is there, but may lie anew, was missed so often."""
    usual: float | None = None
    first: bool = False
    """No strength is known from before."""
    alone: bool = False
    """The door has one antenna only: it hears as long as its reader speaks. One of several that hears nothing while
    others hear something proves nothing."""

    def __post_init__(self) -> None:
        self.heard = {epc: Heard() for epc in self.prior.known}
        self.usual = self.prior.loudness()
        self.first = self.usual is None
        self.alone = len({name for tag in self.prior.known.values() for name in tag.habits}) == 1

    def hear(self, read: Mapping[str, Mapping[str, float | None]]) -> None:
        """Take one pass: which tags were read, by which antennas, how strongly at most."""
        for epc, ports in read.items():
            self._hear(epc, ports)
        self.passes += 1
        there = [self.heard[epc].reads for epc in self.prior.known if self.heard[epc].reads > 1]
        self.here = Rate(sum(there), self.passes * len(there) - sum(there))
        self.moved = [
            max(chance, self.here.chance(missed) if there else 0.0)
            for missed, chance in enumerate(self.prior.lateness.silent(self.passes))
        ]
        if self.first:
            self._compare()
        gone = log(self.prior.risk / max(len(self.prior.known), 1))
        for epc, tag in self.heard.items():
            least, most = self._scores(epc, tag)
            sure = -log(SURE if epc in self.prior.known else SURELY_BACK if epc in self.prior.away else SURELY_NEW)
            tag.judged = Judged.THERE if least >= sure else Judged.GONE if most <= gone else Judged.OPEN

    def _compare(self) -> None:
        """Take what is read steadily in this very sweep for the usual strength, where none is known yet."""
        steady = [tag for tag in self.heard.values() if tag.measured and 2 * tag.reads > self.passes]
        if steady:
            self.usual = median(tag.rssi / tag.measured for tag in steady)
            for tag in self.heard.values():
                tag.usual = self.usual * tag.measured

    def _hear(self, epc: str, ports: Mapping[str, float | None]) -> None:
        tag, known = self.heard.setdefault(epc, Heard()), self.prior.home(epc)
        tag.reads += 1
        tag.first = self.passes if tag.first is None else tag.first
        for name, rssi in ports.items():
            self.spoke.add(name)
            tag.ports[name] = tag.ports.get(name, 0) + 1
            rate = known.habits.get(name) if known else None
            usual = rate.rssi if rate is not None and rate.rssi is not None else self.usual
            if rssi is not None:
                tag.rssi, tag.usual, tag.measured = tag.rssi + rssi, tag.usual + (usual or 0.0), tag.measured + 1

    def _scores(self, epc: str, tag: Heard) -> tuple[float, float]:
        """Weigh what was heard of a tag, here against elsewhere: the logarithm of the ratio, at least and at most.

        At most: a tag that lies anew and is missed so often, might yet have been read so often. At least: it is read as
        seldom as that.
        """
        missed, own = self.passes - tag.reads, 0.0
        moved, known = self.moved[missed], self.prior.known.get(epc)
        seldom = (tag.reads / self.passes) ** tag.reads
        here = [moved * seldom, moved]
        if known and known.habits:
            own = exp(
                sum(
                    rate.log_chance(hits := tag.ports.get(name, 0), self.passes - hits)
                    for name, rate in known.habits.items()
                    if name not in self.silent and (self.alone or not self.spoke or name in self.spoke)
                )
            )
            here = [(each + own) / 2 for each in here]
        stray = self.prior.strays.get(epc, Rate())
        rest = self._strength(tag) - stray.log_chance(tag.reads, missed, ELSEWHERE)
        return log(here[0]) + rest, log(here[1]) + rest

    def _strength(self, tag: Heard) -> float:
        far = self.prior.far_db
        if not tag.measured or not far or self.usual is None:
            return 0.0
        weight = far / SPREAD_DB**2 * ((tag.rssi - tag.usual) / tag.measured + far / 2)
        return max(-MOST_FROM_RSSI, min(MOST_FROM_RSSI, weight))

    def _came(self, epc: str, tag: Heard) -> bool:
        """Keep the neighbours' out: what stands elsewhere, what is heard as ever, what is strange here and weak."""
        if tag.judged is not Judged.THERE or epc in self.prior.elsewhere:
            return False
        if not tag.measured or not self.prior.far_db:
            return True
        stray = self.prior.strays.get(epc)
        if stray is not None and not self.prior.far(stray.rssi, tag.rssi / tag.measured):
            return False
        return epc in self.prior.away or self._strength(tag) >= 0

    @property
    def certain(self) -> bool:
        """Tell whether everything is decided, and something that came would have been heard."""
        waiting = (epc for epc, tag in self.prior.known.items() if not tag.unread)
        if not self.prior.known and self.passes < FIRST_PASSES:
            return False
        return self.moved[-1] < self.prior.risk and all(self.heard[epc].judged is not Judged.OPEN for epc in waiting)

    def found(self) -> Found:
        """Give what can be said now; what could not be read before the door opened is not called gone."""
        there, gone, came = set(), set(), set()
        for epc, tag in self.heard.items():
            known = self.prior.known.get(epc)
            if known is None:
                came |= {epc} if self._came(epc, tag) else set()
            elif tag.judged is Judged.THERE:
                there.add(epc)
            elif tag.judged is Judged.GONE and not known.unread:
                gone.add(epc)
        unread = self.prior.known.keys() - there - gone
        return Found(frozenset(there), frozenset(gone), frozenset(unread), frozenset(came), self.passes)

    def lateness(self) -> Lateness:
        """Give what is known of lateness after this sweep: in which pass tags used to being read were first heard.

        What stays in doubt may be outside, and does not count.
        """
        return self.prior.lateness.after(
            tag.first
            for epc, known in self.prior.known.items()
            if not known.unread
            and (tag := self.heard[epc]).first is not None
            and tag.judged is Judged.THERE
            and missed_so_often(known.habits, max(tag.first, 4)) < USED_TO
        )

    def unheard(self) -> dict[str, int]:
        """Give in how many passes each tag that could be read before was not heard at all."""
        return {epc: self.passes for epc, tag in self.prior.known.items() if not (tag.unread or self.heard[epc].reads)}

    def habits(self, epc: str) -> dict[str, Rate]:
        """Give the habits of a tag that is there: what this sweep shows, and a little of what was known of it."""
        tag, known = self.heard[epc], self.prior.known.get(epc)
        before = known.habits if known else {}
        return {
            name: before.get(name, Rate()).moved(hits := tag.ports.get(name, 0), self.passes - hits)
            for name in before.keys() | tag.ports.keys()
        }
