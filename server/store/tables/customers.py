"""Customers: who they are, what other systems call them, their sealed fields, and who may see their grades."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from server.store.tables.shared import only

_CURRENT = only("until_us IS NULL")


class Customer(SQLModel, table=True):
    """A customer; one that is `gone` is kept, because files and history name it."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    grade: str = Field(default="", index=True)
    industry: str = Field(default="", index=True)
    size: str = Field(default="", index=True)
    region: str = Field(default="", index=True)
    note: str = ""
    version: int = 1
    created_us: int = Field(sa_type=BigInteger)
    gone_us: int | None = Field(default=None, sa_type=BigInteger)


class CustomerLink(SQLModel, table=True):
    """What another system (zoho, fxiaoke, …) calls a customer; gone when that system deleted it."""

    __tablename__ = "customer_link"
    source: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    seen_us: int = Field(sa_type=BigInteger)
    gone_us: int | None = Field(default=None, sa_type=BigInteger)


class ControlPlan(SQLModel, table=True):
    """How the risk of a customer is controlled, by whom, and when it is looked at again (R37)."""

    __tablename__ = "control_plan"
    customer_id: int = Field(primary_key=True, foreign_key="customer.id", sa_column_kwargs={"autoincrement": False})
    owner_id: int = Field(foreign_key="person.id")
    plan: str = Field(sa_type=Text)
    review_due_us: int = Field(sa_type=BigInteger, index=True)
    reviewed_us: int | None = Field(default=None, sa_type=BigInteger)


class CreditRequest(SQLModel, table=True):
    """Somebody asks to see or change a grade or credit file; no customer stands for every customer's grade."""

    __tablename__ = "credit_request"
    __table_args__ = (
        Index("credit_request_by_person", "person_id", "until_us"),
        Index("credit_request_by_state", "state"),
    )
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    customer_id: int | None = Field(default=None, foreign_key="customer.id")
    act: str  # see | change
    purpose: str
    state: str
    created_us: int = Field(sa_type=BigInteger)
    decided_by_id: int | None = Field(default=None, foreign_key="person.id")
    decided_us: int | None = Field(default=None, sa_type=BigInteger)
    until_us: int | None = Field(default=None, sa_type=BigInteger)
    used_us: int | None = Field(default=None, sa_type=BigInteger)
    note: str = ""


class SealedValue(SQLModel, table=True):
    """A sensitive field's value from a moment on, encrypted under the key named; `blind` finds equal values."""

    __tablename__ = "sealed_value"
    __table_args__ = (
        Index("sealed_current", "customer_id", "field", unique=True, **_CURRENT),
        Index("sealed_by_blind", "field", "blind", **_CURRENT),
        Index("sealed_by_key", "key_id", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    field: str
    key_id: str
    sealed: str = Field(sa_type=Text)
    blind: str
    from_us: int = Field(sa_type=BigInteger)
    until_us: int | None = Field(default=None, sa_type=BigInteger)


class Unmasking(SQLModel, table=True):
    """Somebody asked to see a sensitive field, or looked a value up; allowed or not."""

    __table_args__ = (Index("unmasking_by_person", "person_id", "at_us"), Index("unmasking_by_customer", "customer_id"))
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    customer_id: int | None = Field(default=None, foreign_key="customer.id")
    field: str
    purpose: str
    allowed: bool
    at_us: int = Field(sa_type=BigInteger)
