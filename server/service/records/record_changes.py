"""What was changed in a record, by whom and when (R35), and how the record was before.

For other topics: whoever changes a field of an item's or customer's record says so with `keep_changes`.
Sealed values never stand here: of them it only says that they changed.
"""

from collections.abc import Collection, Mapping
from typing import Final

from sqlmodel import col, select

from server.service.context import Reading, Writing
from server.service.lookups import known, usernames
from server.service.paging import paged
from server.service.shapes import MASK, Page, Shape, moment
from server.store.tables import RecordChange

ITEM: Final = "item"
CUSTOMER: Final = "customer"


class ChangeView(Shape):
    id: int
    field: str
    old: str
    new: str
    reason: str
    version: int
    at: str
    by: str | None
    ledger: int


class RecordState(Shape):
    """A record's fields as they were at a moment."""

    at: str
    fields: dict[str, str]


def keep_changes(
    work: Writing,
    subject: str,
    name: str,
    subject_id: int,
    version: int,
    fields: Mapping[str, tuple[str, str]],
    why: str,
) -> None:
    """Keep old and new of every field; `name` is the subject's in the ledger, `version` the record's new one."""
    entry = work.ledger(f"{subject}_changed", **{subject: name}, fields=sorted(fields), version=version, reason=why)
    for field, (old, new) in fields.items():
        work.session.add(
            RecordChange(
                subject=subject,
                subject_id=subject_id,
                field=field,
                old=old,
                new=new,
                reason=why,
                version=version,
                at_us=work.now_us,
                by_id=work.viewer.id or None,
                ledger_id=entry,
            )
        )
    work.session.flush()


def list_changes(
    look: Reading, subject: str, subject_id: int, before: int | None, limit: int, masked: Collection[str] = ()
) -> Page[ChangeView]:
    """List a record's changes, the newest first; of `masked` fields only that they changed."""
    query = select(RecordChange).where(RecordChange.subject == subject, RecordChange.subject_id == subject_id)
    if before is not None:
        query = query.where(col(RecordChange.id) < before)
    found = look.session.exec(query.order_by(col(RecordChange.id).desc()).limit(limit + 1))
    return paged(found, limit, lambda rows: _views(look, rows, masked))


def as_of(
    look: Reading, subject: str, subject_id: int, at_us: int, now: Mapping[str, str], masked: Collection[str] = ()
) -> RecordState:
    """Give a record's fields as they were: from what they are `now`, undo what was changed after the moment."""
    query = select(RecordChange).where(
        RecordChange.subject == subject, RecordChange.subject_id == subject_id, RecordChange.at_us > at_us
    )
    fields = dict(now)
    for change in look.session.exec(query.order_by(col(RecordChange.id).desc())):
        if change.field in fields:
            fields[change.field] = change.old
    shown = {name: MASK if name in masked and value else value for name, value in fields.items()}
    return RecordState(at=moment(at_us, look.zone), fields=shown)


def _views(look: Reading, rows: list[RecordChange], masked: Collection[str]) -> list[ChangeView]:
    people = usernames(look.session, (row.by_id for row in rows))
    return [
        ChangeView(
            id=known(row.id),
            field=row.field,
            old=MASK if row.field in masked and row.old else row.old,
            new=MASK if row.field in masked and row.new else row.new,
            reason=row.reason,
            version=row.version,
            at=moment(row.at_us, look.zone),
            by=people.get(row.by_id),
            ledger=row.ledger_id,
        )
        for row in rows
    ]
