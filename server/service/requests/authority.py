"""Authority without a request: the archivist's standing rule and duty orders (R02, R09)."""

from msgspec import to_builtins
from sqlmodel import Session, col, or_, select

from server.domain import approvals
from server.domain.access import DUTIES
from server.domain.orders import OrderFacts, RegistrationFacts, judge_order, judge_registration
from server.domain.words import AuthorityKind, Mode, Task
from server.service.context import Reading, Writing
from server.service.errors import lawful
from server.service.inputs import NewOrder, NewRegistration, micros_or_none
from server.service.lending.notices import tell
from server.service.limits import limits_of
from server.service.lookups import (
    codes,
    item_facts,
    items_coded,
    known,
    person_facts,
    person_named,
    person_of,
    place_of,
    usernames,
)
from server.service.paging import paged
from server.service.records.records import belongs
from server.service.requests.request_facts import fitness_of, marks_of
from server.service.shapes import AuthorityView, Page, moment, moment_or_none
from server.store.tables import Authority, Line, Person


def give(session: Session, authority: Authority, items: list[int]) -> None:
    """Store an authority with an open line for each item."""
    session.add(authority)
    session.flush()
    for number in items:
        session.add(
            Line(
                authority_id=known(authority.id),
                person_id=authority.person_id,
                item_id=number,
                until_us=authority.until_us,
            )
        )


def register(work: Writing, asked: NewRegistration) -> AuthorityView:
    """Register that somebody whose post allows it borrows straight from the archivist (R09)."""
    person, items = person_named(work.session, asked.person), items_coded(work.session, asked.items)
    from_us, until_us = approvals.window(work.policy, work.zone.key, work.now_us, None, micros_or_none(asked.until))
    facts = RegistrationFacts(
        by=person_facts(person_of(work.session, work.viewer.id)),
        person=person_facts(person),
        items=tuple(item_facts(item) for item in items),
        mode=asked.mode,
        purpose=asked.purpose,
        from_us=from_us,
        until_us=until_us,
        now_us=work.now_us,
        due_us=micros_or_none(asked.due),
        limits=limits_of(work.session, items),
        fitness=fitness_of(work.session, known(person.id)),
        marks=marks_of(work.session, items),
    )
    lawful(judge_registration(work.policy, facts))
    authority = _authority(work, AuthorityKind.STANDING, person, asked.mode, asked.purpose, from_us, until_us)
    authority.due_us = facts.due_us
    give(work.session, authority, [known(item.id) for item in items])
    return _given(work, authority, person, asked.items, "registered", facts)


def order(work: Writing, asked: NewOrder) -> AuthorityView:
    """Order somebody to do a duty with items: take in, take out, move, repair, inspect, count, destroy."""
    person, items = person_named(work.session, asked.person), items_coded(work.session, asked.items)
    from_us, until_us = approvals.window(work.policy, work.zone.key, work.now_us, None, micros_or_none(asked.until))
    facts = OrderFacts(
        by=person_facts(person_of(work.session, work.viewer.id)),
        person=person_facts(person),
        items=tuple(item_facts(item) for item in items),
        task=asked.task,
        purpose=asked.purpose,
        from_us=from_us,
        until_us=until_us,
        now_us=work.now_us,
        to=place_of(work.session, asked.to) if asked.to else None,
        fitness=fitness_of(work.session, known(person.id)),
        marks=marks_of(work.session, items),
    )
    lawful(judge_order(work.policy, facts))
    purpose = f"{asked.task}: {asked.purpose}"
    kind = AuthorityKind.INSPECTION if asked.task == Task.INSPECTION else AuthorityKind.ORDER
    authority = _authority(work, kind, person, Mode.DUTY, purpose, from_us, until_us)
    give(work.session, authority, [known(item.id) for item in items])
    for item in items if facts.to else ():
        belongs(work, item, str(asked.to), purpose)
    return _given(work, authority, person, asked.items, "ordered", facts)


def _authority(
    work: Writing, kind: AuthorityKind, person: Person, mode: Mode, purpose: str, from_us: int, until_us: int
) -> Authority:
    return Authority(
        kind=kind,
        person_id=known(person.id),
        mode=mode,
        purpose=purpose,
        given_by_id=work.viewer.id,
        from_us=from_us,
        until_us=until_us,
    )


def _given(
    work: Writing,
    authority: Authority,
    person: Person,
    items: list[str],
    what: str,
    facts: OrderFacts | RegistrationFacts,
) -> AuthorityView:
    work.ledger(
        what,
        authority=authority.id,
        person=person.pseudonym,
        items=items,
        mode=authority.mode,
        purpose=authority.purpose,
        from_us=authority.from_us,
        until_us=authority.until_us,
        due_us=authority.due_us,
        policy=work.policy.digest,
        facts=to_builtins(facts),
    )
    tell(work, [known(person.id)], what, str(authority.id))
    return authority_view(work, authority, items)


def list_authorities(look: Reading, kind: AuthorityKind, before: int | None, limit: int) -> Page[AuthorityView]:
    """List standing rules or duty orders, the newest first; one's own, or all of them for those who see all."""
    kinds = DUTIES if kind == AuthorityKind.ORDER else (kind,)
    query = select(Authority).where(col(Authority.kind).in_(kinds)).order_by(col(Authority.id).desc()).limit(limit + 1)
    if not look.viewer.sees_all:
        query = query.where(or_(Authority.person_id == look.viewer.id, Authority.given_by_id == look.viewer.id))
    if before is not None:
        query = query.where(col(Authority.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: _authority_views(look, rows))


def _authority_views(look: Reading, rows: list[Authority]) -> list[AuthorityView]:
    numbers = [row.id for row in rows]
    lines = list(look.session.exec(select(Line).where(col(Line.authority_id).in_(numbers)).order_by(col(Line.id))))
    names = codes(look.session, (line.item_id for line in lines))
    return [
        authority_view(look, row, [names[line.item_id] for line in lines if line.authority_id == row.id])
        for row in rows
    ]


def authority_view(look: Reading, authority: Authority, items: list[str]) -> AuthorityView:
    """Give an authority as it is shown."""
    people = usernames(look.session, [authority.person_id, authority.given_by_id])
    return AuthorityView(
        id=known(authority.id),
        kind=authority.kind,
        person=people[authority.person_id],
        mode=authority.mode,
        purpose=authority.purpose,
        given_by=people[authority.given_by_id],
        items=items,
        from_at=moment(authority.from_us, look.zone),
        until_at=moment(authority.until_us, look.zone),
        due_at=moment_or_none(authority.due_us, look.zone),
    )
