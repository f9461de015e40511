"""Somebody showed a badge: decide which doors open for them, reserve the lines, answer with a grant or the reasons.

The answer is signed and sent only when the reservation and its ledger entry are committed.
"""

import json
import secrets
from typing import Final

from contract.errors import ContractError
from contract.messages import AccessRequested, Denied, Grant, GrantedItem, GrantRefused, PinTyped, SessionEnded
from contract.messages import Reason as ReasonMessage
from server.domain.access import ANY_RIGHTS, Access, AccessFacts, AskedFor, Rights, Scanned, may_open
from server.domain.alarms import severity_of
from server.domain.people import PersonFacts
from server.domain.scopes import EVERYTHING
from server.domain.training import TrainingFacts
from server.domain.verdicts import Reason
from server.domain.words import AlarmKind, LineState, RequestState
from server.service.cabinet.intrusions import alarm_hours, alarm_strangers
from server.service.cabinet.setting import set_alarm
from server.service.cabinet.work import NO_PIN, Heard, PinSaid, Work
from server.service.people.scopes import scope_of
from server.store.sql import fetch
from server.store.tables import RightScope
from server.store.working_set import RECENT_US, Visit, load_items, load_people

TTL_MS: Final = 30_000
LAPSE_US: Final = 60_000_000
"""A grant that no relay fired for by then (real time) frees its lines: its 30 s and as much for the way."""

_EPCS = "SELECT epc, item_id FROM tag WHERE dead_us IS NULL AND item_id {items}"
_REQUESTS = (
    "SELECT items, state FROM request WHERE applicant_id = :person AND until_us > :since"
    " AND state IN ('filed', 'refused', 'withdrawn')"
)
_SCOPE = (
    "SELECT person_id, departments, categories, secrecy, cabinets, from_us, until_us FROM right_scope"
    " WHERE person_id = :person"
)
_TRAINING = "SELECT subject, expires_us FROM training WHERE person_id = :person"
_WITHDRAWN = "SELECT person_id FROM badge WHERE credential = :credential"


_BESIDE = (
    "SELECT person_id FROM visit WHERE station = :station AND person_id IS NOT NULL"
    " AND asked_us BETWEEN :since AND :now"
)


def access_requested(work: Work, heard: Heard, event: AccessRequested) -> None:
    """Answer one request for access."""
    person_id = work.person_of(event.credential)
    visit = _visit(work, heard, event, person_id)
    if event.offline and heard.late_us >= TTL_MS * 1000:
        _note(work, heard, event, visit)
        return
    answer = may_open(work.policy, _facts(work, heard, event, person_id, visit))
    if not isinstance(answer, Access):
        answer = may_open(work.policy, _facts(work, heard, event, person_id, visit, asked=_asked_for(work, person_id)))
    said = {"session": event.session, "codes": event.codes, "person": work.pseudonym(person_id)}
    asked: dict[str, object] = {key: value for key, value in said.items() if value}
    if isinstance(answer, Access):
        _grant(work, heard, event, visit, answer, asked)
    else:
        _deny(work, heard, event, visit, answer.reasons, asked)


def _note(work: Work, heard: Heard, event: AccessRequested, visit: Visit) -> None:
    """Write down what was asked while nobody could be asked: an answer would come too late to be acted on."""
    work.save_visit(visit)
    said = {"session": event.session, "codes": event.codes, "person": work.pseudonym(visit.person_id)}
    entry = work.record(heard, "access_asked_offline", {key: value for key, value in said.items() if value})
    _alarm_inactive(work, heard, event, visit.person_id, entry)
    _alarm_duress(work, heard, event, visit, entry)


def pin_typed(work: Work, heard: Heard, event: PinTyped) -> None:
    """Take a PIN that nobody asked for: it decides nothing; only a cry for help or too much guessing is told."""
    entry = work.record(heard, "pin_typed", {"session": event.session})
    visit = work.visit_of(heard, event.session)
    if visit is not None:
        if _pin(work, event).too_often:
            _alarm_guessing(work, heard, visit, entry)
        _alarm_duress(work, heard, event, visit, entry)


