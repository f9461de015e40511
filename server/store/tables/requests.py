"""Who asked for what, who decided, and what authority came of it."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from server.store.tables.shared import only


class Request(SQLModel, table=True):
    """Somebody asks to use items in one mode, for a purpose, in a window of time; `items` are ids."""

    __table_args__ = (Index("request_by_applicant", "applicant_id", "until_us"),)
    id: int | None = Field(default=None, primary_key=True)
    applicant_id: int = Field(foreign_key="person.id")
    filed_by_id: int = Field(foreign_key="person.id", index=True)
    mode: str
    purpose: str
    state: str = Field(index=True)
    created_us: int = Field(sa_type=BigInteger)
    from_us: int = Field(sa_type=BigInteger)
    until_us: int = Field(sa_type=BigInteger)
    due_us: int | None = Field(default=None, sa_type=BigInteger)
    documents: str = Field(default="[]", sa_type=Text)
    impressions: int = 0
    items: str = Field(default="[]", sa_type=Text)
    pages: str = Field(default="", sa_type=Text)
    recipient: str = ""
    outside: bool = False
    renews_id: int | None = Field(default=None, index=True)


class RequestItem(SQLModel, table=True):
    """One item of a request, so that requests can be looked for by what they ask for."""

    __tablename__ = "request_item"
    request_id: int = Field(primary_key=True, foreign_key="request.id")
    item_id: int = Field(primary_key=True, foreign_key="item.id", index=True)


class RequestAwaits(SQLModel, table=True):
    """A post that may decide a waiting request's present step; who may in fact is judged when they do."""

    __tablename__ = "request_awaits"
    request_id: int = Field(primary_key=True, foreign_key="request.id")
    role: str = Field(primary_key=True, index=True)


class Decision(SQLModel, table=True):
    """What one approver said to a request, and in whose stead."""

    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id", index=True)
    approver_id: int = Field(foreign_key="person.id")
    delegation_id: int | None = Field(default=None, foreign_key="delegation.id")
    said: str
    note: str = ""
    at_us: int = Field(sa_type=BigInteger)
    step: int = 0


class Delegation(SQLModel, table=True):
    """Somebody lets another approve in their stead, within a scope and a time."""

    id: int | None = Field(default=None, primary_key=True)
    from_id: int = Field(foreign_key="person.id", index=True)
    to_id: int = Field(foreign_key="person.id", index=True)
    scope: str = Field(default="{}", sa_type=Text)
    from_us: int = Field(sa_type=BigInteger)
    until_us: int = Field(sa_type=BigInteger)
    revoked_us: int | None = Field(default=None, sa_type=BigInteger)


class Authority(SQLModel, table=True):
    """What entitles a person to items: an approval, a standing rule, a duty order or an emergency act."""

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    person_id: int = Field(foreign_key="person.id", index=True)
    mode: str
    purpose: str = ""
    request_id: int | None = Field(default=None, foreign_key="request.id", index=True)
    given_by_id: int = Field(foreign_key="person.id")
    from_us: int = Field(sa_type=BigInteger)
    until_us: int = Field(sa_type=BigInteger)
    due_us: int | None = Field(default=None, sa_type=BigInteger)


class Line(SQLModel, table=True):
    """One item of an authority; consumed at most once, by one conditional UPDATE.

    `until_us` is its authority's: a badge shown at a door must find what is in force without reading what is long over.
    """

    __table_args__ = (
        Index("line_by_person", "person_id", "until_us"),
        Index("line_by_item", "item_id", "until_us"),
        Index("line_promised", "session", **only("session IS NOT NULL")),
        Index("line_lasting", "until_us"),  # not only the open ones: an index that a state moves makes each change dear
    )
    id: int | None = Field(default=None, primary_key=True)
    authority_id: int = Field(foreign_key="authority.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    item_id: int = Field(foreign_key="item.id")
    until_us: int = Field(sa_type=BigInteger)
    state: str = "open"
    session: str | None = None


class Hold(SQLModel, table=True):
    """A place in the queue for an item that is out; open until `ended_us`, kept for its person from `told_us`."""

    __table_args__ = (Index("hold_by_item", "item_id", "ended_us"), Index("hold_open", "ended_us", "until_us"))
    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    purpose: str = ""
    asked_us: int = Field(sa_type=BigInteger)
    told_us: int | None = Field(default=None, sa_type=BigInteger)
    until_us: int | None = Field(default=None, sa_type=BigInteger)
    ended_us: int | None = Field(default=None, sa_type=BigInteger)
    why: str = ""


class Emergency(SQLModel, table=True):
    """An act of two persons present without approval: what they said, and what was said of it afterwards."""

    __table_args__ = (Index("emergency_undecided", "decided_us", "decide_by_us"),)
    id: int | None = Field(default=None, primary_key=True)
    authority_id: int = Field(foreign_key="authority.id")
    by_id: int = Field(foreign_key="person.id", index=True)
    other_id: int = Field(foreign_key="person.id", index=True)
    proof: str
    purpose: str
    at_us: int = Field(sa_type=BigInteger)
    decide_by_us: int = Field(sa_type=BigInteger)
    decided_us: int | None = Field(default=None, sa_type=BigInteger)
    decided_by_id: int | None = Field(default=None, foreign_key="person.id")
    delegation_id: int | None = Field(default=None, foreign_key="delegation.id")
    said: str = ""
    note: str = ""
