"""What oversight keeps: check-ups, feedback, lessons, and reports as they were made."""

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field, SQLModel

_OPEN = text("ended_us IS NULL")
_UNANSWERED = text("closed_us IS NULL")


class Checkup(SQLModel, table=True):
    """An inspection, a drill, an assessment of risks or the response to an incident, against its list of points.

    `points` is JSON: [{"point", "result": "ok" | "fault" | "", "note"}]; it is over when `ended_us` is there.
    """

    __table_args__ = (
        Index("checkup_by_kind", "kind", "id"),
        Index("checkup_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    subject: str = ""
    alarm_id: int | None = Field(default=None, foreign_key="alarm.id")
    points: str = Field(default="[]", sa_type=Text)
    note: str = ""
    begun_us: int = Field(sa_type=BigInteger)
    begun_by_id: int = Field(foreign_key="person.id")
    ended_us: int | None = Field(default=None, sa_type=BigInteger)
    ended_by_id: int | None = Field(default=None, foreign_key="person.id")
    conclusion: str = ""


class Feedback(SQLModel, table=True):
    """What somebody of the company or a customer has to say, whom it was assigned to, and the answer."""

    __table_args__ = (Index("feedback_open", "id", sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED),)
    id: int | None = Field(default=None, primary_key=True)
    source: str  # staff | customer
    customer: str = ""
    text: str = Field(sa_type=Text)
    given_by_id: int = Field(foreign_key="person.id", index=True)
    given_us: int = Field(sa_type=BigInteger)
    due_us: int = Field(sa_type=BigInteger)
    assigned_to_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    assigned_us: int | None = Field(default=None, sa_type=BigInteger)
    closed_by_id: int | None = Field(default=None, foreign_key="person.id")
    closed_us: int | None = Field(default=None, sa_type=BigInteger)
    answer: str = Field(default="", sa_type=Text)


class Lesson(SQLModel, table=True):
    """What was learnt, and what is done about it (R64)."""

    id: int | None = Field(default=None, primary_key=True)
    text: str = Field(sa_type=Text)
    measure: str = Field(default="", sa_type=Text)
    at_us: int = Field(sa_type=BigInteger)
    by_id: int = Field(foreign_key="person.id")


class KeptReport(SQLModel, table=True):
    """A report as it was made: its facts, about a period, as JSON; no `made_by_id`: made by the clock."""

    __tablename__ = "kept_report"
    __table_args__ = (Index("kept_report_by_name", "name", "period"),)
    id: int | None = Field(default=None, primary_key=True)
    name: str
    period: str
    from_us: int = Field(sa_type=BigInteger)
    until_us: int = Field(sa_type=BigInteger)
    made_us: int = Field(sa_type=BigInteger)
    made_by_id: int | None = Field(default=None, foreign_key="person.id")
    body: str = Field(sa_type=Text)
