"""Notices: what somebody should know of, on its way to them; it names things by number, never by title."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from server.domain.words import AlarmKind, Role
from server.notify.wording import alarm_text, notice_text
from server.service.context import Reading, Writing
from server.service.errors import NotFoundError
from server.service.lookups import codes, known, usernames
from server.service.paging import paged
from server.service.shapes import Done, NoticeView, Page, moment, moment_or_none
from server.store.tables import Alarm, Notice, Person
from server.store.unit_of_work import UnitOfWork

TOLD_OF_ALARMS = frozenset({Role.ARCHIVIST, Role.RECORDS_MANAGER})
TOLD_TOO = {AlarmKind.DURESS_CODE: frozenset({Role.HEAD_OF_OFFICE, Role.SECURITY_ADMIN})}
"""Who besides the records office must know at once; whom such an alarm names is not told: others may be looking on."""


def tell(work: Writing, people: Iterable[int], kind: str, about: str) -> None:
    """Write a notice to each of these people, in their language, but not to who does the act."""
    wanted = set(people) - {work.viewer.id}
    for person in work.session.exec(select(Person).where(col(Person.id).in_(wanted), Person.active)):
        text = notice_text(kind, about, person.locale)
        work.session.add(Notice(person_id=person.id, kind=kind, text=text, created_us=work.now_us))


def holders_of(session: Session, roles: Iterable[Role]) -> list[int]:
    """Give the active people in these posts."""
    query = select(Person.id).where(col(Person.role).in_(list(roles)), Person.active)
    return [known(number) for number in session.exec(query)]


def tell_of_alarms(uow: UnitOfWork, above: int, now_us: int) -> int:
    """Write the records office a notice of each alarm numbered above; gives the highest alarm number now."""
    session = uow.session
    alarms = list(session.exec(select(Alarm).where(col(Alarm.id) > above).order_by(col(Alarm.id)).limit(200)))
    if not alarms:
        return above
    told = set(session.exec(select(Notice.alarm_id).where(col(Notice.alarm_id).in_([alarm.id for alarm in alarms]))))
    posts = TOLD_OF_ALARMS.union(*TOLD_TOO.values())
    people = list(session.exec(select(Person).where(col(Person.role).in_(list(posts)), Person.active)))
    names, items = usernames(session, (a.person_id for a in alarms)), codes(session, (a.item_id for a in alarms))
    for alarm in alarms:
        if alarm.id in told:
            continue
        place = alarm.station if alarm.door is None else f"{alarm.station}/{alarm.door}"
        for person in _to_tell(alarm, people):
            text = alarm_text(alarm.kind, names.get(alarm.person_id), items.get(alarm.item_id), place, person.locale)
            session.add(Notice(alarm_id=alarm.id, person_id=person.id, kind=alarm.kind, text=text, created_us=now_us))
    return known(alarms[-1].id)


def _to_tell(alarm: Alarm, people: Iterable[Person]) -> list[Person]:
    too = TOLD_TOO.get(AlarmKind(alarm.kind))
    posts = TOLD_OF_ALARMS | (too or frozenset())
    return [one for one in people if one.role in posts and (too is None or one.id != alarm.person_id)]


def list_notices(look: Reading, before: int | None, limit: int) -> Page[NoticeView]:
    """List one's own notices, the newest first."""
    query = select(Notice).where(Notice.person_id == look.viewer.id).order_by(col(Notice.id).desc()).limit(limit + 1)
    if before is not None:
        query = query.where(col(Notice.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: [_notice_view(look, notice) for notice in rows])


def _notice_view(look: Reading, notice: Notice) -> NoticeView:
    return NoticeView(
        id=known(notice.id),
        kind=notice.kind,
        text=notice.text,
        alarm=notice.alarm_id,
        created_at=moment(notice.created_us, look.zone),
        read_at=moment_or_none(notice.read_us, look.zone),
    )


def mark_read(work: Writing, number: int) -> Done:
    """Say that one has read one's notice."""
    notice = work.session.get(Notice, number)
    if notice is None or notice.person_id != work.viewer.id:
        raise NotFoundError("notice", number)
    notice.read_us = notice.read_us or work.now_us
    work.session.add(notice)
    return Done()
