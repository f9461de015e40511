"""Alarms: set at once, repeated rather than doubled, cleared when the cause ends, and closed only by a conclusion.

Law 1: one open row per cause; setting it again adds to `repeated` and to the evidence.
Law 2: severity never drops while the alarm is open.
Law 3: clearing says that the cause is over; the alarm stays open until somebody has concluded it.
"""

from dataclasses import asdict, dataclass

from sqlmodel import Session, col, select

from server.domain.alarms import cause_key, judge_act, next_state, severity_of
from server.domain.words import AlarmKind, AlarmState
from server.notify.wording import alarm_text
from server.service.context import Reading, Writing
from server.service.errors import NotFoundError, lawful
from server.service.lookups import codes, pseudonyms, usernames
from server.service.paging import paged
from server.service.shapes import AlarmView, Page, moment, moment_or_none
from server.store.effects import save_alarms
from server.store.tables import Alarm, Item, Person
from server.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Alarming:
    """Something that is wrong; `cause` is what makes it the same alarm the next time it is seen."""

    kind: AlarmKind | str
    cause: str
    occurred_us: int
    person_id: int | None = None
    item_id: int | None = None
    station: str = ""
    door: int | None = None
    session: str | None = None
    late_us: int = 0
    evidence: tuple[int, ...] = ()


def set_alarm(uow: UnitOfWork, fact: Alarming, now_us: int) -> Alarm:
    """Set an alarm, or repeat the one that is open for the same cause, as a batch of events does (`setting`)."""
    kind, session = AlarmKind(fact.kind), uow.session
    session.flush()
    told = asdict(fact) | {"kind": str(kind), "severity": str(severity_of(kind)), "set_us": now_us}
    save_alarms(uow.connection, [told])
    open_now = select(Alarm).where(Alarm.cause == fact.cause, col(Alarm.closed_us).is_(None))
    alarm = session.exec(open_now, execution_options={"populate_existing": True}).one()
    _record(uow, alarm, "alarm_set" if alarm.repeated == 0 else "alarm_repeated", now_us)
    return alarm


def clear_alarm(uow: UnitOfWork, cause: str, now_us: int) -> bool:
    """Say that an alarm's cause is over; gives whether there was one open and not cleared yet."""
    alarm = _open(uow.session, cause)
    if alarm is None or alarm.cleared_us is not None:
        return False
    alarm.cleared_us = now_us
    uow.session.add(alarm)
    _record(uow, alarm, "alarm_cleared", now_us)
    return True


def failed_sign_ins(uow: UnitOfWork, username: str, now_us: int) -> None:
    """Alarm that somebody keeps failing to sign in under a name; a name nobody has is not written down."""
    person = uow.session.exec(select(Person).where(Person.username == username)).first()
    kind = AlarmKind.REPEATED_FAILED_LOGIN
    cause = cause_key(kind, person.id if person else "unknown")
    fact = Alarming(kind, cause, now_us, person_id=person.id if person else None)
    set_alarm(uow, fact, now_us)


