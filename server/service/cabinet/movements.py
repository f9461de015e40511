"""A door has closed: give the verdict on every item, let custody, lines and loans follow, set the alarms.

The judging is `server.domain.movements.settle`; here its facts are gathered and its judgements carried out.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from contract.messages import DoorClosed, Sighting
from server.domain.authorities import LineFacts
from server.domain.custody import ItemFacts
from server.domain.loans import due_moment
from server.domain.movements import Judgement, Seen, SettleFacts, settle
from server.domain.verdicts import Reason
from server.domain.words import (
    AlarmKind,
    CaseKind,
    Cause,
    CustodyState,
    Direction,
    Legality,
    LineState,
    Mode,
    Verdict,
)
from server.service.cabinet.custody import LateItem, find_late, refold
from server.service.cabinet.intrusions import alarm_other_tags
from server.service.cabinet.openings import answerable, incident_of
from server.service.cabinet.setting import set_alarm
from server.service.cabinet.work import Heard, Work, named
from server.store.sql import json_text
from server.store.working_set import OpenLoan

_CAUSES: Final = {str(word): word for word in Cause}


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the ledger says of one item (or unknown tag): the judgement as it is read, without what is not there."""

    epc: str
    direction: Direction
    verdict: Verdict
    lawful: Legality
    item: str | None = None
    reasons: tuple[Reason, ...] = ()
    line: int | None = None
    alarms: tuple[AlarmKind, ...] = ()
    case: CaseKind | None = None


