"""The figures of a period (R62, R64): facts that are counted once, kept as they were, and laid out when read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col

from server.domain.periods import Period
from server.domain.words import AlarmKind, StocktakeResult
from server.store import queries_periods as queries
from server.store.tables import Item

HOUR_US: Final = 3_600_000_000
AGREES: Final = frozenset({StocktakeResult.FOUND, StocktakeResult.ON_LOAN})
LATE: Final = frozenset(
    {
        AlarmKind.OVERDUE_SOFT,
        AlarmKind.OVERDUE_HARD,
        AlarmKind.SAME_DAY_ORIGINAL_NOT_RETURNED,
        AlarmKind.HOUR_LIMIT_EXCEEDED,
    }
)

Figures = dict[str, Any]


def count(session: Session, period: Period, now_us: int, zone: ZoneInfo) -> Figures:
    """Count what happened in a period, and what is kept at the moment."""
    until_us = min(period.until_us, now_us)
    span = (period.from_us, until_us)
    loans = queries.loans_taken(session, *span)
    alarms = queries.alarms_set(session, *span)
    breaches = queries.breaches_recorded(session, *span)
    return {
        "until_us": until_us,
        "holdings": {
            "kind": queries.holdings(session, col(Item.kind)),
            "secrecy": queries.holdings(session, col(Item.secrecy)),
            "category": queries.holdings(session, col(Item.category)),
            "department": queries.holdings(session, col(Item.department)),
        },
        "departments": _departments(loans, breaches, now_us),
        "modes": dict(Counter(loan.mode for loan in loans)),
        "months": _months(period, zone, loans, alarms, breaches, now_us),
        "returns": _returns(loans, now_us),
        "approvals": _approvals(queries.approvals_given(session, *span)),
        "alarms": _alarms(alarms),
        "stocktakes": _stocktakes(queries.counts_closed(session, *span)),
        "breaches": dict(Counter(breach.rule for breach in breaches)),
        "feedback": _feedback(queries.feedback_given(session, *span), now_us),
    }


def is_late(due_us: int, returned_us: int | None, now_us: int) -> bool:
    """Say whether something came back late, or is late now."""
    return (now_us if returned_us is None else returned_us) > due_us


def rate(part: int, of: int) -> float | None:
    """Give a share in percent, to one place; none of nothing."""
    return round(100 * part / of, 1) if of else None


def _departments(loans: Sequence[Any], breaches: Sequence[Any], now_us: int) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: {"loans": 0, "late": 0, "out": 0, "breaches": 0})
    for loan in loans:
        row = found[loan.department]
        row["loans"] += 1
        row["late"] += is_late(loan.due_us, loan.returned_us, now_us)
        row["out"] += loan.returned_us is None
    for breach in breaches:
        found[breach.department]["breaches"] += 1
    return {name: found[name] for name in sorted(found)}


def _months(
    period: Period, zone: ZoneInfo, loans: Sequence[Any], alarms: Sequence[Any], breaches: Sequence[Any], now_us: int
) -> list[dict[str, Any]]:
    starts = period.month_starts(zone)
    rows = []
    for (name, start), (_, end) in pairwise(starts):
        if start >= now_us:
            break
        taken = [loan for loan in loans if start <= loan.taken_us < end]
        rows.append({"month": name, "alarms": _count(alarms, "set_us", start, end), **_returns(taken, now_us),
                     "breaches": _count(breaches, "recorded_us", start, end)})  # fmt: skip
    return rows


def _count(rows: Iterable[Any], moment: str, start: int, end: int) -> int:
    return sum(start <= getattr(row, moment) < end for row in rows)


def _returns(loans: Sequence[Any], now_us: int) -> dict[str, Any]:
    """Count what was taken and is due by now, and what of it came back in time."""
    due = [loan for loan in loans if loan.due_us <= now_us or loan.returned_us is not None]
    late = sum(is_late(loan.due_us, loan.returned_us, now_us) for loan in due)
    return {"loans": len(loans), "due": len(due), "late": late, "on_time": rate(len(due) - late, len(due))}


def _approvals(rows: Sequence[Any]) -> dict[str, Any]:
    """Take the last approval of each request: that is when it could be used."""
    taken: dict[int, int] = {}
    for row in rows:
        taken[row.request_id] = max(taken.get(row.request_id, 0), row.at_us - row.created_us)
    return {"approved": len(taken), **_hours(taken.values())}


def _alarms(rows: Sequence[Any]) -> dict[str, Any]:
    closed = [row.closed_us - row.set_us for row in rows if row.closed_us is not None]
    kinds = {kind: {"set": 0, "open": 0} for kind in sorted({row.kind for row in rows})}
    for row in rows:
        kinds[row.kind]["set"] += 1
        kinds[row.kind]["open"] += row.closed_us is None
    return {"set": len(rows), "open": len(rows) - len(closed), "kinds": kinds, **_hours(closed)}


def _hours(spans: Iterable[int]) -> dict[str, float | None]:
    hours = [span / HOUR_US for span in spans]
    return {
        "median_hours": round(median(hours), 1) if hours else None,
        "longest_hours": round(max(hours), 1) if hours else None,
    }


def _stocktakes(rows: Sequence[Any]) -> dict[str, Any]:
    results: Counter[str] = Counter()
    for _, result, n in rows:
        results[result or ""] += n
    agree = sum(n for result, n in results.items() if result in AGREES)
    total = results.total()
    return {
        "closed": len({number for number, _, _ in rows}),
        "lines": total,
        "differences": total - agree,
        "results": dict(results),
        "accuracy": rate(agree, total),
    }


def _feedback(rows: Sequence[Any], now_us: int) -> dict[str, Any]:
    late = sum(is_late(due_us, closed_us, now_us) for due_us, closed_us in rows)
    return {"given": len(rows), "closed": sum(closed_us is not None for _, closed_us in rows), "late": late}
