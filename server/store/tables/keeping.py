"""The record that is kept of items: numbers, facts beside the item, contents, filing, collection, changes, attachments.

Facts about an item stand here, keyed by its id, and not on `item`: that table is read with every movement.
"""

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.store.tables.shared import only

_DUE = only("due_us IS NOT NULL")
_REVIEW = only("review_due_us IS NOT NULL")


class NumberSeries(SQLModel, table=True):
    """How far a series of record numbers has come: `last` is the newest sequence given."""

    __tablename__ = "number_series"
    key: str = Field(primary_key=True)
    scheme: str
    last: int = 0


class RecordNumber(SQLModel, table=True):
    """A record number that was given, for ever; a cancelled one says why. One given by hand has no sequence."""

    __tablename__ = "record_number"
    __table_args__ = (
        UniqueConstraint("series", "sequence", name="one_number_per_place"),
        Index("record_number_by_item", "item_id"),
    )
    number: str = Field(primary_key=True)
    series: str | None = None
    sequence: int | None = None
    item_id: int | None = Field(default=None, foreign_key="item.id")
    given_us: int = Field(sa_type=BigInteger)
    given_by_id: int | None = Field(default=None, foreign_key="person.id")
    cancelled_us: int | None = Field(default=None, sa_type=BigInteger)
    reason: str = ""


class Record(SQLModel, table=True):
    """What is known of an item beside what it is: its customer and type, the version of its record, its next review."""

    __table_args__ = (
        Index("record_by_customer", "customer_id"),
        Index("record_by_review", "review_due_us", **_REVIEW),
    )
    item_id: int = Field(primary_key=True, foreign_key="item.id", sa_column_kwargs={"autoincrement": False})
    version: int = 1
    customer_id: int | None = Field(default=None, foreign_key="customer.id")
    file_type: str = ""
    reviewed_us: int | None = Field(default=None, sa_type=BigInteger)
    review_due_us: int | None = Field(default=None, sa_type=BigInteger)


class Content(SQLModel, table=True):
    """One document in a file folder, as its contents list (卷内目录) names it."""

    __table_args__ = (Index("content_by_item", "item_id", "position"),)
    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id")
    position: int
    kind: str = ""
    number: str = ""
    author: str = ""
    title: str
    dated: str = ""
    pages: str = ""
    original: bool = True
    note: str = ""
    added_us: int = Field(sa_type=BigInteger)
    added_by_id: int | None = Field(default=None, foreign_key="person.id")
    removed_us: int | None = Field(default=None, sa_type=BigInteger)


class Filing(SQLModel, table=True):
    """How far an item's papers have come on their way to a formal file; `done` are moments by event."""

    __table_args__ = (Index("filing_due", "due_us", **_DUE),)
    item_id: int = Field(primary_key=True, foreign_key="item.id", sa_column_kwargs={"autoincrement": False})
    kind: str
    done: str = Field(default="{}", sa_type=Text)
    due_us: int | None = Field(default=None, sa_type=BigInteger)
    formal_us: int | None = Field(default=None, sa_type=BigInteger)


class Arrival(SQLModel, table=True):
    """What a department handed in for a collection of company records."""

    __table_args__ = (Index("arrival_by_collection", "kind", "due_us"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    department: str
    due_us: int = Field(sa_type=BigInteger)
    documents: str
    item_id: int | None = Field(default=None, foreign_key="item.id")
    is_last: bool = False
    at_us: int = Field(sa_type=BigInteger)
    by_id: int | None = Field(default=None, foreign_key="person.id")


class RecordChange(SQLModel, table=True):
    """One field of a record that was changed; sealed values never stand here."""

    __tablename__ = "record_change"
    __table_args__ = (Index("change_by_subject", "subject", "subject_id", "id"),)
    id: int | None = Field(default=None, primary_key=True)
    subject: str
    subject_id: int
    field: str
    old: str = Field(sa_type=Text)
    new: str = Field(sa_type=Text)
    reason: str = ""
    version: int
    at_us: int = Field(sa_type=BigInteger)
    by_id: int | None = Field(default=None, foreign_key="person.id")
    ledger_id: int = Field(default=0, sa_type=BigInteger)


class Attachment(SQLModel, table=True):
    """A file attached to something; its bytes are kept once, under their SHA-256, in the data directory."""

    __table_args__ = (Index("attachment_by_subject", "subject", "subject_id"), Index("attachment_by_hash", "sha256"))
    id: int | None = Field(default=None, primary_key=True)
    subject: str
    subject_id: int
    name: str
    media: str
    size: int = Field(sa_type=BigInteger)
    sha256: str
    at_us: int = Field(sa_type=BigInteger)
    by_id: int | None = Field(default=None, foreign_key="person.id")
