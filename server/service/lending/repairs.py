"""Repairs (R16): damage reported on return or at any time, tracked until somebody says what was done."""

from collections.abc import Sequence

from sqlmodel import col, select

from server.domain.repairs import DAY_US, is_overdue, judge_close, judge_report
from server.service.context import Reading, Writing
from server.service.errors import NotFoundError, lawful
from server.service.lending.lending_shapes import RepairView
from server.service.lending.notices import holders_of, tell
from server.service.lending.settling import settle_numbered
from server.service.lookups import codes, item_coded, known, usernames
from server.service.paging import paged
from server.service.shapes import Page, moment, moment_or_none
from server.store.tables import Item, Repair


def report(work: Writing, code: str, damage: str) -> RepairView:
    """Report damage to an item."""
    return repair_views(work, [open_repair(work, item_coded(work.session, code), damage, None)])[0]


def open_repair(work: Writing, item: Item, damage: str, loan_id: int | None) -> Repair:
    """Open a repair; `loan_id` is the loan after which the damage was found."""
    lawful(judge_report(damage))
    row = Repair(
        item_id=known(item.id),
        loan_id=loan_id,
        damage=damage,
        reported_by_id=work.viewer.id,
        opened_us=work.now_us,
        due_us=work.now_us + work.policy.lending.repair_days * DAY_US,
    )
    work.session.add(row)
    work.session.flush()
    work.ledger("repair_opened", repair=row.id, item=item.code, loan=loan_id, damage=damage)
    tell(work, holders_of(work.session, work.policy.returns.checked_by), "repair_opened", item.code)
    return row


def close(work: Writing, number: int, outcome: str) -> RepairView:
    """Close a repair with what was done; a loan that waited only for it closes too."""
    row = work.session.get(Repair, number)
    if row is None:
        raise NotFoundError("repair", number)
    lawful(judge_close(row.closed_us is None, outcome))
    row.closed_us, row.closed_by_id, row.outcome = work.now_us, work.viewer.id, outcome
    work.session.add(row)
    work.session.flush()
    work.ledger("repair_closed", repair=row.id, item=codes(work.session, [row.item_id])[row.item_id], outcome=outcome)
    settle_numbered(work, row.loan_id)
    return repair_views(work, [row])[0]


def list_repairs(look: Reading, every: bool, before: int | None, limit: int) -> Page[RepairView]:
    """List repairs, the newest first; only open ones unless `every`."""
    query = select(Repair).order_by(col(Repair.id).desc()).limit(limit + 1)
    if not every:
        query = query.where(col(Repair.closed_us).is_(None))
    if before is not None:
        query = query.where(col(Repair.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: repair_views(look, rows))


def repair_views(look: Reading, rows: Sequence[Repair]) -> list[RepairView]:
    """Give repairs as they are shown."""
    items = codes(look.session, (row.item_id for row in rows))
    people = usernames(look.session, (n for row in rows for n in (row.reported_by_id, row.closed_by_id)))
    return [
        RepairView(
            id=known(row.id),
            item=items[row.item_id],
            loan=row.loan_id,
            damage=row.damage,
            reported_by=people[row.reported_by_id],
            opened_at=moment(row.opened_us, look.zone),
            due_at=moment(row.due_us, look.zone),
            overdue=is_overdue(row.due_us, row.closed_us, look.now_us),
            closed_by=people.get(row.closed_by_id),
            closed_at=moment_or_none(row.closed_us, look.zone),
            outcome=row.outcome,
        )
        for row in rows
    ]
