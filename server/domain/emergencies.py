"""The emergency act (R02): two persons present take what must be saved, at once; approved afterwards, flagged for ever.

Whoever could have approved the items' ordinary use approves afterwards; where no one post could have, the posts the
sheet names for it. The two of the act decide nothing about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.domain.approval_steps import ItemMark, posts_of, steps_of
from server.domain.approvals import RequestFacts, purpose_reasons
from server.domain.custody import ItemFacts
from server.domain.delegations import DelegationFacts, void_reasons
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import Mode, Role

MINUTE_US = 60_000_000
ORDINARY_USE = (Mode.LOAN, Mode.SEAL_USE, Mode.READING)
"""The modes in which an item would have been asked for; the first that it may be used in."""


@dataclass(frozen=True, slots=True)
class EmergencyFacts:
    """`by` and `other` take these items without approval; `proof` is how the other showed to be there, "" if not."""

    by: PersonFacts
    other: PersonFacts
    items: tuple[ItemFacts, ...]
    purpose: str
    proof: str
    now_us: int
    marks: Mapping[str, ItemMark] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AfterwardsFacts:
    """Somebody says something to an emergency afterwards; `delegations` are all those made to them."""

    emergency: EmergencyFacts
    approver: PersonFacts
    now_us: int
    is_decided: bool = False
    delegations: tuple[DelegationFacts, ...] = ()

    @property
    def items(self) -> tuple[ItemFacts, ...]:
        """Give what was taken."""
        return self.emergency.items


def judge_emergency(policy: Policy, facts: EmergencyFacts) -> Lawful | Refused:
    """Say whether two persons may take these items by an emergency act."""
    rules, found = policy.requests.emergencies, purpose_reasons(facts.purpose, facts.items)
    found += [reason(Code.PERSON_INACTIVE) for person in (facts.by, facts.other) if not person.active]
    if facts.other.id == facts.by.id:
        found.append(reason(Code.EMERGENCY_ALONE))
    elif facts.proof not in rules.proofs:
        found.append(reason(Code.EMERGENCY_UNPROVEN))
    if not {facts.by.role, facts.other.role} <= rules.by:
        found.append(reason(Code.EMERGENCY_POST, roles=",".join(sorted(rules.by))))
    found += [r for i in facts.items for r in policy.mode_reasons(i.kind, i.secrecy, Mode.DUTY, i.code)]
    return answer(found)


def window(policy: Policy, now_us: int) -> tuple[int, int]:
    """Give until when (µs) the emergency entitles, and by when it is to be approved."""
    rules = policy.requests.emergencies
    return now_us + rules.minutes * MINUTE_US, now_us + rules.approve_within_hours * 60 * MINUTE_US


def judge_afterwards(policy: Policy, facts: AfterwardsFacts) -> Lawful | Refused:
    """Say whether this person may approve or disapprove afterwards; `basis` is the delegation it rests on, if any."""
    emergency, found = facts.emergency, []
    if facts.is_decided:
        found.append(reason(Code.EMERGENCY_DECIDED))
    if not facts.approver.active:
        found.append(reason(Code.PERSON_INACTIVE))
    if facts.approver.id in (emergency.by.id, emergency.other.id):
        found.append(reason(Code.EMERGENCY_OWN))
    missing = _missing(policy, emergency, facts.approver)
    if not missing:
        return answer(found)
    void: list[Reason] = []
    uses = ordinary_uses(policy, emergency)
    for delegation in facts.delegations:
        each = (void_reasons(policy, delegation, facts.approver, facts.now_us, asked) for asked in uses)
        against = list(dict.fromkeys(found for reasons in each for found in reasons))
        if delegation.giver.id in (emergency.by.id, emergency.other.id):
            against.append(reason(Code.OWN_REQUEST_BY_DELEGATE))
        if _missing(policy, emergency, delegation.giver):
            against.append(reason(Code.DELEGATION_GIVES_NOTHING))
        if not against:
            return answer(found, (delegation.id,))
        void += against
    return answer([*found, *missing, *void])


def ordinary_uses(policy: Policy, facts: EmergencyFacts) -> list[RequestFacts]:
    """Give the requests that would have been made for these items; those nobody could make come last, as duty."""
    by_mode: dict[Mode, list[ItemFacts]] = {}
    for item in facts.items:
        fits = (mode for mode in ORDINARY_USE if not policy.mode_reasons(item.kind, item.secrecy, mode))
        by_mode.setdefault(next(fits, Mode.DUTY), []).append(item)
    now = facts.now_us
    return [
        RequestFacts(facts.by, facts.other, tuple(items), mode, facts.purpose, now, now, now, marks=facts.marks)
        for mode, items in sorted(by_mode.items(), key=lambda entry: entry[0] == Mode.DUTY)
    ]


def posts_afterwards(policy: Policy, facts: EmergencyFacts) -> frozenset[Role]:
    """Give the posts that could have given the last word on every item; the sheet's where no one post could."""
    own = policy.requests.emergencies.approvers
    wanted = [
        own if asked.mode == Mode.DUTY else posts_of(policy, asked, steps_of(policy, asked) - 1)
        for asked in ordinary_uses(policy, facts)
    ]
    return frozenset.intersection(*wanted) or own


def _missing(policy: Policy, facts: EmergencyFacts, person: PersonFacts) -> list[Reason]:
    posts = posts_afterwards(policy, facts)
    return [] if person.role in posts else [reason(Code.EMERGENCY_POST_AFTERWARDS, roles=",".join(sorted(posts)))]
