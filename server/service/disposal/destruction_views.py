"""Destruction lists, their certificates and the register, as they are shown; and a list as the rules want it."""

import json
from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import Session, col, or_, select

from server.domain.destruction import ListFacts, Path, path_of
from server.domain.words import DestructionState
from server.service.context import Reading
from server.service.disposal.retention import kept_facts
from server.service.errors import NotFoundError
from server.service.lookups import known, person_facts, usernames
from server.service.paging import paged
from server.service.people.rights import Act
from server.service.records.items import title_for
from server.service.shapes import MASK, Page, Shape, moment, moment_or_none
from server.store.tables import (
    DestroyedItem,
    Destruction,
    DestructionConfirmation,
    DestructionItem,
    DestructionStep,
    DestructionWitness,
    Item,
    Person,
)


class DestructionStepView(Shape):
    step: str
    by: str
    at: str
    note: str


class DestructionItemView(Shape):
    item: str
    title: str
    kind: str
    secrecy: str
    confirmed_by: list[str]
    struck_why: str


class DestructionView(Shape):
    id: int
    title: str
    why: str
    state: str
    path: str
    filed_by: str
    filed_at: str
    actor: str
    witnesses: list[str]
    witnesses_needed: int
    items: list[DestructionItemView]
    steps: list[DestructionStepView]
    method: str | None
    destroyed_at: str | None


class DestroyedView(Shape):
    id: int
    destruction: int
    item: str
    record_number: str | None
    title: str
    kind: str
    category: str
    secrecy: str
    department: str
    parts: int
    pages: int
    tags: list[str]
    period: str
    begun_at: str
    method: str
    actor: str
    witnesses: list[str]
    approved_by: str
    destroyed_at: str
    ledger: int


class CertificateView(Shape):
    """What the certificate of a destruction says."""

    destruction: DestructionView
    items: list[DestroyedView]
    pages: int


def stored(session: Session, number: int) -> Destruction:
    """Find a list; raises NotFoundError."""
    row = session.get(Destruction, number)
    if row is None:
        raise NotFoundError("destruction list", number)
    return row


def items_of(session: Session, number: int) -> list[Item]:
    """Give the items of a list that are not struck off, in the order they were taken in."""
    on_list = (DestructionItem.destruction_id == number, col(DestructionItem.struck_us).is_(None))
    query = select(Item).join(DestructionItem, col(DestructionItem.item_id) == Item.id).where(*on_list)
    return list(session.exec(query.order_by(col(Item.id))))


def witnesses_of(session: Session, number: int) -> list[Person]:
    """Give who is named to witness a list, in the order of their posts' ids."""
    query = select(Person).join(DestructionWitness, col(DestructionWitness.person_id) == Person.id)
    return list(session.exec(query.where(DestructionWitness.destruction_id == number).order_by(col(Person.id))))


def list_facts(look: Reading, row: Destruction) -> ListFacts:
    """Give a list as the rules see it."""
    session, number = look.session, known(row.id)
    of_list = DestructionStep.destruction_id == number
    steps = select(DestructionStep.by_id).where(of_list, DestructionStep.step == "review")
    said = DestructionConfirmation.item_id, DestructionConfirmation.person_id
    confirmed = session.exec(select(*said).where(DestructionConfirmation.destruction_id == number))
    return ListFacts(
        id=number,
        state=DestructionState(row.state),
        filed_by_id=row.filed_by_id,
        actor_id=row.actor_id,
        items=kept_facts(look, items_of(session, number)),
        reviewed_by_id=session.exec(steps).first(),
        witnesses=tuple(person_facts(person) for person in witnesses_of(session, number)),
        confirmed=frozenset((item, person) for item, person in confirmed),
    )


def get_destruction(look: Reading, number: int) -> DestructionView:
    """Show a list to those whose business it is: who may see all, who carries it out, who witnesses it."""
    row = stored(look.session, number)
    named = {row.actor_id, row.filed_by_id, *(known(person.id) for person in witnesses_of(look.session, number))}
    if not look.viewer.may(Act.SEE_DISPOSALS) and look.viewer.id not in named:
        raise NotFoundError("destruction list", number)
    return destruction_views(look, [row])[0]


