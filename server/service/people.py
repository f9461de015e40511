"""People and their badges: who there is, and taking somebody in."""

import secrets

from sqlmodel import select

from contract.secrets import credential_of
from server.domain.alarms import cause_key
from server.domain.words import AlarmKind, Role
from server.service.alarms import Alarming, set_alarm
from server.service.context import Reading, Writing
from server.service.errors import ConflictError
from server.service.lookups import known, person_named
from server.service.passwords import hash_secret
from server.service.rights import Viewer
from server.service.shapes import Done, Page, PersonView
from server.store.tables import Badge, Person


def person_view(person: Person | Viewer) -> PersonView:
    """Give a person as they are shown."""
    return PersonView(
        username=person.username,
        name=person.name,
        role=person.role,
        department=person.department,
        active=person.active if isinstance(person, Person) else True,
        locale=person.locale,
    )


def list_people(look: Reading, after: str | None, limit: int) -> Page[PersonView]:
    """List people by username."""
    query = select(Person).order_by(Person.username).limit(limit + 1)
    if after is not None:
        query = query.where(Person.username > after)
    found = list(look.session.exec(query))
    rows = [person_view(person) for person in found[:limit]]
    return Page(rows=rows, next=rows[-1].username if len(found) > limit else None)


def add_person(work: Writing, new: Person, badges: list[str], site: str) -> PersonView:
    """Take a person in, with the badges they carry; the password hash is already in `new`."""
    if work.session.exec(select(Person.id).where(Person.username == new.username)).first() is not None:
        raise ConflictError("username_taken", f"there is already somebody called {new.username!r}")
    new.created_us = work.now_us
    work.session.add(new)
    work.session.flush()
    number = work.ledger("person_added", person=new.pseudonym, role=new.role)
    kind = AlarmKind.RIGHTS_CHANGED
    fact = Alarming(kind, cause_key(kind, new.id), work.now_us, person_id=new.id, evidence=(number,))
    set_alarm(work.uow, fact, work.now_us)
    for badge in badges:
        add_badge(work, new.username, badge, site)
    return person_view(new)


def new_person(
    username: str, name: str, role: Role, department: str = "", locale: str = "zh", password: str = "", pin: str = ""
) -> Person:
    """Make a person's row, with a fresh pseudonym and hashed secrets; slow, so outside of any transaction."""
    return Person(
        username=username,
        name=name,
        role=role,
        department=department,
        locale=locale,
        pseudonym="p" + secrets.token_hex(8),
        password_hash=hash_secret(password) if password else None,
        pin_hash=hash_secret(pin) if pin else None,
        created_us=0,
    )


def add_badge(work: Writing, username: str, badge: str, site: str) -> Done:
    """Give a person a badge (its number in hex); only the credential's pseudonym is kept."""
    person = person_named(work.session, username)
    credential = credential_of(site, badge)
    held = work.session.get(Badge, credential)
    if held is not None and (held.active or held.person_id != person.id):
        raise ConflictError("badge_taken", "this badge is already somebody's")
    work.session.merge(Badge(credential=credential, person_id=known(person.id), active=True))
    work.ledger("badge_added", person=person.pseudonym, credential=credential)
    return Done()
