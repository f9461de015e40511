"""Unlocking: the intent is durable before the relay fires, the outcome is what the lock itself then says.

1. A board's reply tells of actuation only; `unlocked` is said by the hook's own feedback, or nothing is.
2. One lock is powered at a time: the next is fired when the one before has had its pulse.
3. A lock whose door may no longer be opened is taken back before its turn comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from edge_agent.devices.base import LockBoard, ProtocolError, UnreachableError
from edge_agent.settings import Channel

FEEDBACK_S = 1.0
SPARE_S = 0.1
Outcome = Literal["unlocked", "no_feedback", "refused", "unreachable"]


@dataclass(slots=True)
class Shot:
    """One firing whose outcome is not yet known."""

    door: int
    session: str
    grant: str
    until: float | None = None
    """When its feedback must have come; None: not fired yet."""
    reply: bool | None = None

    def outcome(self, hook_locked: bool | None, now: float) -> Outcome | None:
        """Tell the outcome, None while it is still open."""
        if self.until is None:
            return None
        if hook_locked is False:
            return "unlocked"
        if now < self.until:
            return None
        return "refused" if self.reply is False else "no_feedback"


class Magazine:
    """Fire what is loaded, one lock after the other."""

    def __init__(self, write: Callable[[Channel], float | Outcome]) -> None:
        self._write = write
        self._loaded: deque[tuple[Channel, Shot]] = deque()
        self._powered_until = 0.0

    def load(self, channel: Channel, shot: Shot) -> None:
        """Have a lock fired when its turn comes."""
        self._loaded.append((channel, shot))

    def unload(self, shot: Shot | None) -> bool:
        """Take a lock back; tell whether it had not been fired yet."""
        waiting = len(self._loaded)
        self._loaded = deque(pair for pair in self._loaded if pair[1] is not shot)
        return len(self._loaded) < waiting

    def fire(self, now: float) -> list[tuple[Shot, Outcome]]:
        """Fire those whose turn it is; give what could not go out, and why."""
        failed: list[tuple[Shot, Outcome]] = []
        while self._loaded and now >= self._powered_until:
            channel, shot = self._loaded.popleft()
            fired = self._write(channel)
            if isinstance(fired, str):
                failed.append((shot, fired))
            else:
                shot.until, shot.reply = now + FEEDBACK_S, None
                self._powered_until = now + fired
        return failed


def fire(write: Callable[[bytes], None], dialect: object, channel: Channel) -> float | Outcome:
    """Send the command that fires one lock; give the seconds until it is surely off again, or why it did not go out.

    The command may have to wait for an answer that is still due, and so may last longer than the pulse from now on.
    """
    if not isinstance(dialect, LockBoard):
        return "refused"
    try:
        write(dialect.open(channel.board, channel.channel))
    except UnreachableError:
        return "unreachable"
    except ProtocolError:
        return "refused"
    return dialect.pulse + (dialect.turn or 0.0) + SPARE_S
