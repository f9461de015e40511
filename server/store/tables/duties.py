"""What must be done by a moment."""

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

_OPEN = text("ended_us IS NULL")


class Duty(SQLModel, table=True):
    """One thing to be done by `due_us`, about a subject; over when `ended_us` is there: fulfilled, or dropped."""

    __table_args__ = (
        Index("duty_once", "kind", "subject", "due_us", unique=True),
        Index("duty_open", "due_us", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    subject: str = ""
    from_us: int = Field(sa_type=BigInteger)
    due_us: int = Field(sa_type=BigInteger)
    reminded_us: int | None = Field(default=None, sa_type=BigInteger)
    flagged_us: int | None = Field(default=None, sa_type=BigInteger)
    ended_us: int | None = Field(default=None, sa_type=BigInteger)
    outcome: str = ""  # fulfilled | dropped
    ended_by_id: int | None = Field(default=None, foreign_key="person.id")
    note: str = ""
