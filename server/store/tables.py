"""The tables of the database, and nothing that decides.

Moments are integer microseconds UTC (`*_us`). Lists and maps are JSON text in canonical form. Enumerations are stored
as the words of `server.domain.words`. Table classes never leave `store/`.
"""

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

_OPEN = text("closed_us IS NULL")
_LAPSING = text("lapses_us IS NOT NULL")
_NEWER = text("supersedes_id IS NOT NULL")
_AWAITED = text("awaits > 0")
_NO_ROWID = {"sqlite_with_rowid": False}  # one tree instead of two: these are written with every event
ROW = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself only for INTEGER


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


class Station(SQLModel, table=True):
    """A cabinet and its agent; `public_key` is what its messages are checked with."""

    name: str = Field(primary_key=True)
    title: str = ""
    doors: int
    public_key: str
    active: bool = True
    online: bool = False
    status_us: int = Field(default=0, sa_type=BigInteger)
    heard_us: int = Field(default=0, sa_type=BigInteger)


class Epoch(SQLModel, table=True):
    """How far one outbox of a station has been read: the last committed seq and its hash."""

    __table_args__ = _NO_ROWID
    station: str = Field(primary_key=True)
    epoch: str = Field(primary_key=True)
    upto: int = Field(default=0, sa_type=BigInteger)
    hash: str


class Inbox(SQLModel, table=True):
    """Every event ever received from a station, as sent; `refused` says why one could not be handled."""

    __table_args__ = _NO_ROWID
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