def list_alarms(look: Reading, state: str, before: int | None, limit: int) -> Page[AlarmView]:
    """List alarms, the newest first; `state` is open (anything not closed), all, or one of the states."""
    query = select(Alarm).order_by(col(Alarm.id).desc()).limit(limit + 1)
    if state not in ("all", AlarmState.CLOSED):
        query = query.where(col(Alarm.closed_us).is_(None))
    if state not in ("all", "open"):
        query = query.where(Alarm.state == state)
    if before is not None:
        query = query.where(col(Alarm.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: alarm_views(look, rows))


def get_alarm(look: Reading, number: int) -> AlarmView:
    """Show one alarm."""
    return alarm_views(look, [_stored(look.session, number)])[0]


def alarm_within_reach(work: Writing, number: int) -> Alarm:
    """Find an alarm to refer to; raises NotFoundError also for one beyond the rights of who does."""
    alarm = work.look().session.exec(select(Alarm).where(Alarm.id == number)).first()
    if alarm is None:
        raise NotFoundError("alarm", number)
    return alarm


def acknowledge(work: Writing, number: int, note: str = "") -> AlarmView:
    """Take an alarm on: somebody is looking into it."""
    alarm = _stored(work.session, number)
    _move(alarm, "acknowledge", "")
    alarm.acknowledged_us, alarm.acknowledged_by_id = work.now_us, work.viewer.id
    work.session.add(alarm)
    work.ledger("alarm_acknowledged", alarm=alarm.id, note=note)
    clear_alarm(work.uow, cause_key(AlarmKind.ALARM_UNACKNOWLEDGED, alarm.id), work.now_us)
    return alarm_views(work, [alarm])[0]


def close(work: Writing, number: int, conclusion: str) -> AlarmView:
    """Close an alarm with what was found out (R22)."""
    alarm = _stored(work.session, number)
    _move(alarm, "close", conclusion)
    alarm.closed_us, alarm.closed_by_id, alarm.conclusion = work.now_us, work.viewer.id, conclusion
    work.session.add(alarm)
    work.ledger("alarm_closed", alarm=alarm.id, conclusion=conclusion)
    clear_alarm(work.uow, cause_key(AlarmKind.ALARM_UNACKNOWLEDGED, alarm.id), work.now_us)
    return alarm_views(work, [alarm])[0]


def alarm_views(look: Reading, alarms: list[Alarm]) -> list[AlarmView]:
    """Give alarms as they are shown."""
    people = usernames(look.session, (n for a in alarms for n in (a.person_id, a.acknowledged_by_id, a.closed_by_id)))
    items = codes(look.session, (alarm.item_id for alarm in alarms))
    return [_view(look, alarm, people, items) for alarm in alarms]


def _view(look: Reading, alarm: Alarm, people: dict[int | None, str], items: dict[int | None, str]) -> AlarmView:
    person, item = people.get(alarm.person_id), items.get(alarm.item_id)
    place = alarm.station if alarm.door is None else f"{alarm.station}/{alarm.door}"
    return AlarmView(
        id=alarm.id or 0,
        kind=alarm.kind,
        severity=alarm.severity,
        state=alarm.state,
        person=person,
        item=item,
        station=alarm.station,
        door=alarm.door,
        session=alarm.session,
        occurred_at=moment(alarm.occurred_us, look.zone),
        set_at=moment(alarm.set_us, look.zone),
        late_seconds=alarm.late_us / 1e6,
        repeated=alarm.repeated,
        acknowledged_at=moment_or_none(alarm.acknowledged_us, look.zone),
        acknowledged_by=people.get(alarm.acknowledged_by_id),
        cleared_at=moment_or_none(alarm.cleared_us, look.zone),
        closed_at=moment_or_none(alarm.closed_us, look.zone),
        closed_by=people.get(alarm.closed_by_id),
        conclusion=alarm.conclusion,
        text=alarm_text(alarm.kind, person, item, place, look.viewer.locale),
    )


def _open(session: Session, cause: str) -> Alarm | None:
    return session.exec(select(Alarm).where(Alarm.cause == cause, col(Alarm.closed_us).is_(None))).first()


def _stored(session: Session, number: int) -> Alarm:
    alarm = session.get(Alarm, number)
    if alarm is None:
        raise NotFoundError("alarm", number)
    return alarm


def _move(alarm: Alarm, act: str, conclusion: str) -> None:
    state = AlarmState(alarm.state)
    lawful(judge_act(state, act, conclusion))
    alarm.state = next_state(state, act)


def _record(uow: UnitOfWork, alarm: Alarm, what: str, now_us: int) -> None:
    people = pseudonyms(uow.session, [alarm.person_id])
    item = uow.session.get(Item, alarm.item_id) if alarm.item_id else None
    body = {
        "alarm": alarm.id,
        "alarm_kind": alarm.kind,
        "cause": alarm.cause,
        "severity": alarm.severity,
        "person": people.get(alarm.person_id),
        "item": item.code if item else None,
        "station": alarm.station,
        "door": alarm.door,
    }
    uow.ledger(what, now_us, {key: value for key, value in body.items() if value not in (None, "")})
