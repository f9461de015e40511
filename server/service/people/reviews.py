"""Reviews of rights (R42): a reviewer confirms or withdraws each person's rights; the duties say when it is due."""

from typing import Literal

from sqlmodel import Session, col, func, select

from server.domain.breaches import judge_review
from server.domain.scopes import EVERYTHING
from server.domain.words import DutyKind, Role
from server.service.context import Reading, Writing
from server.service.errors import lawful
from server.service.inputs import Input, Text
from server.service.lookups import known, person_facts, person_named, person_of, usernames
from server.service.oversight.duties import fulfil
from server.service.people.people import end_badges, rights_changed
from server.service.people.scopes import ScopeView, scope_for, scope_view
from server.service.shapes import Page, Shape, moment, moment_or_none
from server.store.tables import Badge, Duty, Person, RightsReview

CONFIRMED, WITHDRAWN = "confirmed", "withdrawn"


class NewReview(Input):
    """What a reviewer says of somebody's rights."""

    said: Literal["confirmed", "withdrawn"]
    note: Text = ""


class RightsView(Shape):
    """Somebody's rights as a reviewer sees them, and how their review stands."""

    person: str
    role: str
    department: str
    scope: ScopeView | None
    reviewed_at: str | None
    reviewed_by: str | None
    said: str | None
    due_at: str | None
    overdue: bool


def list_rights(look: Reading, due: bool, after: str | None, limit: int) -> Page[RightsView]:
    """List the rights this person may review, by username: a department manager's are the department's."""
    query = select(Person).where(Person.active, Person.id != look.viewer.id).order_by(Person.username).limit(limit + 1)
    if look.viewer.role == Role.DEPARTMENT_MANAGER:
        query = query.where(Person.department == look.viewer.department, Person.department != "")
    if due:
        waits = select(Duty.subject).where(Duty.kind == DutyKind.RIGHTS_REVIEW, col(Duty.ended_us).is_(None))
        query = query.where(col(Person.username).in_(waits))
    if after is not None:
        query = query.where(Person.username > after)
    found = list(look.session.exec(query))
    rows = [_view(look, person) for person in found[:limit]]
    return Page(rows=rows, next=rows[-1].person if len(found) > limit else None)


def review(work: Writing, username: str, asked: NewReview) -> RightsView:
    """Confirm somebody's rights, or withdraw them: they can do nothing until the security administrator says what."""
    person = person_named(work.session, username)
    by = person_of(work.session, work.viewer.id)
    lawful(judge_review(work.policy.people, person_facts(by), person_facts(person)))
    row = RightsReview(
        person_id=known(person.id),
        by_id=work.viewer.id,
        said=asked.said,
        role=person.role,
        note=asked.note,
        at_us=work.now_us,
    )
    work.session.add(row)
    entry = work.ledger("rights_reviewed", person=person.pseudonym, said=asked.said, role=row.role, note=asked.note)
    if asked.said == WITHDRAWN:
        person.active = False
        work.session.add(person)
        end_badges(work, person, work.session.exec(select(Badge).where(Badge.person_id == person.id, Badge.active)))
        rights_changed(work, person, entry)
    work.session.flush()
    fulfil(work, DutyKind.RIGHTS_REVIEW, person.username, asked.said)
    return _view(work, person)


def _view(look: Reading, person: Person) -> RightsView:
    session, number = look.session, known(person.id)
    last = _last(session, number)
    due = session.exec(
        select(func.min(Duty.due_us)).where(
            Duty.kind == DutyKind.RIGHTS_REVIEW, Duty.subject == person.username, col(Duty.ended_us).is_(None)
        )
    ).one()
    scope = scope_for(session, number)
    return RightsView(
        person=person.username,
        role=person.role,
        department=person.department,
        scope=None if scope == EVERYTHING else scope_view(scope, look.zone),
        reviewed_at=moment(last.at_us, look.zone) if last else None,
        reviewed_by=usernames(session, [last.by_id])[last.by_id] if last else None,
        said=last.said if last else None,
        due_at=moment_or_none(due, look.zone),
        overdue=due is not None and due < look.now_us,
    )


def _last(session: Session, person_id: int) -> RightsReview | None:
    query = select(RightsReview).where(RightsReview.person_id == person_id).order_by(col(RightsReview.id).desc())
    return session.exec(query.limit(1)).first()
