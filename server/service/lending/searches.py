"""Claimed returned, and lost (R18): a claim opens a search; a loss is under an incident until found or concluded."""

from collections.abc import Sequence

from sqlmodel import col, select

from server.domain.alarms import cause_key
from server.domain.custody import unaccounted
from server.domain.loans import next_state
from server.domain.repairs import DAY_US
from server.domain.searches import SearchFacts, judge_find, judge_search
from server.domain.searches import next_state as next_search
from server.domain.words import AlarmKind, IncidentKind, Legality, LoanState, SearchState, Verdict
from server.service.cabinet.alarms import Alarming, clear_alarm, set_alarm
from server.service.cabinet.by_hand import bring_back, recast
from server.service.context import Reading, Writing
from server.service.errors import NotFoundError, lawful
from server.service.lending.lending_shapes import SearchView
from server.service.lending.notices import holders_of, tell
from server.service.lookups import codes, known, person_facts, person_of, usernames
from server.service.paging import paged
from server.service.shapes import Page, moment, moment_or_none
from server.store.tables import Incident, Item, Loan, Search
from server.store.unit_of_work import UnitOfWork

OPEN = (SearchState.CLAIMED, SearchState.LOST)


def claim(work: Writing, number: int, note: str) -> SearchView:
    """Say that a borrowed item is back although the record has it out: a search begins, the holder stays answerable."""
    loan, item = _loan(work, number)
    _judge(work, loan, "claim")
    row = _begin(work, loan, SearchState.CLAIMED, note)
    _move(work, loan, "claim")
    work.ledger("loan_claimed_returned", loan=loan.id, item=item.code, search=row.id, note=note)
    tell(work, holders_of(work.session, work.policy.returns.checked_by), "claimed_returned", item.code)
    return search_views(work, [row])[0]


def withdraw_claim(work: Writing, number: int) -> SearchView:
    """Take the claim back: the item is with its borrower after all."""
    loan, item = _loan(work, number)
    _judge(work, loan, "withdraw_claim")
    row = _end(work, loan, "withdraw_claim", "")
    _move(work, loan, "withdraw_claim")
    work.ledger("loan_claim_withdrawn", loan=loan.id, item=item.code, search=row.id)
    return search_views(work, [row])[0]


def lose(work: Writing, number: int, said: str) -> SearchView:
    """Record that a lent item is lost: an incident has it from now on, and an alarm is set."""
    loan, item = _loan(work, number)
    _judge(work, loan, "lose", said)
    row = _open_search(work, loan) or _begin(work, loan, SearchState.LOST, said)
    incident = Incident(kind=IncidentKind.ITEM_LOST, station="", occurred_us=work.now_us, note=said)
    work.session.add(incident)
    work.session.flush()
    row.state, row.incident_id = SearchState.LOST, incident.id
    work.session.add(row)
    borrower = person_of(work.session, loan.person_id)
    entry = work.ledger(
        "item_lost", loan=loan.id, item=item.code, person=borrower.pseudonym, incident=incident.id, said=said
    )
    _move(work, loan, "lose")
    recast(
        work,
        item,
        unaccounted(known(incident.id), work.now_us),
        "lost",
        Verdict.UNATTRIBUTED,
        Legality.UNRESOLVED,
        entry,
    )
    cause = cause_key(AlarmKind.ITEM_LOST, loan.id)
    fact = Alarming(
        AlarmKind.ITEM_LOST, cause, work.now_us, person_id=loan.person_id, item_id=item.id, evidence=(entry,)
    )
    set_alarm(work.uow, fact, work.now_us)
    tell(work, [loan.person_id], "lost", item.code)
    return search_views(work, [row])[0]


def conclude(work: Writing, number: int, conclusion: str) -> SearchView:
    """End a loss with what was found out and decided: the loan closes, the record keeps the incident."""
    loan, item = _loan(work, number)
    _judge(work, loan, "conclude", conclusion)
    row = _end(work, loan, "conclude", conclusion)
    _move(work, loan, "conclude")
    loan.closed_us = work.now_us
    _close_incident(work.uow, row, work.now_us, conclusion)
    work.ledger("loss_concluded", loan=loan.id, item=item.code, search=row.id, conclusion=conclusion)
    clear_alarm(work.uow, cause_key(AlarmKind.ITEM_LOST, loan.id), work.now_us)
    return search_views(work, [row])[0]


def find(work: Writing, number: int, note: str) -> SearchView:
    """Record that what was searched for is there: its loan is returned and waits for its check."""
    loan, item = _loan(work, number)
    row = _open_search(work, loan)
    by = person_facts(person_of(work.session, work.viewer.id))
    lawful(judge_find(work.policy, by, SearchState(row.state) if row else SearchState.CONCLUDED))
    entry = work.ledger("item_found", loan=loan.id, item=item.code, note=note)
    bring_back(work, loan, item, "found", entry)
    row = _end(work, loan, "find", note)
    _close_incident(work.uow, row, work.now_us, note)
    clear_alarm(work.uow, cause_key(AlarmKind.ITEM_LOST, loan.id), work.now_us)
    return search_views(work, [row])[0]


