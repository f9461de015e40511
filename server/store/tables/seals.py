"""The seal register, its register of uses, what customers entrusted, and the cabinets' key sets."""

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel


class Seal(SQLModel, table=True):
    """A seal's page in the register; `impression` is the SHA-256 of the picture of its impression (R17)."""

    item_id: int = Field(primary_key=True, foreign_key="item.id")
    name: str
    scope: str
    impression: str
    engraved_by: str
    engraved_us: int = Field(sa_type=BigInteger)
    in_use_us: int = Field(sa_type=BigInteger)
    keeper_id: int = Field(foreign_key="person.id")
    out_us: int | None = Field(default=None, sa_type=BigInteger)
    out_reason: str = ""


class SealHandover(SQLModel, table=True):
    """A seal passed from keeper to keeper before a witness (R14)."""

    __tablename__ = "seal_handover"
    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    from_id: int = Field(foreign_key="person.id")
    to_id: int = Field(foreign_key="person.id")
    witness_id: int = Field(foreign_key="person.id")
    at_us: int = Field(sa_type=BigInteger)
    note: str = ""


class SealUse(SQLModel, table=True):
    """One line of the register of uses: approved against recorded impressions; `photo` is a SHA-256."""

    __tablename__ = "seal_use"
    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    loan_id: int = Field(foreign_key="loan.id", index=True)
    request_id: int = Field(foreign_key="request.id", index=True)
    at_us: int = Field(sa_type=BigInteger)
    applicant_id: int = Field(foreign_key="person.id")
    approver_id: int | None = Field(default=None, foreign_key="person.id")
    supervisor_id: int = Field(foreign_key="person.id")
    by_id: int = Field(foreign_key="person.id")
    documents: str = Field(default="[]", sa_type=Text)
    approved: int
    recorded: int
    excess: bool = False
    photo: str = ""
    note: str = ""
    explained_by_id: int | None = Field(default=None, foreign_key="person.id")
    explained_us: int | None = Field(default=None, sa_type=BigInteger)
    explanation: str = ""


class Entrusted(SQLModel, table=True):
    """A customer's seal or original in our keeping: the receipt, the mandate, the hand-back (R19)."""

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    receipt: str = Field(unique=True)
    customer: str = Field(index=True)
    mandate: str
    modes: str = Field(default="[]", sa_type=Text)
    until_us: int = Field(sa_type=BigInteger)
    handed_over_by: str
    received_by_id: int = Field(foreign_key="person.id")
    received_us: int = Field(sa_type=BigInteger)
    returned_by_id: int | None = Field(default=None, foreign_key="person.id")
    returned_us: int | None = Field(default=None, sa_type=BigInteger)
    returned_to: str = ""
    return_receipt: str | None = Field(default=None, unique=True)
    signed: str = ""


class KeySet(SQLModel, table=True):
    """One of a cabinet's key sets and who has it (R21)."""

    __tablename__ = "key_set"
    station: str = Field(primary_key=True, foreign_key="station.name")
    name: str = Field(primary_key=True)
    holder_id: int = Field(foreign_key="person.id")
    since_us: int = Field(sa_type=BigInteger)


class KeyUse(SQLModel, table=True):
    """Somebody declares that a key was or will be used; `incident_id` is the opening it explains."""

    __tablename__ = "key_use"
    id: int | None = Field(default=None, primary_key=True)
    station: str = Field(foreign_key="station.name", index=True)
    key_set: str
    person_id: int = Field(foreign_key="person.id")
    reason: str
    used_us: int = Field(sa_type=BigInteger)
    declared_us: int = Field(sa_type=BigInteger)
    incident_id: int | None = Field(default=None, foreign_key="incident.id")
