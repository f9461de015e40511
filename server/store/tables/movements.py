"""What moved, by whom or under which incident, and what is lent."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from server.store.tables.shared import NO_ROWID, ROW, only


class Visit(SQLModel, table=True):
    """One session at a station as the server knows it, and the grant that was given for it.

    `lapses_us` is real time, and there only while a grant waits to be used.
    """

    __table_args__ = (Index("visit_lapsing", "lapses_us", **only("lapses_us IS NOT NULL")), NO_ROWID)
    session: str = Field(primary_key=True)
    station: str = Field(index=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")
    challenge: str
    grant: str | None = None
    doors: str = "[]"
    pin_ok: bool = False
    asked_us: int = Field(sa_type=BigInteger)
    lapses_us: int | None = Field(default=None, sa_type=BigInteger)
    ended_us: int | None = Field(default=None, sa_type=BigInteger)


class Incident(SQLModel, table=True):
    """An act nobody is named for; items that left with it are unaccounted for under it.

    `epoch` and `opened_seq` name the event that began it.
    """

    __table_args__ = (Index("incident_by_event", "station", "epoch", "opened_seq"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    station: str
    epoch: str = ""
    opened_seq: int = Field(default=0, sa_type=BigInteger)
    door: int | None = None
    occurred_us: int = Field(sa_type=BigInteger)
    closed_us: int | None = Field(default=None, sa_type=BigInteger)
    note: str = ""


class Movement(SQLModel, table=True):
    """An item left a place or came to one; with the verdict on it. `epoch` and `seq` name the event, if a station's."""

    __table_args__ = (
        Index("movement_by_item", "item_id", "id"),
        Index("movement_by_person", "person_id", "id", **only("person_id IS NOT NULL")),
        Index("movement_by_old", "supersedes_id", **only("supersedes_id IS NOT NULL")),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=ROW)
    item_id: int | None = None
    epc: str | None = None
    direction: str  # out | in | none
    person_id: int | None = None
    incident_id: int | None = None
    station: str
    epoch: str = ""
    seq: int = Field(default=0, sa_type=BigInteger)
    door: int
    session: str | None = None
    cause: str
    occurred_us: int = Field(sa_type=BigInteger)
    received_us: int = Field(sa_type=BigInteger)
    late_us: int = Field(default=0, sa_type=BigInteger)
    verdict: str
    lawful: str  # yes | no | accepted | unresolved
    reasons: str = Field(default="[]", sa_type=Text)
    line_id: int | None = None
    supersedes_id: int | None = None
    ledger_id: int = Field(default=0, sa_type=BigInteger)


class Loan(SQLModel, table=True):
    """An item that a person took: when it is due, and what became of it."""

    __table_args__ = (
        Index("loan_open", "due_us", **only("closed_us IS NULL")),
        Index("loan_by_item", "item_id", "closed_us"),
        Index("loan_by_request", "request_id", **only("request_id IS NOT NULL")),
    )
    id: int | None = Field(default=None, primary_key=True)
    item_id: int
    person_id: int = Field(index=True)
    line_id: int | None = None
    request_id: int | None = None
    mode: str
    state: str = "out"  # out | returned | closed | discrepancy
    taken_us: int = Field(sa_type=BigInteger)
    due_us: int = Field(sa_type=BigInteger)
    due_rule: str
    returned_us: int | None = Field(default=None, sa_type=BigInteger)
    returned_by_id: int | None = None
    closed_us: int | None = Field(default=None, sa_type=BigInteger)


class Case(SQLModel, table=True):
    """A contradiction that a person must resolve."""

    __tablename__ = "cases"
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    item_id: int | None = None
    station: str = ""
    door: int | None = None
    incident_id: int | None = None
    detail: str = Field(default="{}", sa_type=Text)
    opened_us: int = Field(sa_type=BigInteger)
    resolved_us: int | None = Field(default=None, sa_type=BigInteger, index=True)
    resolution: str = ""