def session_ended(work: Work, heard: Heard, event: SessionEnded) -> None:
    """End a session and free what its grant reserved and no door used."""
    visit = work.visit_of(heard, event.session)
    freed: list[int] = []
    if visit is not None:
        freed = work.release(event.session, visit.person_id)
        visit.ended_us, visit.lapses_us = heard.occurred_us, None
        work.save_visit(visit)
    work.record(heard, "session_ended", {"session": event.session, "why": event.why, "released": freed})


def grant_refused(work: Work, heard: Heard, event: GrantRefused) -> None:
    """Record that a station would not act on a grant."""
    work.record(heard, "grant_refused", {"session": event.session or "", "grant": event.grant, "why": event.why})


def _visit(work: Work, heard: Heard, event: AccessRequested, person_id: int | None) -> Visit:
    visit = work.facts.visits.get(event.session)
    if visit is None:
        visit = Visit(event.session, heard.station, person_id, event.challenge, asked_us=heard.occurred_us)
    elif (visit.station, visit.person_id, visit.ended_us) != (heard.station, person_id, None):
        raise ContractError("malformed", f"session {event.session} is over, another person's or another station's")
    visit.challenge = event.challenge
    visit.pin_ok = visit.pin_ok or _pin(work, event).right
    return visit


def _facts(
    work: Work,
    heard: Heard,
    event: AccessRequested,
    person_id: int | None,
    visit: Visit,
    asked: tuple[AskedFor, ...] = (),
) -> AccessFacts:
    pin = True if visit.pin_ok else None if event.pin is None else False
    return AccessFacts(
        person=None if person_id is None else work.facts.people[person_id],
        station=heard.station,
        now_us=work.now_us,  # the door opens now, whenever the station says it was asked
        session=event.session,
        lines=tuple(work.lines_of(person_id)),
        held=() if person_id is None else work.held_by(person_id),
        scanned=tuple(Scanned(code, work.item_by_code(code)) for code in event.codes),
        asked=asked,
        pin=pin,
        rights=_rights(work, person_id),
        beside=_beside(work, heard, person_id),
    )


def _beside(work: Work, heard: Heard, person_id: int | None) -> tuple[PersonFacts, ...]:
    """Load who else showed a badge here just before; only when the sheet asks for a second person at all."""
    rule, now = work.policy.access, heard.occurred_us
    if person_id is None or not rule.two_persons_for_secrecy:
        return ()
    since = now - rule.second_person_seconds * 1_000_000
    rows = fetch(work.uow.connection, _BESIDE, station=heard.station, since=since, now=now)
    visits = work.effects.visits.values()
    fresh = {v.person_id for v in visits if v.station == heard.station and since <= v.asked_us <= now}
    others = {row.person_id for row in rows} | {number for number in fresh if number is not None}
    load_people(work.uow.connection, work.facts, others - work.facts.people.keys())
    return tuple(work.facts.people[number] for number in sorted(others - {person_id}))


def _rights(work: Work, person_id: int | None) -> Rights:
    """Load what narrows the rights of who asks; training only when the sheet asks for any."""
    if person_id is None:
        return ANY_RIGHTS
    connection = work.uow.connection
    rows = fetch(connection, _SCOPE, person=person_id)
    taught = fetch(connection, _TRAINING, person=person_id) if work.policy.people.training else ()
    if not rows and not taught:
        return ANY_RIGHTS
    scope = scope_of(RightScope(**rows[0]._mapping)) if rows else EVERYTHING
    return Rights(scope, tuple(TrainingFacts(subject, ends) for subject, ends in taught), work.facts.categories)


def _alarm_inactive(work: Work, heard: Heard, event: AccessRequested, person_id: int | None, entry: int) -> None:
    """Alarm that a badge was shown that was withdrawn, or whose owner may do nothing any more (R41 R43)."""
    if person_id is None:
        rows = fetch(work.uow.connection, _WITHDRAWN, credential=event.credential)
        person_id = rows[0].person_id if rows else None
        if person_id is None:
            alarm_strangers(work, heard, work.facts.visits[event.session], entry)
    elif work.facts.people[person_id].active:
        return
    if person_id is not None:
        kind = AlarmKind.INACTIVE_BADGE
        set_alarm(work, heard, kind, severity_of(kind), about=(person_id,), evidence=entry, person_id=person_id)


