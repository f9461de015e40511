"""Copies (R12, R13): registered one by one under an approval, back and checked before the original's record closes."""

from dataclasses import dataclass

from server.domain.custody import ItemFacts
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import LoanState, Mode, RequestState, Secrecy


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """Somebody registers copies of an item; `approved` is the request they were made under, None for a standing copy.

    `loan` is the state of the loan of the original under that request, None when it was never taken.
    """

    by: PersonFacts
    original: ItemFacts
    pages: str
    purpose: str
    standing: bool
    mode: Mode | None = None
    state: RequestState | None = None
    names_original: bool = False
    loan: LoanState | None = None


def judge_copies(policy: Policy, facts: CopyFacts) -> Lawful | Refused:
    """Say whether copies may be registered, with every reason against it."""
    rules = policy.lending.copies
    code = facts.original.code
    found: list[Reason] = []
    if facts.by.role not in rules.registered_by or not facts.by.active:
        found.append(reason(Code.COPY_REGISTERED_BY, roles=",".join(sorted(rules.registered_by))))
    if not facts.pages.strip():
        found.append(reason(Code.COPY_PAGES_MISSING))
    if not facts.purpose.strip():
        found.append(reason(Code.PURPOSE_MISSING))
    if facts.standing and not rules.standing:
        found.append(reason(Code.STANDING_COPY_NOT_KEPT))
    if Mode.PHOTOCOPY not in policy.secrecy[facts.original.secrecy].modes:
        found.append(reason(Code.COPY_OF_SECRET, code, secrecy=facts.original.secrecy))
    approved = facts.mode == Mode.PHOTOCOPY and facts.state == RequestState.APPROVED and facts.names_original
    if not approved and (not facts.standing or facts.original.secrecy != Secrecy.ORDINARY):
        found.append(reason(Code.COPY_NOT_APPROVED, code))
    if facts.loan == LoanState.CLOSED:
        found.append(reason(Code.COPY_RECORD_CLOSED, code))
    return answer(found)


def judge_copy_back(policy: Policy, by: PersonFacts, copy: str, state: LoanState | None) -> Lawful | Refused:
    """Say whether a copy may be taken back over the desk: it is out, and an archivist takes it."""
    found: list[Reason] = []
    if by.role not in policy.returns.checked_by or not by.active:
        found.append(reason(Code.CHECKED_BY, roles=",".join(sorted(policy.returns.checked_by))))
    if state not in (LoanState.OUT, LoanState.CLAIMED_RETURNED):
        found.append(reason(Code.COPY_NOT_OUT, copy))
    return answer(found)


def keeps_open(original: str, copies_open: int, repairs_open: int) -> tuple[Reason, ...]:
    """Say what keeps a checked loan open: copies not back and checked (R12), repairs not done (R16)."""
    found = [reason(Code.COPIES_OUT, original, count=str(copies_open))] if copies_open else []
    return (*found, in_repair(original)) if repairs_open else tuple(found)


def in_repair(item: str) -> Reason:
    """Say that an item waits to be repaired."""
    return reason(Code.IN_REPAIR, item)


def copy_number(original: str, n: int) -> str:
    """Give a copy's own number: its original's, and which copy it is."""
    return f"{original}/C{n}"
