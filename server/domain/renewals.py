"""Renewing a loan (R05 R08): asked for by who asked first, decided by the same posts, never past a firm limit."""

from dataclasses import dataclass

from server.domain.custody import ItemFacts
from server.domain.loans import due_moment
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import Mode


@dataclass(frozen=True, slots=True)
class OutFacts:
    """One item of the request that is out: since when, due when; `waited_for` by somebody in its queue."""

    item: ItemFacts
    taken_us: int
    due_us: int
    waited_for: bool = False


@dataclass(frozen=True, slots=True)
class RenewalFacts:
    """`by` asks that what is out of a request in this mode be due later; `before` is how often that was granted."""

    by_id: int
    applicant_id: int
    filer_id: int
    mode: Mode
    out: tuple[OutFacts, ...]
    due_us: int
    before: int
    now_us: int
    zone: str

    @property
    def items(self) -> tuple[ItemFacts, ...]:
        """Give what is to be kept longer."""
        return tuple(out.item for out in self.out)


def judge_renewal(policy: Policy, facts: RenewalFacts) -> Lawful | Refused:
    """Say whether a renewal may be asked for."""
    found = []
    if facts.by_id not in (facts.applicant_id, facts.filer_id):
        found.append(reason(Code.RENEWAL_NOT_YOURS))
    return answer(found + renewal_reasons(policy, facts))


def renewal_reasons(policy: Policy, facts: RenewalFacts) -> list[Reason]:
    """Say why the loans cannot be due later; judged when it is asked for and again when it is granted."""
    rules, found = policy.requests.renewals, []
    if not facts.out:
        found.append(reason(Code.RENEWAL_NOTHING_OUT))
    if facts.before >= rules.most:
        found.append(reason(Code.RENEWAL_TOO_OFTEN, most=str(rules.most)))
    for out in facts.out:
        if facts.now_us > out.due_us and not rules.when_overdue:
            found.append(reason(Code.RENEWAL_OVERDUE, out.item.code))
        if out.waited_for:
            found.append(reason(Code.RENEWAL_HELD, out.item.code))
        due_us, rule = renewed_due(policy, facts, out)
        if due_us <= max(out.due_us, facts.now_us):
            found.append(reason(Code.RENEWAL_NO_LONGER, out.item.code, rule=rule if rule.startswith("R") else ""))
    return found


def renewed_due(policy: Policy, facts: RenewalFacts, out: OutFacts) -> tuple[int, str]:
    """Find the due moment (µs) after renewal and the rule it comes from: firm limits stand."""
    return due_moment(policy, out.item.secrecy, facts.mode, out.taken_us, facts.due_us, facts.zone)
