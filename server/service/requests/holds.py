"""The queue for items that are out: joining and leaving it, and telling the first when the item is back and checked."""

from collections.abc import Collection

from sqlmodel import Session, col, exists, select

from server.domain.holds import HoldFacts, judge_hold, kept_until
from server.domain.policy import Policy
from server.domain.words import CustodyState
from server.notify.wording import notice_text
from server.service.context import Reading, Writing
from server.service.errors import NotFoundError, lawful
from server.service.inputs import Input, Text
from server.service.lookups import codes, item_coded, item_facts, known, person_facts, person_of, usernames
from server.service.paging import paged
from server.service.shapes import Page, Shape, moment, moment_or_none
from server.store.tables import Hold, Item, ItemCustody, Loan, Notice, Person
from server.store.unit_of_work import UnitOfWork

_MOST = 500


class NewHold(Input):
    """Why it is waited for; for oneself."""

    purpose: Text = ""


class HoldView(Shape):
    """A place in the queue; `kept_until` while the item is kept for this person."""

    id: int
    item: str
    person: str
    purpose: str
    position: int
    asked_at: str
    kept_until: str | None
    ended_at: str | None
    why: str


def join(work: Writing, code: str, asked: NewHold) -> HoldView:
    """Wait for an item that is out."""
    session = work.session
    item, person = item_coded(session, code), person_of(session, work.viewer.id)
    queue = _queue(session, [known(item.id)])
    facts = HoldFacts(
        item_facts(item),
        person_facts(person),
        is_back=_is_back(session, known(item.id)) and not queue,
        waits=any(hold.person_id == person.id for hold in queue),
    )
    lawful(judge_hold(work.policy, facts))
    hold = Hold(item_id=known(item.id), person_id=known(person.id), purpose=asked.purpose, asked_us=work.now_us)
    session.add(hold)
    session.flush()
    work.ledger("hold_joined", hold=hold.id, item=code, policy=work.policy.digest)
    return hold_views(work, [hold])[0]


def leave(work: Writing, number: int) -> HoldView:
    """Leave the queue; whoever is next is told in their turn."""
    hold = work.session.get(Hold, number)
    if hold is None or hold.person_id != work.viewer.id or hold.ended_us is not None:
        raise NotFoundError("hold", number)
    _end(work, hold, "left")
    return hold_views(work, [hold])[0]


def end_for(work: Writing, items: Collection[int], person_id: int) -> None:
    """End this person's waiting for items that they have been given now."""
    for hold in _queue(work.session, items):
        if hold.person_id == person_id:
            _end(work, hold, "given")


def _end(work: Writing, hold: Hold, why: str) -> None:
    hold.ended_us, hold.why = work.now_us, why
    work.session.add(hold)
    work.ledger("hold_ended", hold=hold.id, why=why)


def queue_for(look: Reading, code: str) -> list[HoldView]:
    """List who waits for an item, the first first; who does not see all sees only their own place."""
    item = item_coded(look.session, code)
    views = hold_views(look, _queue(look.session, [known(item.id)]))
    return [view for view in views if look.viewer.sees_all or view.person == look.viewer.username]


