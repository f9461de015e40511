"""Who there is: people, their badges, their sign-ins and what a repeated question was answered."""

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel


class Person(SQLModel, table=True):
    """Somebody who may ask, approve, hold or watch; `pseudonym` stands for them in the ledger."""

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(unique=True)
    name: str
    department: str = Field(default="", index=True)
    role: str = Field(index=True)
    active: bool = True
    locale: str = "zh"
    pseudonym: str = Field(unique=True)
    password_hash: str | None = None
    pin_hash: str | None = None
    created_us: int = Field(sa_type=BigInteger)


class Badge(SQLModel, table=True):
    """A credential (the pseudonym of a card's number at this site) and whose it is."""

    credential: str = Field(primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    active: bool = True


class SignIn(SQLModel, table=True):
    """A web session; only the hash of its token is kept."""

    __tablename__ = "sign_in"
    token_hash: str = Field(primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    csrf: str
    expires_us: int = Field(sa_type=BigInteger)


class Answer(SQLModel, table=True):
    """What a POST was answered, kept under its Idempotency-Key; `asked` is the hash of the question."""

    person_id: int = Field(primary_key=True, foreign_key="person.id")
    key: str = Field(primary_key=True)
    asked: str
    body: str = Field(sa_type=Text)
    at_us: int = Field(sa_type=BigInteger)
