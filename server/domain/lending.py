"""The one life of lending, from asking to closed, as a table; what is stored of it; and the ladder of what is late.

Law 1: what is not in LENDING_LIFE cannot be done.
Law 2: ready, expired, the rungs of overdue, checked and repair are computed; the rest is stored.
"""

from dataclasses import dataclass

from server.domain.policy_lending import Lending, Rung
from server.domain.words import LendingState, LoanState

S = LendingState
_LATE = (S.OVERDUE, S.OVERDUE_HARD, S.ESCALATED)
_HELD = (S.OUT, *_LATE, S.CLAIMED_RETURNED)

LENDING_LIFE: tuple[tuple[LendingState, str, LendingState], ...] = (
    (S.REQUESTED, "approve", S.APPROVED),
    (S.REQUESTED, "refuse", S.REFUSED),
    *((state, "withdraw", S.WITHDRAWN) for state in (S.REQUESTED, S.APPROVED, S.READY)),
    *((state, "lapse", S.EXPIRED) for state in (S.REQUESTED, S.APPROVED, S.READY)),
    (S.APPROVED, "begin", S.READY),
    (S.READY, "take", S.OUT),
    (S.OUT, "fall_due", S.OVERDUE),
    (S.OVERDUE, "stay_out", S.OVERDUE_HARD),
    (S.OVERDUE_HARD, "stay_out", S.ESCALATED),
    *((state, "return", S.RETURNED) for state in (*_HELD, S.LOST)),
    *((state, "hand_over", S.CLOSED) for state in _HELD),
    *((state, "claim", S.CLAIMED_RETURNED) for state in (S.OUT, *_LATE)),
    (S.CLAIMED_RETURNED, "withdraw_claim", S.OUT),
    *((state, "lose", S.LOST) for state in _HELD),
    (S.LOST, "conclude", S.CLOSED),
    *((state, "check_short", S.DISCREPANCY) for state in (S.RETURNED, S.DISCREPANCY, S.CHECKED, S.REPAIR)),
    *((state, "check_complete", S.CHECKED) for state in (S.RETURNED, S.DISCREPANCY, S.CHECKED, S.REPAIR)),
    (S.CHECKED, "damaged", S.REPAIR),
    (S.REPAIR, "repaired", S.CHECKED),
    (S.CHECKED, "close", S.CLOSED),
)
"""(state, act, next state). Whatever a copy, a repair or an unexplained impression keeps open stays checked."""

STORED: dict[LendingState, LoanState] = {
    **dict.fromkeys((S.OUT, *_LATE), LoanState.OUT),
    S.CLAIMED_RETURNED: LoanState.CLAIMED_RETURNED,
    S.LOST: LoanState.LOST,
    **dict.fromkeys((S.RETURNED, S.CHECKED, S.REPAIR), LoanState.RETURNED),
    S.DISCREPANCY: LoanState.DISCREPANCY,
    S.CLOSED: LoanState.CLOSED,
}
"""What a loan's row says in each state of its life."""

OUT_STATES = (LoanState.OUT, LoanState.CLAIMED_RETURNED)
"""Not back as far as the record knows: whoever holds it answers for it, whatever they say (R18)."""

HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class LifeFacts:
    """What the state of a loan's life is worked out from; moments are µs."""

    state: LoanState
    due_us: int
    checked: bool = False
    in_repair: bool = False


def loan_life() -> tuple[tuple[LoanState, str, LoanState], ...]:
    """Give the part of the life that a loan's row goes through, each step once."""
    steps = ((STORED[s], act, STORED[t]) for s, act, t in LENDING_LIFE if s in STORED and t in STORED)
    return tuple(dict.fromkeys(step for step in steps if step[0] != step[2] or step[1].startswith("check_")))


def life_state(lending: Lending, hard_days: int, facts: LifeFacts, now_us: int) -> LendingState:
    """Say where in its life a loan is now."""
    if facts.state == LoanState.RETURNED:
        return S.REPAIR if facts.in_repair else S.CHECKED if facts.checked else S.RETURNED
    if facts.state != LoanState.OUT or now_us <= facts.due_us:
        return S(facts.state.value)
    late_us = now_us - facts.due_us
    if late_us > lending.ladder[-1].hours_late * HOUR_US:
        return S.ESCALATED
    return S.OVERDUE_HARD if late_us > hard_days * 24 * HOUR_US else S.OVERDUE


def rungs_reached(lending: Lending, due_us: int, now_us: int) -> tuple[Rung, ...]:
    """Give the rungs of the ladder that a loan due then has come to by now."""
    return tuple(rung for rung in lending.ladder if now_us - due_us > rung.hours_late * HOUR_US)
