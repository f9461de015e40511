"""Appraisals (R51): what reached the end of its retention is proposed, and somebody decides; and disposal holds."""

from datetime import date

from sqlmodel import col, select

from server.domain.duties import day_start
from server.domain.policy import Policy
from server.domain.retention import judge_appraisal, judge_hold, obstacles
from server.domain.words import AppraisalOutcome
from server.notify.wording import notice_text
from server.service.context import Reading, Writing
from server.service.disposal.retention import kept_facts
from server.service.errors import ConflictError, InvalidError, NotFoundError, lawful
from server.service.inputs import Codes, Input, Name, Text
from server.service.lending.notices import holders_of
from server.service.lookups import items_coded, known, person_facts, person_of, usernames
from server.service.paging import paged
from server.service.records.items import title_for
from server.service.shapes import Page, Shape, moment, moment_or_none
from server.store.tables import Appraisal, DisposalHold, Item, Notice, Person, RetentionTerm
from server.store.unit_of_work import UnitOfWork

MOST = 500
"""Items proposed in one transaction."""


class NewOutcome(Input):
    outcome: AppraisalOutcome
    until: date | None = None
    note: Text = ""


class NewHold(Input):
    items: Codes
    why: Name


class Lift(Input):
    why: Name


class AppraisalView(Shape):
    id: int
    item: str
    title: str
    category: str
    ended_at: str
    proposed_at: str
    outcome: str | None
    until: str | None
    decided_by: str | None
    decided_at: str | None
    note: str
    holds: list[str]


class HoldView(Shape):
    id: int
    item: str
    why: str
    placed_by: str
    placed_at: str
    lifted_by: str | None
    lifted_at: str | None
    lifted_why: str


class HoldsView(Shape):
    rows: list[HoldView]


def propose(uow: UnitOfWork, policy: Policy, now_us: int) -> int:
    """Propose what reached its end for appraisal; gives how many, at most MOST."""
    ended = (col(RetentionTerm.end_us) <= now_us, col(RetentionTerm.proposed).is_(False), Item.active)
    query = select(RetentionTerm, Item).join(Item, col(Item.id) == RetentionTerm.item_id).where(*ended)
    rows = list(uow.session.exec(query.order_by(col(RetentionTerm.item_id)).limit(MOST)))
    for term, item in rows:
        term.proposed = True
        ended_us = known(term.end_us)
        uow.session.add_all([term, Appraisal(item_id=term.item_id, proposed_us=now_us, ended_us=ended_us)])
        uow.ledger("appraisal_proposed", now_us, {"item": item.code, "period": term.period, "ended_us": ended_us})
    people = holders_of(uow.session, policy.retention.appraised_by) if rows else []
    for person in uow.session.exec(select(Person).where(col(Person.id).in_(people))):
        text = notice_text("appraisal_proposed", str(len(rows)), person.locale)
        uow.session.add(Notice(person_id=person.id, kind="appraisal_proposed", text=text, created_us=now_us))
    return len(rows)


def decide(work: Writing, number: int, asked: NewOutcome) -> AppraisalView:
    """Decide what becomes of an item: kept longer, for ever, or free for a destruction list."""
    row = work.session.get(Appraisal, number)
    if row is None:
        raise NotFoundError("appraisal", number)
    if row.outcome is not None:
        raise ConflictError("appraisal_decided", f"appraisal {number} is decided: {row.outcome}")
    item = work.session.get_one(Item, row.item_id)
    by = person_facts(person_of(work.session, work.viewer.id))
    lawful(judge_appraisal(work.policy, by, kept_facts(work, [item])[0], asked.outcome))
    row.until_us = _until(work, asked)
    row.outcome, row.note = asked.outcome, asked.note
    row.decided_by_id, row.decided_us = work.viewer.id, work.now_us
    term = work.session.get_one(RetentionTerm, row.item_id)
    if asked.outcome != AppraisalOutcome.DESTROY:
        term.end_us, term.proposed = row.until_us, False
    work.session.add_all([row, term])
    work.session.flush()
    work.ledger(
        "appraisal_decided",
        appraisal=number,
        item=item.code,
        outcome=row.outcome,
        until_us=row.until_us,
        note=row.note,
        policy=work.policy.digest,
    )
    return _views(work, [row])[0]


def _until(work: Writing, asked: NewOutcome) -> int | None:
    if asked.outcome != AppraisalOutcome.EXTEND:
        return None
    until = day_start(asked.until, work.zone) if asked.until else 0
    if until <= work.now_us:
        raise InvalidError("until_missing", "until: say until which later day it is kept")
    return until


