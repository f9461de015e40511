"""Key sets (R21): who has which, declarations of their use, and the openings by mechanical key that these explain."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from server.domain.alarms import cause_key
from server.domain.keysets import (
    MINUTE_US,
    Declared,
    Opened,
    is_undeclared,
    judge_declaration,
    judge_holding,
    match,
)
from server.domain.policy_lending import KeyRing
from server.domain.words import AlarmKind, IncidentKind
from server.service.cabinet.alarms import Alarming, clear_alarm, set_alarm
from server.service.context import Reading, Writing
from server.service.errors import InvalidError, lawful
from server.service.inputs import micros_or_none
from server.service.lending.lending_shapes import KeySetView, KeyUseView, NewKeySet, NewKeyUse, OpeningView
from server.service.lending.notices import holders_of, tell
from server.service.lookups import known, person_facts, person_named, person_of, pseudonyms, station_named, usernames
from server.service.paging import paged
from server.service.shapes import Page, moment
from server.store.tables import Alarm, Incident, KeySet, KeyUse, Station
from server.store.unit_of_work import UnitOfWork

MECHANICAL = IncidentKind.DOOR_OPENED_BY_MECHANICAL_KEY
AWAY_US = 30 * 86_400_000_000
"""An opening is still looked at so long after its window: the server may have been away."""


def give(work: Writing, asked: NewKeySet) -> KeySetView:
    """Record who has a key set of a cabinet from now on."""
    _known_set(work, asked.set)
    station, holder = station_named(work.session, asked.cabinet), person_named(work.session, asked.holder)
    lawful(judge_holding(work.policy, asked.set, person_facts(holder)))
    row = work.session.get(KeySet, (station.name, asked.set))
    was = row.holder_id if row else None
    if row is None:
        row = KeySet(station=station.name, name=asked.set, holder_id=known(holder.id), since_us=work.now_us)
    row.holder_id, row.since_us = known(holder.id), work.now_us
    work.session.add(row)
    work.session.flush()
    work.ledger(
        "key_set_given",
        station=station.name,
        key_set=asked.set,
        holder=holder.pseudonym,
        was=pseudonyms(work.session, [was]).get(was),
    )
    return KeySetView(
        cabinet=station.name, set=asked.set, holder=holder.username, since=moment(row.since_us, work.zone)
    )


def declare(work: Writing, asked: NewKeyUse) -> KeyUseView:
    """Declare that a cabinet was or will be opened by key; the records manager is told at once."""
    _known_set(work, asked.set)
    station = station_named(work.session, asked.cabinet)
    person = person_named(work.session, asked.person) if asked.person else person_of(work.session, work.viewer.id)
    used_us = micros_or_none(asked.when) or work.now_us
    lawful(judge_declaration(work.policy, asked.reason, used_us, work.now_us))
    row = KeyUse(
        station=station.name,
        key_set=asked.set,
        person_id=known(person.id),
        reason=asked.reason,
        used_us=used_us,
        declared_us=work.now_us,
    )
    work.session.add(row)
    work.session.flush()
    work.ledger(
        "key_use_declared",
        use=row.id,
        station=station.name,
        key_set=asked.set,
        person=person.pseudonym,
        reason=asked.reason,
        used_us=used_us,
    )
    tell(work, holders_of(work.session, work.policy.lending.keys.told), "key_use_declared", f"{station.name} {row.id}")
    explain_openings(work.uow, work.policy.lending.keys, work.now_us)
    return use_views(work, [row])[0]


def explain_openings(uow: UnitOfWork, ring: KeyRing, now_us: int) -> None:
    """Pair new openings with declarations and clear their alarms; alarm what was not declared in the window."""
    session = uow.session
    pairs, undeclared = unsettled(session, ring, now_us)
    for opening, one in pairs:
        row = session.get_one(KeyUse, one.id)
        row.incident_id = opening.incident
        session.add(row)
        session.flush()
        uow.ledger("key_use_matched", now_us, {"use": row.id, "incident": opening.incident, "station": row.station})
        _clear(uow, opening, now_us)
    for opening in undeclared:
        kind = AlarmKind.SPARE_KEY_USE_UNDECLARED
        set_alarm(uow, Alarming(kind, _cause(opening), opening.at_us, station=opening.station), now_us)


def unsettled(session: Session, ring: KeyRing, now_us: int) -> tuple[list[tuple[Opened, Declared]], list[Opened]]:
    """Give the openings that a declaration explains by now, and those to be alarmed because none did in time."""
    since_us = now_us - ring.declare_after_minutes * MINUTE_US - AWAY_US
    explained = select(KeyUse.incident_id).where(col(KeyUse.incident_id).is_not(None))
    query = select(Incident).where(
        Incident.kind == MECHANICAL, Incident.occurred_us > since_us, col(Incident.id).not_in(explained)
    )
    opened = [Opened(known(row.id), row.station, row.occurred_us) for row in session.exec(query)]
    if not opened:
        return [], []
    waiting = select(KeyUse).where(col(KeyUse.incident_id).is_(None), KeyUse.declared_us > since_us)
    declared = [Declared(known(row.id), row.station, row.used_us, row.declared_us) for row in session.exec(waiting)]
    pairs = match(ring, opened, declared)
    fits = {opening.incident for opening, _ in pairs}
    late = [one for one in opened if one.incident not in fits and is_undeclared(ring, one, now_us)]
    return pairs, [one for one in late if not _alarmed(session, one)]


def list_sets(look: Reading) -> Page[KeySetView]:
    """List every cabinet's key sets, also those nobody is recorded to have."""
    rows = {(row.station, row.name): row for row in look.session.exec(select(KeySet))}
    people = usernames(look.session, (row.holder_id for row in rows.values()))
    names = look.session.exec(select(Station.name).where(Station.active).order_by(Station.name))
    return Page(
        rows=[
            KeySetView(
                cabinet=station,
                set=name,
                holder=people.get(row.holder_id) if (row := rows.get((station, name))) else None,
                since=moment(row.since_us, look.zone) if row else None,
            )
            for station in names
            for name in sorted(look.policy.lending.keys.sets)
        ]
    )


