"""Clearing a leaver (R43): what still ties somebody to the company's records, and who may become what (R40 R41)."""

from dataclasses import dataclass

from server.domain.people import PersonFacts
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import Role

ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})


@dataclass(frozen=True, slots=True)
class Ties:
    """What somebody still owes: items by code, the rest by number; `unsettled` are returns not closed."""

    held: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    requests: tuple[int, ...] = ()
    entitled: tuple[str, ...] = ()
    delegations: tuple[int, ...] = ()
    key_cabinets: tuple[str, ...] = ()


def tie_reasons(ties: Ties) -> list[Reason]:
    """Say everything that stands against clearing somebody."""
    return [
        *(reason(Code.STILL_HOLDS, item) for item in ties.held),
        *(reason(Code.STILL_ANSWERS_FOR, item) for item in ties.unsettled),
        *(reason(Code.STILL_HAS_COPY, item) for item in ties.copies),
        *(reason(Code.STILL_REQUESTS, number=str(number)) for number in ties.requests),
        *(reason(Code.STILL_ENTITLED, item) for item in ties.entitled),
        *(reason(Code.STILL_DELEGATES, number=str(number)) for number in ties.delegations),
        *(reason(Code.STILL_HAS_KEYS, cabinet=cabinet) for cabinet in ties.key_cabinets),
    ]


def judge_clearance(person: PersonFacts, by_id: int, ties: Ties) -> Lawful | Refused:
    """Say whether a leaver may be cleared: by another, and owing nothing."""
    own = [reason(Code.OWN_RIGHTS)] if person.id == by_id else []
    return answer([*own, *tie_reasons(ties)])


def judge_change(
    person: PersonFacts, by_id: int, role: Role, department: str, active: bool, ties: Ties
) -> Lawful | Refused:
    """Say whether somebody's post may be changed: by another, and between administrator and any other post only when
    they owe nothing, so that no business act is left in an administrator's hands.
    """
    found = [reason(Code.OWN_RIGHTS)] if person.id == by_id else []
    if (person.role, person.department, person.active) == (role, department, active):
        found.append(reason(Code.POST_IS_THE_SAME))
    if role != person.role and {role, person.role} & ADMINISTRATORS and (owed := tie_reasons(ties)):
        found += [reason(Code.POST_NEEDS_CLEARANCE, role=person.role, to=role), *owed]
    return answer(found)
