"""The ledger as a page shows it: the newest entries, each checked against its hash and its neighbour (R60)."""

from typing import Any

from sqlmodel import col, func, select

from server.service.context import Reading
from server.service.records.history import facts_of, is_whole
from server.service.shapes import Shape, moment
from server.store.tables import LedgerAnchor, LedgerEntry, Person


class TrailEntry(Shape):
    id: int
    kind: str
    at: str
    person: str | None
    body: dict[str, Any]
    hash: str
    whole: bool
    anchored: bool


class TrailView(Shape):
    rows: list[TrailEntry]
    next: str | None
    whole: bool
    anchored_to: int
    last: int


def trail(look: Reading, before: int | None, limit: int, kind: str = "") -> TrailView:
    """Give a part of the ledger, the newest first; `whole` says that every hash of it fits the entry before."""
    query = select(LedgerEntry).order_by(col(LedgerEntry.id).desc()).limit(limit + 1)
    if before is not None:
        query = query.where(LedgerEntry.id < before)
    rows = list(look.session.exec(query))
    hashes = {row.id: row.hash for row in rows}
    shown = rows[:limit]
    anchored = look.session.exec(select(func.max(LedgerAnchor.size))).one() or 0
    bodies = {row.id: facts_of(row) for row in shown}
    names = _names(look, {str(body["by"]) for body in bodies.values() if body.get("by")})
    entries = [
        TrailEntry(
            id=row.id,
            kind=row.kind,
            at=moment(row.at_us, look.zone),
            person=names.get(str(bodies[row.id].get("by"))),
            body={name: value for name, value in bodies[row.id].items() if name not in ("kind", "at_us")},
            hash=row.hash,
            whole=is_whole(row, hashes.get(row.id - 1)),
            anchored=row.id <= anchored,
        )
        for row in shown
    ]
    return TrailView(
        rows=[entry for entry in entries if entry.kind.startswith(kind)],
        next=str(shown[-1].id) if len(rows) > limit else None,
        whole=all(entry.whole for entry in entries),
        anchored_to=anchored,
        last=look.session.exec(select(func.max(LedgerEntry.id))).one() or 0,
    )


def _names(look: Reading, pseudonyms: set[str]) -> dict[str, str]:
    query = select(Person.pseudonym, Person.username).where(col(Person.pseudonym).in_(pseudonyms))
    return dict(look.session.exec(query).all())
