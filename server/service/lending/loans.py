"""Loans: what is out and when it is due, and the check of what came back (R11)."""

import json

from sqlmodel import col, select

from server.domain.alarms import cause_key
from server.domain.copies import in_repair
from server.domain.lending import OUT_STATES
from server.domain.loans import Checked, CheckFacts, LoanFacts, is_overdue, judge_check
from server.domain.verdicts import Reason
from server.domain.words import AlarmKind, ItemKind, LoanState, Mode
from server.service.cabinet.alarms import Alarming, clear_alarm, set_alarm
from server.service.context import Reading, Writing
from server.service.errors import ConflictError, NotFoundError, lawful
from server.service.inputs import NewCheck
from server.service.lending.lending_shapes import NewReturnCheck
from server.service.lending.repairs import open_repair
from server.service.lending.settling import settle_original, waits_for
from server.service.lookups import item_coded, known, person_facts, person_of, usernames
from server.service.paging import paged
from server.service.records.items import title_for
from server.service.shapes import LoanView, Page, moment, moment_or_none
from server.store.tables import Item, Loan, LoanCheck


def list_loans(look: Reading, state: str | None, overdue: bool, after: int | None, limit: int) -> Page[LoanView]:
    """List loans: one's own, or everybody's for those who see all; `overdue` only what is out past its due moment."""
    query = select(Loan, Item).join(Item, col(Item.id) == Loan.item_id).order_by(col(Loan.id)).limit(limit + 1)
    if not look.viewer.sees_all:
        query = query.where(Loan.person_id == look.viewer.id)
    if overdue:
        query = query.where(col(Loan.closed_us).is_(None), Loan.due_us < look.now_us, col(Loan.state).in_(OUT_STATES))
    elif state is not None:
        query = query.where(Loan.state == state)
    if after is not None:
        query = query.where(col(Loan.id) > after)
    return paged(look.session.exec(query), limit, lambda rows: loan_views(look, rows))


def check(work: Writing, number: int, asked: NewCheck) -> LoanView:
    """Close a loan whose item came back whole; a shortfall keeps it open and raises a discrepancy."""
    loan = work.session.get(Loan, number)
    if loan is None:
        raise NotFoundError("loan", number)
    item = work.session.get_one(Item, loan.item_id)
    facts = CheckFacts(
        by=person_facts(person_of(work.session, work.viewer.id)),
        state=LoanState(loan.state),
        item=item.code,
        complete=asked.complete,
        expected_parts=item.parts,
        expected_pages=item.pages,
        parts=asked.parts,
        pages=asked.pages,
        keeps_open=_keeps_open(work, loan, item, asked),
    )
    said = lawful(judge_check(work.policy, facts))
    loan.state = said.state
    if said.state == LoanState.CLOSED:
        loan.closed_us = work.now_us
    work.session.add(loan)
    _note(work, loan, item, asked, said)
    entry = work.ledger(
        "loan_checked",
        loan=loan.id,
        item=item.code,
        state=loan.state,
        parts=asked.parts,
        pages=asked.pages,
        note=asked.note,
        reasons=[_plain(reason) for reason in said.reasons],
    )
    cause = cause_key(AlarmKind.RETURNED_INCOMPLETE, "loan", loan.id)
    if said.alarm is not None:
        fact = Alarming(
            said.alarm, cause, work.now_us, person_id=loan.person_id, item_id=loan.item_id, evidence=(entry,)
        )
        set_alarm(work.uow, fact, work.now_us)
    else:
        clear_alarm(work.uow, cause, work.now_us)
    if loan.closed_us is not None:
        settle_original(work, loan.item_id)
    return loan_views(work, [(loan, item)])[0]


def _keeps_open(work: Writing, loan: Loan, item: Item, asked: NewCheck) -> tuple[Reason, ...]:
    """Say what a complete return would still wait for: what is open already, and damage found just now."""
    damaged = isinstance(asked, NewReturnCheck) and asked.damage.strip()
    found = waits_for(work, loan, item)
    fresh = in_repair(item.code)
    return (*found, fresh) if damaged and fresh not in found else found


def _note(work: Writing, loan: Loan, item: Item, asked: NewCheck, said: Checked) -> None:
    """Keep what was counted and what is owed, and open a repair for damage that was reported (R16)."""
    damage = asked.damage.strip() if isinstance(asked, NewReturnCheck) else ""
    work.session.add(
        LoanCheck(
            loan_id=known(loan.id),
            by_id=work.viewer.id,
            at_us=work.now_us,
            complete=said.state != LoanState.DISCREPANCY,
            parts=asked.parts,
            pages=asked.pages,
            owed=json.dumps(dict(said.owed)),
            damage=damage,
            note=asked.note,
        )
    )
    if damage:
        open_repair(work, item, damage, known(loan.id))


def check_item(work: Writing, code: str, asked: NewCheck) -> LoanView:
    """Check an item whose latest loan has come back."""
    item = item_coded(work.session, code)
    query = select(Loan).where(Loan.item_id == item.id).order_by(col(Loan.taken_us).desc(), col(Loan.id).desc())
    waiting = col(Loan.state).in_([LoanState.RETURNED, LoanState.DISCREPANCY])
    loan = work.session.exec(query.where(waiting)).first() or work.session.exec(query).first()
    if loan is None:
        raise ConflictError("never_lent", f"{code} has never been lent; there is nothing to check")
    return check(work, known(loan.id), asked)


def loan_views(look: Reading, rows: list[tuple[Loan, Item]]) -> list[LoanView]:
    """Give loans as they are shown."""
    people = usernames(look.session, (n for loan, _ in rows for n in (loan.person_id, loan.returned_by_id)))
    return [
        LoanView(
            id=known(loan.id),
            item=item.code,
            title=title_for(look, item, loan.person_id),
            person=people[loan.person_id],
            request=loan.request_id,
            mode=loan.mode,
            state=loan.state,
            taken_at=moment(loan.taken_us, look.zone),
            due_at=moment(loan.due_us, look.zone),
            due_rule=loan.due_rule,
            overdue=is_overdue(loan_facts(loan), look.now_us),
            returned_at=moment_or_none(loan.returned_us, look.zone),
            returned_by=people.get(loan.returned_by_id),
            closed_at=moment_or_none(loan.closed_us, look.zone),
        )
        for loan, item in rows
    ]


def loan_facts(loan: Loan, silent_since_us: int | None = None, kind: str = ItemKind.FILE) -> LoanFacts:
    """Give a loan as the rules see it; `silent_since_us` is its cabinet's, `kind` its item's."""
    return LoanFacts(
        known(loan.id),
        LoanState(loan.state),
        loan.due_us,
        loan.due_rule,
        loan.person_id,
        loan.item_id,
        silent_since_us,
        Mode(loan.mode),
        ItemKind(kind),
    )


def _plain(reason: Reason) -> dict[str, object]:
    return {"rule": reason.rule, "code": reason.code, "item": reason.item, "params": dict(reason.params)}
