"""Listening behind a door that stays closed: learn read rates, notice what fades and what was not heard before. PURE.

1. What fades behind a closed door is unreadable, not taken.
2. What is steadily read and was not there when the door was settled came with nobody to name; a stray read is nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from contract.messages import Sighting
from edge_agent.door import Door, Silence
from edge_agent.ear import Pass

LOOK_EVERY = 50
"""Passes between two looks at what is new and what fades."""
FADED_AFTER = 150
STEADY = 0.5
"""Share of passes in which a new tag must be read to count as there."""


class Change(NamedTuple):
    """What one pass brought to light."""

    came: dict[str, Sighting]
    faded: list[str]
    back: list[str]


class Vigil:
    """Watch over closed doors."""

    def __init__(self, miss_chance: float) -> None:
        self._unlikely = miss_chance**2

    def begin(self, door: Door) -> None:
        """Start anew: the door has just been settled."""
        door.rates = {epc: tag.rate for epc, tag in (door.memory.contents or {}).items()}
        door.strays, door.silences, door.watched = {}, {}, 0

    def hear(self, door: Door, heard: Pass) -> Change:
        """Take one pass behind a closed door."""
        known = door.memory.contents or {}
        door.watched += 1
        back = []
        for epc, tag in known.items():
            rate = door.rates.get(epc, tag.rate)
            door.rates[epc] = rate.after(read=epc in heard)
            if epc in heard:
                door.silences.pop(epc, None)
                back += [epc] if tag.unread else []
            elif not tag.unread:
                since = door.silences.get(epc, Silence(0, rate))
                door.silences[epc] = Silence(since.passes + 1, since.rate)
        for epc in heard.keys() - known.keys():
            door.strays[epc] = door.strays.get(epc, 0) + 1
        if door.watched % LOOK_EVERY:
            return Change({}, [], back)
        came = {
            epc: heard[epc].sighting() for epc, n in door.strays.items() if n >= STEADY * LOOK_EVERY and epc in heard
        }
        door.strays = {}
        return Change(came, [epc for epc, silence in door.silences.items() if self._faded(door, epc, silence)], back)

    def _faded(self, door: Door, epc: str, silence: Silence) -> bool:
        known = door.memory.contents or {}
        return (
            silence.passes >= FADED_AFTER
            and not known[epc].unread
            and silence.rate.chance(silence.passes) < self._unlikely
        )
