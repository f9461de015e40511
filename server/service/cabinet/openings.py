"""Doors that opened, lawfully or not: an opening nobody can be named for sets its alarm and begins an incident.

Law 1: a person is named only for a session that was granted to them, at this station, on this door, and is not over;
       whatever else a station says of whom it was, nobody is named.
"""

from contract.messages import DoorClosed, DoorOpened, UnlockDone, UnlockIntended
from server.domain.alarms import alarm_for_opening, case_for_opening, incident_for_opening, severity_of
from server.domain.words import Cause, IncidentKind
from server.service.cabinet.offline import use as use_held
from server.service.cabinet.setting import set_alarm
from server.service.cabinet.work import Heard, Work
from server.store.sql import fetch

_FIND = "SELECT id FROM incident WHERE station = :station AND epoch = :epoch AND opened_seq = :seq"


def unlock_intended(work: Work, heard: Heard, event: UnlockIntended) -> None:
    """Record that a relay is about to fire; the grant is used and lapses no more."""
    use_held(work, heard, event)
    _use(work, heard, event.session)
    work.record(heard, "unlock_intended", {"session": event.session, "grant": event.grant, "door": event.door})


def unlock_done(work: Work, heard: Heard, event: UnlockDone) -> None:
    """Record what the lock said."""
    body = {"session": event.session, "grant": event.grant, "door": event.door, "outcome": event.outcome}
    work.record(heard, "unlock_done", body)


def door_opened(work: Work, heard: Heard, event: DoorOpened) -> None:
    """Record an opening; one that no session stands behind sets its alarm at once, however late it is heard."""
    body = {"door": event.door, "cause": event.cause, "session": event.session}
    entry = work.record(heard, "door_opened", {key: value for key, value in body.items() if value is not None})
    if answerable(work, heard, event) is None:
        _begin(work, heard, event, heard.seq, entry)
    else:
        _use(work, heard, event.session)


def answerable(work: Work, heard: Heard, event: DoorOpened | DoorClosed) -> int | None:
    """Name the person the door stood open for, if it is for anybody to say."""
    visit = work.visit_of(heard, event.session) if event.cause == Cause.SESSION.value else None
    granted = visit is not None and event.door in visit.doors and visit.ended_us is None
    return visit.person_id if visit is not None and granted else None


def incident_of(work: Work, heard: Heard, event: DoorClosed) -> int:
    """Find the incident a closing ends, by the opening it names; begin one when its opening was never heard."""
    if event.opened_seq is not None:
        number = work.effects.incident_at(heard.station, heard.epoch, event.opened_seq)
        if number is not None:
            return number
        opened = {"station": heard.station, "epoch": heard.epoch, "seq": event.opened_seq}
        for row in fetch(work.uow.connection, _FIND, **opened):
            return int(row.id)
    return _begin(work, heard, event, event.opened_seq or heard.seq)


def _begin(work: Work, heard: Heard, event: DoorOpened | DoorClosed, opened_seq: int, evidence: int = 0) -> int:
    """Begin an incident, with the alarm and the case that its cause asks for."""
    said = Cause(event.cause)
    cause = Cause.NO_SESSION if said == Cause.SESSION else said  # a session nobody was granted is none
    kind = incident_for_opening(cause) or IncidentKind.DOOR_OPENED_WITHOUT_SESSION
    number = work.effects.begin_incident(
        work.uow,
        {
            "kind": str(kind),
            "station": heard.station,
            "epoch": heard.epoch,
            "opened_seq": opened_seq,
            "door": event.door,
            "occurred_us": heard.occurred_us,
        },
    )
    entry = work.record(heard, "incident_opened", {"incident": number, "incident_kind": kind, "door": event.door})
    alarm, case = alarm_for_opening(cause), case_for_opening(cause)
    if alarm is not None:
        about = (heard.station, event.door, heard.epoch, opened_seq)
        set_alarm(work, heard, alarm, severity_of(alarm), about=about, evidence=evidence or entry, door=event.door)
    if case is not None:
        work.open_case(case, heard, door=event.door, incident_id=number)
    return number


def _use(work: Work, heard: Heard, session: str | None) -> None:
    visit = work.visit_of(heard, session)
    if visit is not None and visit.lapses_us is not None:
        visit.lapses_us = None
        work.save_visit(visit)
