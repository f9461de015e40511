"""Requests: asking to use items, and deciding on it in as many steps as the sheet says (R01, R09, R10).

The last approval gives an authority with a line per item; of a renewal, a later due moment.
"""

import json
from typing import Literal

from msgspec import to_builtins
from sqlmodel import col, delete, select, update

from server.domain import approvals
from server.domain.alarms import cause_key
from server.domain.approval_steps import posts_of
from server.domain.approvals import DecisionFacts, RequestFacts
from server.domain.reasons import Code
from server.domain.renewals import RenewalFacts
from server.domain.verdicts import Lawful, Refused
from server.domain.words import AlarmKind, AuthorityKind, LineState, RequestState
from server.service.cabinet.alarms import Alarming, set_alarm
from server.service.context import Reading, Writing
from server.service.errors import ConflictError, NotFoundError, RefusedError, lawful
from server.service.inputs import NewDecision, NewRequest, micros_or_none
from server.service.lending.notices import holders_of, tell
from server.service.lookups import codes, items_coded, known, person_facts, person_named, person_of
from server.service.paging import paged
from server.service.requests.authority import give
from server.service.requests.delegations import delegations_to
from server.service.requests.holds import end_for, kept_for_others
from server.service.requests.renewals import NewRenewal, grant_renewal, renewal_of, renewal_reasons
from server.service.requests.request_facts import decided_before, facts_of, items_of, request_facts, stored
from server.service.requests.request_sight import own, seen_by, waiting_for
from server.service.requests.request_views import request_views
from server.service.shapes import Page, RequestView
from server.store.tables import Authority, Decision, Line, Request, RequestAwaits, RequestItem

Show = Literal["all", "mine", "todo"]


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
        pages=asked.pages,
        recipient=asked.recipient,
        outside=asked.outside,
    )
    facts = request_facts(session, request, applicant, filer, items, work.now_us)
    lawful(approvals.judge_request(policy, facts))
    return _keep(work, request, facts, "request_filed", facts)


def renew(work: Writing, number: int, asked: NewRenewal) -> RequestView:
    """Ask that what is out of a request be due later; the same posts decide on it."""
    _visible(work, number)
    request, judged = renewal_of(work, number, asked)
    session = work.session
    applicant, filer = person_of(session, request.applicant_id), person_of(session, request.filed_by_id)
    facts = request_facts(session, request, applicant, filer, items_of(session, request), work.now_us)
    return _keep(work, request, facts, "renewal_filed", judged)


def _keep(
    work: Writing, request: Request, facts: RequestFacts, kind: str, judged: RequestFacts | RenewalFacts
) -> RequestView:
    """Store a request that may be filed, record it, and tell those who may decide."""
    work.session.add(request)
    work.session.flush()
    number = known(request.id)
    work.session.add_all([RequestItem(request_id=number, item_id=item.id) for item in facts.items])
    work.ledger(
        kind,
        request=number,
        person=person_of(work.session, facts.applicant.id).pseudonym,
        items=[item.code for item in facts.items],
        mode=request.mode,
        purpose=request.purpose,
        renews=request.renews_id,
        from_us=request.from_us,
        until_us=request.until_us,
        due_us=request.due_us,
        policy=work.policy.digest,
        facts=to_builtins(judged),
    )
    _await(work, number, facts, 0)
    return request_views(work, [request])[0]


def _await(work: Writing, number: int, facts: RequestFacts, step: int) -> None:
    """Note which posts may decide the next step, and tell those who hold them."""
    posts = posts_of(work.policy, facts, step)
    work.session.add_all([RequestAwaits(request_id=number, role=role) for role in sorted(posts)])
    kind = "request_waits" if step else "request_filed"
    tell(work, set(holders_of(work.session, posts)) - {facts.applicant.id}, kind, str(number))


def judge(look: Reading, number: int, act: str, asked: NewDecision) -> Lawful | Refused:
    """Say whether this person may approve or refuse this request now."""
    return _judged(look, stored(look.session, number), _decision(look, number, act, asked))


def _judged(look: Reading, request: Request, facts: DecisionFacts) -> Lawful | Refused:
    said = approvals.judge_decision(look.policy, facts)
    if request.renews_id is None or facts.act != "approve":
        return said
    against = renewal_reasons(look, request, facts.due_us)
    if not against:
        return said
    return Refused((*(said.reasons if isinstance(said, Refused) else ()), *against))


def _decision(look: Reading, number: int, act: str, asked: NewDecision) -> DecisionFacts:
    session = look.session
    request = stored(session, number)
    kept = kept_for_others(session, json.loads(request.items), request.applicant_id, look.now_us)
    return DecisionFacts(
        request=facts_of(session, request, look.now_us),
        state=RequestState(request.state),
        approver=person_facts(person_of(session, look.viewer.id)),
        now_us=look.now_us,
        act=act,
        delegations=delegations_to(session, look.viewer.id),
        until_us=micros_or_none(asked.until),
        due_us=micros_or_none(asked.due) or request.due_us,
        decided=decided_before(session, number),
        kept=() if request.renews_id else tuple(codes(session, kept).values()),
    )


