"""People and their badges: who there is, and taking somebody in."""

import secrets
from collections.abc import Iterable
from typing import Final

from pydantic import Field
from sqlmodel import select

from contract.secrets import credential_of
from server.domain.alarms import cause_key
from server.domain.clearance import judge_change
from server.domain.scopes import EVERYTHING, judge_scope
from server.domain.words import AlarmKind, Role
from server.service.cabinet.alarms import Alarming, set_alarm
from server.service.context import Reading, Writing
from server.service.errors import ConflictError, NotFoundError, lawful
from server.service.inputs import Hex, Input, Text
from server.service.lookups import known, person_facts, person_named
from server.service.people.clearance import ties_of
from server.service.people.passwords import hash_secret
from server.service.people.rights import Act, Viewer
from server.service.people.scopes import NewScope, ScopeView, save_scope, scope_for, scope_view
from server.service.people.sign_in import end_sign_ins
from server.service.shapes import Done, Page, PersonView, Shape
from server.store.tables import Badge, Person

BADGE_SHOWN: Final = 16
"""How much of a credential is shown: enough to tell one badge from another."""


class ChangedPerson(Input):
    """What of somebody's post to change; what is left out stays."""

    role: Role | None = None
    department: Text | None = None
    active: bool | None = None
    note: Text = ""


class WithdrawnBadge(Input):
    """Which badge to withdraw: by its number, by how its credential begins, or (neither) all."""

    badge: Hex | None = None
    credential: str = Field(default="", max_length=128)


class BadgeView(Shape):
    credential: str
    active: bool


class PersonDetail(PersonView):
    scope: ScopeView | None
    badges: list[BadgeView]


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
    tell_of_change(work, new, work.ledger("person_added", person=new.pseudonym, role=new.role))
    for badge in badges:
        add_badge(work, new.username, badge, site)
    return person_view(new)


def get_person(look: Reading, username: str) -> PersonDetail:
    """Show one person with the limits of their rights and their badges."""
    person = person_named(look.session, username)
    scope = scope_for(look.session, known(person.id))
    keeps = look.viewer.may(Act.MANAGE_PEOPLE)
    badges = look.session.exec(select(Badge).where(Badge.person_id == person.id).order_by(Badge.credential))
    return PersonDetail(
        **person_view(person).model_dump(),
        scope=scope_view(scope, look.zone) if scope != EVERYTHING else None,
        badges=[BadgeView(credential=one.credential[:BADGE_SHOWN], active=one.active) for one in badges if keeps],
    )


def change_person(work: Writing, username: str, asked: ChangedPerson) -> PersonDetail:
    """Change somebody's post, department or standing; what they could do before ends at once (R41)."""
    person = person_named(work.session, username)
    before = person_facts(person)
    role = asked.role if asked.role is not None else before.role
    department = asked.department if asked.department is not None else before.department
    active = asked.active if asked.active is not None else before.active
    ties = ties_of(work.session, known(person.id), work.now_us)
    lawful(judge_change(before, work.viewer.id, role, department, active, ties))
    person.role, person.department, person.active = role, department, active
    work.session.add(person)
    change = {"role": role, "department": department, "active": active}
    was = {"role": before.role, "department": before.department, "active": before.active}
    entry = work.ledger("person_changed", person=person.pseudonym, was=was, now=change, note=asked.note)
    rights_changed(work, person, entry)
    return get_person(work, username)


def narrow_person(work: Writing, username: str, asked: NewScope) -> PersonDetail:
    """Set to what somebody's rights are narrowed (R40), and for how long (R61); nothing said lifts every limit."""
    person, scope = person_named(work.session, username), asked.facts()
    lawful(judge_scope(work.policy.people, person_facts(person), work.viewer.id, scope, work.now_us))
    save_scope(work.session, known(person.id), scope)
    limits = scope_view(scope, work.zone).model_dump()
    rights_changed(work, person, work.ledger("person_narrowed", person=person.pseudonym, limits=limits))
    work.session.flush()
    return get_person(work, username)


def rights_changed(work: Writing, person: Person, entry: int) -> None:
    """End what somebody is doing by their old rights, and say that these changed; `entry` is the ledger's."""
    end_sign_ins(work.session, known(person.id))
    tell_of_change(work, person, entry)


def tell_of_change(work: Writing, person: Person, entry: int) -> None:
    """Set the alarm that somebody's rights changed."""
    kind = AlarmKind.RIGHTS_CHANGED
    fact = Alarming(kind, cause_key(kind, person.id), work.now_us, person_id=person.id, evidence=(entry,))
    set_alarm(work.uow, fact, work.now_us)


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


def withdraw_badges(work: Writing, username: str, asked: WithdrawnBadge, site: str) -> PersonDetail:
    """Withdraw one badge, by its number or by how its credential begins, or all of them; stations know it at once."""
    person = person_named(work.session, username)
    wanted = asked.credential if asked.badge is None else credential_of(site, asked.badge)
    held = work.session.exec(select(Badge).where(Badge.person_id == person.id, Badge.active))
    found = [badge for badge in held if badge.credential.startswith(wanted)]
    if not found:
        raise NotFoundError("badge", wanted[:BADGE_SHOWN] or username)
    end_badges(work, person, found)
    return get_person(work, username)


def end_badges(work: Writing, person: Person, badges: Iterable[Badge]) -> None:
    """Let badges open nothing any more."""
    for badge in badges:
        badge.active = False
        work.session.add(badge)
        work.ledger("badge_withdrawn", person=person.pseudonym, credential=badge.credential)
    work.session.flush()
