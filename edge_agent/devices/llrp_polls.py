"""When an LLRP reader is asked for its GPI levels, and what its answers are good for. PURE; moments are arguments.

1. A reader is asked again only after `poll_ms`, and after a pause of SPARING times what its last answer took, at most
   SLOWEST_S: a door's contact that is not heard for two seconds is lost.
2. One that refuses is asked seldom; one that does not answer is asked no more: then its keepalives count.
3. One that was not told to send keepalives (it refused) is asked whenever it has been silent for as long.
4. Where answers tell no levels, the last ones known (from its events) are told again with each word of the reader.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.devices.base import Heard, LockState
from edge_agent.devices.llrp_settings import LlrpSettings

ANSWER_S = 2.0
IN_VAIN = 3
SPARING = 4.0
SLOWEST_S = 1.0


class Polls:
    """The questions asked again and again of one connection's reader."""

    def __init__(self, settings: LlrpSettings, now: float, *, spared: bool = False) -> None:
        self.refused = False
        self.keeps_alive = True
        """The reader was told to send keepalives, and did not refuse."""
        self.asked_at: float | None = None
        self._pause = settings.poll_ms / 1000
        self._silence = settings.keepalive_ms / 1000
        self._spared = spared
        self._next = now
        self._in_vain = 0
        self._levels: dict[int, LockState] = {}

    @property
    def on(self) -> bool:
        """Tell whether the reader is asked regularly."""
        return bool(self._pause) and self._in_vain < IN_VAIN and not self._spared

    def begin(self, now: float) -> None:
        """Ask from now on."""
        self._next = now

    def due(self, heard_at: float) -> float | None:
        """Give the moment of the next question, or until which the answer to the last one is awaited; None: never."""
        if self.asked_at is not None:
            return self.asked_at + ANSWER_S
        if self.on:
            return self._next
        return None if self.keeps_alive or self._spared else max(self._next, heard_at + self._silence)

    def ask(self, now: float, heard_at: float) -> bool:
        """Tell whether to ask now."""
        if self.asked_at is not None and now - self.asked_at >= ANSWER_S:
            self.asked_at, self._in_vain = None, self._in_vain + 1
        due = self.due(heard_at)
        if self.asked_at is not None or due is None or now < due:
            return False
        self.asked_at, self._next = now, now + (self._pause or self._silence)
        return True

    def answered(self, now: float, *, refused: bool) -> bool:
        """Take an answer; tell whether a refusal in it is known already."""
        took = now - (self.asked_at if self.asked_at is not None else now)
        known, self.refused = self.refused, self.refused or refused
        self.asked_at, self._in_vain = None, 0
        self._next = max(self._next, now + (SLOWEST_S if refused else min(SPARING * took, SLOWEST_S)))
        return known

    def again(self, heard: Iterable[Heard] = ()) -> list[Heard]:
        """Remember the levels in what was heard; where there are none, give the last ones known."""
        told = {event.lock: event for event in heard if isinstance(event, LockState)}
        self._levels |= told
        return [] if told else list(self._levels.values())
