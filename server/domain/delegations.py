"""Delegation (R10): somebody lets another approve in their stead, within a scope and a time, never further on.

Nobody gives more than they have: a giver whose own rights are narrowed (R40) lends them as narrow as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.domain.approval_steps import NO_MARK, ItemMark
from server.domain.custody import ItemFacts
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.scopes import EVERYTHING, outside, thing_of
from server.domain.scopes import Scope as Rights
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import Mode, Secrecy


@dataclass(frozen=True, slots=True)
class Scope:
    """What a delegation covers; None means all of that kind. Departments are the applicants'."""

    modes: frozenset[Mode] | None = None
    secrecy: frozenset[Secrecy] | None = None
    departments: frozenset[str] | None = None
    categories: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class DelegationFacts:
    """One delegation as written; `giver` and what their `rights` reach as they are now, moments are µs."""

    id: int
    giver: PersonFacts
    to_id: int
    from_us: int
    until_us: int
    revoked_us: int | None = None
    scope: Scope = Scope()
    rights: Rights = EVERYTHING


class Asked(Protocol):
    """The part of a request that a scope speaks of."""

    @property
    def applicant(self) -> PersonFacts: ...
    @property
    def items(self) -> tuple[ItemFacts, ...]: ...
    @property
    def mode(self) -> Mode: ...
    @property
    def marks(self) -> Mapping[str, ItemMark]: ...


def scope_of(words: Mapping[str, Sequence[str]]) -> Scope:
    """Make a scope from plain lists; `ValueError` names a key or a word that is not known."""
    unknown = set(words) - {"modes", "secrecy", "departments", "categories"}
    if unknown:
        known = "modes, secrecy, departments, categories"
        raise ValueError(f"a delegation's scope has no {', '.join(sorted(unknown))}: use {known}")
    return Scope(
        modes=frozenset(map(Mode, words["modes"])) if "modes" in words else None,
        secrecy=frozenset(map(Secrecy, words["secrecy"])) if "secrecy" in words else None,
        departments=frozenset(words["departments"]) if "departments" in words else None,
        categories=frozenset(words["categories"]) if "categories" in words else None,
    )


def judge_delegation(
    policy: Policy, facts: DelegationFacts, to: PersonFacts, by_id: int, now_us: int
) -> Lawful | Refused:
    """Say whether `by_id` may write this delegation."""
    found = _person_reasons(policy, facts.giver, to)
    if by_id != facts.giver.id:
        found.append(reason(Code.DELEGATION_NOT_YOURS))
    if facts.until_us <= facts.from_us:
        found.append(reason(Code.WINDOW_EMPTY))
    elif facts.until_us <= now_us:
        found.append(reason(Code.DELEGATION_OVER))
    return answer(found)


def in_force(facts: DelegationFacts, now_us: int) -> bool:
    """Say whether a delegation has begun and is neither over nor revoked."""
    ends_us = facts.until_us if facts.revoked_us is None else min(facts.until_us, facts.revoked_us)
    return facts.from_us <= now_us < ends_us


def usable(policy: Policy, facts: DelegationFacts, delegate: PersonFacts, now_us: int) -> bool:
    """Say whether a delegation gives anything at all just now: it is in force, and both are still who they must be."""
    return in_force(facts, now_us) and facts.to_id == delegate.id and not _person_reasons(policy, facts.giver, delegate)


def void_reasons(
    policy: Policy, facts: DelegationFacts, delegate: PersonFacts, now_us: int, asked: Asked
) -> list[Reason]:
    """Say why a delegation does not carry this decision now; judged anew each time it is used."""
    found = _person_reasons(policy, facts.giver, delegate)
    if delegate.id != facts.to_id:
        found.append(reason(Code.DELEGATION_TO_ANOTHER))
    if now_us < facts.from_us:
        found.append(reason(Code.DELEGATION_NOT_BEGUN))
    if now_us >= facts.until_us:
        found.append(reason(Code.DELEGATION_OVER))
    if facts.revoked_us is not None and now_us >= facts.revoked_us:
        found.append(reason(Code.DELEGATION_REVOKED))
    if not covers(facts.scope, asked):
        found.append(reason(Code.DELEGATION_SCOPE))
    for item in asked.items:
        found += outside(facts.rights, thing_of(item, _category(asked, item)), item.code)
    return found


def covers(scope: Scope, asked: Asked) -> bool:
    """Say whether the whole of what is asked lies inside the scope."""
    return (
        (scope.modes is None or asked.mode in scope.modes)
        and (scope.secrecy is None or all(item.secrecy in scope.secrecy for item in asked.items))
        and (scope.departments is None or asked.applicant.department in scope.departments)
        and (scope.categories is None or all(_category(asked, item) in scope.categories for item in asked.items))
    )


def _category(asked: Asked, item: ItemFacts) -> str:
    return asked.marks.get(item.code, NO_MARK).category


def _person_reasons(policy: Policy, giver: PersonFacts, to: PersonFacts) -> list[Reason]:
    found = [reason(Code.PERSON_INACTIVE) for person in (giver, to) if not person.active]
    if giver.id == to.id:
        found.append(reason(Code.DELEGATION_TO_ONESELF))
    if giver.role not in policy.approver_roles:
        found.append(reason(Code.DELEGATION_GIVES_NOTHING))
    allowed = policy.delegates.get(giver.role)
    if allowed is not None and to.role not in allowed:
        found.append(reason(Code.DELEGATE_POST, roles=",".join(sorted(allowed))))
    return found