def list_uses(look: Reading, before: int | None, limit: int) -> Page[KeyUseView]:
    """List declarations, the newest first."""
    query = select(KeyUse).order_by(col(KeyUse.id).desc()).limit(limit + 1)
    if before is not None:
        query = query.where(col(KeyUse.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: use_views(look, rows))


def list_openings(look: Reading, before: int | None, limit: int) -> Page[OpeningView]:
    """List openings by mechanical key, the newest first, each with the declaration that explains it."""
    query = select(Incident).where(Incident.kind == MECHANICAL).order_by(col(Incident.id).desc()).limit(limit + 1)
    if before is not None:
        query = query.where(col(Incident.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: _opening_views(look, rows))


def use_views(look: Reading, rows: Sequence[KeyUse]) -> list[KeyUseView]:
    """Give declarations as they are shown."""
    people = usernames(look.session, (row.person_id for row in rows))
    return [
        KeyUseView(
            id=known(row.id),
            cabinet=row.station,
            set=row.key_set,
            person=people[row.person_id],
            reason=row.reason,
            used_at=moment(row.used_us, look.zone),
            declared_at=moment(row.declared_us, look.zone),
            incident=row.incident_id,
        )
        for row in rows
    ]


def _opening_views(look: Reading, rows: Sequence[Incident]) -> list[OpeningView]:
    ids = [row.id for row in rows]
    found = select(KeyUse.incident_id, KeyUse.id).where(col(KeyUse.incident_id).in_(ids))
    declared = dict(look.session.exec(found).all())
    ring = look.policy.lending.keys
    views = []
    for row in rows:
        late = is_undeclared(ring, Opened(known(row.id), row.station, row.occurred_us), look.now_us)
        views.append(
            OpeningView(
                id=known(row.id),
                cabinet=row.station,
                door=row.door,
                at=moment(row.occurred_us, look.zone),
                state="declared" if row.id in declared else "undeclared" if late else "waiting",
                declaration=declared.get(row.id),
            )
        )
    return views


def _clear(uow: UnitOfWork, opening: Opened, now_us: int) -> None:
    """Clear what the opening set; its own alarm's cause ends with the event that began the incident."""
    incident = uow.session.get_one(Incident, opening.incident)
    kind = AlarmKind.DOOR_OPENED_BY_MECHANICAL_KEY
    clear_alarm(uow, cause_key(kind, incident.station, incident.door, incident.epoch, incident.opened_seq), now_us)
    clear_alarm(uow, _cause(opening), now_us)


def _cause(opening: Opened) -> str:
    return cause_key(AlarmKind.SPARE_KEY_USE_UNDECLARED, "incident", opening.incident)


def _alarmed(session: Session, opening: Opened) -> bool:
    return session.exec(select(Alarm.id).where(Alarm.cause == _cause(opening))).first() is not None


def _known_set(look: Reading, name: str) -> None:
    known_sets = sorted(look.policy.lending.keys.sets)
    if name not in known_sets:
        raise InvalidError(
            "no_such_key_set", f"there is no key set {name!r}; the policy sheet has {', '.join(known_sets)}"
        )
