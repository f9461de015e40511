"""What has changed since one last looked: the ledger's new entries, by topic, and which stations came or went."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, func, select

from server.store.tables import LedgerEntry, Station

TOPICS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("alarm_", ("alarms", "overview")),
    ("door_closed", ("movements", "items", "loans", "overview", "alarms", "cases")),
    ("door_", ("movements", "overview")),
    ("verdict_", ("movements", "items", "loans", "cases")),
    ("incident_", ("alarms", "overview")),
    ("request_", ("requests", "notices")),
    ("registered", ("requests", "notices")),
    ("ordered", ("requests", "notices")),
    ("delegat", ("requests", "notices")),
    ("handed_over", ("items", "loans", "notices")),
    ("loan_", ("loans", "items")),
    ("loss_", ("loans", "items")),
    ("copy_", ("loans", "items")),
    ("repair_", ("loans", "items")),
    ("seal_", ("loans", "items")),
    ("entrusted_", ("items",)),
    ("key_", ("alarms",)),
    ("item_", ("items", "overview")),
    ("number_", ("items",)),
    ("attached", ("items",)),
    ("collection_", ("items",)),
    ("customer_", ("customers",)),
    ("control_plan_", ("customers",)),
    ("credit_", ("customers", "notices")),
    ("tag_", ("items",)),
    ("case_", ("cases", "overview")),
    ("stocktake_", ("stocktakes",)),
    ("sweep_", ("stocktakes",)),
    ("code_scanned", ("stocktakes",)),
    ("station_", ("stations", "overview")),
    ("person_", ("people",)),
    ("duty_", ("duties", "notices")),
    ("badge_", ("people",)),
)
"""(how an entry's kind begins, what it changes); the first row that fits counts, and any other entry is `ledger`."""
STATIONS: Final = ("stations", "overview")
MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """How far one has looked."""

    entry: int
    online: frozenset[str]


def topics_of(kinds: Sequence[str]) -> set[str]:
    """Say which topics these kinds of entries change."""
    found = {"ledger"} if kinds else set[str]()
    for kind in kinds:
        found.update(next((topics for start, topics in TOPICS if kind.startswith(start)), ()))
    return found


def look(session: Session, seen: Seen | None) -> tuple[tuple[str, ...], Seen]:
    """Say what changed since `seen`, and how far one has looked now."""
    online = frozenset(session.exec(select(Station.name).where(Station.online)))
    if seen is None:
        return (), Seen(session.exec(select(func.max(LedgerEntry.id))).one() or 0, online)
    query = select(LedgerEntry.id, LedgerEntry.kind).where(LedgerEntry.id > seen.entry)
    rows = session.exec(query.order_by(col(LedgerEntry.id)).limit(MOST)).all()
    topics = topics_of([kind for _, kind in rows])
    if online != seen.online:
        topics.update(STATIONS)
    return tuple(sorted(topics)), Seen(rows[-1][0] if rows else seen.entry, online)