def list_destructions(look: Reading, before: int | None, limit: int) -> Page[DestructionView]:
    """List destruction lists, the newest first; only one's own to attend for those who do not see all."""
    query = select(Destruction).order_by(col(Destruction.id).desc()).limit(limit + 1)
    if not look.viewer.may(Act.SEE_DISPOSALS):
        witnessed = select(DestructionWitness.destruction_id).where(DestructionWitness.person_id == look.viewer.id)
        query = query.where(or_(col(Destruction.id).in_(witnessed), col(Destruction.actor_id) == look.viewer.id))
    if before is not None:
        query = query.where(col(Destruction.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: destruction_views(look, rows))


def list_register(look: Reading, after: int | None, limit: int) -> Page[DestroyedView]:
    """List what was destroyed, in the order it was."""
    query = select(DestroyedItem).where(col(DestroyedItem.id) > (after or 0)).order_by(col(DestroyedItem.id))
    return paged(look.session.exec(query.limit(limit + 1)), limit, lambda rows: _destroyed(look, rows))


def certificate(look: Reading, number: int) -> CertificateView:
    """Give what the certificate of a destruction that was carried out says."""
    view = get_destruction(look, number)
    if view.state != DestructionState.DESTROYED:
        raise NotFoundError("certificate of destruction list", number)
    query = select(DestroyedItem).where(DestroyedItem.destruction_id == number).order_by(col(DestroyedItem.id))
    rows = list(look.session.exec(query))
    return CertificateView(destruction=view, items=_destroyed(look, rows), pages=sum(row.pages for row in rows))


def destruction_views(look: Reading, rows: Sequence[Destruction]) -> list[DestructionView]:
    """Give lists as they are shown."""
    return [_view(look, row) for row in rows]


def _view(look: Reading, row: Destruction) -> DestructionView:
    session, number = look.session, known(row.id)
    steps = list(
        session.exec(
            select(DestructionStep).where(DestructionStep.destruction_id == number).order_by(col(DestructionStep.id))
        )
    )
    witnesses = witnesses_of(session, number)
    people = usernames(session, [row.filed_by_id, row.actor_id, *(step.by_id for step in steps)])
    return DestructionView(
        id=number,
        title=row.title,
        why=row.why,
        state=row.state,
        path=_path(look, number),
        filed_by=people[row.filed_by_id],
        filed_at=moment(row.filed_us, look.zone),
        actor=people[row.actor_id],
        witnesses=[person.username for person in witnesses],
        witnesses_needed=look.policy.destruction.witnesses,
        items=_items(look, number, row.actor_id, witnesses),
        steps=[
            DestructionStepView(step=one.step, by=people[one.by_id], at=moment(one.at_us, look.zone), note=one.note)
            for one in steps
        ],
        method=row.method,
        destroyed_at=moment_or_none(row.destroyed_us, look.zone),
    )


def _path(look: Reading, number: int) -> str:
    items = items_of(look.session, number)
    return path_of(look.policy, kept_facts(look, items)) if items else Path.ORDINARY


def _items(look: Reading, number: int, actor_id: int, witnesses: list[Person]) -> list[DestructionItemView]:
    session = look.session
    confirmed: dict[int, list[int]] = defaultdict(list)
    for one in session.exec(
        select(DestructionConfirmation)
        .where(DestructionConfirmation.destruction_id == number)
        .order_by(col(DestructionConfirmation.at_us))
    ):
        confirmed[one.item_id].append(one.person_id)
    people = usernames(session, {n for found in confirmed.values() for n in found})
    takes_part = look.viewer.id in {actor_id, *(person.id for person in witnesses)}
    query = select(DestructionItem, Item).join(Item, col(Item.id) == DestructionItem.item_id)
    return [
        DestructionItemView(
            item=item.code,
            title=title_for(look, item, look.viewer.id if takes_part else None),
            kind=item.kind,
            secrecy=item.secrecy,
            confirmed_by=[people[person] for person in confirmed[known(item.id)]],
            struck_why=line.struck_why if line.struck_us is not None else "",
        )
        for line, item in session.exec(query.where(DestructionItem.destruction_id == number).order_by(col(Item.id)))
    ]


def _destroyed(look: Reading, rows: list[DestroyedItem]) -> list[DestroyedView]:
    witnesses = {known(row.id): json.loads(row.witnesses) for row in rows}
    numbers = {n for row in rows for n in (row.actor_id, row.approved_by_id, *witnesses[known(row.id)])}
    people = usernames(look.session, numbers)
    return [
        DestroyedView(
            id=known(row.id),
            destruction=row.destruction_id,
            item=row.code,
            record_number=row.record_number if look.viewer.sees_title(row.secrecy) else None,
            title=row.title if look.viewer.sees_title(row.secrecy) else MASK,
            kind=row.kind,
            category=row.category,
            secrecy=row.secrecy,
            department=row.department,
            parts=row.parts,
            pages=row.pages,
            tags=json.loads(row.tags),
            period=row.period,
            begun_at=moment(row.begun_us, look.zone),
            method=row.method,
            actor=people[row.actor_id],
            witnesses=[people[number] for number in witnesses[known(row.id)]],
            approved_by=people[row.approved_by_id],
            destroyed_at=moment(row.destroyed_us, look.zone),
            ledger=row.ledger_id,
        )
        for row in rows
    ]
