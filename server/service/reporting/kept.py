"""Reports that are kept as they were made: taken down once, with their digest in the ledger, and laid out when read."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from server.domain import periods
from server.domain.periods import Period, PeriodError, period_of
from server.domain.words import DutyKind, Role
from server.reports.model import Document
from server.service.context import Reading, Writing
from server.service.errors import ForbiddenError, InvalidError, NotFoundError
from server.service.lending.notices import holders_of, tell
from server.service.lookups import known, usernames
from server.service.oversight import duties
from server.service.paging import paged
from server.service.reporting import figures, statistics, unreturned
from server.service.reporting.paper import Paper
from server.service.shapes import Page, Shape, moment
from server.store.tables import KeptReport

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind: which period it is about if none is named, its duty, who is told, how it is collected and laid out."""

    period: Callable[[int, ZoneInfo], str]
    duty: DutyKind
    months: frozenset[int]
    notice: str
    told: frozenset[Role]
    collect: Callable[[Session, Period, int, ZoneInfo], Body]
    lay_out: Callable[[Paper, KeptReport, Body], Document]
    is_total: bool = True
    """Whether it counts everything, so that it is not for readers whose rights are narrowed (R61)."""


_LEADERS: Final = frozenset({Role.GENERAL_MANAGER, Role.HEAD_OF_OFFICE})
KEPT: Final[dict[str, Kept]] = {
    "unreturned": Kept(
        periods.current_month,
        DutyKind.UNRETURNED_LIST,
        frozenset({1}),
        "unreturned_list",
        frozenset({Role.GENERAL_MANAGER}),
        lambda session, *_: unreturned.collect(session),
        unreturned.lay_out,
        is_total=False,
    ),
    "half_yearly": Kept(
        periods.last_half_year,
        DutyKind.HALF_YEARLY_STATISTICS,
        frozenset({6}),
        "report_made",
        _LEADERS,
        figures.count,
        statistics.statistics,
    ),
    "yearly": Kept(
        periods.last_year,
        DutyKind.YEARLY_STATISTICS,
        frozenset({12}),
        "report_made",
        _LEADERS,
        figures.count,
        statistics.statistics,
    ),
    "evaluation": Kept(
        periods.current_year,
        DutyKind.EVALUATION,
        frozenset({1, 6, 12}),
        "report_made",
        _LEADERS,
        figures.count,
        statistics.evaluation,
    ),
}


class KeptView(Shape):
    id: int
    name: str
    period: str
    made_at: str
    made_by: str | None


def make(work: Writing, name: str, period: str | None) -> KeptView:
    """Take a report down as of now, keep it, fulfil its duty and tell who is to have it."""
    kind = _kind(name)
    asked = _period(kind, name, period or kind.period(work.now_us, work.zone), work)
    body = json.dumps(kind.collect(work.session, asked, work.now_us, work.zone), ensure_ascii=False, sort_keys=True)
    row = KeptReport(
        name=name,
        period=asked.text,
        from_us=asked.from_us,
        until_us=asked.until_us,
        made_us=work.now_us,
        made_by_id=work.viewer.id or None,
        body=body,
    )
    work.session.add(row)
    work.session.flush()
    work.ledger("report_made", report=row.id, name=name, period=row.period, digest=sha256(body.encode()).hexdigest())
    if asked.text == kind.period(work.now_us, work.zone):
        while duties.fulfil(work, kind.duty, "", f"report {row.id}") is not None:
            continue  # after a long stop several are owed, and what is out can only be told as of now
    tell(work, holders_of(work.session, kind.told), kind.notice, f"/reports/{name}?of={row.id}")
    return kept_views(work, [row])[0]


def show(paper: Paper, name: str, of: str) -> Document:
    """Lay out a kept report: the newest, or the one of this number."""
    kind = _kind(name)
    if kind.is_total and paper.look.viewer.scope.limits:
        raise ForbiddenError("narrowed", "figures of the whole company are not for rights that are narrowed (R61)")
    query = select(KeptReport).where(KeptReport.name == name)
    if of:
        query = query.where(KeptReport.id == (int(of) if of.isdecimal() and len(of) < 10 else 0))
    row = paper.look.session.exec(query.order_by(col(KeptReport.id).desc()).limit(1)).first()
    if row is None:
        raise NotFoundError("report", f"{name} {of}".strip())
    return kind.lay_out(paper, row, json.loads(row.body))


def list_kept(look: Reading, name: str | None, before: int | None, limit: int) -> Page[KeptView]:
    """List what was made, the newest first."""
    query = select(KeptReport).order_by(col(KeptReport.id).desc()).limit(limit + 1)
    if name is not None:
        query = query.where(KeptReport.name == name)
    if before is not None:
        query = query.where(col(KeptReport.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: kept_views(look, rows))


def made_names(look: Reading) -> set[str]:
    """Name the kinds that have been made at least once."""
    return set(look.session.exec(select(KeptReport.name).distinct()))


def kept_views(look: Reading, rows: list[KeptReport]) -> list[KeptView]:
    """Give kept reports as they are listed."""
    people = usernames(look.session, (row.made_by_id for row in rows))
    return [
        KeptView(
            id=known(row.id),
            name=row.name,
            period=row.period,
            made_at=moment(row.made_us, look.zone),
            made_by=people.get(row.made_by_id),
        )
        for row in rows
    ]


def _kind(name: str) -> Kept:
    if name not in KEPT:
        raise NotFoundError("report that is made and kept", name)
    return KEPT[name]


def _period(kind: Kept, name: str, text: str, work: Writing) -> Period:
    try:
        period = period_of(text, work.zone)
    except PeriodError as error:
        raise InvalidError("no_such_period", f"period: {error}") from None
    if period.months not in kind.months:
        raise InvalidError("no_such_period", f"period: {text} is not one that {name} is about")
    if period.from_us > work.now_us:
        raise InvalidError("no_such_period", f"period: {text} has not begun")
    if name == "unreturned" and text != kind.period(work.now_us, work.zone):
        raise InvalidError("no_such_period", "period: what is out is taken down as of now; leave it out")
    return period