def _asked_for(work: Work, person_id: int | None) -> tuple[AskedFor, ...]:
    """List what this person asked for without getting authority, so that the refusal can say so."""
    if person_id is None:
        return ()
    rows = fetch(work.uow.connection, _REQUESTS, person=person_id, since=work.now_us - RECENT_US)
    asked = [(number, RequestState(row.state)) for row in rows for number in json.loads(row.items)]
    missing = {number for number, _ in asked} - work.facts.items.keys()
    if missing:
        load_items(work.uow.connection, work.facts, missing)
    return tuple(AskedFor(work.facts.items[number], state) for number, state in asked)


def _grant(
    work: Work, heard: Heard, event: AccessRequested, visit: Visit, access: Access, asked: dict[str, object]
) -> None:
    lines = [line for lines in access.doors.values() for line in lines]
    for line in lines:
        work.set_line(line.id, LineState.RESERVED, event.session)
    epcs = {}
    if lines:
        numbers = sorted({line.item.id for line in lines})
        epcs = {row.item_id: row.epc for row in fetch(work.uow.connection, _EPCS, items=numbers)}
    token = secrets.token_hex(16)
    visit.grant = token
    visit.doors = sorted({*visit.doors, *access.doors})
    visit.lapses_us = work.real_us + LAPSE_US
    work.save_visit(visit)
    beside = [work.pseudonym(one.id) for one in _beside(work, heard, visit.person_id)]
    body = {
        **asked,
        **({"beside": beside} if beside else {}),
        "grant": token,
        "doors": sorted(access.doors),
        "lines": sorted({line.id for line in lines}),
        "why": access.why,
        "policy": work.policy.digest,
    }
    entry = work.record(heard, "grant_given", body)
    alarm_hours(work, heard, visit, entry)
    _alarm_duress(work, heard, event, visit, entry)
    work.answers.append(
        Grant(
            v=1,
            station=heard.station,
            session=event.session,
            challenge=event.challenge,
            grant=token,
            person=work.facts.names.get(visit.person_id or 0, ""),
            doors=sorted(access.doors),
            items=[
                GrantedItem(epc=epcs.get(line.item.id, ""), code=line.item.code, door=door)
                for door, lines in access.doors.items()
                for line in lines
            ],
            issued_us=work.now_us,
            ttl_ms=TTL_MS,
        )
    )


def _deny(
    work: Work,
    heard: Heard,
    event: AccessRequested,
    visit: Visit,
    reasons: tuple[Reason, ...],
    asked: dict[str, object],
) -> None:
    work.save_visit(visit)
    entry = work.record(heard, "access_refused", {**asked, "reasons": reasons, "policy": work.policy.digest})
    if _pin(work, event).too_often:
        _alarm_guessing(work, heard, visit, entry)
    _alarm_inactive(work, heard, event, visit.person_id, entry)
    _alarm_duress(work, heard, event, visit, entry)
    work.answers.append(
        Denied(
            v=1,
            station=heard.station,
            session=event.session,
            challenge=event.challenge,
            person=work.facts.names.get(visit.person_id or 0, ""),
            reasons=[_message(reason) for reason in reasons],
        )
    )


def _pin(work: Work, event: AccessRequested | PinTyped) -> PinSaid:
    return work.pins.get((event.credential, event.challenge), NO_PIN)


def _alarm_duress(work: Work, heard: Heard, event: AccessRequested | PinTyped, visit: Visit, entry: int) -> None:
    """Alarm, silently at the cabinet, that a PIN was typed so that it cries for help."""
    if _pin(work, event).duress:
        kind, person_id = AlarmKind.DURESS_CODE, visit.person_id
        about, session = (visit.session,), visit.session
        set_alarm(
            work, heard, kind, severity_of(kind), about=about, evidence=entry, person_id=person_id, session=session
        )


def _alarm_guessing(work: Work, heard: Heard, visit: Visit, entry: int) -> None:
    """Alarm that somebody keeps typing wrong PINs with a badge: one alarm with wrong passwords of the same person."""
    kind, person_id = AlarmKind.REPEATED_FAILED_LOGIN, visit.person_id
    about = ("unknown" if person_id is None else person_id,)
    set_alarm(
        work,
        heard,
        kind,
        severity_of(kind),
        about=about,
        evidence=entry,
        person_id=person_id,
        session=visit.session,
    )


def _message(reason: Reason) -> ReasonMessage:
    return ReasonMessage(rule=reason.rule, code=reason.code, item=reason.item, params=dict(reason.params))
