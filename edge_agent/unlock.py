"""Unlocking: the intent is durable before the relay fires, the outcome is what the lock itself then says.

A board's reply tells of actuation only; `unlocked` is said by the hook's own feedback, or nothing is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from edge_agent.devices.base import LockBoard, ProtocolError, UnreachableError
from edge_agent.settings import Channel

FEEDBACK_S = 1.0
Outcome = Literal["unlocked", "no_feedback", "refused", "unreachable"]


@dataclass(slots=True)
class Shot:
    """One firing whose outcome is not yet known."""

    door: int
    session: str
    grant: str
    until: float
    reply: bool | None = None

    def outcome(self, hook_locked: bool | None, now: float) -> Outcome | None:
        """Tell the outcome, None while it is still open."""
        if hook_locked is False:
            return "unlocked"
        if now < self.until:
            return None
        return "refused" if self.reply is False else "no_feedback"


def fire(write: Callable[[bytes], None], dialect: object, channel: Channel) -> Outcome | None:
    """Send the command that fires one lock; None when it went out."""
    if not isinstance(dialect, LockBoard):
        return "refused"
    try:
        write(dialect.open(channel.board, channel.channel))
    except UnreachableError:
        return "unreachable"
    except ProtocolError:
        return "refused"
    return None
