"""Record numbers (R30): given one after the other in their series, kept for ever, never given twice.

Law 1: a number is given in the transaction that stores what it is for, and only one transaction writes at a time:
       what is undone gives its number back, so that a series has no gaps.
Law 2: a number that is not wanted any more is cancelled, with its reason, and stays in the register.
"""

from typing import Final

from pydantic import Field
from sqlmodel import Session, col, func, or_, select

from server.domain.duties import due_after, local_date
from server.domain.record_numbers import NumberFacts, Series, series_for
from server.domain.words import DutyKind, ItemKind, Secrecy
from server.service.context import Reading, Writing
from server.service.errors import ConflictError, InvalidError, NotFoundError, lawful
from server.service.inputs import Code, Input, Name, Text
from server.service.lookups import codes, held_by_person, item_coded, known, usernames, within_reach
from server.service.records.record_changes import ITEM, keep_changes
from server.service.shapes import Page, Shape, moment, moment_or_none
from server.store.tables import Item, NumberSeries, Record, RecordNumber

REVIEWED: Final = (ItemKind.FILE, ItemKind.BOX, ItemKind.DOCUMENT)
"""What is reviewed so that it stays accurate (R36); seals, keys and copies have registers of their own."""


class NewNumber(Input):
    item: Code
    scheme: Name
    term: Text = ""


class NewCancellation(Input):
    number: Name
    reason: Name


class NumberView(Shape):
    number: str
    item: str | None
    sequence: int | None
    given_at: str
    given_by: str | None
    cancelled_at: str | None
    reason: str


class SeriesView(Shape):
    """A series and how many of its numbers are in use or cancelled; `silent_gaps` is 0 unless somebody tampered."""

    key: str
    scheme: str
    last: int = Field(description="the newest sequence given")
    in_use: int
    cancelled: int
    silent_gaps: int


def begin(work: Writing, item: Item, scheme: str = "", term: str = "") -> None:
    """Begin a new item's record: its first review, and the number it comes with or is to be given."""
    if scheme and item.record_number is not None:
        raise InvalidError("number_twice", "give a record number or a scheme to make one, not both")
    row = work.policy.duty_row(DutyKind.FILE_REVIEW)
    due_us = due_after(row, work.now_us, work.zone) if row.is_periodic and item.kind in REVIEWED else None
    work.session.add(Record(item_id=known(item.id), review_due_us=due_us))
    if scheme:
        item.record_number = _next(work, item, scheme, term)
        work.session.add(item)
    elif item.record_number is not None:
        enter(work, item, item.record_number)
    work.session.flush()


def enter(work: Writing, item: Item, number: str) -> None:
    """Enter a number given by hand; raises ConflictError when it is or was another's."""
    if (taken := work.session.get(RecordNumber, number)) is not None:
        how = "was cancelled" if taken.cancelled_us is not None else "is given"
        raise ConflictError("item_taken", f"there is already this record number: {number!r} {how}, none is given twice")
    work.session.add(_row(work, number, item))
    work.session.flush()


def give_number(work: Writing, asked: NewNumber) -> NumberView:
    """Give an item the next number of a series; one that has a number keeps it."""
    item = item_coded(work.session, asked.item)
    if item.record_number is not None:
        raise ConflictError("has_number", f"{item.code} has record number {item.record_number}; cancel that first")
    number = _next(work, item, asked.scheme, asked.term)
    change_number(work, item, number, asked.scheme)
    return number_views(work, [work.session.get_one(RecordNumber, number)])[0]


def cancel(work: Writing, asked: NewCancellation) -> NumberView:
    """Cancel a number, with the reason; it stays in the register and is never given again."""
    row = work.session.get(RecordNumber, asked.number)
    item = work.session.get(Item, row.item_id) if row is not None and row.item_id else None
    if row is None or (item is not None and not within_reach(work.session, item)):
        raise NotFoundError("record number", asked.number)
    if row.cancelled_us is not None:
        raise ConflictError("cancelled", f"{row.number} is cancelled already: {row.reason}")
    withdraw(work, row.number, asked.reason)
    if item is not None and item.record_number == row.number:
        change_number(work, item, None, asked.reason)
    return number_views(work, [row])[0]


