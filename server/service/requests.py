"""Requests: asking to use items, and deciding on it; an approval gives an authority with a line per item (R01, R09)."""

import json

from msgspec import to_builtins
from sqlmodel import Session, col, or_, select, update

from server.domain import approvals
from server.domain.alarms import cause_key
from server.domain.approvals import DecisionFacts, RequestFacts
from server.domain.delegations import in_force
from server.domain.reasons import Code
from server.domain.verdicts import Lawful, Refused
from server.domain.words import AlarmKind, AuthorityKind, LineState, LoanState, Mode, RequestState, Role
from server.service.alarms import Alarming, set_alarm
from server.service.authority import give
from server.service.context import Reading, Writing
from server.service.delegations import delegations_to
from server.service.errors import ConflictError, NotFoundError, RefusedError
from server.service.inputs import NewDecision, NewRequest, micros_or_none
from server.service.lookups import (
    codes,
    item_facts,
    items_coded,
    known,
    person_facts,
    person_named,
    person_of,
    request_facts,
    usernames,
)
from server.service.notices import holders_of, tell
from server.service.paging import paged
from server.service.shapes import DecisionView, Page, RequestView, moment, moment_or_none
from server.store.tables import Authority, Decision, Item, Line, Loan, Person, Request


def file_request(work: Writing, asked: NewRequest) -> RequestView:
    """File a request for oneself or for somebody else."""
    session, policy = work.session, work.policy
    filer = person_of(session, work.viewer.id)
    applicant = person_named(session, asked.for_) if asked.for_ else filer
    items = items_coded(session, asked.items)
    given_from, given_until = micros_or_none(asked.from_), micros_or_none(asked.until)
    from_us, until_us = approvals.window(policy, work.zone.key, work.now_us, given_from, given_until)
    request = Request(
        applicant_id=known(applicant.id),
        filed_by_id=known(filer.id),
        mode=asked.mode,
        purpose=asked.purpose,
        state=RequestState.FILED,
        created_us=work.now_us,
        from_us=from_us,
        until_us=until_us,
        due_us=micros_or_none(asked.due),
        documents=json.dumps(asked.documents, ensure_ascii=False),
        impressions=asked.impressions,
        items=json.dumps([item.id for item in items]),
    )
    facts = request_facts(request, applicant, filer, items, work.now_us)
    _lawful(approvals.judge_request(policy, facts))
    session.add(request)
    session.flush()
    work.ledger(
        "request_filed",
        request=request.id,
        person=applicant.pseudonym,
        items=asked.items,
        mode=request.mode,
        purpose=request.purpose,
        from_us=from_us,
        until_us=until_us,
        due_us=request.due_us,
        policy=policy.digest,
        facts=to_builtins(facts),
    )
    rows = (policy.approval_row(item_facts(item).secrecy, Mode(request.mode)) for item in items)
    approvers = {role for row in rows if row is not None for role in row.approvers}
    tell(work, set(holders_of(session, approvers)) - {known(applicant.id)}, "request_filed", str(request.id))
    return request_views(work, [request])[0]


def judge(look: Reading, number: int, act: str, asked: NewDecision) -> Lawful | Refused:
    """Say whether this person may approve or refuse this request now."""
    return approvals.judge_decision(look.policy, _decision(look, number, act, asked))


def _decision(look: Reading, number: int, act: str, asked: NewDecision) -> DecisionFacts:
    session = look.session
    request = _stored(session, number)
    return DecisionFacts(
        request=_facts_of(session, request, look.now_us),
        state=RequestState(request.state),
        approver=person_facts(person_of(session, look.viewer.id)),
        now_us=look.now_us,
        act=act,
        delegations=delegations_to(session, look.viewer.id),
        until_us=micros_or_none(asked.until),
        due_us=micros_or_none(asked.due) or request.due_us,
    )