class Item(SQLModel, table=True):
    """One physical thing under control and the one custody state it is in."""

    __table_args__ = (
        CheckConstraint(
            "(custody = 'place' AND at_station IS NOT NULL AND holder_id IS NULL AND incident_id IS NULL)"
            " OR (custody = 'held' AND holder_id IS NOT NULL AND at_station IS NULL AND incident_id IS NULL)"
            " OR (custody = 'incident' AND incident_id IS NOT NULL AND holder_id IS NULL AND at_station IS NULL)",
            name="one_custody_state",
        ),
        Index("item_by_place", "at_station", "at_door"),
        Index("item_by_holder", "holder_id"),
        Index("item_by_incident", "incident_id"),
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
    parent_id: int | None = Field(default=None, foreign_key="item.id")
    active: bool = True
    custody: str = "place"
    at_station: str | None = None
    at_door: int | None = None
    holder_id: int | None = Field(default=None, foreign_key="person.id")
    incident_id: int | None = Field(default=None, foreign_key="incident.id")
    since_us: int = Field(default=0, sa_type=BigInteger)


class Tag(SQLModel, table=True):
    """A transponder bound to an item; a tag with `dead_us` is never used again."""

    epc: str = Field(primary_key=True)
    tid: str | None = None
    item_id: int = Field(foreign_key="item.id", index=True)
    bound_us: int = Field(sa_type=BigInteger)
    dead_us: int | None = Field(default=None, sa_type=BigInteger)


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


class Decision(SQLModel, table=True):
    """What one approver said to a request, and in whose stead."""

    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id", index=True)
    approver_id: int = Field(foreign_key="person.id")
    delegation_id: int | None = Field(default=None, foreign_key="delegation.id")
    said: str
    note: str = ""
    at_us: int = Field(sa_type=BigInteger)


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

    __table_args__ = (Index("line_by_person", "person_id", "until_us"), Index("line_by_item", "item_id", "until_us"))
    id: int | None = Field(default=None, primary_key=True)
    authority_id: int = Field(foreign_key="authority.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    item_id: int = Field(foreign_key="item.id")
    until_us: int = Field(sa_type=BigInteger)
    state: str = "open"
    session: str | None = Field(default=None, index=True)


class Visit(SQLModel, table=True):
    """One session at a station as the server knows it, and the grant that was given for it.

    `lapses_us` is real time, and there only while a grant waits to be used.
    """

    __table_args__ = (Index("visit_lapsing", "lapses_us", sqlite_where=_LAPSING, postgresql_where=_LAPSING),)
    session: str = Field(primary_key=True)
    station: str = Field(index=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")
    challenge: str
    grant: str | None = None
    doors: str = "[]"
    pin_ok: bool = False
    asked_us: int = Field(sa_type=BigInteger)
    lapses_us: int | None = Field(default=None, sa_type=BigInteger)
    ended_us: int | None = Field(default=None, sa_type=BigInteger)


class Incident(SQLModel, table=True):
    """An act nobody is named for; items that left with it are unaccounted for under it.

    `epoch` and `opened_seq` name the event that began it.
    """

    __table_args__ = (Index("incident_by_event", "station", "epoch", "opened_seq"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    station: str
    epoch: str = ""
    opened_seq: int = Field(default=0, sa_type=BigInteger)
    door: int | None = None
    occurred_us: int = Field(sa_type=BigInteger)
    closed_us: int | None = Field(default=None, sa_type=BigInteger)
    note: str = ""


class Movement(SQLModel, table=True):
    """An item left a place or came to one; with the verdict on it. `epoch` and `seq` name the event, if a station's."""

    __table_args__ = (
        Index("movement_by_item", "item_id", "id"),
        Index("movement_by_person", "person_id", "id"),
        Index("movement_by_session", "session"),
        Index("movement_by_old", "supersedes_id", sqlite_where=_NEWER, postgresql_where=_NEWER),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=ROW)
    item_id: int | None = Field(default=None, foreign_key="item.id")
    epc: str | None = None
    direction: str  # out | in | none
    person_id: int | None = Field(default=None, foreign_key="person.id")
    incident_id: int | None = Field(default=None, foreign_key="incident.id")
    station: str
    epoch: str = ""
    seq: int = Field(default=0, sa_type=BigInteger)
    door: int
    session: str | None = None
    cause: str
    occurred_us: int = Field(sa_type=BigInteger)
    received_us: int = Field(sa_type=BigInteger)
    late_us: int = Field(default=0, sa_type=BigInteger)
    verdict: str
    lawful: str  # yes | no | accepted | unresolved
    reasons: str = Field(default="[]", sa_type=Text)
    line_id: int | None = Field(default=None, foreign_key="line.id")
    supersedes_id: int | None = None
    ledger_id: int = Field(default=0, sa_type=BigInteger)


class Loan(SQLModel, table=True):
    """An item that a person took: when it is due, and what became of it."""

    __table_args__ = (Index("loan_open", "closed_us", "due_us"), Index("loan_by_item", "item_id", "closed_us"))
    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    line_id: int | None = Field(default=None, foreign_key="line.id")
    request_id: int | None = Field(default=None, foreign_key="request.id", index=True)
    mode: str
    state: str = "out"  # out | returned | closed | discrepancy
    taken_us: int = Field(sa_type=BigInteger)
    due_us: int = Field(sa_type=BigInteger)
    due_rule: str
    returned_us: int | None = Field(default=None, sa_type=BigInteger)
    returned_by_id: int | None = Field(default=None, foreign_key="person.id")
    closed_us: int | None = Field(default=None, sa_type=BigInteger)


class Case(SQLModel, table=True):
    """A contradiction that a person must resolve."""

    __tablename__ = "cases"
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    item_id: int | None = Field(default=None, foreign_key="item.id")
    station: str = ""
    door: int | None = None
    incident_id: int | None = Field(default=None, foreign_key="incident.id")
    detail: str = Field(default="{}", sa_type=Text)
    opened_us: int = Field(sa_type=BigInteger)
    resolved_us: int | None = Field(default=None, sa_type=BigInteger, index=True)
    resolution: str = ""


class Alarm(SQLModel, table=True):
    """The fact that something is wrong, from set to closed; `cause` is unique among those still open."""

    __table_args__ = (
        Index("alarm_open_cause", "cause", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("alarm_by_state", "state", "id"),
        Index("alarm_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    severity: str
    cause: str
    state: str = "set"  # set | acknowledged | closed
    person_id: int | None = Field(default=None, foreign_key="person.id")
    item_id: int | None = Field(default=None, foreign_key="item.id")
    station: str = ""
    door: int | None = None
    session: str | None = None
    occurred_us: int = Field(sa_type=BigInteger)
    set_us: int = Field(sa_type=BigInteger)
    late_us: int = Field(default=0, sa_type=BigInteger)
    repeated: int = 0
    evidence: str = Field(default="[]", sa_type=Text)
    acknowledged_by_id: int | None = Field(default=None, foreign_key="person.id")
    acknowledged_us: int | None = Field(default=None, sa_type=BigInteger)
    cleared_us: int | None = Field(default=None, sa_type=BigInteger)
    closed_by_id: int | None = Field(default=None, foreign_key="person.id")
    closed_us: int | None = Field(default=None, sa_type=BigInteger)
    conclusion: str = ""


class Notice(SQLModel, table=True):
    """A message about an alarm or a duty, on its way to somebody."""

    id: int | None = Field(default=None, primary_key=True)
    alarm_id: int | None = Field(default=None, foreign_key="alarm.id")
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    kind: str
    text: str
    created_us: int = Field(sa_type=BigInteger)
    read_us: int | None = Field(default=None, sa_type=BigInteger)


class LedgerEntry(SQLModel, table=True):
    """One line of the append-only ledger; `body` is the canonical JSON that `hash` covers with `previous`."""

    __tablename__ = "ledger"
    id: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str
    at_us: int = Field(sa_type=BigInteger)
    body: str = Field(sa_type=Text)
    previous: str = Field(unique=True)
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


class Outgoing(SQLModel, table=True):
    """A signed command on its way to a station: sent again until `awaits` doors have answered it."""

    __table_args__ = (Index("outgoing_open", "station", sqlite_where=_AWAITED, postgresql_where=_AWAITED),)
    command: str = Field(primary_key=True)
    station: str
    payload: bytes = Field(sa_type=LargeBinary)
    awaits: int
    created_us: int = Field(sa_type=BigInteger)


class Tally(SQLModel, table=True):
    """How many items are in one state, kept in the transaction that changes them."""

    __table_args__ = _NO_ROWID
    station: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    n: int = 0


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
