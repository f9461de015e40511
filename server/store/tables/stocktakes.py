"""Formal counts: what was expected, what was seen, what was swept."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel


class Stocktake(SQLModel, table=True):
    """A formal count: the expected list is frozen when it opens."""

    id: int | None = Field(default=None, primary_key=True)
    title: str
    stations: str = Field(default="[]", sa_type=Text)
    blind: bool = False
    state: str = "open"
    opened_by_id: int = Field(foreign_key="person.id")
    opened_us: int = Field(sa_type=BigInteger)
    closed_by_id: int | None = Field(default=None, foreign_key="person.id")
    closed_us: int | None = Field(default=None, sa_type=BigInteger)


class StocktakeLine(SQLModel, table=True):
    """One item that a stocktake expects (or, when closed, what became of it)."""

    __tablename__ = "stocktake_line"
    stocktake_id: int = Field(primary_key=True, foreign_key="stocktake.id")
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    station: str
    door: int
    bucket: str  # expected | on_loan | unaccounted
    result: str | None = None


class StocktakeSighting(SQLModel, table=True):
    """One thing a stocktake saw, where and by what means; unknown things have no item."""

    __tablename__ = "stocktake_sighting"
    __table_args__ = (Index("sighting_once", "stocktake_id", "mark", "station", "door", unique=True),)
    id: int | None = Field(default=None, primary_key=True)
    stocktake_id: int = Field(foreign_key="stocktake.id")
    mark: str
    item_id: int | None = Field(default=None, foreign_key="item.id")
    station: str
    door: int
    via: str  # rfid | scanner | handheld
    seen_us: int = Field(sa_type=BigInteger)


class StocktakeSweep(SQLModel, table=True):
    """A sweep ordered for a stocktake and how many passes it made; a stocktake closes only when none is awaited."""

    __tablename__ = "stocktake_sweep"
    command: str = Field(primary_key=True)
    stocktake_id: int = Field(primary_key=True, foreign_key="stocktake.id")
    station: str = Field(primary_key=True)
    door: int = Field(primary_key=True)
    passes: int | None = None
