"""From papers to a formal file (R32): the events of each kind, their deadlines, and what is overdue.

A deadline is a duty (`formal_filing`, the item's code), so that it is reminded of and flagged like all others.
"""

import json
from collections.abc import Sequence

from pydantic import AwareDatetime
from sqlmodel import col, select

from server.domain.contents import original_reasons
from server.domain.filing import FilingFacts, due_us, judge_event, next_step
from server.domain.policy_keeping import FilingRow
from server.domain.words import CustodyState, DutyKind, ItemKind, Secrecy
from server.service.context import Reading, Writing
from server.service.errors import ConflictError, InvalidError, NotFoundError, lawful
from server.service.inputs import Input, Name, micros_or_none
from server.service.lookups import codes, item_coded, known
from server.service.oversight.duties import fulfil, open_duty
from server.service.paging import paged
from server.service.records.contents import copies_in
from server.service.shapes import Page, Shape, moment, moment_or_none
from server.store.tables import Filing, Item


class NewFiling(Input):
    kind: Name
    at: AwareDatetime | None = None


class NewFilingEvent(Input):
    event: Name
    at: AwareDatetime | None = None


class FilingView(Shape):
    id: int
    item: str
    kind: str
    rule: str
    phase: str
    done: dict[str, str]
    next: str | None
    due_at: str | None
    overdue: bool


def open_filing(work: Writing, code: str, asked: NewFiling) -> FilingView:
    """Begin an item's way to a formal file with its kind's first event; it is a temporary file from then on."""
    item = item_coded(work.session, code)
    if work.session.get(Filing, known(item.id)) is not None:
        raise ConflictError("has_filing", f"{code} is on its way to a formal file, or is one already")
    row = work.policy.keeping.filings.get(asked.kind)
    if row is None:
        raise InvalidError("filing_kind", f"kind is one of {', '.join(work.policy.keeping.filings)}")
    filing = Filing(item_id=known(item.id), kind=asked.kind)
    return _come(work, filing, item, row, row.steps[0].event, micros_or_none(asked.at) or work.now_us)


def record_event(work: Writing, code: str, asked: NewFilingEvent) -> FilingView:
    """Record the next event; the last one makes the file formal, and needs it in its cabinet and original (R33)."""
    item = item_coded(work.session, code)
    filing = work.session.get(Filing, known(item.id))
    if filing is None:
        raise NotFoundError("filing", code)
    row = work.policy.keeping.filings[filing.kind]
    return _come(work, filing, item, row, asked.event, micros_or_none(asked.at) or work.now_us)


def list_filings(look: Reading, overdue: bool, phase: str, after: int | None, limit: int) -> Page[FilingView]:
    """List files on their way, or formal ones; `overdue` those whose next event should have come."""
    query = select(Filing).order_by(col(Filing.item_id)).limit(limit + 1)
    if overdue:
        query = query.where(col(Filing.due_us) < look.now_us)
    elif phase == "temporary":
        query = query.where(col(Filing.formal_us).is_(None))
    elif phase == "formal":
        query = query.where(col(Filing.formal_us).is_not(None))
    if after is not None:
        query = query.where(col(Filing.item_id) > after)
    return paged(look.session.exec(query), limit, lambda rows: filing_views(look, rows))


def filing_of(look: Reading, item_id: int) -> FilingView | None:
    """Show how far an item's filing is, if it has one."""
    row = look.session.get(Filing, item_id)
    return filing_views(look, [row])[0] if row else None


def filing_views(look: Reading, rows: Sequence[Filing]) -> list[FilingView]:
    """Give filings as they are shown."""
    names, kinds = codes(look.session, (row.item_id for row in rows)), look.policy.keeping.filings
    found = []
    for row in rows:
        done: dict[str, int] = json.loads(row.done)
        sheet = kinds.get(row.kind)
        step = next_step(sheet, done) if sheet else None
        found.append(
            FilingView(
                id=row.item_id,
                item=names[row.item_id],
                kind=row.kind,
                rule=sheet.rule if sheet else "R32",
                phase="temporary" if row.formal_us is None else "formal",
                done={event: moment(at_us, look.zone) for event, at_us in done.items()},
                next=step.event if step else None,
                due_at=moment_or_none(row.due_us, look.zone),
                overdue=row.due_us is not None and row.due_us < look.now_us,
            )
        )
    return found


def _come(work: Writing, filing: Filing, item: Item, row: FilingRow, event: str, at_us: int) -> FilingView:
    if at_us > work.now_us:
        raise InvalidError("at", "at lies in the future")
    done: dict[str, int] = json.loads(filing.done)
    kept = original_reasons(
        work.policy.keeping,
        item.code,
        ItemKind(item.kind),
        Secrecy(item.secrecy),
        copies_in(work.session, known(item.id)),
    )
    shelved = item.custody.state == CustodyState.PLACE and item.home_station is not None
    lawful(judge_event(row, FilingFacts(item.code, done, shelved, tuple(kept)), event, at_us))
    done[event] = at_us
    if filing.due_us is not None:
        fulfil(work, DutyKind.FORMAL_FILING, item.code, event)
    filing.done = json.dumps(done)
    filing.due_us = due_us(row, done, work.policy.office, work.zone)
    if filing.due_us is not None:
        open_duty(work.uow, DutyKind.FORMAL_FILING, item.code, filing.due_us, work.now_us)
    if next_step(row, done) is None:
        filing.formal_us = work.now_us
    work.session.add(filing)
    work.session.flush()
    work.ledger("item_filing", item=item.code, filing=filing.kind, event=event, occurred_us=at_us, due_us=filing.due_us)
    return filing_views(work, [filing])[0]
