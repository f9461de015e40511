"""Authority without a request (R02 R09): duty orders, and standing rules registered by the archivist."""

from dataclasses import dataclass

from server.domain.approvals import purpose_reasons, window_reasons
from server.domain.custody import ItemFacts
from server.domain.entrusted import Limit, limit_reasons
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Refused, answer
from server.domain.words import Mode


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


def judge_order(policy: Policy, facts: OrderFacts) -> Lawful | Refused:
    """Say whether the duty order may be given."""
    found = [reason(Code.PERSON_INACTIVE) for person in (facts.by, facts.person) if not person.active]
    if facts.by.role not in policy.orders.by:
        found.append(reason(Code.ORDER_GIVER, roles=",".join(sorted(policy.orders.by))))
    if facts.task not in policy.orders.tasks:
        found.append(reason(Code.ORDER_TASK, task=facts.task))
    found += purpose_reasons(facts.purpose, facts.items)
    found += [r for i in facts.items for r in policy.mode_reasons(i.kind, i.secrecy, Mode.DUTY, i.code)]
    return answer(found + window_reasons(facts.from_us, facts.until_us, facts.now_us, None))


def judge_registration(policy: Policy, facts: RegistrationFacts) -> Lawful | Refused:
    """Say whether this person may borrow these items straight, and this one may register it."""
    rule = policy.registration
    found = [reason(Code.PERSON_INACTIVE) for person in (facts.by, facts.person) if not person.active]
    if facts.by.role not in rule.by:
        found.append(reason(Code.REGISTERED_BY, roles=",".join(sorted(rule.by))))
    if facts.person.role not in rule.posts:
        found.append(reason(Code.REGISTERED_POST, roles=",".join(sorted(rule.posts))))
    if facts.mode not in rule.modes:
        found.append(reason(Code.REGISTERED_MODE, mode=facts.mode))
    found += purpose_reasons(facts.purpose, facts.items)
    found += limit_reasons(facts.limits, facts.mode, facts.until_us)
    for item in facts.items:
        against = policy.mode_reasons(item.kind, item.secrecy, facts.mode, item.code)
        if not against and item.secrecy not in rule.secrecy:
            against = [reason(Code.REGISTERED_SECRECY, item.code, secrecy=item.secrecy)]
        found += against
    return answer(found + window_reasons(facts.from_us, facts.until_us, facts.now_us, facts.due_us))
