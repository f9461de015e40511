"""Handing an item on to another person (R14): a recorded transfer that needs the receiver's own authority."""

from dataclasses import dataclass

from server.domain.authorities import LineFacts, line_reasons
from server.domain.custody import ItemFacts
from server.domain.loans import OWN
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer


@dataclass(frozen=True, slots=True)
class HandoverFacts:
    """`giver` hands `items` to `receiver`; `lines` are all the receiver's lines for them, `by` records it."""

    by: PersonFacts
    giver_id: int
    receiver: PersonFacts
    items: tuple[ItemFacts, ...]
    lines: tuple[LineFacts, ...]
    now_us: int
    witness_id: int | None = None


def judge_handover(policy: Policy, facts: HandoverFacts) -> Lawful | Refused:
    """Say whether the items may be handed on; `basis` are the ids of the lines it consumes, in the items' order."""
    found = _people_reasons(policy, facts)
    basis: list[int] = []
    if not facts.items:
        found.append(reason(Code.ITEMS_MISSING))
    for item in facts.items:
        if item.custody.person_id != facts.giver_id:
            found.append(reason(Code.HANDOVER_NOT_HOLDER, item.code))
        if item.kind in policy.handovers.witness_kinds and facts.witness_id is None:
            found.append(reason(Code.HANDOVER_WITNESS, item.code))
        line, against = _line_for(policy, facts, item)
        if line is None:
            found += [reason(Code.HANDOVER_NEEDS_AUTHORITY, item.code), *against]
        else:
            basis.append(line.id)
    return answer(found, tuple(basis))


def passed_on_due(policy: Policy, given_due_us: int, given_rule: str, own_due_us: int | None) -> tuple[int, str]:
    """Find when what is passed on is due (µs), and by which rule: as before, unless the transfer's approval says else.

    A firm limit stands: passing an item on and on makes it due no later.
    """
    firm = {row.rule for row in policy.due if not row.replaceable}
    if own_due_us is None or (given_rule in firm and given_due_us <= own_due_us):
        return given_due_us, given_rule
    return own_due_us, OWN


def _people_reasons(policy: Policy, facts: HandoverFacts) -> list[Reason]:
    found = [] if facts.receiver.active else [reason(Code.PERSON_INACTIVE)]
    if facts.receiver.id == facts.giver_id:
        found.append(reason(Code.HANDOVER_TO_ONESELF))
    if facts.by.id != facts.giver_id and facts.by.role not in policy.handovers.recorded_by:
        found.append(reason(Code.HANDOVER_RECORDED_BY, roles=",".join(sorted(policy.handovers.recorded_by))))
    if facts.witness_id is not None and facts.witness_id in (facts.giver_id, facts.receiver.id):
        found.append(reason(Code.HANDOVER_WITNESS_PARTY))
    return found


def _line_for(policy: Policy, facts: HandoverFacts, item: ItemFacts) -> tuple[LineFacts | None, list[Reason]]:
    """Find the receiver's line in force for this item, the first to lapse; else why none is."""
    against: list[Reason] = []
    for line in sorted(facts.lines, key=lambda line: (line.until_us, line.id)):
        if line.item.id == item.id:
            found = line_reasons(policy, line, facts.receiver.id, facts.now_us, by_hand=True)
            if not found:
                return line, []
            against += found
    return None, against
