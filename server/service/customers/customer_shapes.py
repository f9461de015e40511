"""What may be asked about customers, their grades and sensitive fields, and what is shown of them."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from server.domain.customers import CreditAct
from server.service.inputs import Input, Name, Text, Username
from server.service.shapes import Shape

Secret = Annotated[str, Field(max_length=2000)]
Long = Annotated[str, Field(min_length=1, max_length=4000)]


class NewCustomer(Input):
    name: Name
    industry: Text = ""
    size: Text = ""
    region: Text = ""
    note: Text = ""
    sealed: dict[str, Secret] = Field(default={}, repr=False, max_length=20)


class CustomerPatch(Input):
    name: Name | None = None
    industry: Text | None = None
    size: Text | None = None
    region: Text | None = None
    note: Text | None = None
    grade: Text | None = None
    sealed: dict[str, Secret] = Field(default={}, repr=False, max_length=20)
    reason: Text = ""


class NewPlan(Input):
    """A risk control plan: who answers for it, and when it is looked at next."""

    owner: Username
    plan: Long
    review: AwareDatetime


class PlanReview(Input):
    """A control plan was looked at, and when it will be next."""

    review: AwareDatetime
    note: Text = ""


class NewCreditRequest(Input):
    """To see or change a grade or credit file; no customer: every customer's, to see only."""

    customer: int | None = Field(default=None, ge=1)
    act: CreditAct = CreditAct.SEE
    purpose: Text


class NewUnmasking(Input):
    field: Name
    purpose: Text


class NewLookup(Input):
    """An exact value of a sensitive field, to find whose it is."""

    field: Name
    value: Secret = Field(repr=False)
    purpose: Text


class LinkView(Shape):
    source: str
    external_id: str
    gone: bool


class CustomerView(Shape):
    id: int
    name: str
    grade: str | None
    grade_masked: bool
    industry: str
    size: str
    region: str
    note: str
    sealed: dict[str, str]
    links: list[LinkView]
    version: int
    created_at: str
    gone: bool


class PlanView(Shape):
    customer: int
    owner: str
    plan: str
    review_at: str
    overdue: bool
    reviewed_at: str | None


class CreditRequestView(Shape):
    id: int
    person: str
    customer: int | None
    act: str
    purpose: str
    state: str
    created_at: str
    decided_by: str | None
    until_at: str | None
    used_at: str | None


class UnmaskedView(Shape):
    """A sensitive field in the clear; never kept, never logged."""

    customer: int
    field: str
    value: str = Field(repr=False)
