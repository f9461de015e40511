"""Whether the ROSpec of an LLRP conversation reads, and what to ask so that it does. PURE; moments are arguments.

1. Enabled is not running: it runs when the reader says so, when it reports, or when it was asked to start and did,
   or refused although it is enabled (it runs already).
2. Some readers start an Immediate ROSpec only by command: one that neither tells nor reports is started after AGAIN_S.
3. A ROSpec that ended is enabled again; where that is refused it is started; where that is refused too, all is over.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge_agent.devices.base import Heard, LockState
from edge_agent.devices.llrp_settings import LlrpSettings
from edge_agent.devices.llrp_steps import AGAIN, START, Step

AGAIN_S = 1.0
"""Pause before a ROSpec that ended is enabled again, and before one that does not start by itself is started."""


@dataclass
class Rospec:
    """What is known of it."""

    settings: LlrpSettings
    again_at: float
    online: bool = False
    """It was enabled, or the reader reads as it is."""
    running: bool = False
    by_hand: bool = False
    """The reader knows no start by itself: the station starts (and with a contact stops) it."""
    _enabled: bool = False
    _start_at: float | None = None
    _watched: bool = False

    def enabled(self, now: float) -> None:
        """Learn that it is enabled."""
        self.online = self._enabled = True
        if self.settings.start == "immediate" and not self.running:
            self._start_at = now if self.by_hand else now + AGAIN_S

    def runs(self) -> None:
        """Learn that it reads."""
        self.running, self._start_at = True, None

    def reads_anyway(self) -> None:
        """Learn that the reader reads without having been told to in this conversation."""
        self.online = True
        self.runs()

    def reported(self) -> None:
        """Learn that the reader reports: what should be running runs."""
        if self._start_at is not None:
            self.runs()

    def told(self, event: int, now: float) -> None:
        """Take the reader's word: 0 it started, else it ended."""
        self.running, self._start_at = event == 0, None
        self.again_at = now + AGAIN_S

    def settled(self, step: Step, now: float, why: str) -> str:
        """Take the outcome of enabling or starting it, `why` empty where that was done; give why all is over."""
        if step.name == START.name:
            if why and not self._enabled:
                return f"the ROSpec cannot be started again: {why}"
            self.runs()
        elif not why:
            self.enabled(now)
        elif not self.online:
            return f"{step.name} refused: {why}"
        else:
            self._start_at = now
        return ""

    def due(self) -> float | None:
        """Give the moment of the next thing to ask; None: it reads, or a contact decides."""
        if not self.online or self.running or self.settings.start != "immediate":
            return None
        return self.again_at if self._start_at is None else self._start_at

    def wanted(self, now: float) -> Step | None:
        """Give what to ask now, if anything: to start what was enabled, to enable what ended."""
        due = self.due()
        if due is None or now < due:
            return None
        if self._start_at is not None:
            self._start_at = None
            return START
        self._enabled = False
        return AGAIN

    def follow(self, heard: list[Heard], now: float, *, asked: bool) -> str:
        """Give the command that what was heard of the trigger's contact asks for; `asked`: it answers a question.

        The reader watches the contact itself, but not what it was before; where it cannot (by hand), all of it counts.
        """
        if self.settings.start != "gpi" or not self.online:
            return ""
        first, self._watched = asked and not self._watched, self._watched or asked
        port = self.settings.trigger_port
        states = [event.closed for event in heard if isinstance(event, LockState) and event.lock == port]
        if not states or not (self.by_hand or first):
            return ""
        if states[-1] is False and not self.running and now >= self.again_at:
            self.again_at = now + AGAIN_S
            return "start_rospec"
        if states[-1] and self.running:
            self.running = False
            return "stop_rospec"
        return ""
