"""What is asked and answered about a loan's life, copies, seals, what is entrusted and keys."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from server.domain.words import Mode
from server.service.inputs import Code, Hex, Input, Name, NewCheck, Place, StationName, Text, Username
from server.service.shapes import LoanView, ReasonView, Shape

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class NewReturnCheck(NewCheck):
    damage: Text = ""


class Claim(Input):
    note: Text = ""


class Loss(Input):
    conclusion: Name


class NewRepair(Input):
    damage: Name


class NewCopies(Input):
    pages: Text
    purpose: Text
    request: int | None = Field(default=None, ge=1)
    count: int = Field(default=1, ge=1, le=50)
    standing: bool = False
    codes: list[Code] = Field(default=[], max_length=50)
    tags: list[Hex] = Field(default=[], max_length=50)
    place: Place | None = None


class NewSeal(Input):
    seal: Code
    name: Name
    scope: Name
    impression: Digest
    engraved_by: Name
    engraved_at: AwareDatetime
    in_use_at: AwareDatetime | None = None
    keeper: Username


class NewSealUse(Input):
    impressions: int = Field(ge=1, le=10_000)
    supervisor: Username
    request: int | None = Field(default=None, ge=1)
    documents: list[Name] = Field(default=[], max_length=100)
    photo: Digest | None = None
    note: Text = ""


class NewKeeper(Input):
    to: Username
    witness: Username
    note: Text = ""


class Reasoned(Input):
    reason: Text


class NewEntrusted(Input):
    item: Code
    customer: Name
    mandate: Text
    modes: Annotated[list[Mode], Field(max_length=len(Mode))]
    until: AwareDatetime
    handed_over_by: Name


class HandBack(Input):
    to: Name
    signed: Digest


class NewKeySet(Input):
    cabinet: StationName
    set: Name
    holder: Username


class NewKeyUse(Input):
    cabinet: StationName
    set: Name
    reason: Text
    person: Username | None = None
    when: AwareDatetime | None = None


class OwedView(Shape):
    what: Literal["parts", "pages", "unsaid"]
    n: int


class CheckView(Shape):
    by: str
    at: str
    complete: bool
    parts: int | None
    pages: int | None
    damage: str
    note: str


class SearchView(Shape):
    id: int
    loan: int
    item: str
    person: str
    state: str
    claim: str
    opened_by: str
    opened_at: str
    due_at: str
    overdue: bool
    incident: int | None
    closed_by: str | None
    closed_at: str | None
    conclusion: str


class RepairView(Shape):
    id: int
    item: str
    loan: int | None
    damage: str
    reported_by: str
    opened_at: str
    due_at: str
    overdue: bool
    closed_by: str | None
    closed_at: str | None
    outcome: str


class CopyView(Shape):
    id: int
    item: str
    original: str
    number: str
    n: int
    pages: str
    purpose: str
    standing: bool
    request: int | None
    loan: int | None
    made_by: str
    made_at: str
    state: str
    person: str | None
    due_at: str | None
    ended_at: str | None


class LoanLife(Shape):
    """A loan with everything that happened in its life; `keeps_open` says what it still waits for."""

    loan: LoanView
    life: str
    calendar_known: bool
    owed: list[OwedView]
    keeps_open: list[ReasonView]
    checks: list[CheckView]
    searches: list[SearchView]
    repairs: list[RepairView]
    copies: list[CopyView]


class SealView(Shape):
    id: int
    item: str
    name: str
    scope: str
    impression: str
    engraved_by: str
    engraved_at: str
    in_use_at: str
    keeper: str
    out_at: str | None
    out_reason: str


class SealUseView(Shape):
    id: int
    item: str
    request: int
    loan: int
    at: str
    applicant: str
    approver: str | None
    supervisor: str
    recorded_by: str
    documents: list[str]
    approved: int
    recorded: int
    excess: bool
    photo: str
    note: str
    explained_by: str | None
    explained_at: str | None
    explanation: str


class PassedView(Shape):
    item: str
    giver: str
    receiver: str
    witness: str
    at: str


class EntrustedView(Shape):
    id: int
    item: str
    receipt: str
    customer: str
    mandate: str
    modes: list[str]
    until_at: str
    in_force: bool
    handed_over_by: str
    received_by: str
    received_at: str
    returned_by: str | None
    returned_at: str | None
    returned_to: str
    return_receipt: str | None
    signed: str


class EntrustedUse(Shape):
    """One use of what a customer entrusted, as it can be shown to them: no person of ours is named by name."""

    id: int
    mode: str
    purpose: str
    documents: list[str]
    impressions: int
    taken_at: str
    returned_at: str | None
    state: str


class KeySetView(Shape):
    cabinet: str
    set: str
    holder: str | None
    since: str | None


class KeyUseView(Shape):
    id: int
    cabinet: str
    set: str
    person: str
    reason: str
    used_at: str
    declared_at: str
    incident: int | None


class OpeningView(Shape):
    """An opening by a mechanical key: declared, still to be declared, or undeclared."""

    id: int
    cabinet: str
    door: int | None
    at: str
    state: Literal["declared", "waiting", "undeclared"]
    declaration: int | None
