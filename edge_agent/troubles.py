"""What is wrong with a door that somebody must see to: left open, not latched, a lock that fails or contradicts itself.

1. A lock that was fired and says it is locked has failed; if its door then opens all the same, its word is wrong.
2. A door stays left open until it is seen closed: not being heard is no closing.
"""

from __future__ import annotations

from collections.abc import Callable

from edge_agent.door import Door
from edge_agent.doors import Move, Phase
from edge_agent.unlock import Outcome

Condition = Callable[..., object]
"""Health.change: tell that a condition holds or no longer does."""
UNLATCHED_S = 5.0
"""So long a closed door may stand unlocked with nobody's leave: the next person may just be showing a badge."""


class Troubles:
    """Tell what is wrong with the doors of one station, and when it is over."""

    def __init__(self, condition: Condition) -> None:
        self._change = condition

    def pass_time(self, door: Door, now: float, mono_us: int, left_open_us: int) -> None:
        """Look for what only time makes wrong."""
        since, session = door.open_since_us, door.memory.session
        if door.phase is Phase.OPEN and since is not None and mono_us - since >= left_open_us:
            self._change("door_left_open", active=True, door=door.number, session=session)
        if door.phase is not Phase.IDLE or door.hook_locked is not False:
            door.free_since = None
        elif door.free_since is None:
            door.free_since = now
        elif now - door.free_since >= UNLATCHED_S:
            self._change("door_not_latched", active=True, door=door.number)

    def moved(self, door: Door, before: Phase, mono_us: int) -> None:
        """Follow a door from one phase to the next."""
        if door.phase is Phase.OPEN:
            door.open_since_us = door.open_since_us or mono_us
        elif door.phase is not Phase.BLIND:
            door.open_since_us = None
            self._change("door_left_open", active=False, door=door.number)
        if (before, door.phase) == (Phase.GRANTED, Phase.OPEN) and door.unproven:
            self._change("lock_fault", active=False, door=door.number)
            self._contradicted(door)

    def latch(self, door: Door, move: Move | None) -> None:
        """Take a whole picture of a door's wires: did its lock latch when it was closed?"""
        if move is Move.SHUT and door.phase is not Phase.IDLE:
            session = door.memory.session
            self._change("door_not_latched", active=not door.latched, door=door.number, session=session)
        elif door.closed and door.hook_locked:
            self._change("door_not_latched", active=False, door=door.number)

    def fired(self, door: Door, outcome: Outcome) -> None:
        """Take what came of firing a lock."""
        door.unproven = outcome in ("no_feedback", "refused")
        if outcome == "unlocked":
            self._change("lock_feedback_mismatch", active=False, door=door.number)
        if door.unproven and door.phase is Phase.OPEN:
            self._contradicted(door)
        else:
            self._change("lock_fault", active=outcome != "unlocked", door=door.number, detail=outcome)

    def _contradicted(self, door: Door) -> None:
        """Tell that a door stands open by its contact while its lock, fired, keeps saying that it is locked."""
        detail, session = "open by its contact, locked by its hook", door.memory.session
        self._change("lock_feedback_mismatch", active=True, door=door.number, session=session, detail=detail)