def withdraw(work: Writing, number: str, why: str) -> None:
    """Mark a number as cancelled, whatever the record it was for becomes."""
    row = work.session.get_one(RecordNumber, number)
    row.cancelled_us, row.reason = work.now_us, why
    work.session.add(row)
    work.ledger("number_cancelled", number=number, reason=why)


def change_number(work: Writing, item: Item, number: str | None, why: str) -> None:
    """Let an item have another number, or none, and keep the change."""
    record = record_of(work.session, known(item.id))
    record.version += 1
    changed = {"record_number": (item.record_number or "", number or "")}
    keep_changes(work, ITEM, item.code, known(item.id), record.version, changed, why)
    item.record_number = number
    work.session.add_all((item, record))
    work.session.flush()


def record_of(session: Session, item_id: int) -> Record:
    """Give the facts beside an item; those of an item that came by another way begin now."""
    found = session.get(Record, item_id)
    if found is None:
        found = Record(item_id=item_id)
        session.add(found)
    return found


def list_numbers(look: Reading, series: str | None, after: str | None, limit: int) -> Page[NumberView]:
    """List numbers in their own order, cancelled ones too; those of items the reader may not know are left out."""
    query = select(RecordNumber).order_by(col(RecordNumber.number)).limit(limit + 1)
    if not look.viewer.sees_title(Secrecy.TOP_SECRET):
        known_items = select(Item.id).where(or_(Item.secrecy == Secrecy.ORDINARY, held_by_person(look.viewer.id)))
        query = query.where(or_(col(RecordNumber.item_id).is_(None), col(RecordNumber.item_id).in_(known_items)))
    if series is not None:
        query = query.where(RecordNumber.series == series)
    if after is not None:
        query = query.where(col(RecordNumber.number) > after)
    rows = list(look.session.exec(query))
    shown = number_views(look, rows[:limit])
    return Page(rows=shown, next=shown[-1].number if len(rows) > limit else None)


def list_series(look: Reading) -> Page[SeriesView]:
    """List every series with what its register holds."""
    counted = select(RecordNumber.series, func.count(), func.count(col(RecordNumber.cancelled_us)))
    rows = look.session.exec(counted.where(col(RecordNumber.series).is_not(None)).group_by(RecordNumber.series))
    held = {series: (number, cancelled) for series, number, cancelled in rows}
    found = []
    for one in look.session.exec(select(NumberSeries).order_by(NumberSeries.key)):
        number, cancelled = held.get(one.key, (0, 0))
        found.append(
            SeriesView(
                key=one.key,
                scheme=one.scheme,
                last=one.last,
                in_use=number - cancelled,
                cancelled=cancelled,
                silent_gaps=one.last - number,
            )
        )
    return Page(rows=found)


def number_views(look: Reading, rows: list[RecordNumber]) -> list[NumberView]:
    """Give numbers as they are shown."""
    items, people = (
        codes(look.session, (r.item_id for r in rows)),
        usernames(look.session, (r.given_by_id for r in rows)),
    )
    return [
        NumberView(
            number=row.number,
            item=items.get(row.item_id),
            sequence=row.sequence,
            given_at=moment(row.given_us, look.zone),
            given_by=people.get(row.given_by_id),
            cancelled_at=moment_or_none(row.cancelled_us, look.zone),
            reason=row.reason,
        )
        for row in rows
    ]


def _next(work: Writing, item: Item, scheme: str, term: str) -> str:
    """Take the next free number of the series this item belongs to."""
    year = local_date(work.now_us, work.zone).year
    series = lawful(series_for(work.policy.keeping, NumberFacts(scheme, year, item.department, item.category, term)))
    counter = work.session.get(NumberSeries, series.key) or NumberSeries(key=series.key, scheme=scheme)
    while True:
        counter.last += 1
        number = series.number(counter.last)
        held = work.session.get(RecordNumber, number)
        if held is None:
            break
        held.series, held.sequence = series.key, counter.last  # given by hand before the series came so far
        work.session.add(held)
    work.session.add(counter)
    work.session.add(_row(work, number, item, series, counter.last))
    work.session.flush()
    return number


def _row(
    work: Writing, number: str, item: Item, series: Series | None = None, sequence: int | None = None
) -> RecordNumber:
    work.ledger("number_given", number=number, item=item.code)
    return RecordNumber(
        number=number,
        series=series.key if series else None,
        sequence=sequence,
        item_id=known(item.id),
        given_us=work.now_us,
        given_by_id=work.viewer.id or None,
    )
