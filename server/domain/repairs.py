"""Damage and its mending (R16): reported with what is wrong, open until closed, and nothing is used meanwhile."""

from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Refused, answer

DAY_US = 86_400_000_000


def judge_report(damage: str) -> Lawful | Refused:
    """Ask for a description of the damage."""
    return answer([] if damage.strip() else [reason(Code.DAMAGE_MISSING)])


def judge_close(is_open: bool, outcome: str) -> Lawful | Refused:
    """Say whether a repair may be closed: it is open, and what was done is written down."""
    found = [] if is_open else [reason(Code.REPAIR_NOT_OPEN)]
    if not outcome.strip():
        found.append(reason(Code.CONCLUSION_MISSING))
    return answer(found)


def is_overdue(due_us: int, closed_us: int | None, now_us: int) -> bool:
    """Say whether a repair has taken longer than the sheet allows."""
    return closed_us is None and now_us > due_us
