"""Alarms that nobody takes on climb the ladder of the sheet: at each rung others are told, or it is alarmed itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from server.domain.alarms import cause_key, rungs_reached
from server.domain.policy import AlarmRung, Policy
from server.domain.words import AlarmKind, AlarmState
from server.service.cabinet.alarms import Alarming, set_alarm
from server.service.lending.reminders import posts, remind, untold
from server.service.lookups import codes, known
from server.store.tables import Alarm
from server.store.unit_of_work import UnitOfWork

UNACKNOWLEDGED = AlarmKind.ALARM_UNACKNOWLEDGED


@dataclass(frozen=True, slots=True)
class Climb:
    """An alarm that has reached a rung: how it is known, and under which subject it is remembered as told."""

    alarm: Alarm
    rung: AlarmRung
    subject: str


def climbing(session: Session, policy: Policy, now_us: int, zone: ZoneInfo) -> list[Climb]:
    """Give what has reached a rung that nobody was told of yet."""
    waiting = (Alarm.state == AlarmState.SET, col(Alarm.closed_us).is_(None), Alarm.kind != UNACKNOWLEDGED)
    found = {climb.subject: climb for alarm in session.exec(select(Alarm).where(*waiting)) for climb in _rungs(
        policy, alarm, now_us, zone
    )}  # fmt: skip
    left = untold(session, found)
    return [climb for subject, climb in found.items() if subject in left]


def climb(uow: UnitOfWork, one: Climb, now_us: int) -> None:
    """Tell those of the rung, and set the alarm of the alarm where the sheet wants it."""
    alarm, session = one.alarm, uow.session
    item = codes(session, [alarm.item_id]).get(alarm.item_id)
    place = alarm.station if alarm.door is None else f"{alarm.station}/{alarm.door}"
    about = " · ".join(part for part in (f"#{alarm.id}", item, place) if part)
    remind(uow, one.subject, posts(session, one.rung.tell, ""), "alarm_escalated", about, now_us)
    entry = uow.ledger("alarm_escalated", now_us, {"alarm": alarm.id, "after_minutes": one.rung.after_minutes})
    if one.rung.alarm:
        fact = Alarming(UNACKNOWLEDGED, cause_key(UNACKNOWLEDGED, alarm.id), now_us, station=alarm.station,
                        door=alarm.door, item_id=alarm.item_id, evidence=(entry,))  # fmt: skip
        set_alarm(uow, fact, now_us)


def _rungs(policy: Policy, alarm: Alarm, now_us: int, zone: ZoneInfo) -> Iterator[Climb]:
    for rung in rungs_reached(policy, alarm.set_us, now_us, str(zone)):
        yield Climb(alarm, rung, f"alarm:{known(alarm.id)}:{rung.calendar}:{rung.after_minutes}")
