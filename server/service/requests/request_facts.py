"""Requests as the rules see them: the row, its people and items, what conditions speak of, what was decided before."""

import json
from collections.abc import Sequence

from sqlmodel import Session, col, select

from server.domain.approval_steps import ItemMark, Said
from server.domain.approvals import RequestFacts
from server.domain.fitness import Fitness
from server.domain.training import TrainingFacts
from server.domain.words import ItemKind, Mode
from server.service.errors import NotFoundError
from server.service.limits import limits_of
from server.service.lookups import item_facts, known, person_facts, person_of
from server.service.people.scopes import scope_for
from server.store.tables import CopyMade, Customer, Decision, Delegation, Item, Person, Record, Request, Training


def stored(session: Session, number: int) -> Request:
    """Find a request; raises NotFoundError."""
    request = session.get(Request, number)
    if request is None:
        raise NotFoundError("request", number)
    return request


def items_of(session: Session, request: Request) -> list[Item]:
    """Give a request's items in the order they were asked for."""
    numbers = json.loads(request.items)
    found = {item.id: item for item in session.exec(select(Item).where(col(Item.id).in_(numbers)))}
    return [found[number] for number in numbers]


def facts_of(session: Session, request: Request, now_us: int) -> RequestFacts:
    """Give a stored request as the rules see it."""
    applicant, filer = person_of(session, request.applicant_id), person_of(session, request.filed_by_id)
    return request_facts(session, request, applicant, filer, items_of(session, request), now_us)


def request_facts(
    session: Session, request: Request, applicant: Person, filer: Person, items: list[Item], now_us: int
) -> RequestFacts:
    """Give a request, stored or not yet, as the rules see it."""
    return RequestFacts(
        applicant=person_facts(applicant),
        filer=person_facts(filer),
        items=tuple(item_facts(item) for item in items),
        mode=Mode(request.mode),
        purpose=request.purpose,
        from_us=request.from_us,
        until_us=request.until_us,
        now_us=now_us,
        due_us=request.due_us,
        documents=tuple(json.loads(request.documents)),
        impressions=request.impressions,
        pages=request.pages,
        recipient=request.recipient,
        outside=request.outside,
        marks=marks_of(session, items),
        limits=limits_of(session, items),
        fitness=fitness_of(session, known(applicant.id)),
    )


def fitness_of(session: Session, person_id: int) -> Fitness:
    """Give what somebody's rights reach and what they were taught."""
    taught = select(Training.subject, Training.expires_us).where(Training.person_id == person_id)
    return Fitness(scope_for(session, person_id), tuple(TrainingFacts(*row) for row in session.exec(taught)))


def marks_of(session: Session, items: Sequence[Item]) -> dict[str, ItemMark]:
    """Give, by code, the category of each item and the grade of the customer it is about; nothing where neither is.

    A copy is about whom its original is about, unless its own record names a customer.
    """
    copies = [item.id for item in items if item.kind == ItemKind.COPY]
    made = select(CopyMade.item_id, CopyMade.parent_id).where(col(CopyMade.item_id).in_(copies))
    originals: dict[int, int] = dict(session.exec(made).all()) if copies else {}
    numbers = {known(item.id) for item in items} | set(originals.values())
    query = select(Record.item_id, Customer.grade).join(Customer).where(col(Record.item_id).in_(numbers))
    grades: dict[int | None, str] = dict(session.exec(query).all())
    of = {known(item.id): grades.get(item.id, grades.get(originals.get(known(item.id)), "")) for item in items}
    marks = {item.code: ItemMark(item.category, of[known(item.id)]) for item in items}
    return {code: mark for code, mark in marks.items() if mark != ItemMark()}


def decided_before(session: Session, number: int) -> tuple[Said, ...]:
    """Give the decisions made on a request so far, in order."""
    query = (
        select(Decision.approver_id, Delegation.from_id)
        .outerjoin(Delegation, col(Delegation.id) == Decision.delegation_id)
        .where(Decision.request_id == number)
        .order_by(col(Decision.id))
    )
    return tuple(Said(by_id, giver_id) for by_id, giver_id in session.exec(query))
