"""What is kept: items with the one custody state each is in, their tags, and how many are in which state."""

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel

from server.store.tables.shared import NO_ROWID, only


class Item(SQLModel, table=True):
    """One physical thing under control and the one custody state it is in."""

    __table_args__ = (
        CheckConstraint(
            "(custody = 'place' AND at_station IS NOT NULL AND holder_id IS NULL AND incident_id IS NULL)"
            " OR (custody = 'held' AND holder_id IS NOT NULL AND at_station IS NULL AND incident_id IS NULL)"
            " OR (custody = 'incident' AND incident_id IS NOT NULL AND holder_id IS NULL AND at_station IS NULL)",
            name="one_custody_state",
        ),
        Index("item_by_place", "at_station", "at_door", **only("at_station IS NOT NULL")),
        Index("item_by_holder", "holder_id", **only("holder_id IS NOT NULL")),
        Index("item_by_incident", "incident_id", **only("incident_id IS NOT NULL")),
        Index("item_by_home", "home_station", "home_door"),
    )
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    kind: str
    title: str
    record_number: str | None = Field(default=None, unique=True)
    category: str = Field(default="", index=True)
    secrecy: str
    department: str = ""
    parts: int = 1
    pages: int = 0
    home_station: str | None = None
    home_door: int | None = None
    active: bool = True
    custody: str = "place"
    at_station: str | None = None
    at_door: int | None = None
    holder_id: int | None = None
    incident_id: int | None = None
    since_us: int = Field(default=0, sa_type=BigInteger)


class Tag(SQLModel, table=True):
    """A transponder bound to an item; a tag with `dead_us` is never used again."""

    __table_args__ = NO_ROWID
    epc: str = Field(primary_key=True)
    tid: str | None = None
    item_id: int = Field(foreign_key="item.id", index=True)
    bound_us: int = Field(sa_type=BigInteger)
    dead_us: int | None = Field(default=None, sa_type=BigInteger)


class Tally(SQLModel, table=True):
    """How many items are in one state, kept in the transaction that changes them."""

    __table_args__ = NO_ROWID
    station: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    n: int = 0