def decide(work: Writing, number: int, act: str, asked: NewDecision) -> RequestView:
    """Approve or refuse a request, in one's own right or by a delegation; who may not is told by which rules."""
    session = work.session
    request = stored(session, number)
    facts = _decision(work, number, act, asked)
    said = _judged(work, request, facts)
    if isinstance(said, Refused):
        own_one = any(reason.code == Code.OWN_REQUEST for reason in said.reasons)
        raise RefusedError(said.reasons, (lambda after: _own_decision(after, number)) if own_one else None)
    is_step = act == "approve" and not approvals.is_last(work.policy, facts)
    request.state = approvals.next_state(facts.state, "approve_step" if is_step else act)
    request.until_us = micros_or_none(asked.until) or request.until_us
    request.due_us = facts.due_us
    decision = Decision(
        request_id=number,
        approver_id=work.viewer.id,
        delegation_id=said.basis[0] if said.basis else None,
        said="approved" if act == "approve" else "refused",
        note=asked.note,
        at_us=work.now_us,
        step=facts.step,
    )
    session.add_all([request, decision])
    session.exec(delete(RequestAwaits).where(col(RequestAwaits.request_id) == number))
    authority = _carry_out(work, request) if request.state == RequestState.APPROVED else None
    session.flush()
    kind = "request_step_approved" if is_step else f"request_{request.state}"
    work.ledger(
        kind,
        request=number,
        step=facts.step,
        delegation=decision.delegation_id,
        authority=authority,
        note=asked.note,
        policy=work.policy.digest,
        facts=to_builtins(facts),
    )
    if is_step:
        _await(work, number, facts.request, facts.step + 1)
    else:
        tell(work, {request.applicant_id, request.filed_by_id}, kind, str(number))
    return request_views(work, [request])[0]


def _carry_out(work: Writing, request: Request) -> int | None:
    """Give what was approved: an authority (its number), or of a renewal the later due moment."""
    if request.renews_id is not None:
        grant_renewal(work, request)
        return None
    authority = Authority(
        kind=AuthorityKind.APPROVAL,
        person_id=request.applicant_id,
        mode=request.mode,
        purpose=request.purpose,
        request_id=request.id,
        given_by_id=work.viewer.id,
        from_us=request.from_us,
        until_us=request.until_us,
        due_us=request.due_us,
    )
    items = json.loads(request.items)
    give(work.session, authority, items)
    end_for(work, items, request.applicant_id)
    return authority.id


def withdraw(work: Writing, number: int, note: str = "") -> RequestView:
    """Take a request back; what its approval still entitles to is void."""
    session = work.session
    request = stored(session, number)
    state = RequestState(request.state)
    lawful(approvals.judge_withdrawal(state, work.viewer.id, request.applicant_id, request.filed_by_id))
    request.state = approvals.next_state(state, "withdraw")
    session.add(request)
    session.exec(delete(RequestAwaits).where(col(RequestAwaits.request_id) == number))
    authorities = select(Authority.id).where(Authority.request_id == request.id)
    of_request = col(Line.authority_id).in_(authorities)
    if session.exec(select(Line.id).where(of_request, Line.state == LineState.RESERVED)).first() is not None:
        raise ConflictError("request_in_use", "a door is open on this request's approval; withdraw it afterwards")
    session.exec(update(Line).where(of_request, col(Line.state) == LineState.OPEN).values(state=LineState.VOID))
    work.ledger("request_withdrawn", request=request.id, note=note)
    return request_views(work, [request])[0]


def list_requests(
    look: Reading, state: str | None, before: int | None, limit: int, show: Show = "all"
) -> Page[RequestView]:
    """List the requests that are this person's business, the newest first; `state` as stored.

    `show` narrows them to one's own (mine) or to those that wait for one's decision (todo).
    """
    query = select(Request).where(seen_by(look)).order_by(col(Request.id).desc()).limit(limit + 1)
    if show != "all":
        query = query.where(own(look) if show == "mine" else waiting_for(look))
    if state is not None:
        query = query.where(Request.state == state)
    if before is not None:
        query = query.where(col(Request.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: request_views(look, rows))


def get_request(look: Reading, number: int) -> RequestView:
    """Show one request to those whose business it is."""
    return request_views(look, [_visible(look, number)])[0]


def _own_decision(work: Writing, number: int) -> None:
    """Alarm that somebody tried to decide their own request."""
    request = stored(work.session, number)
    entry = work.ledger("self_approval_blocked", request=request.id)
    kind = AlarmKind.SELF_APPROVAL_BLOCKED
    cause = cause_key(kind, request.id, work.viewer.id)
    fact = Alarming(kind, cause, work.now_us, person_id=work.viewer.id, evidence=(entry,))
    set_alarm(work.uow, fact, work.now_us)


def _visible(look: Reading, number: int) -> Request:
    """Find a request; raises NotFoundError when there is none or it is none of this person's business."""
    request = look.session.exec(select(Request).where(Request.id == number, seen_by(look))).first()
    if request is None:
        raise NotFoundError("request", number)
    return request
