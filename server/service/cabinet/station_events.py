"""What a station says about itself: that it started, that something about it became so or is so no longer."""

from typing import Final

from contract.messages import Condition, ConditionChanged, StationStarted
from server.domain.alarms import severity_of
from server.domain.custody import ItemFacts
from server.domain.words import AlarmKind
from server.service.cabinet.setting import clear_alarm, set_alarm
from server.service.cabinet.work import Heard, Work

_OTHER_NAME: Final[dict[Condition, AlarmKind]] = {"door_not_latched": AlarmKind.DOOR_NOT_LATCHED_AFTER_SESSION}


def station_started(work: Work, heard: Heard, event: StationStarted) -> None:
    """Record that the agent started; the sessions it was interrupted in are over, their lines free again."""
    for session in event.interrupted:
        visit = work.visit_of(heard, session)
        if visit is not None:
            work.release(session, visit.person_id)
            visit.ended_us, visit.lapses_us = heard.occurred_us, None
            work.save_visit(visit)
    body = {"version": event.version, "doors": event.doors, "interrupted": event.interrupted}
    work.record(heard, "station_started", body)


def condition_changed(work: Work, heard: Heard, event: ConditionChanged) -> None:
    """Set the alarm of a condition, or say that its cause is over."""
    kind = _OTHER_NAME.get(event.condition) or AlarmKind(event.condition)
    items = [work.item_by_epc(sighting.epc, heard.occurred_us) for sighting in event.items]
    body = {
        "condition": event.condition,
        "active": event.active,
        "door": event.door,
        "device": event.device,
        "detail": event.detail,
        "session": event.session,
        "items": [item.code for item in items if item is not None],
    }
    entry = work.record(
        heard, "condition_changed", {key: value for key, value in body.items() if value not in (None, "", [])}
    )
    visit = work.visit_of(heard, event.session)
    for item, about in _causes(kind, items, (heard.station, event.device, event.door)):
        if not event.active:
            clear_alarm(work, heard, kind, about=about)
            continue
        set_alarm(
            work,
            heard,
            kind,
            severity_of(kind),
            about=about,
            evidence=entry,
            person_id=None if visit is None else visit.person_id,
            item=item,
            door=event.door,
            session=event.session,
        )


def _causes(
    kind: AlarmKind, items: list[ItemFacts | None], place: tuple[object, ...]
) -> list[tuple[ItemFacts | None, tuple[object, ...]]]:
    """Give what a condition's alarms are about: each item that cannot be detected, else the device or door."""
    known = [item for item in items if item is not None]
    if kind == AlarmKind.ITEM_UNDETECTABLE and known:
        return [(item, (item.code,)) for item in known]
    return [(items[0] if len(items) == 1 else None, place)]