def list_holds(look: Reading, before: int | None, limit: int) -> Page[HoldView]:
    """List one's own places in queues, past ones too; everybody's for those who see all."""
    query = select(Hold).order_by(col(Hold.id).desc()).limit(limit + 1)
    if not look.viewer.sees_all:
        query = query.where(Hold.person_id == look.viewer.id)
    if before is not None:
        query = query.where(col(Hold.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: hold_views(look, rows))


def kept_for_others(session: Session, items: Collection[int], person_id: int, now_us: int) -> list[int]:
    """Give those of the items that are kept just now for somebody else."""
    kept = {hold.item_id: hold for hold in _queue(session, items) if (hold.until_us or 0) > now_us}
    return [number for number, hold in kept.items() if hold.person_id != person_id]


def waited_for(session: Session, items: Collection[int], person_id: int) -> set[int]:
    """Give those of the items that somebody else waits for."""
    return {hold.item_id for hold in _queue(session, items) if hold.person_id != person_id}


def advance(uow: UnitOfWork, policy: Policy, now_us: int) -> int:
    """Tell the first of each queue whose item is back and checked, and end what was kept in vain; says how many."""
    session, told = uow.session, 0
    lapsed = select(Hold).where(col(Hold.ended_us).is_(None), col(Hold.until_us) <= now_us).limit(_MOST)
    for hold in session.exec(lapsed):
        hold.ended_us, hold.why = now_us, "lapsed"
        session.add(hold)
        uow.ledger("hold_ended", now_us, {"hold": hold.id, "why": "lapsed"})
        told += 1
    session.flush()
    for hold in _firsts(session):
        hold.told_us, hold.until_us = now_us, kept_until(policy, now_us)
        item, person = session.get_one(Item, hold.item_id), session.get_one(Person, hold.person_id)
        text = notice_text("hold_ready", item.code, person.locale)
        session.add_all([hold, Notice(person_id=known(person.id), kind="hold_ready", text=text, created_us=now_us)])
        body = {"hold": hold.id, "item": item.code, "person": person.pseudonym, "until_us": hold.until_us}
        uow.ledger("hold_ready", now_us, body)
        told += 1
    return told


def something_to_do(session: Session, now_us: int) -> bool:
    """Say whether `advance` would do anything."""
    lapsed = select(Hold.id).where(col(Hold.ended_us).is_(None), col(Hold.until_us) <= now_us).limit(1)
    return session.exec(lapsed).first() is not None or bool(_firsts(session))


def _firsts(session: Session) -> list[Hold]:
    """Give the first in each queue whose item is back and who was not told yet."""
    open_loan = exists().where(col(Loan.item_id) == Hold.item_id, col(Loan.closed_us).is_(None))
    query = (
        select(Hold)
        .join(ItemCustody, col(ItemCustody.item_id) == Hold.item_id)
        .where(col(Hold.ended_us).is_(None), ItemCustody.state == CustodyState.PLACE, ~open_loan)
        .order_by(col(Hold.item_id), col(Hold.id))
    )
    firsts: dict[int, Hold] = {}
    for hold in session.exec(query):
        firsts.setdefault(hold.item_id, hold)
    return [hold for hold in firsts.values() if hold.told_us is None]


def _queue(session: Session, items: Collection[int]) -> list[Hold]:
    query = select(Hold).where(col(Hold.item_id).in_(list(items)), col(Hold.ended_us).is_(None))
    return list(session.exec(query.order_by(col(Hold.id))))


def _is_back(session: Session, item_id: int) -> bool:
    """Say whether an item is in its place and no loan of it is open any more."""
    loan = select(Loan.id).where(Loan.item_id == item_id, col(Loan.closed_us).is_(None))
    here = select(ItemCustody.item_id).where(ItemCustody.item_id == item_id, ItemCustody.state == CustodyState.PLACE)
    return session.exec(here).first() is not None and session.exec(loan).first() is None


def hold_views(look: Reading, holds: list[Hold]) -> list[HoldView]:
    """Give places in queues as they are shown."""
    session = look.session
    people, items = usernames(session, (h.person_id for h in holds)), codes(session, (h.item_id for h in holds))
    queues: dict[int, list[int]] = {}
    for hold in _queue(session, {hold.item_id for hold in holds}):
        queues.setdefault(hold.item_id, []).append(known(hold.id))
    return [
        HoldView(
            id=known(hold.id),
            item=items[hold.item_id],
            person=people[hold.person_id],
            purpose=hold.purpose,
            position=queues[hold.item_id].index(known(hold.id)) + 1 if hold.ended_us is None else 0,
            asked_at=moment(hold.asked_us, look.zone),
            kept_until=None if hold.ended_us else moment_or_none(hold.until_us, look.zone),
            ended_at=moment_or_none(hold.ended_us, look.zone),
            why=hold.why,
        )
        for hold in holds
    ]
