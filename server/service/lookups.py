"""Names for ids and ids for names, many at a time: the API speaks of usernames and codes, the tables of numbers."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from server.domain.custody import Custody, ItemFacts
from server.domain.people import PersonFacts
from server.domain.scopes import Thing, outside
from server.domain.words import CustodyState, ItemKind, Role, Secrecy
from server.service.errors import InvalidError, NotFoundError, RefusedError
from server.service.people.scopes import thing_of
from server.store.narrowing import WHOLE, reach_of
from server.store.tables import Item, ItemCustody, Person, Station


def usernames(session: Session, ids: Iterable[int | None]) -> dict[int | None, str]:
    """Give the username of each person."""
    wanted = {number for number in ids if number is not None}
    if not wanted:
        return {}
    rows = session.exec(select(Person.id, Person.username).where(col(Person.id).in_(wanted)))
    return dict(rows.all())


def pseudonyms(session: Session, ids: Iterable[int | None]) -> dict[int | None, str]:
    """Give what stands for each person in the ledger."""
    wanted = {number for number in ids if number is not None}
    rows = session.exec(select(Person.id, Person.pseudonym).where(col(Person.id).in_(wanted)))
    return dict(rows.all())


def codes(session: Session, ids: Iterable[int | None]) -> dict[int | None, str]:
    """Give the code of each item."""
    wanted = {number for number in ids if number is not None}
    if not wanted:
        return {}
    query = select(Item.id, Item.code).where(col(Item.id).in_(wanted))
    return dict(session.exec(query, execution_options={WHOLE: True}).all())


def person_named(session: Session, username: str) -> Person:
    """Find a person; raises NotFoundError."""
    person = session.exec(select(Person).where(Person.username == username)).first()
    if person is None:
        raise NotFoundError("person", username)
    return person


def person_of(session: Session, number: int) -> Person:
    """Find a person by id, who must exist."""
    person = session.get(Person, number)
    if person is None:
        raise NotFoundError("person", number)
    return person


def item_coded(session: Session, code: str) -> Item:
    """Find an item within the reader's reach; raises NotFoundError."""
    item = session.exec(select(Item).where(Item.code == code)).first()
    if item is None or not within_reach(session, item):
        raise NotFoundError("item", code)
    return item


def items_coded(session: Session, wanted: Sequence[str]) -> list[Item]:
    """Find items in the order asked for; raises InvalidError for a repeated and NotFoundError for an unknown code."""
    if len(set(wanted)) != len(wanted):
        raise InvalidError("item_twice", "an item is named twice")
    found = {item.code: item for item in session.exec(select(Item).where(col(Item.code).in_(wanted)))}
    for code in wanted:
        if code not in found or not within_reach(session, found[code]):
            raise NotFoundError("item", code)
    return [found[code] for code in wanted]


def within_reach(session: Session, item: Item) -> bool:
    """Say whether the rights of who asks, if they are narrowed, reach this item; what one holds always is."""
    if (reach := reach_of(session)) is None:
        return True
    scope, person_id = reach
    return item.custody.person_id == person_id or not outside(scope, thing_of(item))


def keep_within_reach(session: Session, thing: Thing, code: str) -> None:
    """Refuse to make of an item what the rights of who asks, if they are narrowed, would not reach (R40)."""
    if (reach := reach_of(session)) is not None and (beyond := outside(reach[0], thing, code)):
        raise RefusedError(beyond)


def station_named(session: Session, name: str) -> Station:
    """Find a station; raises NotFoundError."""
    station = session.get(Station, name)
    if station is None:
        raise NotFoundError("station", name)
    return station


def place_of(session: Session, text: str) -> tuple[str, int]:
    """Read "station/door" and check that there is such a door; raises InvalidError."""
    name, _, door = text.partition("/")
    station = session.get(Station, name)
    if station is None or not door.isdecimal() or not 1 <= int(door) <= station.doors:
        raise InvalidError("no_such_place", f"there is no place {text!r}; write station/door, such as a/1")
    return name, int(door)


def known(number: int | None) -> int:
    """Give the id of a row that is stored."""
    if number is None:
        raise ValueError("the row is not stored yet")
    return number


def person_facts(person: Person) -> PersonFacts:
    """Give a person as the rules see them."""
    return PersonFacts(known(person.id), Role(person.role), person.department, person.active)


def item_facts(item: Item) -> ItemFacts:
    """Give an item as the rules see it."""
    home = None if item.home_station is None or item.home_door is None else (item.home_station, item.home_door)
    now = item.custody
    custody = Custody(CustodyState(now.state), now.station, now.door, now.person_id, now.incident_id, now.since_us)
    return ItemFacts(
        known(item.id),
        item.code,
        ItemKind(item.kind),
        Secrecy(item.secrecy),
        home,
        custody,
        item.department,
        item.parts,
        item.pages,
    )


def put_custody(item: Item, now: Custody) -> None:
    """Let an item be in this custody from now on."""
    row = item.custody
    row.state, row.station, row.door = now.state, now.station, now.door
    row.person_id, row.incident_id, row.since_us = now.person_id, now.incident_id, now.since_us


def held_by_person(person_id: int) -> ColumnElement[bool]:
    """Give the condition that an item is held by somebody; by the index of what they hold."""
    return col(Item.id).in_(select(ItemCustody.item_id).where(ItemCustody.person_id == person_id))
