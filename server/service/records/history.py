"""What happened: movements with their verdicts, for one item or for everything; and the ledger as it stands."""

import json
from collections.abc import Iterator
from typing import Any, Final

from sqlmodel import col, select

from server.domain.ledger import GENESIS, entry_hash, read_body
from server.domain.reasons import Language, text
from server.domain.verdicts import Reason
from server.service.context import Reading
from server.service.lookups import codes, item_coded, known, usernames
from server.service.paging import paged
from server.service.shapes import LedgerView, MovementView, Page, QuarantineView, ReasonView, moment
from server.store.tables import LedgerAnchor, LedgerEntry, Movement, Quarantine

DEEPEST: Final = 100
"""No entry nests so deep; what was made to cannot be written into an answer."""


def list_movements(
    look: Reading, item: str | None, after: int | None, limit: int, newest_first: bool = False
) -> Page[MovementView]:
    """List movements in the order they were recorded, or the newest first; others' only for those who see all."""
    number = col(Movement.id)
    query = select(Movement).order_by(number.desc() if newest_first else number).limit(limit + 1)
    query = query.where(Movement.station != "")  # what passed from hand to hand moved through no door
    if item is not None:
        query = query.where(Movement.item_id == item_coded(look.session, item).id)
    if not look.viewer.sees_all:
        query = query.where(Movement.person_id == look.viewer.id)
    if after is not None:
        query = query.where(number < after if newest_first else number > after)
    return paged(look.session.exec(query), limit, lambda rows: movement_views(look, rows))


def movement_views(look: Reading, movements: list[Movement]) -> list[MovementView]:
    """Give movements as they are shown, each reason worded for its reader."""
    session = look.session
    people = usernames(session, (movement.person_id for movement in movements))
    items = codes(session, (movement.item_id for movement in movements))
    ids = [movement.id for movement in movements]
    later = select(Movement.supersedes_id, Movement.id).where(col(Movement.supersedes_id).in_(ids))
    superseded = dict(session.exec(later).all()) if ids else {}
    language: Language = "en" if look.viewer.locale == "en" else "zh"
    return [
        MovementView(
            id=known(movement.id),
            item=items.get(movement.item_id),
            epc=movement.epc,
            direction=movement.direction,
            person=people.get(movement.person_id),
            incident=movement.incident_id,
            station=movement.station,
            door=movement.door,
            session=movement.session,
            cause=movement.cause,
            verdict=movement.verdict,
            lawful=movement.lawful,
            reasons=[reason_view(reason, language) for reason in json.loads(movement.reasons)],
            occurred_at=moment(movement.occurred_us, look.zone),
            received_at=moment(movement.received_us, look.zone),
            late_seconds=movement.late_us / 1e6,
            supersedes=movement.supersedes_id,
            superseded_by=superseded.get(movement.id),
            ledger=movement.ledger_id,
        )
        for movement in movements
    ]


def reason_view(stored: dict[str, Any], language: Language) -> ReasonView:
    """Word a stored reason {rule, code, item, params}."""
    params = dict(stored.get("params", {}))
    reason = Reason(stored["rule"], stored["code"], stored.get("item", ""), tuple(params.items()))
    return ReasonView(rule=reason.rule, code=reason.code, item=reason.item, params=params, text=text(reason, language))


def list_quarantine(look: Reading, before: int | None, limit: int) -> Page[QuarantineView]:
    """List what could never be handled, the newest first; what it holds is not shown."""
    query = select(Quarantine).order_by(col(Quarantine.id).desc()).limit(limit + 1)
    if before is not None:
        query = query.where(col(Quarantine.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: [_quarantine_view(look, row) for row in rows])


def _quarantine_view(look: Reading, row: Quarantine) -> QuarantineView:
    return QuarantineView(
        id=known(row.id),
        station=row.station,
        reason=row.reason,
        detail=row.detail,
        repeated=row.repeated,
        received_at=moment(row.received_us, look.zone),
        size=len(row.payload),
    )


def list_ledger(look: Reading, after: int, limit: int) -> Page[LedgerView]:
    """List ledger entries in order."""
    query = select(LedgerEntry).where(LedgerEntry.id > after).order_by(col(LedgerEntry.id)).limit(limit + 1)

    def views(rows: list[LedgerEntry]) -> list[LedgerView]:
        hashes = {row.id: row.hash for row in rows}
        return [_ledger_view(look, row, hashes.get(row.id - 1)) for row in rows]

    return paged(look.session.exec(query), limit, views)


def facts_of(entry: LedgerEntry) -> dict[str, Any]:
    """Read an entry's facts; none when its text was altered into something that is no entry's."""
    try:
        facts = read_body(entry.body)
    except ValueError:
        return {}
    return facts if _is_flat(facts, DEEPEST) else {}


def _is_flat(value: object, left: int) -> bool:
    """Say whether a value nests no deeper than an answer may."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left > 0 and all(_is_flat(one, left - 1) for one in inner)


def is_whole(entry: LedgerEntry, older: str | None) -> bool:
    """Say whether an entry's hash fits its text and the entry before it (the oldest of a part: its text alone)."""
    follows = entry.previous == (GENESIS if entry.id == 1 else older or entry.previous)
    return follows and entry.hash == entry_hash(entry.previous, entry.body) and "kind" in facts_of(entry)


def _ledger_view(look: Reading, entry: LedgerEntry, older: str | None) -> LedgerView:
    return LedgerView(
        id=entry.id,
        kind=entry.kind,
        at=moment(entry.at_us, look.zone),
        body=facts_of(entry),
        previous=entry.previous,
        hash=entry.hash,
        whole=is_whole(entry, older),
    )


def ledger_lines(look: Reading, chunk: int = 500) -> Iterator[bytes]:
    """Write the whole ledger as JSON lines {id, kind, at_us, body, previous, hash}; `body` is the text hashed.

    The anchors over it follow, {size, root, at_us, signature}.
    """
    after = 0
    while True:
        query = select(LedgerEntry).where(LedgerEntry.id > after).order_by(col(LedgerEntry.id)).limit(chunk)
        rows = list(look.session.exec(query))
        for row in rows:
            entry = row.model_dump(include={"id", "kind", "at_us", "body", "previous", "hash"})
            yield json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        after = rows[-1].id if rows else after
        look.session.expunge_all()
        if len(rows) < chunk:
            break
    anchors = select(LedgerAnchor).where(LedgerAnchor.size <= after).order_by(col(LedgerAnchor.size))
    for one in look.session.exec(anchors):
        yield json.dumps(one.model_dump(include={"size", "root", "at_us", "signature"})).encode() + b"\n"
