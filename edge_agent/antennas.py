"""Whether each antenna behind a door still hears. PURE.

Its reference tag never leaves its place, so there is always something to hear: an antenna that hears nothing at all is
silent. One whose reference tag alone is missed hears.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from edge_agent.ear import Pass
from edge_agent.habits import Rate
from edge_agent.weigh import SURE

SILENT_AFTER = 20
"""An antenna is reported only when it heard nothing in so many passes."""
SURELY_SILENT = 1e-6


class Change(NamedTuple):
    """An antenna fell silent, or is heard (again, or for the first time since the start)."""

    port: str
    silent: bool


@dataclass(slots=True)
class Antennas:
    """The antennas of one door that have reference tags."""

    references: Mapping[str, str]
    """Reference tag (EPC) of each antenna (`ear.port`)."""
    rates: dict[str, Rate] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)
    silent: dict[str, bool] = field(default_factory=dict)
    """What was last told of each; nothing is known of one that is not listed."""

    def hear(self, heard: Pass) -> list[Change]:
        """Take one pass behind the closed door; give what changed."""
        changes = []
        speaks = {name for seen in heard.values() for name in seen.ports}
        for name in self.references:
            read = name in speaks
            if read or name not in self.doubtful:
                self.rates[name] = self.rates.get(name, Rate()).after(read=read)
            self.missed[name] = 0 if read else self.missed.get(name, 0) + 1
            chance = self._chance(name)
            silent = self.missed[name] >= SILENT_AFTER and chance < SURELY_SILENT
            if silent is not self.silent.get(name) and (silent or read):
                self.silent[name] = silent
                changes.append(Change(name, silent))
        return changes

    @property
    def doubtful(self) -> frozenset[str]:
        """Name the antennas whose silence proves nothing at the moment."""
        return frozenset(name for name in self.references if self._chance(name) < SURE or self.silent.get(name))

    def without(self, heard: Pass) -> Pass:
        """Leave the reference tags out."""
        own = set(self.references.values())
        return {epc: seen for epc, seen in heard.items() if epc not in own} if own else heard

    def _chance(self, name: str) -> float:
        return self.rates.get(name, Rate()).chance(self.missed.get(name, 0))
