"""What is wrong, and who was told."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from server.store.tables.shared import only


class Alarm(SQLModel, table=True):
    """The fact that something is wrong, from set to closed; `cause` is unique among those still open."""

    __table_args__ = (
        Index("alarm_open_cause", "cause", unique=True, **only("closed_us IS NULL")),
        Index("alarm_open", "id", **only("closed_us IS NULL")),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    severity: str
    cause: str
    state: str = "set"  # set | acknowledged | closed
    person_id: int | None = None
    item_id: int | None = None
    station: str = ""
    door: int | None = None
    session: str | None = None
    occurred_us: int = Field(sa_type=BigInteger)
    set_us: int = Field(sa_type=BigInteger)
    late_us: int = Field(default=0, sa_type=BigInteger)
    repeated: int = 0
    evidence: str = Field(default="[]", sa_type=Text)
    acknowledged_by_id: int | None = None
    acknowledged_us: int | None = Field(default=None, sa_type=BigInteger)
    cleared_us: int | None = Field(default=None, sa_type=BigInteger)
    closed_by_id: int | None = None
    closed_us: int | None = Field(default=None, sa_type=BigInteger)
    conclusion: str = ""


class Notice(SQLModel, table=True):
    """A message about an alarm or a duty, on its way to somebody."""

    id: int | None = Field(default=None, primary_key=True)
    alarm_id: int | None = Field(default=None, foreign_key="alarm.id")
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    kind: str
    text: str
    created_us: int = Field(sa_type=BigInteger)
    read_us: int | None = Field(default=None, sa_type=BigInteger)
