"""From papers to a formal file (R32): the events of each kind in their order, and until when the next is due.

Law 1: a file is temporary until the last event of its kind, and formal with it.
Law 2: an event comes only after the one before it in the sheet's row, and not earlier in time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from server.domain.duties import add_months, day_end, local_date
from server.domain.office import Office, is_office_day
from server.domain.policy_keeping import FilingRow, FilingStep
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer


@dataclass(frozen=True, slots=True)
class FilingFacts:
    """How far a file has come, and whether it stands in its cabinet; `done` are moments (µs) by event."""

    item: str
    done: Mapping[str, int]
    shelved: bool
    against: tuple[Reason, ...] = ()
    """What else forbids that it becomes formal."""


def next_step(row: FilingRow, done: Mapping[str, int]) -> FilingStep | None:
    """Find the event that comes next; None when the file is formal."""
    return next((step for step in row.steps if step.event not in done), None)


def due_us(row: FilingRow, done: Mapping[str, int], office: Office, zone: ZoneInfo) -> int | None:
    """Say until when the next event is due: the end of a day; None when there is none, or no limit for it."""
    step = next_step(row, done)
    if step is None or not done or not (step.months or step.days or step.office_days):
        return None
    start = local_date(max(done.values()), zone)
    return day_end(_later(office, add_months(start, step.months) + timedelta(days=step.days), step.office_days), zone)


def judge_event(row: FilingRow, facts: FilingFacts, event: str, at_us: int) -> Lawful | Refused:
    """Say whether this event may be recorded now; to become formal, a file must stand in its cabinet."""
    step = next_step(row, facts.done)
    if step is None or step.event != event:
        expected = step.event if step else "—"
        return Refused((reason(Code.FILING_NOT_NEXT, facts.item, rule=row.rule, event=event, next=expected),))
    found: list[Reason] = []
    if facts.done and at_us < max(facts.done.values()):
        found.append(reason(Code.FILING_BEFORE, facts.item, rule=row.rule, event=event))
    if step is row.steps[-1]:
        if not facts.shelved:
            found.append(reason(Code.FILING_NOT_SHELVED, facts.item, rule=row.rule))
        found += facts.against
    return answer(found)


def _later(office: Office, day: date, office_days: int) -> date:
    """Count office days on from a day, which itself does not count."""
    while office_days:
        day += timedelta(days=1)
        office_days -= is_office_day(office, day)
    return day
