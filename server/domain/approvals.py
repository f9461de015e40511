"""Requests and the decisions on them: who may ask for whom, in which mode, who may say yes (R01 R03 R06–R10 R17)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from server.domain import office
from server.domain.approval_steps import ItemMark, Said, common_reasons, post_reasons, posts_of, rows_of, steps_of
from server.domain.custody import ItemFacts
from server.domain.delegations import DelegationFacts, void_reasons
from server.domain.entrusted import Limit, limit_reasons
from server.domain.fitness import FIT, Fitness, fitness_reasons
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.policy_requests import FilingRule
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import LoanState, Mode, RequestState

REQUEST_LIFE: tuple[tuple[RequestState, str, RequestState], ...] = (
    (RequestState.FILED, "approve_step", RequestState.FILED),
    (RequestState.FILED, "approve", RequestState.APPROVED),
    (RequestState.FILED, "refuse", RequestState.REFUSED),
    (RequestState.FILED, "withdraw", RequestState.WITHDRAWN),
    (RequestState.APPROVED, "withdraw", RequestState.WITHDRAWN),
)
"""(state, act, next state); what is not here cannot be done. `expired` is computed."""

_NEXT = {(state, act): after for state, act, after in REQUEST_LIFE}
_GRAVEST_LOAN = tuple(
    LoanState(state) for state in ("lost", "discrepancy", "claimed_returned", "out", "returned", "closed")
)


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What somebody asks for; moments are µs, `applicant` is who will use the items."""

    applicant: PersonFacts
    filer: PersonFacts
    items: tuple[ItemFacts, ...]
    mode: Mode
    purpose: str
    from_us: int
    until_us: int
    now_us: int
    due_us: int | None = None
    documents: tuple[str, ...] = ()
    impressions: int = 0
    pages: str = ""
    recipient: str = ""
    outside: bool = False
    marks: Mapping[str, ItemMark] = field(default_factory=dict)
    """By the code of the item."""
    limits: tuple[Limit, ...] = ()
    fitness: Fitness = FIT
    """The applicant's, whoever files."""


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """Somebody says something to a request; `delegations` are all those made to them, void ones included.

    `decided` are the steps decided before; `kept` the codes of items that are kept for somebody who waited for them.
    """

    request: RequestFacts
    state: RequestState
    approver: PersonFacts
    now_us: int
    act: str = "approve"
    delegations: tuple[DelegationFacts, ...] = ()
    until_us: int | None = None
    due_us: int | None = None
    decided: tuple[Said, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def step(self) -> int:
        """The number of the step this decision is on."""
        return len(self.decided)


def window(policy: Policy, zone: str, now_us: int, from_us: int | None, until_us: int | None) -> tuple[int, int]:
    """Fill in the window of an authority: from now, until close of business of that day or of the next office day."""
    start = now_us if from_us is None else from_us
    return start, office.close_of_business(policy.office, start, zone) if until_us is None else until_us


def judge_request(policy: Policy, facts: RequestFacts) -> Lawful | Refused:
    """Say whether the request may be filed, with every reason against it."""
    found = [
        *_who_reasons(policy, facts),
        *purpose_reasons(facts.purpose, facts.items),
        *item_reasons(policy, facts.items, facts.mode),
        *window_reasons(facts.from_us, facts.until_us, facts.now_us, facts.due_us),
        *limit_reasons(facts.limits, facts.mode, facts.until_us),
        *common_reasons(policy, facts),
        *fitness_reasons(policy, facts.applicant, facts.fitness, facts.items, facts.mode, facts.now_us, facts.marks),
    ]
    if facts.mode == Mode.DUTY:
        found.append(reason(Code.DUTY_NEEDS_ORDER))
    needed = _NEEDED.get(facts.mode)
    return answer(found + needed(policy, facts) if needed else found)


def judge_decision(policy: Policy, facts: DecisionFacts) -> Lawful | Refused:
    """Say whether this person may approve or refuse; `basis` is the delegation it rests on, if on one."""
    found: list[Reason] = []
    request = facts.request
    if (facts.state, facts.act) not in _NEXT or facts.act not in ("approve", "refuse"):
        found.append(reason(Code.REQUEST_NOT_WAITING, state=facts.state))
    if not facts.approver.active:
        found.append(reason(Code.PERSON_INACTIVE))
    if facts.approver.id in (request.applicant.id, request.filer.id):
        found.append(reason(Code.OWN_REQUEST))
    if any(facts.approver.id in said.people for said in facts.decided):
        found.append(reason(Code.STEP_DECIDED_BEFORE))
    if facts.act == "approve":
        found += [reason(Code.KEPT_FOR_ANOTHER, code) for code in facts.kept]
        found += item_reasons(policy, request.items, request.mode)
        until = request.until_us if facts.until_us is None else facts.until_us
        found += window_reasons(request.from_us, until, facts.now_us, facts.due_us)
        found += limit_reasons(request.limits, request.mode, until)
    missing = post_reasons(policy, request, facts.step, facts.approver)
    basis: tuple[int, ...] = ()
    if missing and facts.delegations:
        basis, missing = _by_delegation(policy, facts, missing)
    return answer([*found, *missing], basis)


def judge_approval(policy: Policy, facts: DecisionFacts) -> Lawful | Refused:
    """Say whether this decision approves the request for good: it must be lawful and the last step."""
    said = judge_decision(policy, facts)
    if isinstance(said, Refused) or is_last(policy, facts):
        return said
    roles = ",".join(sorted(posts_of(policy, facts.request, facts.step + 1)))
    return Refused((reason(Code.STEPS_LEFT, roles=roles),))


def is_last(policy: Policy, facts: DecisionFacts) -> bool:
    """Say whether no step follows the one that is decided."""
    return facts.step + 1 >= steps_of(policy, facts.request)


def judge_withdrawal(state: RequestState, by_id: int, applicant_id: int, filer_id: int) -> Lawful | Refused:
    """Let the applicant or the filer take a request back while it still stands."""
    found = []
    if (state, "withdraw") not in _NEXT:
        found.append(reason(Code.REQUEST_NOT_WAITING, state=state))
    if by_id not in (applicant_id, filer_id):
        found += [reason(Code.NOT_YOUR_REQUEST), reason(Code.NOT_YOUR_REQUEST, rule="R40")]
    return answer(found)


def next_state(state: RequestState, act: str) -> RequestState:
    """Read the table; `KeyError` when the act cannot be done in this state."""
    return _NEXT[(state, act)]


def shown_state(state: RequestState, until_us: int, now_us: int, loans: tuple[LoanState, ...] = ()) -> str:
    """Say how a request stands for its reader: its gravest loan if any, else its own state, or expired."""
    for loan in _GRAVEST_LOAN:
        if loan in loans:
            return loan
    if state in (RequestState.FILED, RequestState.APPROVED) and now_us > until_us:
        return RequestState.EXPIRED
    return state


def purpose_reasons(purpose: str, items: tuple[ItemFacts, ...]) -> list[Reason]:
    """Ask for a purpose and for at least one item (R01)."""
    found = [] if purpose.strip() else [reason(Code.PURPOSE_MISSING)]
    return found if items else [*found, reason(Code.ITEMS_MISSING)]


def item_reasons(policy: Policy, items: tuple[ItemFacts, ...], mode: Mode) -> list[Reason]:
    """Say which items may not be used in this mode, by their kind (R03) and by their secrecy (R06–R08)."""
    return [r for item in items for r in policy.mode_reasons(item.kind, item.secrecy, mode, item.code)]


def window_reasons(from_us: int, until_us: int, now_us: int, due_us: int | None) -> list[Reason]:
    """Say what is wrong with a window of time and the due moment asked for."""
    found = []
    if until_us <= from_us:
        found.append(reason(Code.WINDOW_EMPTY))
    elif until_us <= now_us:
        found.append(reason(Code.WINDOW_OVER))
    if due_us is not None and due_us <= max(from_us, now_us):
        found.append(reason(Code.DUE_BEFORE_START))
    return found


def _who_reasons(policy: Policy, facts: RequestFacts) -> list[Reason]:
    people = {facts.applicant.id: facts.applicant, facts.filer.id: facts.filer}.values()
    found = [reason(Code.PERSON_INACTIVE) for person in people if not person.active]
    if facts.mode == Mode.TRANSFER and facts.items and all(i.custody.person_id == facts.filer.id for i in facts.items):
        return found  # whoever holds it may ask that it be passed on (R14)
    filings = {row.filing for row in rows_of(policy, facts)}
    rules = [policy.filing[name] for name in sorted(filings)]
    found += [
        reason(Code.FILER_POST, rule=rule.rule) for rule in rules if not _may_file(rule, facts.applicant, facts.filer)
    ]
    return found


def _may_file(rule: FilingRule, applicant: PersonFacts, filer: PersonFacts) -> bool:
    if filer.id == applicant.id and filer.role in rule.for_self:
        return True
    if filer.role in rule.for_department:
        return filer.id == applicant.id or (filer.department != "" and filer.department == applicant.department)
    return filer.id != applicant.id and filer.role in rule.for_anyone


def _seal_reasons(policy: Policy, facts: RequestFacts) -> list[Reason]:
    found = []
    if policy.seal_use.require_documents and not any(name.strip() for name in facts.documents):
        found.append(reason(Code.SEAL_DOCUMENTS_MISSING))
    if facts.impressions < (1 if policy.seal_use.require_impressions else 0):
        found.append(reason(Code.SEAL_IMPRESSIONS_MISSING))
    return found


def _copy_reasons(policy: Policy, facts: RequestFacts) -> list[Reason]:
    needed = policy.requests.photocopies.require_pages and not facts.pages.strip()
    return [reason(Code.PAGES_MISSING)] if needed else []


def _sharing_reasons(policy: Policy, facts: RequestFacts) -> list[Reason]:
    """Ask with whom it is shared (R65); let only registered copies outside (R04)."""
    found = [] if facts.recipient.strip() else [reason(Code.RECIPIENT_MISSING)]
    kinds = policy.requests.sharing.outside_kinds
    barred = [item for item in facts.items if facts.outside and item.kind not in kinds]
    said = ",".join(sorted(kinds))
    return found + [reason(Code.OUTSIDE_NEEDS_COPY, item.code, kind=item.kind, kinds=said) for item in barred]


def _transfer_reasons(_policy: Policy, facts: RequestFacts) -> list[Reason]:
    """Let only what somebody else holds be passed on (R14)."""
    return [
        reason(Code.TRANSFER_NOT_HELD, item.code)
        for item in facts.items
        if item.custody.person_id in (None, facts.applicant.id)
    ]


_NEEDED: Mapping[Mode, Callable[[Policy, RequestFacts], list[Reason]]] = {
    Mode.SEAL_USE: _seal_reasons,
    Mode.PHOTOCOPY: _copy_reasons,
    Mode.SHARING: _sharing_reasons,
    Mode.TRANSFER: _transfer_reasons,
}
"""What a request must name beside items and purpose, by its mode."""


def _by_delegation(policy: Policy, facts: DecisionFacts, missing: list[Reason]) -> tuple[tuple[int, ...], list[Reason]]:
    """Look for a delegation that carries this decision; else say why each of them is void (R10)."""
    void: list[Reason] = []
    request = facts.request
    for delegation in facts.delegations:
        against = void_reasons(policy, delegation, facts.approver, facts.now_us, request)
        if delegation.giver.id in (request.applicant.id, request.filer.id):
            against.append(reason(Code.OWN_REQUEST_BY_DELEGATE))
        if post_reasons(policy, request, facts.step, delegation.giver):
            against.append(reason(Code.DELEGATION_GIVES_NOTHING))
        if any(delegation.giver.id in said.people for said in facts.decided):
            against.append(reason(Code.STEP_DECIDED_BEFORE))
        if not against:
            return (delegation.id,), []
        void += against
    return (), [*missing, *void]