def decide(work: Writing, number: int, act: str, asked: NewDecision) -> RequestView:
    """Approve or refuse a request, in one's own right or by a delegation; who may not is told by which rules."""
    session = work.session
    request = _stored(session, number)
    facts = _decision(work, number, act, asked)
    said = approvals.judge_decision(work.policy, facts)
    if isinstance(said, Refused):
        own = any(reason.code == Code.OWN_REQUEST for reason in said.reasons)
        raise RefusedError(said.reasons, (lambda after: _own_decision(after, number)) if own else None)
    request.state = approvals.next_state(RequestState(request.state), act)
    decision = Decision(
        request_id=known(request.id),
        approver_id=work.viewer.id,
        delegation_id=said.basis[0] if said.basis else None,
        said=request.state,
        note=asked.note,
        at_us=work.now_us,
    )
    session.add_all([request, decision])
    authority = None
    if act == "approve":
        authority = Authority(
            kind=AuthorityKind.APPROVAL,
            person_id=request.applicant_id,
            mode=request.mode,
            purpose=request.purpose,
            request_id=request.id,
            given_by_id=work.viewer.id,
            from_us=request.from_us,
            until_us=micros_or_none(asked.until) or request.until_us,
            due_us=micros_or_none(asked.due) or request.due_us,
        )
        give(session, authority, json.loads(request.items))
    session.flush()
    work.ledger(
        f"request_{request.state}",
        request=request.id,
        delegation=decision.delegation_id,
        authority=authority.id if authority else None,
        note=asked.note,
        policy=work.policy.digest,
        facts=to_builtins(facts),
    )
    tell(work, {request.applicant_id, request.filed_by_id}, f"request_{request.state}", str(request.id))
    return request_views(work, [request])[0]


def withdraw(work: Writing, number: int, note: str = "") -> RequestView:
    """Take a request back; what its approval still entitles to is void."""
    session = work.session
    request = _stored(session, number)
    _visible(work, request)
    state = RequestState(request.state)
    _lawful(approvals.judge_withdrawal(state, work.viewer.id, request.applicant_id, request.filed_by_id))
    request.state = approvals.next_state(state, "withdraw")
    session.add(request)
    authorities = select(Authority.id).where(Authority.request_id == request.id)
    of_request = col(Line.authority_id).in_(authorities)
    if session.exec(select(Line.id).where(of_request, Line.state == LineState.RESERVED)).first() is not None:
        raise ConflictError("request_in_use", "a door is open on this request's approval; withdraw it afterwards")
    session.exec(update(Line).where(of_request, col(Line.state) == LineState.OPEN).values(state=LineState.VOID))
    work.ledger("request_withdrawn", request=request.id, note=note)
    return request_views(work, [request])[0]


