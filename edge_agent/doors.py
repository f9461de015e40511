"""A door as a table, and why it opened. PURE.

1. A door is only called `idle` when it is closed, latched and what stands behind it is known.
2. What nobody watched is `blind`: when it is closed again its contents are compared and nobody is named.
3. A door that latched and opens again is a new opening; one that bounced is still the old one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from contract.messages import Cause


class Phase(StrEnum):
    """Where a door stands."""

    BLIND = "blind"
    CHECKING = "checking"
    """Closed; what is behind it is being compared with what is remembered."""
    IDLE = "idle"
    GRANTED = "granted"
    OPEN = "open"
    SETTLING = "settling"


class Move(StrEnum):
    """What can happen to it."""

    SHUT = "shut"
    OPENED = "opened"
    BOUNCED = "bounced"
    """Open again before it had latched."""
    FIRED = "fired"
    RELEASED = "released"
    """The session that fired it is over."""
    SETTLED = "settled"
    LOST = "lost"
    """Its lock or contact was not heard for too long."""


class Do(StrEnum):
    """What the station does about it."""

    REPORT_OPEN = "report_open"
    REPORT_GAP_OPEN = "report_gap_open"
    SWEEP = "sweep"
    STOP_SWEEP = "stop_sweep"
    REPORT_CLOSED = "report_closed"
    REPORT_EARLY = "report_early"
    """Close the books of the old opening with what is known so far."""
    REPORT_CHECKED = "report_checked"
    REPORT_LOST = "report_lost"


class Turn(NamedTuple):
    """The phase that follows and what is done on the way there."""

    phase: Phase
    acts: tuple[Do, ...] = ()


P, M, D = Phase, Move, Do

TABLE: dict[tuple[Phase, Move], Turn] = {
    (P.BLIND, M.SHUT): Turn(P.CHECKING, (D.SWEEP,)),
    (P.BLIND, M.OPENED): Turn(P.OPEN, (D.REPORT_GAP_OPEN,)),
    (P.CHECKING, M.OPENED): Turn(P.OPEN, (D.STOP_SWEEP, D.REPORT_GAP_OPEN)),
    (P.CHECKING, M.BOUNCED): Turn(P.OPEN, (D.STOP_SWEEP, D.REPORT_GAP_OPEN)),
    (P.CHECKING, M.SETTLED): Turn(P.IDLE, (D.REPORT_CHECKED,)),
    (P.CHECKING, M.LOST): Turn(P.BLIND, (D.STOP_SWEEP,)),
    (P.IDLE, M.OPENED): Turn(P.OPEN, (D.REPORT_OPEN,)),
    (P.IDLE, M.BOUNCED): Turn(P.OPEN, (D.REPORT_OPEN,)),
    (P.IDLE, M.FIRED): Turn(P.GRANTED),
    (P.IDLE, M.LOST): Turn(P.BLIND),
    (P.GRANTED, M.OPENED): Turn(P.OPEN, (D.REPORT_OPEN,)),
    (P.GRANTED, M.BOUNCED): Turn(P.OPEN, (D.REPORT_OPEN,)),
    (P.GRANTED, M.RELEASED): Turn(P.IDLE),
    (P.GRANTED, M.LOST): Turn(P.BLIND, (D.REPORT_LOST,)),
    (P.OPEN, M.SHUT): Turn(P.SETTLING, (D.SWEEP,)),
    (P.OPEN, M.LOST): Turn(P.BLIND, (D.REPORT_LOST,)),
    (P.SETTLING, M.BOUNCED): Turn(P.OPEN, (D.STOP_SWEEP,)),
    (P.SETTLING, M.OPENED): Turn(P.OPEN, (D.REPORT_EARLY, D.STOP_SWEEP, D.REPORT_OPEN)),
    (P.SETTLING, M.SETTLED): Turn(P.IDLE, (D.REPORT_CLOSED,)),
    (P.SETTLING, M.LOST): Turn(P.BLIND, (D.STOP_SWEEP, D.REPORT_LOST)),
}
"""Pairs not listed change nothing."""


def turn(phase: Phase, move: Move) -> Turn:
    """Tell what a move leads to."""
    return TABLE.get((phase, move), Turn(phase))


class Opening(NamedTuple):
    """What is known at the moment a door opens."""

    own_hook: bool
    """A contact is wired apart from the lock, so that the hook can be told from the door."""
    hook_locked: bool | None
    granted: bool
    """A living session fired this door."""
    fired: bool
    """Our relay let this hook go and it has not latched since."""


CAUSES: tuple[tuple[str, Cause], ...] = (
    ("granted", "session"),
    ("no hook of its own", "no_session"),
    ("hook locked", "forced"),
    ("hook free, not by us", "mechanical_key"),
    ("hook free, by us for a session that is over", "no_session"),
)


def cause_of(opening: Opening) -> Cause:
    """Tell why a door opened: the first line of CAUSES that holds."""
    holds = {
        "granted": opening.granted,
        "no hook of its own": not opening.own_hook or opening.hook_locked is None,
        "hook locked": opening.hook_locked is True,
        "hook free, not by us": not opening.fired,
        "hook free, by us for a session that is over": True,
    }
    return next(cause for line, cause in CAUSES if holds[line])