def found_by_itself(uow: UnitOfWork, number: int, now_us: int) -> None:
    """Note that what was searched for came back to a cabinet: its loan is returned, its search over."""
    loan = uow.session.get_one(Loan, number)
    item = uow.session.get_one(Item, loan.item_id)
    query = select(Search).where(Search.loan_id == number, col(Search.state).in_(OPEN))
    for row in uow.session.exec(query):
        row.state, row.closed_us = next_search(SearchState(row.state), "find"), now_us
        uow.session.add(row)
        _close_incident(uow, row, now_us, "")
    loan.state, loan.returned_us = next_state(LoanState(loan.state), "return"), item.custody.since_us
    uow.session.add(loan)
    uow.session.flush()
    uow.ledger("item_found", now_us, {"loan": loan.id, "item": item.code})
    clear_alarm(uow, cause_key(AlarmKind.ITEM_LOST, loan.id), now_us)


def list_searches(look: Reading, every: bool, before: int | None, limit: int) -> Page[SearchView]:
    """List searches, the newest first; only open ones unless `every`, and only one's own unless one sees all."""
    query = select(Search).order_by(col(Search.id).desc()).limit(limit + 1)
    if not every:
        query = query.where(col(Search.state).in_(OPEN))
    if not look.viewer.sees_all:
        query = query.where(col(Search.loan_id).in_(select(Loan.id).where(Loan.person_id == look.viewer.id)))
    if before is not None:
        query = query.where(col(Search.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: search_views(look, rows))


def search_views(look: Reading, rows: Sequence[Search]) -> list[SearchView]:
    """Give searches as they are shown."""
    session = look.session
    items = codes(session, (row.item_id for row in rows))
    loans = select(Loan.id, Loan.person_id).where(col(Loan.id).in_([row.loan_id for row in rows]))
    borrowers = dict(session.exec(loans).all()) if rows else {}
    people = usernames(session, [n for r in rows for n in (r.opened_by_id, r.closed_by_id)] + [*borrowers.values()])
    return [
        SearchView(
            id=known(row.id),
            loan=row.loan_id,
            item=items[row.item_id],
            person=people[borrowers[row.loan_id]],
            state=row.state,
            claim=row.claim,
            opened_by=people[row.opened_by_id],
            opened_at=moment(row.opened_us, look.zone),
            due_at=moment(row.due_us, look.zone),
            overdue=row.state in OPEN and look.now_us > row.due_us,
            incident=row.incident_id,
            closed_by=people.get(row.closed_by_id),
            closed_at=moment_or_none(row.closed_us, look.zone),
            conclusion=row.conclusion,
        )
        for row in rows
    ]


def _loan(work: Writing, number: int) -> tuple[Loan, Item]:
    loan = work.session.get(Loan, number)
    if loan is None or not (work.viewer.sees_all or loan.person_id == work.viewer.id):
        raise NotFoundError("loan", number)
    return loan, work.session.get_one(Item, loan.item_id)


def _judge(work: Writing, loan: Loan, act: str, conclusion: str = "") -> None:
    by = person_facts(person_of(work.session, work.viewer.id))
    lawful(judge_search(work.policy, SearchFacts(by, loan.person_id, LoanState(loan.state), act, conclusion)))


def _move(work: Writing, loan: Loan, act: str) -> None:
    loan.state = next_state(LoanState(loan.state), act)
    work.session.add(loan)


def _begin(work: Writing, loan: Loan, state: SearchState, note: str) -> Search:
    row = Search(
        loan_id=known(loan.id),
        item_id=loan.item_id,
        state=state,
        claim=note,
        opened_by_id=work.viewer.id,
        opened_us=work.now_us,
        due_us=work.now_us + work.policy.lending.search_days * DAY_US,
    )
    work.session.add(row)
    work.session.flush()
    return row


def _open_search(work: Writing, loan: Loan) -> Search | None:
    query = select(Search).where(Search.loan_id == loan.id, col(Search.state).in_(OPEN)).order_by(col(Search.id).desc())
    return work.session.exec(query).first()


def _end(work: Writing, loan: Loan, act: str, said: str) -> Search:
    row = _open_search(work, loan)
    if row is None:
        raise NotFoundError("search of loan", loan.id)
    row.state = next_search(SearchState(row.state), act)
    row.closed_us, row.closed_by_id, row.conclusion = work.now_us, work.viewer.id, said
    work.session.add(row)
    work.session.flush()
    return row


def _close_incident(uow: UnitOfWork, row: Search, now_us: int, note: str) -> None:
    incident = uow.session.get(Incident, row.incident_id) if row.incident_id is not None else None
    if incident is not None:
        incident.closed_us, incident.note = now_us, note or incident.note
        uow.session.add(incident)
