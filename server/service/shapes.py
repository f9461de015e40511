"""What a person or program is shown: the shapes of every answer, and how moments and titles are written.

People appear by username, items by code, places as "station/door", moments as RFC 3339 with the site's offset.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MASK = "＊＊＊"


def moment(us: int, zone: ZoneInfo) -> str:
    """Write a moment as RFC 3339 with offset, to the millisecond."""
    return (EPOCH + timedelta(microseconds=us)).astimezone(zone).isoformat(timespec="milliseconds")


def moment_or_none(us: int | None, zone: ZoneInfo) -> str | None:
    """Write a moment, if there is one."""
    return None if us is None else moment(us, zone)


def place_text(station: str | None, door: int | None) -> str | None:
    """Write a place as "station/door"."""
    return None if not station or door is None else f"{station}/{door}"


class Shape(BaseModel):
    """What all answers have in common."""

    model_config = ConfigDict(frozen=True)


class Page(Shape, Generic[T]):
    """A part of a list; `next` is the cursor of the part after it, if there is one."""

    rows: list[T]
    next: str | None = None


class Done(Shape):
    """It is done, and there is nothing to say about it."""

    done: bool = True


class PersonView(Shape):
    username: str
    name: str
    role: str
    department: str
    active: bool
    locale: str


class SignInView(Shape):
    token: str
    csrf: str
    person: PersonView


class IncidentRef(Shape):
    id: int
    kind: str


class CustodyView(Shape):
    state: str
    place: str | None = None
    person: str | None = None
    incident: IncidentRef | None = None
    since: str | None = None


class ItemView(Shape):
    id: int
    code: str
    title: str
    masked: bool
    kind: str
    secrecy: str
    category: str
    department: str
    record_number: str | None
    parts: int
    pages: int
    active: bool
    home: str | None
    custody: CustodyView
    tags: list[str] | None = None


class ReasonView(Shape):
    rule: str
    code: str
    item: str = ""
    params: dict[str, str] = {}
    text: str


class MovementView(Shape):
    id: int
    item: str | None
    epc: str | None
    direction: str
    person: str | None
    incident: int | None
    station: str
    door: int
    session: str | None
    cause: str
    verdict: str
    lawful: str
    reasons: list[ReasonView]
    occurred_at: str
    received_at: str
    late_seconds: float
    supersedes: int | None
    superseded_by: int | None
    ledger: int


class AlarmView(Shape):
    id: int
    kind: str
    severity: str
    state: str
    person: str | None
    item: str | None
    station: str
    door: int | None
    session: str | None
    occurred_at: str
    set_at: str
    late_seconds: float
    repeated: int
    acknowledged_at: str | None
    acknowledged_by: str | None
    cleared_at: str | None
    closed_at: str | None
    closed_by: str | None
    conclusion: str
    text: str


class CaseView(Shape):
    id: int
    kind: str
    item: str | None
    station: str
    door: int | None
    incident: int | None
    detail: dict[str, Any]
    opened_at: str
    resolved_at: str | None
    resolution: str


class DecisionView(Shape):
    approver: str
    delegation: int | None
    said: str
    note: str
    at: str
    step: int = 0


class RequestView(Shape):
    id: int
    applicant: str
    filed_by: str
    mode: str
    purpose: str
    items: list[str]
    state: str
    documents: list[str]
    impressions: int
    created_at: str
    from_at: str
    until_at: str
    due_at: str | None
    decisions: list[DecisionView]
    pages: str = ""
    recipient: str = ""
    outside: bool = False
    renews: int | None = None
    awaits: list[str] = []
    """The posts that may decide the step it waits for."""


class DelegationView(Shape):
    id: int
    by: str
    to: str
    scope: dict[str, Any]
    from_at: str
    until_at: str
    revoked_at: str | None
    state: str = ""
    """to_come, in_force, over or revoked."""


class AuthorityView(Shape):
    id: int
    kind: str
    person: str
    mode: str
    purpose: str
    given_by: str
    items: list[str]
    from_at: str
    until_at: str
    due_at: str | None


class LoanView(Shape):
    id: int
    item: str
    title: str
    person: str
    request: int | None
    mode: str
    state: str
    taken_at: str
    due_at: str
    due_rule: str
    overdue: bool
    returned_at: str | None
    returned_by: str | None
    closed_at: str | None


class HandoverView(Shape):
    items: list[str]
    by: str
    to: str
    witness: str | None
    at: str


class NoticeView(Shape):
    id: int
    kind: str
    text: str
    alarm: int | None
    created_at: str
    read_at: str | None


class StationView(Shape):
    name: str
    title: str
    doors: int
    public_key: str
    active: bool
    online: bool
    heard_at: str | None


class QuarantineView(Shape):
    id: int
    station: str
    reason: str
    detail: str
    repeated: int
    received_at: str
    size: int


class LedgerView(Shape):
    id: int
    kind: str
    at: str
    body: dict[str, Any]
    previous: str
    hash: str
    whole: bool
    """Whether its hash fits its text and the entry before it; a text that is none has an empty body."""


class TallyView(Shape):
    station: str
    category: str
    state: str
    n: int


class StocktakeLineView(Shape):
    item: str | None
    mark: str | None
    title: str
    category: str
    station: str
    door: int
    result: str
    seen_at: list[str]
    condition: str = ""


class ScansView(Shape):
    saved: int
    already: int
    unknown: int


class StocktakeCount(Shape):
    station: str
    category: str
    state: str
    n: int


class StocktakeView(Shape):
    id: int
    title: str
    stations: list[str]
    blind: bool
    state: str
    opened_by: str
    opened_at: str
    closed_at: str | None
    expected: int
    awaited: list[str]
    passes: dict[str, int]
    counts: list[StocktakeCount]
    lines: list[StocktakeLineView]
    unsigned: int = 0
    recount_of: int | None = None


class OverviewView(Shape):
    """The four questions of the first page, as numbers; `own_loans`: what is out and overdue is the reader's own."""

    own_loans: bool
    out: int
    unaccounted: int
    overdue: int
    open_alarms: int
    silent_stations: list[str]
    open_cases: int