class Closing(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the ledger says of a closing: the event, the facts that were judged, the verdict on each item."""

    kind: str
    at_us: int
    station: str
    epoch: str
    seq: int
    event: str
    occurred_us: int
    late_us: int = 0
    door: int
    cause: str
    session: str | None = None
    person: str | None = None
    incident: int = 0
    passes: int
    policy: str
    facts: SettleFacts
    verdicts: tuple[Said, ...]


def door_closed(work: Work, heard: Heard, event: DoorClosed) -> None:
    """Settle one door."""
    person_id = answerable(work, heard, event)
    incident_id = incident_of(work, heard, event) if person_id is None else 0
    late = find_late(work, heard, [*event.taken, *event.put])
    facts = _facts(work, heard, event, person_id, incident_id, late)
    judgements = settle(work.policy, facts)
    closing = Closing(
        **named(heard, "door_closed"),
        door=event.door,
        cause=event.cause,
        session=event.session,
        person=work.pseudonym(person_id),
        incident=incident_id,
        passes=event.passes,
        policy=work.policy.digest,
        facts=facts,
        verdicts=tuple([_as_said(work, judgement) for judgement in judgements]),
    )
    entry = work.uow.ledger_of(closing.kind, closing.at_us, closing)
    alarm_other_tags(work, heard, (*event.taken, *event.put), entry, event.door)
    for judgement in judgements:
        _carry_out(work, heard, event, judgement, entry, incident_id, late)
    if heard.uncertain and judgements:
        work.open_case(CaseKind.TIME_UNCERTAIN, heard, door=event.door)
    for item in late.values():
        refold(work, heard, item)


def _facts(
    work: Work,
    heard: Heard,
    event: DoorClosed,
    person_id: int | None,
    incident_id: int,
    late: dict[int, LateItem],
) -> SettleFacts:
    taken = _seen(work, heard, event.taken, late)
    gone = {tag.item.id for tag in taken if tag.item is not None}
    return SettleFacts(
        station=heard.station,
        door=event.door,
        cause=_CAUSES[event.cause],
        occurred_us=heard.occurred_us,
        person_id=person_id,
        session=event.session,
        lines=work.lines_near(person_id, heard.station, event.door, gone),
        taken=taken,
        put=_seen(work, heard, event.put, late),
        unread=_seen(work, heard, event.unread, late),
        incident_id=incident_id,
    )


def _seen(work: Work, heard: Heard, sightings: Sequence[Sighting], late: dict[int, LateItem]) -> tuple[Seen, ...]:
    """Find what each tag was bound to, each tag once."""
    if not sightings:
        return ()
    once = dict.fromkeys([sighting.epc for sighting in sightings])
    return tuple([Seen(epc, _then(work.item_by_epc(epc, heard.occurred_us), late)) for epc in once])


def _then(item: ItemFacts | None, late: dict[int, LateItem]) -> ItemFacts | None:
    """Give an item as it was at the time of a late event."""
    return item if item is None or item.id not in late else late[item.id].before


def _carry_out(
    work: Work,
    heard: Heard,
    event: DoorClosed,
    judgement: Judgement,
    entry: int,
    incident_id: int,
    late: dict[int, LateItem],
) -> None:
    item = None if judgement.item_id is None else work.facts.items[judgement.item_id]
    work.effects.movements.append(_row(heard, event, judgement, entry, incident_id))
    line = None if judgement.line_id is None else work.facts.lines[judgement.line_id]
    if line is not None and judgement.verdict == Verdict.AS_APPROVED:
        work.set_line(line.id, LineState.CONSUMED, event.session)
    elif line is not None and judgement.release and line.state == LineState.RESERVED:
        work.set_line(line.id, LineState.OPEN, None)
    if item is not None:
        _lend_or_take_back(work, heard, judgement, item, line)
        if judgement.custody is not None and item.id in late:
            late[item.id].after = judgement.custody
        elif judgement.custody is not None:
            work.move(item, judgement.custody)
    for kind, severity in judgement.alarms:
        set_alarm(
            work,
            heard,
            kind,
            severity,
            about=_cause(kind, judgement, item, heard),
            evidence=entry,
            person_id=judgement.person_id,
            item=item,
            door=event.door,
            session=event.session,
        )
    if judgement.case is not None:
        detail = json_text({"epc": judgement.epc, "verdict": judgement.verdict, "entry": entry})
        work.open_case(
            judgement.case,
            heard,
            item_id=judgement.item_id,
            door=event.door,
            incident_id=incident_id or None,
            detail=detail,
        )


def _cause(kind: AlarmKind, judgement: Judgement, item: ItemFacts | None, heard: Heard) -> tuple[object, ...]:
    """Say what an alarm is about: what this closing did; for what cannot be detected, the item, until it is again."""
    if item is not None and kind == AlarmKind.ITEM_UNDETECTABLE:
        return (item.code,)
    return (item.code if item else judgement.epc, heard.id)


def _lend_or_take_back(work: Work, heard: Heard, judgement: Judgement, item: ItemFacts, line: LineFacts | None) -> None:
    if judgement.direction == Direction.IN:
        work.take_back(item.id, heard.occurred_us, judgement.person_id)
    custody = judgement.custody
    if judgement.direction != Direction.OUT or custody is None or custody.state != CustodyState.HELD:
        return
    line = line if judgement.verdict == Verdict.AS_APPROVED else None
    mode = line.mode if line else Mode.LOAN
    due_us, rule = due_moment(
        work.policy, item.secrecy, mode, heard.occurred_us, line.due_us if line else None, str(work.zone)
    )
    row: dict[str, Any] = {
        "item_id": item.id,
        "person_id": custody.person_id,
        "line_id": line.id if line else None,
        "request_id": work.facts.requests.get(line.id) if line else None,
        "mode": str(mode),
        "state": "out",
        "taken_us": heard.occurred_us,
        "due_us": due_us,
        "due_rule": rule,
        "returned_us": None,
        "returned_by_id": None,
    }
    loan = OpenLoan(item.id, custody.person_id or 0, heard.occurred_us, mode, line is not None)
    work.lend(loan, row)


def _row(heard: Heard, event: DoorClosed, judgement: Judgement, entry: int, incident_id: int) -> dict[str, Any]:
    return {
        "item_id": judgement.item_id,
        "epc": judgement.epc,
        "direction": str(judgement.direction),
        "person_id": judgement.person_id,
        "incident_id": (incident_id or None) if judgement.person_id is None else None,
        "station": heard.station,
        "epoch": heard.epoch,
        "seq": heard.seq,
        "door": event.door,
        "session": event.session,
        "cause": event.cause,
        "occurred_us": heard.occurred_us,
        "received_us": heard.received_us,
        "late_us": heard.late_us,
        "verdict": str(judgement.verdict),
        "lawful": str(judgement.lawful),
        "reasons": json_text(judgement.reasons),
        "line_id": judgement.line_id,
        "supersedes_id": None,
        "ledger_id": entry,
    }


def _as_said(work: Work, judgement: Judgement) -> Said:
    return Said(
        judgement.epc,
        judgement.direction,
        judgement.verdict,
        judgement.lawful,
        None if judgement.item_id is None else work.facts.items[judgement.item_id].code,
        judgement.reasons,
        judgement.line_id,
        tuple([kind for kind, _ in judgement.alarms]),
        judgement.case,
    )
