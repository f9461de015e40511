"""Claimed returned, and lost (R18): who may say so, and that neither ends but found or concluded.

Law 1: a claim changes no custody: whoever the record names answers until the item is seen or its loss recorded.
Law 2: what is lost is under an incident, and leaves it only by being found or by a recorded conclusion.
"""

from dataclasses import dataclass

from server.domain.loans import LOAN_LIFE
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import LoanState, SearchState

SEARCH_LIFE: tuple[tuple[SearchState, str, SearchState], ...] = (
    (SearchState.CLAIMED, "find", SearchState.FOUND),
    (SearchState.CLAIMED, "withdraw_claim", SearchState.WITHDRAWN),
    (SearchState.CLAIMED, "lose", SearchState.LOST),
    (SearchState.LOST, "find", SearchState.FOUND),
    (SearchState.LOST, "conclude", SearchState.CONCLUDED),
)
"""(state, act, next state) of a search; what is not here cannot be done."""
_NEXT = {(state, act): after for state, act, after in SEARCH_LIFE}


@dataclass(frozen=True, slots=True)
class SearchFacts:
    """Somebody says something about a lent item; `act` is a step of the loan's life."""

    by: PersonFacts
    borrower_id: int
    state: LoanState
    act: str
    conclusion: str = ""


def judge_search(policy: Policy, facts: SearchFacts) -> Lawful | Refused:
    """Say whether this person may claim, withdraw the claim, record the loss or conclude."""
    found: list[Reason] = []
    if not any(state == facts.state and act == facts.act for state, act, _ in LOAN_LIFE):
        found.append(reason(Code.LOAN_NOT_OUT, state=facts.state))
    if not facts.by.active:
        found.append(reason(Code.PERSON_INACTIVE))
    lending, post = policy.lending, facts.by.role
    if facts.act == "lose" and post not in lending.lost_declared_by:
        found.append(reason(Code.LOST_DECLARED_BY, roles=",".join(sorted(lending.lost_declared_by))))
    if facts.act == "conclude" and post not in lending.concluded_by:
        found.append(reason(Code.SEARCH_CONCLUDED_BY, roles=",".join(sorted(lending.concluded_by))))
    is_claim = facts.act in ("claim", "withdraw_claim")
    if is_claim and facts.by.id != facts.borrower_id and post not in policy.returns.checked_by:
        found.append(reason(Code.NOT_YOUR_LOAN))
    if not is_claim and not facts.conclusion.strip():
        found.append(reason(Code.CONCLUSION_MISSING))
    return answer(found)


def judge_find(policy: Policy, by: PersonFacts, state: SearchState) -> Lawful | Refused:
    """Say whether this person may record that an item searched for was found."""
    found: list[Reason] = []
    if (state, "find") not in _NEXT:
        found.append(reason(Code.SEARCH_NOT_OPEN, state=state))
    if by.role not in policy.returns.checked_by or not by.active:
        found.append(reason(Code.CHECKED_BY, roles=",".join(sorted(policy.returns.checked_by))))
    return answer(found)


def next_state(state: SearchState, act: str) -> SearchState:
    """Read the table; `KeyError` when the act cannot be done in this state."""
    return _NEXT[(state, act)]
