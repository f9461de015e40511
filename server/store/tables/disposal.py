"""How long items are kept, what stops their destruction, and how they leave for good; and backups.

`departure` and `destruction_register` are append-only, and an item can only become inactive with a departure: the
database itself refuses anything else (migration 0007).
"""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from server.store.tables.shared import only


class RetentionTerm(SQLModel, table=True):
    """How long one item is kept: `end_us` None is for ever; `proposed` once an appraisal has been asked for."""

    __tablename__ = "retention_term"
    __table_args__ = (Index("retention_ending", "end_us", **only("end_us IS NOT NULL AND NOT proposed")),)
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    period: str
    begun_us: int = Field(sa_type=BigInteger)
    end_us: int | None = Field(default=None, sa_type=BigInteger)
    proposed: bool = False


class Appraisal(SQLModel, table=True):
    """An item whose retention is over, proposed, and what was decided of it."""

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    proposed_us: int = Field(sa_type=BigInteger)
    ended_us: int = Field(sa_type=BigInteger)
    outcome: str | None = None  # extend | keep | destroy
    until_us: int | None = Field(default=None, sa_type=BigInteger)
    decided_by_id: int | None = Field(default=None, foreign_key="person.id")
    decided_us: int | None = Field(default=None, sa_type=BigInteger)
    note: str = ""


class DisposalHold(SQLModel, table=True):
    """A stop on destruction, such as a lawsuit; while one is not lifted its item can be put on no list."""

    __tablename__ = "disposal_hold"
    __table_args__ = (Index("hold_in_force", "item_id", **only("lifted_us IS NULL")),)
    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id")
    why: str
    placed_by_id: int = Field(foreign_key="person.id")
    placed_us: int = Field(sa_type=BigInteger)
    lifted_by_id: int | None = Field(default=None, foreign_key="person.id")
    lifted_us: int | None = Field(default=None, sa_type=BigInteger)
    lifted_why: str = ""


class Destruction(SQLModel, table=True):
    """A destruction list; `actor_id` is who carries it out."""

    id: int | None = Field(default=None, primary_key=True)
    title: str
    why: str
    state: str = Field(default="filed", index=True)
    filed_by_id: int = Field(foreign_key="person.id")
    filed_us: int = Field(sa_type=BigInteger)
    actor_id: int = Field(foreign_key="person.id")
    authority_id: int | None = Field(default=None, foreign_key="authority.id")
    method: str | None = None
    destroyed_us: int | None = Field(default=None, sa_type=BigInteger)


class DestructionItem(SQLModel, table=True):
    """One item of a list; struck off when it is not to be destroyed after all."""

    __tablename__ = "destruction_item"
    destruction_id: int = Field(primary_key=True, foreign_key="destruction.id")
    item_id: int = Field(primary_key=True, foreign_key="item.id", index=True)
    struck_us: int | None = Field(default=None, sa_type=BigInteger)
    struck_why: str = ""


class DestructionStep(SQLModel, table=True):
    """What somebody did to a list: reviewed, approved, refused, withdrew it."""

    __tablename__ = "destruction_step"
    id: int | None = Field(default=None, primary_key=True)
    destruction_id: int = Field(foreign_key="destruction.id", index=True)
    step: str
    by_id: int = Field(foreign_key="person.id")
    at_us: int = Field(sa_type=BigInteger)
    note: str = ""


class DestructionWitness(SQLModel, table=True):
    """Who is named to witness, and by whom."""

    __tablename__ = "destruction_witness"
    destruction_id: int = Field(primary_key=True, foreign_key="destruction.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    appointed_by_id: int = Field(foreign_key="person.id")
    appointed_us: int = Field(sa_type=BigInteger)


class DestructionConfirmation(SQLModel, table=True):
    """One person's scan of one item at the act."""

    __tablename__ = "destruction_confirmation"
    destruction_id: int = Field(primary_key=True, foreign_key="destruction.id")
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    at_us: int = Field(sa_type=BigInteger)


class Departed(SQLModel, table=True):
    """An item that left our control for good, and how."""

    __tablename__ = "departure"
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    how: str  # destroyed | handed_back
    at_us: int = Field(sa_type=BigInteger)
    ledger_id: int = Field(sa_type=BigInteger)


class DestroyedItem(SQLModel, table=True):
    """A line of the destruction register, kept for ever: what it was, and who destroyed and witnessed it how."""

    __tablename__ = "destruction_register"
    id: int | None = Field(default=None, primary_key=True)
    destruction_id: int = Field(foreign_key="destruction.id", index=True)
    item_id: int = Field(foreign_key="item.id", unique=True)
    code: str = Field(unique=True)
    record_number: str | None = None
    title: str
    kind: str
    category: str
    secrecy: str
    department: str
    parts: int
    pages: int
    tags: str = Field(default="[]", sa_type=Text)
    period: str
    begun_us: int = Field(sa_type=BigInteger)
    method: str
    actor_id: int = Field(foreign_key="person.id")
    witnesses: str = Field(default="[]", sa_type=Text)
    approved_by_id: int = Field(foreign_key="person.id")
    destroyed_us: int = Field(sa_type=BigInteger)
    ledger_id: int = Field(sa_type=BigInteger)


class StocktakeDifference(SQLModel, table=True):
    """What a closed stocktake found different: explained by one person, signed off by another."""

    __tablename__ = "stocktake_difference"
    id: int | None = Field(default=None, primary_key=True)
    stocktake_id: int = Field(foreign_key="stocktake.id", index=True)
    mark: str  # an item's code, or what an unknown thing was read as
    item_id: int | None = Field(default=None, foreign_key="item.id")
    result: str
    condition: str = ""
    recounted: str = ""
    explanation: str = ""
    explained_by_id: int | None = Field(default=None, foreign_key="person.id")
    explained_us: int | None = Field(default=None, sa_type=BigInteger)
    signed_by_id: int | None = Field(default=None, foreign_key="person.id")
    signed_us: int | None = Field(default=None, sa_type=BigInteger)


class StocktakeCounter(SQLModel, table=True):
    """Who took part in counting, and so cannot sign it off."""

    __tablename__ = "stocktake_counter"
    stocktake_id: int = Field(primary_key=True, foreign_key="stocktake.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")


class StocktakeCondition(SQLModel, table=True):
    """How an item was when it was counted."""

    __tablename__ = "stocktake_condition"
    stocktake_id: int = Field(primary_key=True, foreign_key="stocktake.id")
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    condition: str
    note: str = ""
    by_id: int = Field(foreign_key="person.id")


class StocktakeRecount(SQLModel, table=True):
    """A stocktake that counts the differences of another again."""

    __tablename__ = "stocktake_recount"
    stocktake_id: int = Field(primary_key=True, foreign_key="stocktake.id")
    of_id: int = Field(foreign_key="stocktake.id", index=True)


class BackupTaken(SQLModel, table=True):
    """One backup tried: where it lies, what it holds, or why it failed."""

    __tablename__ = "backup"
    id: int | None = Field(default=None, primary_key=True)
    at_us: int = Field(sa_type=BigInteger)
    why: str
    name: str = ""
    entries: int = Field(default=0, sa_type=BigInteger)
    head: str = ""
    second: bool = False
    error: str = ""
