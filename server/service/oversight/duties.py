"""Duties: opened by the clock or by what happens, fulfilled by the act they ask for, flagged once when overdue.

For other topics: `open_duty` is idempotent per kind, subject and due moment; `fulfil` ends the oldest one begun.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from server.domain.duties import PER, TOLD_IN_DEPARTMENT, DutyRow, Last, Per, local_date, wanted
from server.domain.policy import Policy
from server.domain.wordings import WORDS
from server.domain.words import DutyKind, Role
from server.notify.wording import notice_text
from server.service.context import Reading, Writing
from server.service.errors import InvalidError
from server.service.lookups import known, pseudonyms, usernames
from server.service.paging import paged
from server.service.shapes import Page, Shape, moment, moment_or_none
from server.store.tables import Duty, Notice, Person, Station
from server.store.unit_of_work import UnitOfWork

FULFILLED: Final = "fulfilled"
DROPPED: Final = "dropped"
MADE_BY_THE_CLOCK: Final = frozenset({DutyKind.UNRETURNED_LIST})
"""What the sweep does by itself: nobody need be told that it has begun."""
MOST: Final = 500
"""Duties flagged in one transaction."""


class DutyView(Shape):
    id: int
    kind: str
    rule: str
    subject: str
    from_at: str
    due_at: str
    overdue: bool
    ended_at: str | None
    outcome: str
    by: str | None
    note: str


def open_duty(uow: UnitOfWork, kind: DutyKind, subject: str, due_us: int, now_us: int, from_us: int = 0) -> int:
    """Open a duty, or find the one there is of this kind, subject and due moment; gives its number."""
    same = (Duty.kind == kind, Duty.subject == subject, Duty.due_us == due_us)
    found = uow.session.exec(select(Duty.id).where(*same)).first()
    if found is not None:
        return found
    row = Duty(kind=kind, subject=subject, from_us=from_us or now_us, due_us=due_us)
    uow.session.add(row)
    uow.session.flush()
    return known(row.id)


def fulfil(work: Writing, kind: DutyKind, subject: str, note: str = "") -> int | None:
    """End the oldest duty of this kind and subject that has begun; gives its number, None when there is none."""
    return _end(work, kind, subject, FULFILLED, note)


def drop(work: Writing, kind: DutyKind, subject: str, note: str = "") -> int | None:
    """End a duty that is no longer asked for; gives its number, None when there is none."""
    return _end(work, kind, subject, DROPPED, note)


def _end(work: Writing, kind: DutyKind, subject: str, outcome: str, note: str) -> int | None:
    same = (Duty.kind == kind, Duty.subject == subject, col(Duty.ended_us).is_(None), Duty.from_us <= work.now_us)
    row = work.session.exec(select(Duty).where(*same).order_by(col(Duty.due_us)).limit(1)).first()
    if row is None:
        return None
    row.ended_us, row.outcome, row.note = work.now_us, outcome, note
    row.ended_by_id = work.viewer.id or None
    work.session.add(row)
    late = row.due_us < work.now_us
    work.ledger(f"duty_{outcome}", duty=row.id, duty_kind=row.kind, about=_about(work.session, row), late=late)
    return known(row.id)


def list_duties(
    look: Reading,
    overdue: bool = False,
    state: str = "open",
    kind: str | None = None,
    subject: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> Page[DutyView]:
    """List duties: open, ended or all; `overdue` only what is open past its due moment."""
    query = select(Duty).order_by(col(Duty.id)).limit(limit + 1)
    if overdue or state == "open":
        query = query.where(col(Duty.ended_us).is_(None))
    elif state == "ended":
        query = query.where(col(Duty.ended_us).is_not(None))
    if overdue:
        query = query.where(Duty.due_us < look.now_us)
    if kind is not None:
        query = query.where(Duty.kind == kind)
    if subject is not None:
        query = query.where(Duty.subject == subject)
    if look.viewer.role == Role.DEPARTMENT_MANAGER:
        query = query.where(col(Duty.kind).in_(_of_departments()), Duty.subject == look.viewer.department)
    if after is not None:
        query = query.where(col(Duty.id) > after)
    return paged(look.session.exec(query), limit, lambda rows: duty_views(look, rows))


def soonest(look: Reading, limit: int) -> list[DutyView]:
    """Give what is open, soonest due first."""
    query = select(Duty).where(col(Duty.ended_us).is_(None)).order_by(col(Duty.due_us), col(Duty.id)).limit(limit)
    if look.viewer.role == Role.DEPARTMENT_MANAGER:
        query = query.where(col(Duty.kind).in_(_of_departments()), Duty.subject == look.viewer.department)
    return duty_views(look, list(look.session.exec(query)))


def duty_views(look: Reading, rows: Sequence[Duty]) -> list[DutyView]:
    """Give duties as they are shown."""
    people = usernames(look.session, (row.ended_by_id for row in rows))
    return [
        DutyView(
            id=known(row.id),
            kind=row.kind,
            rule=look.policy.duty_row(DutyKind(row.kind)).rule,
            subject=row.subject,
            from_at=moment(row.from_us, look.zone),
            due_at=moment(row.due_us, look.zone),
            overdue=row.ended_us is None and row.due_us < look.now_us,
            ended_at=moment_or_none(row.ended_us, look.zone),
            outcome=row.outcome,
            by=people.get(row.ended_by_id),
            note=row.note,
        )
        for row in rows
    ]


# ------------------------------------------------------------ the clock's part


def open_what_is_due(uow: UnitOfWork, policy: Policy, now_us: int, zone: ZoneInfo) -> int:
    """Open every periodic duty whose term has begun, drop those about what is no longer there; says how many."""
    session, changed = uow.session, 0
    there = {per: subjects_of(session, per) for per in Per if per != Per.ITEM}
    for row in policy.duty:
        per = PER[row.kind]
        if not row.is_periodic or per == Per.ITEM:
            continue
        newest = _newest(session, row.kind)
        for subject in sorted(there[per]):
            for term in wanted(row, newest.get(subject), now_us, zone):
                open_duty(uow, row.kind, subject, term.due_us, now_us, term.from_us)
                changed += 1
        gone = [subject for subject, last in newest.items() if last.ended_us is None and subject not in there[per]]
        changed += _drop_gone(uow, row.kind, gone, now_us)
    return changed


def remind_of_begun(uow: UnitOfWork, policy: Policy, now_us: int, zone: ZoneInfo) -> int:
    """Tell those who are to be reminded that a duty of the calendar has begun, once; says how many there were."""
    kinds = [row.kind for row in policy.duty if row.months and row.kind not in MADE_BY_THE_CLOCK]
    begun = (col(Duty.ended_us).is_(None), Duty.from_us <= now_us, col(Duty.reminded_us).is_(None))
    rows = list(uow.session.exec(select(Duty).where(*begun, col(Duty.kind).in_(kinds)).limit(MOST)))
    for row in rows:
        row.reminded_us = now_us
        uow.session.add(row)
        tell_of(uow, policy.duty_row(DutyKind(row.kind)), row, "duty_begun", now_us, zone)
    return len(rows)


def flag_overdue(uow: UnitOfWork, policy: Policy, now_us: int, zone: ZoneInfo) -> int:
    """Tell those who are to be reminded of each duty that has become overdue, once; says how many there were."""
    late = (col(Duty.ended_us).is_(None), Duty.due_us < now_us, col(Duty.flagged_us).is_(None))
    rows = list(uow.session.exec(select(Duty).where(*late).order_by(col(Duty.due_us)).limit(MOST)))
    for row in rows:
        row.flagged_us = now_us
        uow.session.add(row)
        tell_of(uow, policy.duty_row(DutyKind(row.kind)), row, "duty_overdue", now_us, zone)
        uow.ledger("duty_overdue", now_us, {"duty": row.id, "duty_kind": row.kind, "about": _about(uow.session, row)})
    return len(rows)


def tell_of(uow: UnitOfWork, row: DutyRow, duty: Duty, kind: str, now_us: int, zone: ZoneInfo) -> None:
    """Write a notice of a duty to those whom the sheet names, and to the person it is about."""
    people = select(Person).where(Person.active, col(Person.role).in_(sorted(row.remind)))
    per = PER[row.kind]
    told = [one for one in uow.session.exec(people) if _concerns(one, per, duty.subject)]
    if per == Per.PERSON:
        told += uow.session.exec(select(Person).where(Person.username == duty.subject, Person.active)).all()
    for person in {one.id: one for one in told}.values():
        name = WORDS[duty.kind][0 if person.locale == "zh" else 1]
        about = " · ".join(part for part in (name, duty.subject, local_date(duty.due_us, zone).isoformat()) if part)
        text = notice_text(kind, about, person.locale)
        uow.session.add(Notice(person_id=person.id, kind=kind, text=text, created_us=now_us))


def subjects_of(session: Session, per: Per) -> set[str]:
    """Give every subject there is now of a sort; of items, ask their own topic."""
    if per == Per.COMPANY:
        return {""}
    if per == Per.CABINET:
        return set(session.exec(select(Station.name).where(Station.active)))
    if per == Per.DEPARTMENT:
        query = select(Person.department).where(Person.active, Person.department != "")
        return set(session.exec(query.distinct()))
    if per == Per.PERSON:
        return set(session.exec(select(Person.username).where(Person.active)))
    raise InvalidError("items_are_too_many", "duties per item are opened by the topic they belong to")


def _newest(session: Session, kind: DutyKind) -> dict[str, Last]:
    """Give the newest duty of each subject (the index of kind, subject and due moment answers it)."""
    newest = select(Duty.subject, func.max(Duty.due_us)).where(Duty.kind == kind).group_by(Duty.subject)
    due: dict[str, int] = dict(session.exec(newest).all())
    if not due:
        return {}
    query = select(Duty).where(Duty.kind == kind, col(Duty.due_us).in_(set(due.values())))
    return {
        row.subject: Last(row.due_us, row.ended_us) for row in session.exec(query) if due[row.subject] == row.due_us
    }


def _drop_gone(uow: UnitOfWork, kind: DutyKind, subjects: Iterable[str], now_us: int) -> int:
    query = select(Duty).where(Duty.kind == kind, col(Duty.subject).in_(list(subjects)), col(Duty.ended_us).is_(None))
    rows = list(uow.session.exec(query))
    for row in rows:
        row.ended_us, row.outcome = now_us, DROPPED
        uow.session.add(row)
        uow.ledger("duty_dropped", now_us, {"duty": row.id, "duty_kind": row.kind, "about": _about(uow.session, row)})
    return len(rows)


def _concerns(person: Person, per: Per, subject: str) -> bool:
    return per != Per.DEPARTMENT or Role(person.role) not in TOLD_IN_DEPARTMENT or person.department == subject


def _about(session: Session, row: Duty) -> str:
    """Name a duty's subject in the ledger: a person by pseudonym."""
    if PER[DutyKind(row.kind)] != Per.PERSON:
        return row.subject
    number = session.exec(select(Person.id).where(Person.username == row.subject)).first()
    return pseudonyms(session, [number]).get(number, "")


def _of_departments() -> list[str]:
    return [str(kind) for kind, per in PER.items() if per == Per.DEPARTMENT]
