"""Listening behind a door that stays closed: learn habits, notice what fades and what was not heard before. PURE.

1. What fades behind a closed door is unreadable, not taken; what only a silent antenna read has not faded. It is back
   when it is read as strongly as ever, or steadily.
2. What was in doubt when the door was settled may be outside: it is weighed on, and back when it is surely there.
3. What is steadily read as loudly as the door's own, and was not there when the door was settled, came with nobody to
   name. Anything else is a neighbour's: how it is heard is remembered, so that it is not taken for a return.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from contract.messages import Sighting
from edge_agent.ear import Pass, Seen
from edge_agent.habits import Habits, KnownTag, Rate, habits_after, missed_so_often
from edge_agent.weigh import Heard, Prior

LOOK_EVERY = 25
"""Passes between two looks at what is new and what fades."""
FADED_AFTER = 150
FADED = 1e-8
"""How unlikely a silence must be behind a door that did not move."""
STEADY = 0.6
"""Share of passes in which a new tag, or one that faded and is weak now, must be read to count as there."""
WEAK_DB = 7.5
"""A tag that faded is not back by one read so much weaker than it was."""
WEIGHED = 8 * LOOK_EVERY
"""What is in doubt is weighed over at most so many passes."""
MOST_STRAYS = 256


class Silence(NamedTuple):
    """A run of passes in which a tag was not read, and its habits before."""

    passes: int
    habits: Habits

    def chance(self, silent: Collection[str] = ()) -> float:
        """Say how likely so long a silence is for a tag that is there."""
        return missed_so_often(self.habits, self.passes, silent)


class Change(NamedTuple):
    """What one pass brought to light."""

    came: dict[str, Sighting]
    faded: list[str]
    back: list[str]
    late: list[int]
    """Passes after the closing in which something was not heard that is there after all."""


@dataclass(slots=True)
class Vigil:
    """The watch over one closed door."""

    habits: dict[str, dict[str, Rate]] = field(default_factory=dict)
    strays: dict[str, Rate] = field(default_factory=dict)
    """What is heard and is not there: neighbours'."""
    silences: dict[str, Silence] = field(default_factory=dict)
    steady: dict[str, int] = field(default_factory=dict)
    """New tags, with the passes they were read in since the last look."""
    passes: int = 0
    late: dict[str, int] = field(default_factory=dict)
    """In which pass after the closing each tag was first heard."""
    doubtful: dict[str, Heard] = field(default_factory=dict)
    """What was in doubt when the door was settled."""

    def begin(self, contents: Mapping[str, KnownTag], late: Mapping[str, int] | None = None) -> None:
        """Start anew: the door has just been settled."""
        self.late = dict(late or {})
        self.doubtful = {epc: Heard() for epc, tag in contents.items() if tag.unread}
        self.habits = {epc: tag.habits for epc, tag in contents.items()}
        self.steady, self.silences, self.passes = {}, {}, 0

    def hear(self, prior: Prior, heard: Pass, silent: Collection[str] = ()) -> Change:
        """Take one pass behind a closed door; antennas that are silent tell nothing."""
        self.passes += 1
        back: list[str] = []
        for epc, tag in prior.known.items():
            if epc in self.doubtful:
                continue
            habits = self.habits.get(epc, tag.habits)
            seen = heard.get(epc)
            if tag.unread and seen is not None and _weaker(seen, habits):
                self.steady[epc] = self.steady.get(epc, 0) + 1
                continue
            self.habits[epc] = habits_after(habits, seen.ports if seen else {}, silent)
            if seen:
                self.silences.pop(epc, None)
                back += [epc] if tag.unread else []
            elif not tag.unread:
                since = self.silences.get(epc, Silence(0, habits))
                self.silences[epc] = Silence(since.passes + 1, since.habits)
        self._hear_strays(prior, heard)
        self._hear_doubtful(heard)
        if self.passes % LOOK_EVERY:
            return Change({}, [], back, [])
        back += [epc for epc in self.steady.keys() & prior.known.keys() if self._steady(epc)]
        sure = self._sure(prior, silent)
        came = {epc: heard[epc].sighting() for epc in self._new(prior, heard)}
        self.steady = {}
        faded = [epc for epc, silence in self.silences.items() if self._faded(silence, silent)]
        faded = [epc for epc in faded if not prior.known[epc].unread]
        return Change(came, faded, back + sure, self._late([*came, *sure]))

    def _late(self, there: Iterable[str]) -> list[int]:
        return [self.late.pop(epc) for epc in there if epc in self.late]

    def _hear_doubtful(self, heard: Pass) -> None:
        if self.passes % WEIGHED == 1:
            self.doubtful = {epc: Heard() for epc in self.doubtful}
        for epc in self.doubtful.keys() & heard.keys():
            self.doubtful[epc].add(self.passes, heard[epc].ports)

    def _sure(self, prior: Prior, silent: Collection[str]) -> list[str]:
        """Give what was in doubt and is surely there."""
        passes = (self.passes - 1) % WEIGHED + 1
        moved, levels = prior.lateness.silent(passes), prior.levels()

        def surely(epc: str, tag: Heard) -> bool:
            score = prior.weigh(epc, tag, passes, moved[passes - tag.reads], levels, lambda name: name not in silent)
            return score[0] >= prior.sure(epc)

        sure = [epc for epc, tag in self.doubtful.items() if surely(epc, tag)]
        for epc in sure:
            del self.doubtful[epc]
        return sure

    def _hear_strays(self, prior: Prior, heard: Pass) -> None:
        for epc, rate in self.strays.items():
            seen = heard.get(epc)
            self.strays[epc] = rate.after(read=seen is not None, rssi=seen.rssi if seen else None)
        for epc in heard.keys() - prior.known.keys():
            self.steady[epc] = self.steady.get(epc, 0) + 1
            self.strays.setdefault(epc, Rate(1, 0, heard[epc].rssi))
        for epc in self.strays.keys() & prior.known.keys():
            del self.strays[epc]
        while len(self.strays) > MOST_STRAYS:
            del self.strays[min(self.strays, key=lambda epc: self.strays[epc].hits)]

    def _new(self, prior: Prior, heard: Pass) -> list[str]:
        return [
            epc
            for epc in heard.keys() - prior.known.keys() - prior.elsewhere
            if self._steady(epc) and prior.came_unseen(epc, self.strays[epc].rssi, self.steady[epc])
        ]

    def _steady(self, epc: str) -> bool:
        return self.steady.get(epc, 0) >= STEADY * LOOK_EVERY

    def _faded(self, silence: Silence, silent: Collection[str]) -> bool:
        return silence.passes >= FADED_AFTER and silence.chance(silent) < FADED


def _weaker(seen: Seen, habits: Habits) -> bool:
    """Tell whether every antenna reads a tag much weaker than it did."""
    before = {name: habits[name].rssi for name in seen.ports if name in habits}
    pairs = [(seen.ports[name], rssi) for name, rssi in before.items()]
    return bool(pairs) and all(new is not None and old is not None and new <= old - WEAK_DB for new, old in pairs)
