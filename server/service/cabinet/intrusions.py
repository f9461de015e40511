"""Set the alarms of what is remarked on at a cabinet (`server.domain.intrusions`)."""

from collections.abc import Iterable

from contract.messages import Sighting
from server.domain.alarms import severity_of
from server.domain.intrusions import are_too_strange, is_another_tag, is_outside_schedule
from server.domain.words import AlarmKind
from server.service.cabinet.setting import set_alarm
from server.service.cabinet.work import Heard, Work
from server.store.sql import fetch
from server.store.working_set import Visit

MINUTE_US = 60_000_000
_STRANGERS = (
    "SELECT session FROM visit WHERE station = :station AND person_id IS NULL AND asked_us BETWEEN :since AND :now"
)


def alarm_strangers(work: Work, heard: Heard, visit: Visit, entry: int) -> None:
    """Alarm that badges nobody ever had are being tried at a cabinet; asked only when one was."""
    rule, now = work.policy.access, heard.occurred_us
    since = now - rule.foreign_minutes * MINUTE_US
    rows = fetch(work.uow.connection, _STRANGERS, station=heard.station, since=since, now=now)
    fresh = [v for v in work.effects.visits.values() if (v.station, v.person_id) == (heard.station, None)]
    shown = {row.session for row in rows} | {v.session for v in fresh if since <= v.asked_us <= now}
    if are_too_strange(rule, len(shown)):
        kind, about = AlarmKind.LOGIN_WITH_FOREIGN_CREDENTIAL, (heard.station,)
        set_alarm(work, heard, kind, severity_of(kind), about=about, evidence=entry, session=visit.session)


def alarm_hours(work: Work, heard: Heard, visit: Visit, entry: int) -> None:
    """Alarm that a cabinet is opened when it should rest; the grant holds."""
    if is_outside_schedule(work.policy, work.now_us, str(work.zone)):
        kind, about, person_id = AlarmKind.ACCESS_OUTSIDE_SCHEDULE, (visit.session,), visit.person_id
        session = visit.session
        set_alarm(
            work, heard, kind, severity_of(kind), about=about, evidence=entry, person_id=person_id, session=session
        )


def alarm_other_tags(
    work: Work, heard: Heard, sightings: Iterable[Sighting], entry: int, door: int | None = None
) -> None:
    """Alarm that what answers under an item's EPC is not the tag that was bound to it."""
    tids = work.facts.tids
    if not tids:
        return
    kind = AlarmKind.TAG_SWAPPED_OR_CLONED
    for sighting in sightings:
        item = work.item_by_epc(sighting.epc, heard.occurred_us)
        if item is not None and is_another_tag(tids.get(sighting.epc), sighting.tid):
            set_alarm(work, heard, kind, severity_of(kind), about=(item.code,), evidence=entry, item=item, door=door)
