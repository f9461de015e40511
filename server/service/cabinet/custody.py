"""Late news of an item that has moved on since: judge it by where the item was then, and fold again from there.

Law 1: what was said before is never rewritten: a verdict that changes gets a superseding one that names it, and a case.
Law 2: where the item is now follows from all that is known, in the order it happened.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from contract.messages import Sighting
from server.domain.custody import Custody, Happening, ItemFacts, fold, in_order, in_place, step
from server.domain.movements import Judgement, Seen, SettleFacts, settle
from server.domain.words import CaseKind, Cause, Direction
from server.service.cabinet.setting import set_alarm
from server.service.cabinet.work import Heard, Work
from server.store.sql import fetch, json_text

_HISTORY = (
    "SELECT id, item_id, epc, direction, person_id, incident_id, station, epoch, seq, door, session, cause,"
    " occurred_us, received_us, late_us, verdict, lawful, reasons, line_id, ledger_id FROM movement"
    " WHERE item_id = :item AND (direction <> 'none' OR station = '') AND NOT EXISTS"
    " (SELECT 1 FROM movement newer WHERE newer.item_id = :item AND newer.supersedes_id = movement.id)"
)


@dataclass(slots=True)
class LateItem:
    """An item that something is heard of late: as it was then, and what is recorded to have happened to it since."""

    before: ItemFacts
    happening: Happening
    later: list[tuple[Happening, dict[str, Any]]] = field(default_factory=list)
    after: Custody | None = None
    """What the late event itself brought it to, once judged."""


def find_late(work: Work, heard: Heard, sightings: Iterable[Sighting]) -> dict[int, LateItem]:
    """Find the items whose last recorded change happened after this event."""
    found: dict[int, LateItem] = {}
    for sighting in sightings:
        item = work.item_by_epc(sighting.epc, heard.occurred_us)
        if item is not None and item.custody.since_us > heard.occurred_us:
            late = _look_back(work, heard, item)
            if late.later:
                found[item.id] = late
    return found


def refold(work: Work, heard: Heard, late: LateItem) -> None:
    """Follow the item from the late event to now: supersede what is said otherwise, and settle where it is."""
    before, start = late.before, late.after or late.before.custody
    custody = start
    for happening, row in late.later:
        if happening.direction == Direction.IN:
            _judge_again(work, heard, replace(before, custody=custody), row)
            work.take_back(before.id, happening.at_us, happening.person_id)
        custody = step(custody, happening)
    later = [happening for happening, _ in late.later]
    known = set(fold(before.custody, later).contradictions)
    for one in fold(start, later).contradictions:
        if one not in known:
            work.open_case(one.kind, heard, item_id=before.id, door=one.happening.door)
    now = work.facts.items[before.id]
    if replace(custody, since_us=0) != replace(now.custody, since_us=0):
        work.move(now, custody)
        work.open_case(CaseKind.LATE_CHANGE, heard, item_id=before.id)


def _look_back(work: Work, heard: Heard, item: ItemFacts) -> LateItem:
    work.effects.save_movements(work.uow.connection)  # those of this very batch are history too
    rows = [dict(row._mapping) for row in fetch(work.uow.connection, _HISTORY, item=item.id)]
    by_key = {(row["station"], row["epoch"], row["seq"] or row["ledger_id"]): row for row in rows}
    now = Happening(heard.station, heard.epoch, heard.seq, heard.occurred_us, Direction.NONE)
    order = in_order([*(_happening(row) for row in rows), now])
    place = order.index(now)
    then = fold(in_place(*item.home) if item.home else item.custody, order[:place]).custody
    later = [(one, by_key[(one.station, one.epoch, one.seq)]) for one in order[place + 1 :]]
    return LateItem(replace(item, custody=then), now, later)


def _happening(row: dict[str, Any]) -> Happening:
    return Happening(
        row["station"],
        row["epoch"],
        row["seq"] or row["ledger_id"],
        row["occurred_us"],
        Direction(row["direction"]),
        row["door"],
        row["person_id"],
        row["incident_id"],
    )


def _judge_again(work: Work, heard: Heard, item: ItemFacts, row: dict[str, Any]) -> None:
    """Judge a recorded return by what is known by now; a verdict that differs supersedes the old one."""
    facts = SettleFacts(
        station=row["station"],
        door=row["door"],
        cause=Cause(row["cause"]),
        occurred_us=row["occurred_us"],
        person_id=row["person_id"],
        session=row["session"],
        put=(Seen(row["epc"] or "", item),),
        incident_id=row["incident_id"] or 0,
    )
    for judgement in settle(work.policy, facts):
        if str(judgement.verdict) != row["verdict"]:
            _supersede(work, heard, item, row, judgement, facts)


def _supersede(
    work: Work, heard: Heard, item: ItemFacts, row: dict[str, Any], judgement: Judgement, facts: SettleFacts
) -> None:
    said_now = {
        "epc": judgement.epc,
        "verdict": judgement.verdict,
        "lawful": judgement.lawful,
        "reasons": judgement.reasons,
    }
    body = {
        "item": item.code,
        "supersedes": row["ledger_id"],
        "was": row["verdict"],
        "policy": work.policy.digest,
        "facts": facts,
        "verdicts": [said_now],
    }
    entry = work.record(heard, "verdict_superseded", body)
    said = {
        "verdict": str(judgement.verdict),
        "lawful": str(judgement.lawful),
        "reasons": json_text(judgement.reasons),
        "supersedes_id": row["id"],
        "ledger_id": entry,
    }
    work.effects.movements.append({**{k: v for k, v in row.items() if k != "id"}, **said})
    for kind, severity in judgement.alarms:
        set_alarm(
            work,
            heard,
            kind,
            severity,
            about=(item.code, row["ledger_id"]),
            evidence=entry,
            person_id=judgement.person_id,
            item=item,
            door=row["door"],
            session=row["session"],
        )
    detail = json_text({"was": row["verdict"], "verdict": judgement.verdict, "entry": entry})
    work.open_case(CaseKind.LATE_CHANGE, heard, item_id=item.id, door=row["door"], detail=detail)
