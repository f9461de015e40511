"""Notices that time brings: each is told once, and that it was told is kept with it."""

from collections.abc import Collection, Iterable

from sqlmodel import Session, col, select

from server.domain.words import Role
from server.notify.wording import notice_text
from server.store.tables import Notice, Person, Reminder
from server.store.unit_of_work import UnitOfWork

MOST = 500


def untold(session: Session, subjects: Collection[str]) -> set[str]:
    """Give those of these subjects that nobody has been told of yet."""
    left, every = set(subjects), sorted(subjects)
    for start in range(0, len(every), MOST):
        part = every[start : start + MOST]
        told: list[str] = list(session.exec(select(Reminder.subject).where(col(Reminder.subject).in_(part))))
        left.difference_update(told)
    return left


def remind(uow: UnitOfWork, subject: str, people: Iterable[int], kind: str, about: str, now_us: int) -> None:
    """Tell these people of something, in their language, and keep that they were told."""
    wanted = set(people)
    for person in uow.session.exec(select(Person).where(col(Person.id).in_(wanted), Person.active)):
        text = notice_text(kind, about, person.locale)
        uow.session.add(Notice(person_id=person.id, kind=kind, text=text, created_us=now_us))
    uow.session.add(Reminder(subject=subject, at_us=now_us))


def posts(session: Session, roles: Iterable[Role], department: str) -> list[int]:
    """Give the active people in these posts; a department manager only of this department."""
    query = select(Person.id, Person.role, Person.department).where(col(Person.role).in_(list(roles)), Person.active)
    return [
        number
        for number, role, theirs in session.exec(query)
        if number is not None and (role != Role.DEPARTMENT_MANAGER or (department and theirs == department))
    ]
