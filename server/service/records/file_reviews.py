"""Reviews (R36): each active file is looked at again within the sheet's interval; a control plan (R37) by its own date.

What comes due soon is opened as a duty (`file_review`, the item's code; `control_plan_review`, customer/number).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, String, cast, exists, literal
from sqlmodel import Session, col, select

from server.domain.duties import due_after
from server.domain.policy import Policy
from server.domain.words import DutyKind
from server.service.context import Reading, Writing
from server.service.inputs import Input, Text
from server.service.lookups import codes, item_coded, known
from server.service.oversight.duties import fulfil, open_duty
from server.service.paging import paged
from server.service.records.record_changes import ITEM, keep_changes
from server.service.records.record_numbers import REVIEWED, record_of
from server.service.shapes import Page, Shape, moment_or_none
from server.store.tables import ControlPlan, Duty, Item, Record
from server.store.unit_of_work import UnitOfWork

DAY_US: Final = 86_400_000_000
PLAN: Final = "customer/"
MOST: Final = 500
"""Reviews announced in one transaction."""


class NewReview(Input):
    accurate: bool
    note: Text = ""


class ReviewView(Shape):
    id: int
    item: str
    reviewed_at: str | None
    due_at: str | None
    overdue: bool


def review(work: Writing, code: str, asked: NewReview) -> ReviewView:
    """Record that a file was looked at; one that is not accurate is to be mended, and stays due."""
    item = item_coded(work.session, code)
    record = record_of(work.session, known(item.id))
    work.session.flush()
    result = "accurate" if asked.accurate else "inaccurate"
    keep_changes(work, ITEM, item.code, known(item.id), record.version, {"review": ("", result)}, asked.note)
    if asked.accurate:
        row = work.policy.duty_row(DutyKind.FILE_REVIEW)
        record.reviewed_us = work.now_us
        record.review_due_us = due_after(row, work.now_us, work.zone) if row.is_periodic else None
        fulfil(work, DutyKind.FILE_REVIEW, item.code, asked.note)
        work.session.add(record)
        work.session.flush()
    return review_views(work, [record])[0]


def list_reviews(look: Reading, overdue: bool, after: int | None, limit: int) -> Page[ReviewView]:
    """List active files and when they are to be reviewed; `overdue` those that should have been."""
    query = select(Record).join(Item, col(Item.id) == col(Record.item_id)).where(Item.active)
    query = query.where(col(Record.review_due_us).is_not(None)).order_by(col(Record.item_id)).limit(limit + 1)
    if overdue:
        query = query.where(col(Record.review_due_us) < look.now_us)
    if after is not None:
        query = query.where(col(Record.item_id) > after)
    return paged(look.session.exec(query), limit, lambda rows: review_views(look, rows))


def review_views(look: Reading, rows: Sequence[Record]) -> list[ReviewView]:
    """Give reviews as they are shown."""
    names = codes(look.session, (row.item_id for row in rows))
    return [
        ReviewView(
            id=row.item_id,
            item=names[row.item_id],
            reviewed_at=moment_or_none(row.reviewed_us, look.zone),
            due_at=moment_or_none(row.review_due_us, look.zone),
            overdue=row.review_due_us is not None and row.review_due_us < look.now_us,
        )
        for row in rows
    ]


# ------------------------------------------------------------ the clock's part


@dataclass(frozen=True, slots=True)
class Soon:
    """What is to be announced: (kind, subject, due moment)."""

    kind: DutyKind
    subject: str
    due_us: int


def unannounced(session: Session, policy: Policy, now_us: int) -> list[Soon]:
    """Find the reviews that come due soon and have no duty yet."""
    until = now_us + policy.keeping.remind_days * DAY_US
    file_due, plan_due = col(Record.review_due_us), col(ControlPlan.review_due_us)
    files = select(Item.code, file_due).join(Record, col(Record.item_id) == col(Item.id))
    files = files.where(Item.active, file_due <= until, ~_announced(DutyKind.FILE_REVIEW, col(Item.code), file_due))
    subject = literal(PLAN) + cast(col(ControlPlan.customer_id), String)
    plans = select(ControlPlan.customer_id, plan_due)
    plans = plans.where(plan_due <= until, ~_announced(DutyKind.CONTROL_PLAN_REVIEW, subject, plan_due))
    found = [
        Soon(DutyKind.FILE_REVIEW, code, due_us or 0)
        for code, due_us in session.exec(files.order_by(file_due).limit(MOST))
    ]
    return found + [
        Soon(DutyKind.CONTROL_PLAN_REVIEW, plan_subject(customer), due_us)
        for customer, due_us in session.exec(plans.order_by(plan_due).limit(MOST))
    ]


def announce(uow: UnitOfWork, soon: Sequence[Soon], now_us: int) -> None:
    """Open the duties of reviews that come due."""
    for one in soon:
        open_duty(uow, one.kind, one.subject, one.due_us, now_us)


def unbegun(session: Session) -> list[int]:
    """Find active files that came without a record, or without a review."""
    query = select(Item.id).outerjoin(Record, col(Record.item_id) == col(Item.id))
    query = (
        query.where(Item.active, col(Item.kind).in_(REVIEWED), col(Record.review_due_us).is_(None))
        .order_by(col(Item.id))
        .limit(MOST)
    )
    return [known(number) for number in session.exec(query)]


def begin_reviews(uow: UnitOfWork, items: Sequence[int], due_us: int) -> None:
    """Give these items' records their first review."""
    for number in items:
        record = record_of(uow.session, number)
        record.review_due_us = due_us
        uow.session.add(record)
    uow.session.flush()


def plan_subject(customer_id: int) -> str:
    """Name a customer's control plan among the duties."""
    return f"{PLAN}{customer_id}"


def _announced(kind: DutyKind, subject: Any, due_us: Any) -> ColumnElement[bool]:
    return exists().where(col(Duty.kind) == kind, Duty.subject == subject, Duty.due_us == due_us)
