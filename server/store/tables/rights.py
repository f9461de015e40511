"""What narrows somebody's rights, what they were taught or did wrong, who reviewed them, what they looked at."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel


class RightScope(SQLModel, table=True):
    """To what a person's rights are narrowed (JSON lists; None: not narrowed in this respect) and for how long."""

    __tablename__ = "right_scope"
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    departments: str | None = Field(default=None, sa_type=Text)
    categories: str | None = Field(default=None, sa_type=Text)
    secrecy: str | None = Field(default=None, sa_type=Text)
    cabinets: str | None = Field(default=None, sa_type=Text)
    from_us: int = Field(default=0, sa_type=BigInteger)
    until_us: int | None = Field(default=None, sa_type=BigInteger)


class RightsReview(SQLModel, table=True):
    """What a reviewer said of a person's rights (R42)."""

    __tablename__ = "rights_review"
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    by_id: int = Field(foreign_key="person.id")
    said: str  # confirmed | withdrawn
    role: str
    note: str = ""
    at_us: int = Field(sa_type=BigInteger)


class Training(SQLModel, table=True):
    """What a person was taught and until when it counts (R44)."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    subject: str
    held_us: int = Field(sa_type=BigInteger)
    expires_us: int | None = Field(default=None, sa_type=BigInteger, index=True)
    note: str = ""
    by_id: int = Field(foreign_key="person.id")


class Breach(SQLModel, table=True):
    """A breach of the rules, recorded against the person who answers for it, with its outcome (R45)."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    alarm_id: int | None = Field(default=None, foreign_key="alarm.id", unique=True)
    rule: str
    what: str
    outcome: str = ""
    occurred_us: int = Field(sa_type=BigInteger)
    recorded_us: int = Field(sa_type=BigInteger)
    by_id: int = Field(foreign_key="person.id")
    closed_us: int | None = Field(default=None, sa_type=BigInteger)


class Clearance(SQLModel, table=True):
    """A leaver who owed nothing any more and was cleared (R43)."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    by_id: int = Field(foreign_key="person.id")
    note: str = ""
    at_us: int = Field(sa_type=BigInteger)


class RecordLook(SQLModel, table=True):
    """Somebody looked at a record, was refused one, or took records out (R22, R61)."""

    __tablename__ = "record_look"
    __table_args__ = (Index("record_look_recent", "person_id", "what", "at_us"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    what: str  # looked | refused | exported | outside_duty
    about: str
    at_us: int = Field(sa_type=BigInteger)
