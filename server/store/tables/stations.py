"""What is heard from stations and told to them."""

from sqlalchemy import BigInteger, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from server.store.tables.shared import NO_ROWID, only


class Station(SQLModel, table=True):
    """A cabinet and its agent; `public_key` is what its messages are checked with.

    `held_us` is when what it should hold for when nobody can be asked last changed; none: it was never given anything.
    """

    name: str = Field(primary_key=True)
    title: str = ""
    doors: int
    public_key: str
    active: bool = True
    online: bool = False
    status_us: int = Field(default=0, sa_type=BigInteger)
    heard_us: int = Field(default=0, sa_type=BigInteger)
    held_us: int | None = Field(default=None, sa_type=BigInteger)


class StationKey(SQLModel, table=True):
    """A key that was enrolled, and what became of it: a key that was revoked is never taken again.

    `serial` is those of its certificates at the broker, in hex with a space between, the newest last, which ends at
    `until_us`; "" when it was registered by hand.
    """

    __tablename__ = "station_key"
    public_key: str = Field(primary_key=True)
    station: str = Field(foreign_key="station.name", index=True)
    serial: str = ""
    enrolled_us: int = Field(default=0, sa_type=BigInteger)
    until_us: int = Field(default=0, sa_type=BigInteger)
    revoked_us: int | None = Field(default=None, sa_type=BigInteger)
    revoked_why: str = ""


class EnrolmentCode(SQLModel, table=True):
    """A one-time code by which a station may send its key; kept as its hash, `ended_us` once it is good for nothing."""

    __tablename__ = "enrolment_code"
    id: int | None = Field(default=None, primary_key=True)
    station: str = Field(foreign_key="station.name", index=True)
    code_hash: str
    made_us: int = Field(sa_type=BigInteger)
    expires_us: int = Field(sa_type=BigInteger)
    wrong_tries: int = 0
    ended_us: int | None = Field(default=None, sa_type=BigInteger)


class Epoch(SQLModel, table=True):
    """How far one outbox of a station has been read: the last committed seq and its hash."""

    __table_args__ = NO_ROWID
    station: str = Field(primary_key=True)
    epoch: str = Field(primary_key=True)
    upto: int = Field(default=0, sa_type=BigInteger)
    hash: str


class Inbox(SQLModel, table=True):
    """Every event ever received from a station, as sent; `refused` says why one could not be handled."""

    station: str = Field(primary_key=True)
    epoch: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    hash: str
    kind: str
    occurred_us: int = Field(sa_type=BigInteger)
    received_us: int = Field(sa_type=BigInteger)
    late_us: int = Field(default=0, sa_type=BigInteger)
    body: bytes = Field(sa_type=LargeBinary)
    refused: str | None = None


class Quarantine(SQLModel, table=True):
    """A message or event that can never be handled, kept whole with its reason; `digest` is its SHA-256."""

    id: int | None = Field(default=None, primary_key=True)
    station: str = Field(index=True)
    digest: str = Field(unique=True)
    reason: str
    detail: str
    repeated: int = 0
    received_us: int = Field(sa_type=BigInteger)
    payload: bytes = Field(sa_type=LargeBinary)


class HeldGrant(SQLModel, table=True):
    """A grant given in advance, for a station to hold until `until_us`; what it holds now `is_current`.

    One that a newer replaced stays good; one that was withdrawn is good only for what happened before `ended_us`.
    `items` and `lines` are what it was given for.
    """

    __tablename__ = "held_grant"
    __table_args__ = (Index("held_grant_current", "station", **only("is_current")),)
    token: str = Field(primary_key=True)
    station: str = Field(foreign_key="station.name")
    door: int
    person_id: int = Field(foreign_key="person.id", index=True)
    credentials: str = Field(sa_type=Text)
    items: str = Field(sa_type=Text)
    lines: str = Field(sa_type=Text)
    issued_us: int = Field(sa_type=BigInteger)
    until_us: int = Field(sa_type=BigInteger)
    is_current: bool = True
    ended_us: int | None = Field(default=None, sa_type=BigInteger)
    used_by: str | None = None


class Outgoing(SQLModel, table=True):
    """A signed command on its way to a station: sent again until `awaits` doors have answered it."""

    __table_args__ = (Index("outgoing_open", "station", **only("awaits > 0")),)
    command: str = Field(primary_key=True)
    station: str
    payload: bytes = Field(sa_type=LargeBinary)
    awaits: int
    created_us: int = Field(sa_type=BigInteger)
