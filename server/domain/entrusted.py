"""What customers entrusted (R19), and what else limits an item's use beside its secrecy: a repair, a retired seal.

Law 1: an item is used for what its customer's mandate says and until then, or not at all.
"""

from dataclasses import dataclass

from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import CustodyState, Mode


@dataclass(frozen=True, slots=True)
class Mandate:
    """What a customer lets us do with what they entrusted: in which modes, until when (µs)."""

    customer: str
    modes: tuple[Mode, ...]
    until_us: int


@dataclass(frozen=True, slots=True)
class Limit:
    """What limits the use of one item just now."""

    item: str
    mandate: Mandate | None = None
    in_repair: bool = False
    retired: bool = False


def limit_reasons(limits: tuple[Limit, ...], mode: Mode, until_us: int) -> list[Reason]:
    """Say why items may not be used in this mode until then: mandate (R19), repair (R16), retired seal (R17)."""
    found: list[Reason] = []
    for limit in limits:
        mandate = limit.mandate
        if limit.in_repair and mode != Mode.DUTY:
            found.append(reason(Code.IN_REPAIR, limit.item))
        if limit.retired and mode != Mode.DUTY:
            found.append(reason(Code.SEAL_OUT_OF_USE, limit.item))
        if mandate is not None and mode not in (*mandate.modes, Mode.DUTY):
            found.append(reason(Code.MANDATE_MODE, limit.item, customer=mandate.customer, mode=mode))
        if mandate is not None and until_us > mandate.until_us and mode != Mode.DUTY:
            found.append(reason(Code.MANDATE_OVER, limit.item, customer=mandate.customer))
    return found


def judge_receipt(
    policy: Policy, by: PersonFacts, item: str, is_held: bool, mandate: str, modes: tuple[Mode, ...]
) -> Lawful | Refused:
    """Say whether something may be taken in for a customer: with a mandate, and only once."""
    found = _posts(policy, by)
    if not mandate.strip() or not modes:
        found.append(reason(Code.MANDATE_MISSING))
    if is_held:
        found.append(reason(Code.ENTRUSTED_ALREADY, item))
    return answer(found)


def judge_hand_back(
    policy: Policy, by: PersonFacts, item: str, is_held: bool, custody: CustodyState
) -> Lawful | Refused:
    """Say whether it may be handed back to its customer: while we hold it, out of its place."""
    found = _posts(policy, by)
    if not is_held:
        found.append(reason(Code.NOT_ENTRUSTED, item))
    if custody != CustodyState.PLACE:
        found.append(reason(Code.ENTRUSTED_OUT, item))
    return answer(found)


def receipt_number(prefix: str, year: int, n: int) -> str:
    """Give a receipt's number: what it is for, the year, and the running number in it."""
    return f"{prefix}{year}-{n:04}"


def _posts(policy: Policy, by: PersonFacts) -> list[Reason]:
    posts = policy.lending.entrusted.by
    return [] if by.role in posts and by.active else [reason(Code.ENTRUSTED_BY, roles=",".join(sorted(posts)))]
