"""Whether the ROSpec of an LLRP conversation reads, and what to ask so that it does. PURE; moments are arguments.

1. Enabled is not running: it runs when the reader says so, when it reports, or when it was asked to start and did.
2. Some readers start an Immediate ROSpec only by command: one that neither tells nor reports is started after AGAIN_S.
   Where that is refused it may run already: the reader is asked; what it cannot say is not believed until it reports.
3. A ROSpec that ended is enabled again; where that is refused it is started; where that is refused too, all is over.
4. A reader that reads without having been told to is heard, but nothing is known of its rounds.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge_agent.devices.base import Heard, LockState
from edge_agent.devices.llrp_settings import LlrpSettings
from edge_agent.devices.llrp_steps import AGAIN, LOOK, START, Step

AGAIN_S = 1.0
"""Pause before a ROSpec that ended is enabled again, and before one that does not start by itself is started."""
ACTIVE = 2


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
    _ask: Step | None = None
    _watched: bool = False
    _started_at: float | None = None
    """When it was told to start for its contact."""

    # -- what is learnt -----------------------------------------------------------------------------------------------

    def enabled(self, now: float) -> None:
        """Learn that it is enabled."""
        self.online = self._enabled = True
        if not self.running and self.settings.start == "immediate":
            self._ask, self.again_at = START, now if self.by_hand else now + AGAIN_S

    def runs(self) -> None:
        """Learn that it reads."""
        self.running, self._ask = True, None

    def reads_anyway(self) -> None:
        """Learn that the reader reads without having been told to in this conversation."""
        self.online, self._ask = True, None

    def reported(self) -> None:
        """Learn that the reader reports: what is enabled to read at once, reads."""
        if self._enabled and self.settings.start == "immediate":
            self.runs()

    def told(self, event: int, now: float) -> None:
        """Take the reader's word: 0 it started, else it ended."""
        self.running, self._ask = event == 0, AGAIN if event else None
        self._enabled = self._enabled and not event
        self.again_at, self._started_at = now + AGAIN_S, None

    def settled(self, step: Step, now: float, why: str) -> str:
        """Take the outcome of enabling or starting it, `why` empty where that was done; give why all is over."""
        if step.name == START.name and not why:
            self.runs()
        elif step.name == START.name:
            self._ask, self.again_at = LOOK, now
            return "" if self._enabled else f"the ROSpec cannot be started again: {why}"
        elif not why:
            self.enabled(now)
        elif not self.online:
            return f"{step.name} refused: {why}"
        else:
            self._ask, self.again_at = START, now
        return ""

    def looked(self, state: int | None) -> None:
        """Take what the reader says of its state, None where it does not say."""
        if state == ACTIVE:
            self.runs()

    # -- what is to be asked ------------------------------------------------------------------------------------------

    def due(self) -> float | None:
        """Give the moment of the next thing to ask; None: it reads, or a contact decides, or nothing can be done."""
        idle = self.online and not self.running and self.settings.start == "immediate"
        return self.again_at if idle and self._ask is not None else None

    def wanted(self, now: float) -> Step | None:
        """Give what to ask now, if anything."""
        due = self.due()
        if due is None or now < due:
            return None
        step, self._ask = self._ask, None
        return step

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
        if states[-1] is False and not self.running:
            if self._started_at is None or now >= self._started_at + AGAIN_S:
                self._started_at = now
                return "start_rospec"
        elif states[-1] and self.running:
            self.running, self._started_at = False, None
            return "stop_rospec"
        return ""
