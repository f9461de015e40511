"""Doors that opened, lawfully or not: an opening nobody can be named for sets its alarm and begins an incident."""

from contract.messages import DoorClosed, DoorOpened, UnlockDone, UnlockIntended
from server.domain.alarms import alarm_for_opening, case_for_opening, incident_for_opening, severity_of
from server.domain.words import Cause, IncidentKind
from server.service.setting import set_alarm
from server.service.work import Heard, Work
from server.store.sql import fetch

_FIND = "SELECT id FROM incident WHERE station = :station AND epoch = :epoch AND opened_seq = :seq"
_INSERT = (
    "INSERT INTO incident (kind, station, epoch, opened_seq, door, occurred_us, note)"
    " VALUES (:kind, :station, :epoch, :seq, :door, :occurred_us, '') RETURNING id"
)


def unlock_intended(work: Work, heard: Heard, event: UnlockIntended) -> None:
    """Record that a relay is about to fire; the grant is used and lapses no more."""
    _use(work, event.session)
    work.record(heard, "unlock_intended", {"session": event.session, "grant": event.grant, "door": event.door})


def unlock_done(work: Work, heard: Heard, event: UnlockDone) -> None:
    """Record what the lock said."""
    body = {"session": event.session, "grant": event.grant, "door": event.door, "outcome": event.outcome}
    work.record(heard, "unlock_done", body)


def door_opened(work: Work, heard: Heard, event: DoorOpened) -> None:
    """Record an opening; one that no session stands behind sets its alarm at once, however late it is heard."""
    cause = Cause(event.cause)
    body = {"door": event.door, "cause": cause, "session": event.session}
    entry = work.record(heard, "door_opened", {key: value for key, value in body.items() if value is not None})
    if event.session is not None:
        _use(work, event.session)
    kind = incident_for_opening(cause)
    if kind is None:
        return
    incident_id = _begin(work, heard, kind, event.door, heard.seq)
    alarm = alarm_for_opening(cause)
    if alarm is not None:
        about = (heard.station, event.door, heard.epoch, heard.seq)
        set_alarm(work, heard, alarm, severity_of(alarm), about=about, evidence=entry, door=event.door)
    case = case_for_opening(cause)
    if case is not None:
        work.open_case(case, heard, door=event.door, incident_id=incident_id)


def incident_of(work: Work, heard: Heard, event: DoorClosed) -> int:
    """Find the incident a closing ends, by the opening it names; begin one when its opening was never heard."""
    if event.opened_seq is not None:
        opened = {"station": heard.station, "epoch": heard.epoch, "seq": event.opened_seq}
        for row in fetch(work.uow.connection, _FIND, **opened):
            return int(row.id)
    cause = Cause(event.cause)
    kind = incident_for_opening(cause) or IncidentKind.DOOR_OPENED_WITHOUT_SESSION
    incident_id = _begin(work, heard, kind, event.door, event.opened_seq or heard.seq)
    case = case_for_opening(cause)
    if case is not None:
        work.open_case(case, heard, door=event.door, incident_id=incident_id)
    return incident_id


def _begin(work: Work, heard: Heard, kind: IncidentKind, door: int, opened_seq: int) -> int:
    made = fetch(
        work.uow.connection,
        _INSERT,
        kind=str(kind),
        station=heard.station,
        epoch=heard.epoch,
        seq=opened_seq,
        door=door,
        occurred_us=heard.occurred_us,
    )
    number = int(made[0].id)
    work.record(heard, "incident_opened", {"incident": number, "incident_kind": kind, "door": door})
    return number


def _use(work: Work, session: str) -> None:
    visit = work.facts.visits.get(session)
    if visit is not None and visit.lapses_us is not None:
        visit.lapses_us = None
        work.save_visit(visit)
