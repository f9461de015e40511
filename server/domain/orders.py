"""Authority without a request (R02 R09): duty orders, and standing rules registered by the archivist."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.domain.approval_steps import ItemMark
from server.domain.approvals import purpose_reasons, window_reasons
from server.domain.custody import ItemFacts, Place
from server.domain.entrusted import Limit, limit_reasons
from server.domain.fitness import FIT, Fitness, fitness_reasons
from server.domain.people import PersonFacts, role_reasons
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import Mode, Task


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """`by` orders `person` to do a task with items; `task` is a word of `Task`."""

    by: PersonFacts
    person: PersonFacts
    items: tuple[ItemFacts, ...]
    task: str
    purpose: str
    from_us: int
    until_us: int
    now_us: int
    to: Place | None = None
    """Where the items belong from now on."""
    fitness: Fitness = FIT
    marks: Mapping[str, ItemMark] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RegistrationFacts:
    """`by` registers that `person` may borrow items straight."""

    by: PersonFacts
    person: PersonFacts
    items: tuple[ItemFacts, ...]
    mode: Mode
    purpose: str
    from_us: int
    until_us: int
    now_us: int
    due_us: int | None = None
    limits: tuple[Limit, ...] = ()
    fitness: Fitness = FIT
    marks: Mapping[str, ItemMark] = field(default_factory=dict)


def judge_order(policy: Policy, facts: OrderFacts) -> Lawful | Refused:
    """Say whether the duty order may be given; that of a destruction comes from its list alone (R52 R54)."""
    found = [reason(Code.PERSON_INACTIVE) for person in (facts.by, facts.person) if not person.active]
    if facts.by.role not in policy.orders.by:
        found.append(reason(Code.ORDER_GIVER, roles=",".join(sorted(policy.orders.by))))
        found += role_reasons(facts.by.role, policy.orders.by)
    if facts.task not in policy.orders.tasks:
        found.append(reason(Code.ORDER_TASK, task=facts.task))
    if facts.to is not None and facts.task != Task.MOVE:
        found.append(reason(Code.ORDER_PLACE))
    if facts.task == Task.DESTRUCTION:
        found += [reason(Code.DESTRUCTION_NEEDS_LIST), reason(Code.DESTRUCTION_OUTSIDE)]
    found += purpose_reasons(facts.purpose, facts.items) + _fitness(policy, facts, Mode.DUTY)
    found += [r for i in facts.items for r in policy.mode_reasons(i.kind, i.secrecy, Mode.DUTY, i.code)]
    return answer(found + window_reasons(facts.from_us, facts.until_us, facts.now_us, None))


def judge_registration(policy: Policy, facts: RegistrationFacts) -> Lawful | Refused:
    """Say whether this person may borrow these items straight, and this one may register it."""
    rule = policy.registration
    found = [reason(Code.PERSON_INACTIVE) for person in (facts.by, facts.person) if not person.active]
    if facts.by.role not in rule.by:
        found.append(reason(Code.REGISTERED_BY, roles=",".join(sorted(rule.by))))
        found += role_reasons(facts.by.role, rule.by)
    if facts.person.role not in rule.posts:
        found.append(reason(Code.REGISTERED_POST, roles=",".join(sorted(rule.posts))))
    if facts.mode not in rule.modes:
        found.append(reason(Code.REGISTERED_MODE, mode=facts.mode))
    found += purpose_reasons(facts.purpose, facts.items) + _fitness(policy, facts, facts.mode)
    found += limit_reasons(facts.limits, facts.mode, facts.until_us)
    for item in facts.items:
        against = policy.mode_reasons(item.kind, item.secrecy, facts.mode, item.code)
        if not against and item.secrecy not in rule.secrecy:
            against = [reason(Code.REGISTERED_SECRECY, item.code, secrecy=item.secrecy)]
            against += policy.secrecy_reasons(item.secrecy, item.code)
        found += against
    return answer(found + window_reasons(facts.from_us, facts.until_us, facts.now_us, facts.due_us))


def _fitness(policy: Policy, facts: OrderFacts | RegistrationFacts, mode: Mode) -> list[Reason]:
    return fitness_reasons(policy, facts.person, facts.fitness, facts.items, mode, facts.now_us, facts.marks)
