"""What becomes of a loan beyond out and back: checks, searches for what is missing, repairs, who was reminded."""

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel


class LoanCheck(SQLModel, table=True):
    """What somebody counted when they checked a returned item; `owed` is what was still missing then (JSON)."""

    __tablename__ = "loan_check"
    id: int | None = Field(default=None, primary_key=True)
    loan_id: int = Field(foreign_key="loan.id", index=True)
    by_id: int = Field(foreign_key="person.id")
    at_us: int = Field(sa_type=BigInteger)
    complete: bool
    parts: int | None = None
    pages: int | None = None
    owed: str = Field(default="{}", sa_type=Text)
    damage: str = ""
    note: str = ""


class Search(SQLModel, table=True):
    """A lent item the record and the world disagree about: claimed returned, or lost under an incident."""

    id: int | None = Field(default=None, primary_key=True)
    loan_id: int = Field(foreign_key="loan.id", index=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    state: str = Field(index=True)  # claimed | lost | found | withdrawn | concluded
    claim: str
    opened_by_id: int = Field(foreign_key="person.id")
    opened_us: int = Field(sa_type=BigInteger)
    due_us: int = Field(sa_type=BigInteger)
    incident_id: int | None = Field(default=None, foreign_key="incident.id")
    closed_by_id: int | None = Field(default=None, foreign_key="person.id")
    closed_us: int | None = Field(default=None, sa_type=BigInteger)
    conclusion: str = ""


class Repair(SQLModel, table=True):
    """Damage that was reported, and its mending; `loan_id` is the loan it was found after, if any (R16)."""

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    loan_id: int | None = Field(default=None, foreign_key="loan.id", index=True)
    damage: str
    reported_by_id: int = Field(foreign_key="person.id")
    opened_us: int = Field(sa_type=BigInteger)
    due_us: int = Field(sa_type=BigInteger)
    closed_by_id: int | None = Field(default=None, foreign_key="person.id")
    closed_us: int | None = Field(default=None, sa_type=BigInteger)
    outcome: str = ""


class CopyMade(SQLModel, table=True):
    """A registered copy: an item of its own whose original is `parent_id`; `loan_id` is the loan it keeps open."""

    __tablename__ = "copy_made"
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    parent_id: int = Field(foreign_key="item.id", index=True)
    n: int
    loan_id: int | None = Field(default=None, foreign_key="loan.id", index=True)
    request_id: int | None = Field(default=None, foreign_key="request.id")
    pages: str
    purpose: str
    standing: bool = False
    made_by_id: int = Field(foreign_key="person.id")
    made_us: int = Field(sa_type=BigInteger)
    ended_us: int | None = Field(default=None, sa_type=BigInteger)


class Reminder(SQLModel, table=True):
    """That somebody has been told of something once; `subject` says of what."""

    subject: str = Field(primary_key=True)
    at_us: int = Field(sa_type=BigInteger)
