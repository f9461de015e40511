"""What is behind a closed door, judged from passes by one likelihood ratio for each tag. PURE; docs/presence.md.

1. In a pass (`ear.py`) each antenna read a tag or missed it; how often it does, is learnt while the door stays closed.
2. Each tag is weighed (`weigh.py`): here against elsewhere. A tag that is here is never believed to be missed more
   seldom than the tags read in this very sweep are.
3. There and gone are said only beyond doubt; what is neither when listening ends is unread. An antenna that is silent
   proves nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import log

from msgspec.structs import replace

from edge_agent.habits import Lateness, Rate, missed_so_often
from edge_agent.weigh import Heard, Prior, levels

USED_TO = 1e-2
"""A tag is used to being read when a silence would have been less likely than this."""
FIRST_PASSES = 10
"""What stands behind a door of which nothing is known yet is not judged from fewer passes."""


class Judged(StrEnum):
    """What a sweep says of a tag."""

    THERE = "there"
    GONE = "gone"
    OPEN = "open"


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

    prior: Prior
    passes: int = 0
    heard: dict[str, Heard] = field(default_factory=dict)
    doubt: str | None = None
    """A tag that was not decided when last looked."""
    silent: Collection[str] = ()
    """Antennas whose reference tag is missed."""
    spoke: set[str] = field(default_factory=set)
    here: Rate = field(default_factory=Rate)
    """How often the door's own tags, as far as they are heard at all, were read in this sweep."""
    moved: list[float] = field(default_factory=lambda: [1.0])
    """How likely a tag that is there, but may lie anew, was missed so often."""
    levels: Mapping[str, float] = field(default_factory=dict)
    """How strongly each antenna usually reads a tag of this door; …"""
    first: bool = False
    """… of which nothing is known from before."""
    alone: bool = False
    """The door has one antenna only: it hears as long as its reader speaks. One of several that hears nothing while
    others hear something proves nothing."""

    def __post_init__(self) -> None:
        self.heard = {epc: Heard() for epc in self.prior.known}
        self.levels = self.prior.levels()
        self.first = not self.levels
        self.alone = len({name for tag in self.prior.known.values() for name in tag.habits}) == 1

    def hear(self, read: Mapping[str, Mapping[str, float | None]]) -> None:
        """Take one pass: which tags were read, by which antennas, how strongly at most."""
        for epc, ports in read.items():
            self.spoke.update(ports)
            self.heard.setdefault(epc, Heard()).add(self.passes, ports)
        self.passes += 1
        reads = [self.heard[epc].reads for epc in self.prior.known if self.heard[epc].reads > 1]
        self.here = Rate(sum(reads), self.passes * len(reads) - sum(reads))
        self.moved = [
            max(chance, self.here.chance(missed) if reads else 0.0)
            for missed, chance in enumerate(self.prior.lateness.silent(self.passes))
        ]
        if self.first:
            self.levels = levels(tag.ports for tag in self.heard.values() if 2 * tag.reads > self.passes)

    def judge(self, epc: str) -> Judged:
        """Say what is certain of a tag by now."""
        tag, gone = self.heard[epc], log(self.prior.risk / max(len(self.prior.known), 1))
        moved = self.moved[self.passes - tag.reads]
        least, most = self.prior.weigh(epc, tag, self.passes, moved, self.levels, self._hears)
        return Judged.THERE if least >= self.prior.sure(epc) else Judged.GONE if most <= gone else Judged.OPEN

    def _hears(self, name: str) -> bool:
        return name not in self.silent and (self.alone or not self.spoke or name in self.spoke)

    @property
    def certain(self) -> bool:
        """Tell whether everything is decided, and something that came would have been heard."""
        if self.moved[-1] >= self.prior.risk or (not self.prior.known and self.passes < FIRST_PASSES):
            return False
        if self.doubt is None or self.judge(self.doubt) is not Judged.OPEN:
            waiting = (epc for epc, tag in self.prior.known.items() if not tag.unread)
            self.doubt = next((epc for epc in waiting if self.judge(epc) is Judged.OPEN), None)
        return self.doubt is None

    def found(self) -> Found:
        """Give what can be said now; what could not be read before the door opened is not called gone."""
        known = self.prior.known
        judged = {epc: self.judge(epc) for epc in self.heard} if self.passes else {}
        there = frozenset(epc for epc in judged if judged[epc] is Judged.THERE)
        gone = frozenset(epc for epc in judged if judged[epc] is Judged.GONE and epc in known and not known[epc].unread)
        unread, came = known.keys() - there - gone, there - known.keys() - self.prior.elsewhere
        return Found(there & known.keys(), gone, frozenset(unread), came, self.passes)

    def lateness(self) -> Lateness:
        """Give what is known of lateness after this sweep: in which pass tags used to being read were first heard.

        What stays in doubt may be outside, and counts when it is found to be there after all (`late`).
        """
        late = self.late()
        there = (epc for epc in late if self.passes and self.judge(epc) is Judged.THERE)
        return self.prior.lateness.after(late[epc] for epc in there)

    def late(self) -> dict[str, int]:
        """Give in which pass each tag that used to be read was first heard; as many as there were, when it was not."""
        firsts = {epc: tag.first if tag.first is not None else self.passes for epc, tag in self.heard.items()}
        return {
            epc: firsts[epc]
            for epc, known in self.prior.known.items()
            if not known.unread and missed_so_often(known.habits, max(firsts[epc], 4)) < USED_TO
        }

    def habits(self, epc: str) -> dict[str, Rate]:
        """Give the habits of a tag that is there: what this sweep shows, and a little of what was known of it."""
        tag, known = self.heard[epc], self.prior.known.get(epc)
        before = known.habits if known else {}
        heard = {name: tag.ports.get(name, Rate()) for name in before.keys() | tag.ports.keys()}
        return {
            name: before.get(name, Rate()).moved(replace(rate, misses=self.passes - rate.hits))
            for name, rate in heard.items()
        }
