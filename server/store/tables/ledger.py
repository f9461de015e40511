"""The append-only ledger, its anchors, and the policy sheets that were in force."""

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from server.store.tables.shared import ROW


class LedgerEntry(SQLModel, table=True):
    """One line of the append-only ledger; `body` is the canonical JSON that `hash` covers with `previous`."""

    __tablename__ = "ledger"
    id: int = Field(primary_key=True, sa_type=ROW)
    kind: str
    at_us: int = Field(sa_type=BigInteger)
    body: str = Field(sa_type=Text)
    previous: str
    hash: str


class LedgerAnchor(SQLModel, table=True):
    """A signed Merkle root over the ledger's first `size` entries; `peaks` lets the next one go on from here."""

    __tablename__ = "anchor"
    size: int = Field(primary_key=True, sa_type=BigInteger)
    root: str
    peaks: str = Field(sa_type=Text)
    at_us: int = Field(sa_type=BigInteger)
    signature: str


class PolicySheet(SQLModel, table=True):
    """A policy sheet that was in force from `ledger_id` on; its whole text stands in that entry."""

    __tablename__ = "policy_sheet"
    ledger_id: int = Field(primary_key=True, sa_type=BigInteger)
    digest: str
    from_us: int = Field(sa_type=BigInteger)