def list_appraisals(look: Reading, state: str, before: int | None, limit: int) -> Page[AppraisalView]:
    """List appraisals, the newest first: `open`, `decided` or `all`."""
    query = select(Appraisal).order_by(col(Appraisal.id).desc()).limit(limit + 1)
    if state != "all":
        decided = col(Appraisal.outcome).is_not(None)
        query = query.where(decided if state == "decided" else ~decided)
    if before is not None:
        query = query.where(col(Appraisal.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: _views(look, rows))


def ready(look: Reading, limit: int) -> list[str]:
    """Give the codes of items that may go on a destruction list: appraised so, here, held by nothing, on no list."""
    query = select(Item).join(Appraisal, col(Appraisal.item_id) == Item.id)
    rows = look.session.exec(query.where(Appraisal.outcome == AppraisalOutcome.DESTROY, Item.active).limit(limit))
    kept = kept_facts(look, list({known(item.id): item for item in rows}.values()))
    return [
        one.item.code for one in kept if one.on_list is None and not obstacles(look.policy, one, look.now_us, look.zone)
    ]


def place_holds(work: Writing, asked: NewHold) -> HoldsView:
    """Stop the destruction of these items, whatever list they are on."""
    items = items_coded(work.session, asked.items)
    gone = {kept.item.code: kept.gone for kept in kept_facts(work, items) if kept.gone}
    _may_hold(work, gone)
    rows = [
        DisposalHold(item_id=known(item.id), why=asked.why, placed_by_id=work.viewer.id, placed_us=work.now_us)
        for item in items
    ]
    work.session.add_all(rows)
    work.session.flush()
    work.ledger("disposal_hold_placed", items=asked.items, holds=[row.id for row in rows], why=asked.why)
    return HoldsView(rows=_hold_views(work, rows))


def lift_hold(work: Writing, number: int, asked: Lift) -> HoldsView:
    """Lift a hold, saying why."""
    row = work.session.get(DisposalHold, number)
    if row is None:
        raise NotFoundError("disposal hold", number)
    if row.lifted_us is not None:
        raise ConflictError("hold_lifted", f"disposal hold {number} is lifted already")
    _may_hold(work, {})
    row.lifted_by_id, row.lifted_us, row.lifted_why = work.viewer.id, work.now_us, asked.why
    work.session.add(row)
    work.ledger("disposal_hold_lifted", hold=number, why=asked.why)
    return HoldsView(rows=_hold_views(work, [row]))


def list_holds(look: Reading, lifted: bool, before: int | None, limit: int) -> Page[HoldView]:
    """List the holds in force, or those lifted too; the newest first."""
    query = select(DisposalHold).order_by(col(DisposalHold.id).desc()).limit(limit + 1)
    if not lifted:
        query = query.where(col(DisposalHold.lifted_us).is_(None))
    if before is not None:
        query = query.where(col(DisposalHold.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: _hold_views(look, rows))


def _may_hold(work: Writing, gone: dict[str, str]) -> None:
    by = person_facts(person_of(work.session, work.viewer.id))
    lawful(judge_hold(work.policy, by, gone))


def _items(look: Reading, numbers: set[int]) -> dict[int, Item]:
    return {known(item.id): item for item in look.session.exec(select(Item).where(col(Item.id).in_(numbers)))}


def _views(look: Reading, rows: list[Appraisal]) -> list[AppraisalView]:
    items = _items(look, {row.item_id for row in rows})
    people = usernames(look.session, (row.decided_by_id for row in rows))
    holds = {kept.item.id: list(kept.holds) for kept in kept_facts(look, list(items.values()))}
    return [
        AppraisalView(
            id=known(row.id),
            item=items[row.item_id].code,
            title=title_for(look, items[row.item_id]),
            category=items[row.item_id].category,
            ended_at=moment(row.ended_us, look.zone),
            proposed_at=moment(row.proposed_us, look.zone),
            outcome=row.outcome,
            until=moment_or_none(row.until_us, look.zone),
            decided_by=people.get(row.decided_by_id),
            decided_at=moment_or_none(row.decided_us, look.zone),
            note=row.note,
            holds=holds[row.item_id],
        )
        for row in rows
    ]


def _hold_views(look: Reading, rows: list[DisposalHold]) -> list[HoldView]:
    items = _items(look, {row.item_id for row in rows})
    people = usernames(look.session, [n for row in rows for n in (row.placed_by_id, row.lifted_by_id)])
    return [
        HoldView(
            id=known(row.id),
            item=items[row.item_id].code,
            why=row.why,
            placed_by=people[row.placed_by_id],
            placed_at=moment(row.placed_us, look.zone),
            lifted_by=people.get(row.lifted_by_id),
            lifted_at=moment_or_none(row.lifted_us, look.zone),
            lifted_why=row.lifted_why,
        )
        for row in rows
    ]
