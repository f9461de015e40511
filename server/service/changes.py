"""What has changed since one last looked: the ledger's new entries, by topic, and what is kept beside the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, func, select

from server.store.tables import LedgerEntry, Notice, Quarantine, Station

TOPICS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("signed_in", ()),
    ("record_", ()),  # who looked at what (R61): a page that reads itself anew writes it
    ("attachment_read", ()),
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
    ("training_", ("people",)),
    ("rights_", ("people",)),
    ("hold_", ("requests", "notices")),
    ("emergency_", ("requests", "alarms", "notices")),
    ("grant", ("stations",)),
    ("enrolment_", ("stations",)),
    ("appraisal_", ("disposal", "notices")),
    ("retention_", ("disposal",)),
    ("disposal_", ("disposal",)),
    ("destruction_", ("disposal", "items")),
    ("import_", ("imports", "items", "people", "customers")),
    ("backup_", ("backups",)),
)
"""(how an entry's kind begins, what it changes); the first row that fits counts. One with nothing changes only the
ledger; an entry with no row changes `others`, so that no page stands still for want of a row."""
OTHERS: Final = ("others",)
LEDGER: Final = "ledger"
STATIONS: Final = ("stations", "overview")
MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """How far one has looked."""

    entry: int
    notice: int
    quarantined: int
    online: frozenset[str]


def topics_of(kinds: Sequence[str]) -> set[str]:
    """Say which topics these kinds of entries change."""
    found = {LEDGER} if kinds else set[str]()
    for kind in kinds:
        found.update(next((topics for start, topics in TOPICS if kind.startswith(start)), OTHERS))
    return found


def look(session: Session, seen: Seen | None) -> tuple[tuple[str, ...], Seen]:
    """Say what changed since `seen`, and how far one has looked now."""
    online = frozenset(session.exec(select(Station.name).where(Station.online)))
    notice = session.exec(select(func.max(Notice.id))).one() or 0
    quarantined = session.exec(select(func.max(Quarantine.id))).one() or 0
    if seen is None:
        return (), Seen(session.exec(select(func.max(LedgerEntry.id))).one() or 0, notice, quarantined, online)
    query = select(LedgerEntry.id, LedgerEntry.kind).where(LedgerEntry.id > seen.entry)
    rows = session.exec(query.order_by(col(LedgerEntry.id)).limit(MOST)).all()
    topics = topics_of([kind for _, kind in rows])
    if notice != seen.notice:
        topics.add("notices")
    if quarantined != seen.quarantined:
        topics.add("quarantine")
    if online != seen.online:
        topics.update(STATIONS)
    return tuple(sorted(topics)), Seen(rows[-1][0] if rows else seen.entry, notice, quarantined, online)