def list_requests(look: Reading, state: str | None, before: int | None, limit: int) -> Page[RequestView]:
    """List the requests that are this person's business, the newest first; `state` as stored."""
    query = select(Request).order_by(col(Request.id).desc()).limit(limit + 1)
    if not _sees_every(look):
        mine = [col(Request.applicant_id) == look.viewer.id, col(Request.filed_by_id) == look.viewer.id]
        if look.viewer.role == Role.DEPARTMENT_MANAGER and look.viewer.department:
            staff = select(Person.id).where(Person.department == look.viewer.department)
            mine.append(col(Request.applicant_id).in_(staff))
        query = query.where(or_(*mine))
    if state is not None:
        query = query.where(Request.state == state)
    if before is not None:
        query = query.where(col(Request.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: request_views(look, rows))


def get_request(look: Reading, number: int) -> RequestView:
    """Show one request to those whose business it is."""
    request = _stored(look.session, number)
    _visible(look, request)
    return request_views(look, [request])[0]


def request_views(look: Reading, requests: list[Request]) -> list[RequestView]:
    """Give requests as they are shown."""
    session = look.session
    ids = [request.id for request in requests]
    decisions = list(session.exec(select(Decision).where(col(Decision.request_id).in_(ids)).order_by(col(Decision.id))))
    loans: dict[int | None, list[LoanState]] = {}
    for number, state in session.exec(select(Loan.request_id, Loan.state).where(col(Loan.request_id).in_(ids))):
        loans.setdefault(number, []).append(LoanState(state))
    people = usernames(
        session, [n for r in requests for n in (r.applicant_id, r.filed_by_id)] + [d.approver_id for d in decisions]
    )
    items = codes(session, {number for request in requests for number in json.loads(request.items)})
    said: dict[int, list[DecisionView]] = {}
    for decision in decisions:
        said.setdefault(decision.request_id, []).append(
            DecisionView(
                approver=people[decision.approver_id],
                delegation=decision.delegation_id,
                said=decision.said,
                note=decision.note,
                at=moment(decision.at_us, look.zone),
            )
        )
    return [
        _view(look, request, people, items, tuple(loans.get(request.id, ())), said.get(known(request.id), []))
        for request in requests
    ]


def _view(
    look: Reading,
    request: Request,
    people: dict[int | None, str],
    items: dict[int | None, str],
    loans: tuple[LoanState, ...],
    decisions: list[DecisionView],
) -> RequestView:
    return RequestView(
        id=known(request.id),
        applicant=people[request.applicant_id],
        filed_by=people[request.filed_by_id],
        mode=request.mode,
        purpose=request.purpose,
        items=[items[number] for number in json.loads(request.items)],
        state=approvals.shown_state(RequestState(request.state), request.until_us, look.now_us, loans),
        documents=json.loads(request.documents),
        impressions=request.impressions,
        created_at=moment(request.created_us, look.zone),
        from_at=moment(request.from_us, look.zone),
        until_at=moment(request.until_us, look.zone),
        due_at=moment_or_none(request.due_us, look.zone),
        decisions=decisions,
    )


def _own_decision(work: Writing, number: int) -> None:
    """Alarm that somebody tried to decide their own request."""
    request = _stored(work.session, number)
    entry = work.ledger("self_approval_blocked", request=request.id)
    kind = AlarmKind.SELF_APPROVAL_BLOCKED
    cause = cause_key(kind, request.id, work.viewer.id)
    fact = Alarming(kind, cause, work.now_us, person_id=work.viewer.id, evidence=(entry,))
    set_alarm(work.uow, fact, work.now_us)


def _sees_every(look: Reading) -> bool:
    approver = look.viewer.role in look.policy.approver_roles and look.viewer.role != Role.DEPARTMENT_MANAGER
    return look.viewer.sees_all or approver or _stands_in(look)


def _stands_in(look: Reading) -> bool:
    """Say whether somebody lets this person approve in their stead just now."""
    return any(in_force(given, look.now_us) for given in delegations_to(look.session, look.viewer.id))


def _visible(look: Reading, request: Request) -> None:
    """Raise NotFoundError when the request is none of this person's business."""
    viewer = look.viewer
    if viewer.id in (request.applicant_id, request.filed_by_id) or _sees_every(look):
        return
    applicant = person_of(look.session, request.applicant_id)
    if viewer.role == Role.DEPARTMENT_MANAGER and viewer.department and viewer.department == applicant.department:
        return
    raise NotFoundError("request", request.id)


def _stored(session: Session, number: int) -> Request:
    request = session.get(Request, number)
    if request is None:
        raise NotFoundError("request", number)
    return request


def _facts_of(session: Session, request: Request, now_us: int) -> RequestFacts:
    numbers = json.loads(request.items)
    found = {item.id: item for item in session.exec(select(Item).where(col(Item.id).in_(numbers)))}
    applicant, filer = person_of(session, request.applicant_id), person_of(session, request.filed_by_id)
    return request_facts(request, applicant, filer, [found[number] for number in numbers], now_us)


def _lawful(verdict: Lawful | Refused) -> Lawful:
    if isinstance(verdict, Refused):
        raise RefusedError(verdict.reasons)
    return verdict
