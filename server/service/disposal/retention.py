"""How long each item is kept (R51), and everything that bears on its destruction, as the rules want it.

An item's term begins when it is taken in, unless its date of origin is set; where no term is known it never ends.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from server.domain.duties import day_start, local_date
from server.domain.retention import KeptFacts, end_of, judge_setting
from server.domain.words import AppraisalOutcome
from server.service.context import Reading, Writing
from server.service.errors import InvalidError, lawful
from server.service.inputs import Input, Name
from server.service.lookups import item_coded, item_facts, known, person_facts, person_of
from server.service.paging import paged
from server.service.records.items import title_for
from server.service.shapes import Page, Shape
from server.store.tables import (
    Appraisal,
    Departed,
    Destruction,
    DestructionItem,
    DisposalHold,
    Entrusted,
    Item,
    RetentionTerm,
    Tag,
)

OPEN_LISTS = ("filed", "reviewed", "approved")


class NewRetention(Input):
    """What is left out stays as it is."""

    period: Name | None = None
    begun: date | None = None


class RetentionView(Shape):
    id: int
    item: str
    title: str
    category: str
    period: str
    begun_on: str | None
    ends_on: str | None
    over: bool
    outcome: str | None
    holds: list[str]
    destruction: int | None
    gone: str


def set_retention(work: Writing, code: str, asked: NewRetention) -> RetentionView:
    """Set an item's period, or the day it runs from; what was proposed by the old one stays proposed."""
    item = item_coded(work.session, code)
    kept = kept_facts(work, [item])[0]
    by = person_facts(person_of(work.session, work.viewer.id))
    lawful(judge_setting(work.policy, by, kept.item, kept.gone))
    periods = work.policy.retention.periods
    if asked.period is not None and asked.period not in periods:
        raise InvalidError("no_such_period", f"period: there is no {asked.period!r}; there are {', '.join(periods)}")
    if asked.begun is not None and asked.begun > local_date(work.now_us, work.zone):
        raise InvalidError("begun_in_future", "begun: a term begins today or earlier")
    term = work.session.get(RetentionTerm, known(item.id))
    if term is None:
        term = RetentionTerm(
            item_id=known(item.id), period=work.policy.retention.period_of(item.category), begun_us=work.now_us
        )
    was = {"period": term.period, "begun_us": term.begun_us}
    term.period = asked.period or term.period
    term.begun_us = day_start(asked.begun, work.zone) if asked.begun else term.begun_us
    term.end_us = end_of(work.policy, term.period, term.begun_us, work.zone)
    term.proposed = term.proposed and term.end_us is not None and term.end_us <= work.now_us
    work.session.add(term)
    work.session.flush()
    work.ledger("retention_set", item=code, was=was, period=term.period, begun_us=term.begun_us, end_us=term.end_us)
    return retention_views(work, [item])[0]


def get_retention(look: Reading, code: str) -> RetentionView:
    """Say how long one item is kept."""
    return retention_views(look, [item_coded(look.session, code)])[0]


def list_retention(look: Reading, over: bool, after: int | None, limit: int) -> Page[RetentionView]:
    """List items with their terms in the order they were taken in; `over`: only those whose term has ended."""
    query = select(Item).join(RetentionTerm, col(RetentionTerm.item_id) == Item.id).where(Item.active)
    if over:
        query = query.where(col(RetentionTerm.end_us) <= look.now_us)
    if after is not None:
        query = query.where(col(Item.id) > after)
    rows = look.session.exec(query.order_by(col(Item.id)).limit(limit + 1))
    return paged(rows, limit, lambda items: retention_views(look, items))


def retention_views(look: Reading, items: Sequence[Item]) -> list[RetentionView]:
    """Give items' terms as they are shown."""
    terms = _terms(look.session, items)
    kept = {one.item.id: one for one in kept_facts(look, items)}
    return [_view(look, item, kept[known(item.id)], terms.get(known(item.id))) for item in items]


def _view(look: Reading, item: Item, kept: KeptFacts, term: RetentionTerm | None) -> RetentionView:
    return RetentionView(
        id=known(item.id),
        item=item.code,
        title=title_for(look, item),
        category=item.category,
        period=term.period if term else "",
        begun_on=local_date(term.begun_us, look.zone).isoformat() if term else None,
        ends_on=local_date(kept.end_us, look.zone).isoformat() if kept.end_us is not None else None,
        over=kept.end_us is not None and kept.end_us <= look.now_us,
        outcome=kept.outcome,
        holds=list(kept.holds),
        destruction=kept.on_list,
        gone=kept.gone,
    )


def kept_facts(look: Reading, items: Sequence[Item]) -> tuple[KeptFacts, ...]:
    """Load what the rules judge these items by, in their order, in a handful of queries."""
    session, numbers = look.session, [known(item.id) for item in items]
    terms = _terms(session, items)
    appraised = select(Appraisal.item_id, Appraisal.outcome).where(col(Appraisal.item_id).in_(numbers))
    outcomes = dict(session.exec(appraised.order_by(col(Appraisal.id))).all())  # the newest counts
    holds: dict[int, list[str]] = defaultdict(list)
    in_force = (col(DisposalHold.item_id).in_(numbers), col(DisposalHold.lifted_us).is_(None))
    for hold in session.exec(select(DisposalHold).where(*in_force).order_by(col(DisposalHold.id))):
        holds[hold.item_id].append(hold.why)
    lists = dict(
        session.exec(
            select(DestructionItem.item_id, DestructionItem.destruction_id)
            .join(Destruction)
            .where(col(DestructionItem.item_id).in_(numbers), col(DestructionItem.struck_us).is_(None))
            .where(col(Destruction.state).in_(OPEN_LISTS))
        ).all()
    )
    gone = dict(session.exec(select(Departed.item_id, Departed.how).where(col(Departed.item_id).in_(numbers))).all())
    living = (col(Tag.item_id).in_(numbers), col(Tag.dead_us).is_(None))
    tagged = set(session.exec(select(Tag.item_id).where(*living)))
    held_for = (col(Entrusted.item_id).in_(numbers), col(Entrusted.returned_us).is_(None))
    customers = dict(session.exec(select(Entrusted.item_id, Entrusted.customer).where(*held_for)).all())
    return tuple(
        KeptFacts(
            item_facts(item),
            _end(look, terms.get(known(item.id))),
            AppraisalOutcome(said) if (said := outcomes.get(known(item.id))) else None,
            tuple(holds[known(item.id)]),
            lists.get(known(item.id)),
            gone.get(known(item.id), ""),
            known(item.id) in tagged,
            customers.get(known(item.id), ""),
        )
        for item in items
    )


def _terms(session: Session, items: Sequence[Item]) -> dict[int, RetentionTerm]:
    wanted = [known(item.id) for item in items]
    rows = session.exec(select(RetentionTerm).where(col(RetentionTerm.item_id).in_(wanted)))
    return {row.item_id: row for row in rows}


def _end(look: Reading, term: RetentionTerm | None) -> int | None:
    """Give the end by the sheet as it is now; an appraisal may have moved it further."""
    if term is None or term.end_us is None:
        return None
    by_sheet = end_of(look.policy, term.period, term.begun_us, look.zone)
    return None if by_sheet is None else max(by_sheet, term.end_us)
