"""What is kept: items, the one custody state each is in, their tags, and how many are in which state.

Law: an item and its custody are written together; nothing is an item that nobody answers for.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Index, event
from sqlmodel import Field, Relationship, SQLModel

from server.store.tables.shared import NO_ROWID, only

_WITH_ITS_ITEM: Final = {"lazy": "joined", "innerjoin": True, "uselist": False}


class ItemCustody(SQLModel, table=True):
    """Who answers for an item now: the one custody state it is in, written with every movement of it."""

    __tablename__ = "custody"
    __table_args__ = (
        CheckConstraint(
            "(state = 'place' AND station IS NOT NULL AND person_id IS NULL AND incident_id IS NULL)"
            " OR (state = 'held' AND person_id IS NOT NULL AND station IS NULL AND incident_id IS NULL)"
            " OR (state = 'incident' AND incident_id IS NOT NULL AND person_id IS NULL AND station IS NULL)",
            name="one_custody_state",
        ),
        Index("custody_by_place", "station", "door", **only("station IS NOT NULL")),
        Index("custody_by_person", "person_id", **only("person_id IS NOT NULL")),
        Index("custody_by_incident", "incident_id", **only("incident_id IS NOT NULL")),
    )
    item_id: int | None = Field(default=None, primary_key=True, foreign_key="item.id")
    state: str = "place"
    station: str | None = None
    door: int | None = None
    person_id: int | None = None
    incident_id: int | None = None
    since_us: int = Field(default=0, sa_type=BigInteger)


class Item(SQLModel, table=True):
    """One physical thing under control; its custody is read and written with it."""

    __table_args__ = (
        Index("item_by_number", "record_number", unique=True, **only("record_number IS NOT NULL")),
        Index("item_by_home", "home_station", "home_door"),
    )
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    kind: str
    title: str
    record_number: str | None = None
    category: str = Field(default="", index=True)
    secrecy: str
    department: str = ""
    parts: int = 1
    pages: int = 0
    home_station: str | None = None
    home_door: int | None = None
    active: bool = True
    custody: ItemCustody = Relationship(sa_relationship_kwargs=_WITH_ITS_ITEM)


@event.listens_for(Item, "before_insert")
def _is_answered_for(_mapper: Any, _connection: Any, item: Item) -> None:
    """Refuse to take in an item without custody: whatever joins the two would never find it."""
    if item.custody is None:
        raise ValueError(f"item {item.code} comes without its custody; say where or with whom it is")


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
