"""The queue for an item that is out (R01): first come, first told; kept for that person for a time once it is back."""

from dataclasses import dataclass

from server.domain.custody import ItemFacts
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Refused, answer
from server.domain.words import CustodyState, Mode

HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """Somebody wants to wait for an item; `is_back`: in its place and checked; `waits`: in its queue already."""

    item: ItemFacts
    person: PersonFacts
    is_back: bool
    waits: bool = False


def judge_hold(policy: Policy, facts: HoldFacts) -> Lawful | Refused:
    """Say whether this person may wait for this item."""
    item, found = facts.item, []
    if not facts.person.active:
        found.append(reason(Code.PERSON_INACTIVE))
    if facts.is_back:
        found.append(reason(Code.HOLD_NOT_OUT, item.code))
    if facts.waits:
        found.append(reason(Code.HOLD_TWICE, item.code))
    if item.custody.state == CustodyState.HELD and item.custody.person_id == facts.person.id:
        found.append(reason(Code.HOLD_IS_YOURS, item.code))
    ways = [policy.mode_reasons(item.kind, item.secrecy, mode, item.code) for mode in set(Mode) - {Mode.DUTY}]
    if all(ways):
        found += policy.mode_reasons(item.kind, item.secrecy, Mode.READING, item.code)
    return answer(found)


def kept_until(policy: Policy, told_us: int) -> int:
    """Give the moment (µs) until which an item is kept for who was told at `told_us`."""
    return told_us + policy.requests.holds.keep_hours * HOUR_US
