"""Oversight as data: what is looked at in each check-up, how soon feedback is answered, who answers it."""

from collections.abc import Mapping
from dataclasses import dataclass

from server.domain.words import CheckKind, Role


@dataclass(frozen=True)
class Oversight:
    """What check-ups look at (R23, R24), and feedback (R63)."""

    checklists: Mapping[CheckKind, tuple[str, ...]]
    answer_days: int
    answered_by: frozenset[Role]
    """Who may assign feedback, and close what is assigned to nobody else."""


def oversight_gaps(rules: Oversight) -> list[str]:
    """Say what the section leaves open."""
    found = [
        f"oversight.checklists.{kind}: missing or empty; every check-up needs its points"
        for kind in CheckKind
        if not rules.checklists.get(kind)
    ]
    found += [
        f"oversight.checklists.{kind}: a point stands there twice"
        for kind, points in rules.checklists.items()
        if len(set(points)) < len(points)
    ]
    if rules.answer_days < 1:
        found.append("oversight.answer_days: must be at least 1")
    if not rules.answered_by:
        found.append("oversight.answered_by: empty; nobody could assign feedback")
    return found
