"""To what a person's rights are narrowed (R40): by department, category, secrecy and cabinet, and for how long (R61).

Law 1: nothing said narrows nothing; a respect that is narrowed lets through only what is named.
Law 2: what a thing does not have (an alarm has no category) does not keep it out.
Law 3: lists are narrowed by the same table (`limits`) that `outside` judges one thing by.
"""

from dataclasses import dataclass
from typing import Final

from server.domain.custody import ItemFacts
from server.domain.people import PersonFacts
from server.domain.policy_people import PeopleRules
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import Role

DAY_US: Final = 86_400_000_000
Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Thing:
    """What a right is asked for; None where it has no such respect. The cabinet is the one it belongs in."""

    department: str | None = None
    category: str | None = None
    secrecy: str | None = None
    cabinet: str | None = None


def thing_of(item: ItemFacts, category: str | None) -> Thing:
    """Say as what an item stands before rights."""
    return Thing(item.department, category, item.secrecy, item.home[0] if item.home else None)


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody's rights reach; None does not narrow."""

    department: Names | None = None
    category: Names | None = None
    secrecy: Names | None = None
    cabinet: Names | None = None
    from_us: int = 0
    until_us: int | None = None

    @property
    def limits(self) -> tuple[tuple[str, Names], ...]:
        """Give each respect that is narrowed with what it lets through."""
        found = (("department", self.department), ("category", self.category))
        rest = (("secrecy", self.secrecy), ("cabinet", self.cabinet))
        return tuple((name, allowed) for name, allowed in (*found, *rest) if allowed is not None)


EVERYTHING: Final = Scope()


def outside(scope: Scope, thing: Thing, item: str = "") -> list[Reason]:
    """Say in which respects a thing is outside somebody's rights: [] when it is within."""
    return [
        reason(Code.OUTSIDE_SCOPE, item, limit=name)
        for name, allowed in scope.limits
        if (value := getattr(thing, name)) is not None and value not in allowed
    ]


AUDITORS: Final = frozenset({Role.INTERNAL_AUDITOR, Role.GUEST_AUDITOR})


def entry_reasons(role: Role, scope: Scope, now_us: int, whole: bool = False, changes: bool = False) -> list[Reason]:
    """Say why somebody's access does not stand now: not begun, over, a guest's without an end and a scope, an auditor's
    that would change something (R61), or narrowed although what is asked for can only be shown `whole` (R40).
    """
    if changes and role in AUDITORS:
        return [reason(Code.AUDITORS_READ)]
    if whole and scope.limits:
        return [reason(Code.NARROWED)]
    if role == Role.GUEST_AUDITOR and (scope.until_us is None or not scope.limits):
        return [reason(Code.GUEST_UNLIMITED)]
    if now_us < scope.from_us:
        return [reason(Code.ACCESS_NOT_BEGUN)]
    return [reason(Code.ACCESS_OVER)] if scope.until_us is not None and now_us >= scope.until_us else []


def judge_scope(rules: PeopleRules, person: PersonFacts, by_id: int, scope: Scope, now_us: int) -> Lawful | Refused:
    """Say whether these limits may be set on a person: never by themselves, and a guest's end soon (R61)."""
    found = [reason(Code.OWN_RIGHTS)] if person.id == by_id else []
    if person.role == Role.GUEST_AUDITOR:
        if scope.until_us is None or not scope.limits:
            found.append(reason(Code.GUEST_UNLIMITED))
        elif scope.until_us - max(scope.from_us, now_us) > rules.guest_days * DAY_US:
            found.append(reason(Code.GUEST_TOO_LONG, days=str(rules.guest_days)))
    if scope.until_us is not None and scope.until_us <= max(scope.from_us, now_us):
        found.append(reason(Code.WINDOW_EMPTY))
    return answer(found)
