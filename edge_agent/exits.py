"""Readers at an exit: a tag that is read more than once is on its way past, and told of once until it was away. PURE.

One stray read says nothing; a tag that stays in reach (goods beside the exit) is told of once, not all day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from contract.messages import ExitPassed
from edge_agent.devices.base import TagSeen
from edge_agent.ear import Seen
from edge_agent.journal import Journal
from edge_agent.parts import parts
from edge_agent.settings import DeviceTable

ENOUGH_READS = 2
WITHIN_S = 2.0
"""Reads further apart than this do not belong to one passing."""
AWAY_S = 30.0
"""A tag not read for so long has gone; read again, it passes again."""
TOGETHER_S = 0.3
"""What passes within such a time is told of in one event."""


@dataclass(slots=True)
class Tag(Seen):
    """One tag before one exit."""

    last: float = 0.0
    told: bool = False


@dataclass(slots=True)
class Exit:
    """One reader at an exit."""

    leaves: str
    tags: dict[str, Tag] = field(default_factory=dict)
    waiting: list[Tag] = field(default_factory=list)
    due: float = 0.0

    def hear(self, tag: TagSeen, now: float) -> None:
        """Take one read."""
        known = self.tags.get(tag.epc)
        if known is None or now - known.last > (AWAY_S if known.told else WITHIN_S):
            known = self.tags[tag.epc] = Tag(tag.epc)
        known.last = now
        if known.told:
            return
        known.add(tag)
        if known.reads >= ENOUGH_READS:
            known.told = True
            self.due = self.due if self.waiting else now + TOGETHER_S
            self.waiting.append(known)

    def passed(self, now: float) -> list[Tag]:
        """Give what is to be told of now, again until it has been; forget what has gone."""
        for epc in [epc for epc, tag in self.tags.items() if now - tag.last > AWAY_S]:
            del self.tags[epc]
        return self.waiting if now >= self.due else []

    def was_told(self) -> None:
        """Learn that what passed is written down."""
        self.waiting = []


class Exits:
    """All exits of one station."""

    def __init__(self, devices: Iterable[DeviceTable], journal: Journal) -> None:
        self._exits = {device.name: Exit(device.leaves) for device in devices if device.role == "exit"}
        self._journal = journal

    def __contains__(self, device: str) -> bool:
        return device in self._exits

    def hear(self, device: str, tag: TagSeen, now: float) -> None:
        """Take one read of an exit's reader."""
        self._exits[device].hear(tag, now)

    def tick(self, now: float) -> None:
        """Write down what passed."""
        for name, gate in self._exits.items():
            passed = gate.passed(now)
            if not passed:
                continue
            with self._journal.entry() as entry:
                for part in parts(items=(tag.sighting() for tag in passed)):
                    entry.write(ExitPassed, device=name, leaves=gate.leaves, **part)
            gate.was_told()
