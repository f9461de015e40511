"""Load, in a handful of queries, every fact a whole batch of events is judged by; rows become facts here.

What the events name (credentials, sessions, codes, tags) leads to people, their visits and lines, and to the items.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row

from server.domain.authorities import LineFacts
from server.domain.custody import Custody, ItemFacts, Place
from server.domain.people import PersonFacts
from server.domain.words import AuthorityKind, CustodyState, ItemKind, LineState, Mode, Role, Secrecy
from server.store.sql import fetch, fetch_plain

RECENT_US: Final = 30 * 24 * 3600 * 1_000_000
"""Lines and requests over for longer than this say nothing about an act any more."""

_BADGES = "SELECT credential, person_id FROM badge WHERE active AND credential {credentials}"
_VISITS = (
    'SELECT session, station, person_id, challenge, "grant", doors, pin_ok, asked_us, lapses_us, ended_us'
    " FROM visit WHERE session {sessions}"
)
_PEOPLE = "SELECT id, role, department, active, pseudonym, name FROM person WHERE id {ids}"
_LINES = (
    "SELECT line.id, line.item_id, line.person_id, authority.kind, authority.mode, authority.from_us,"
    " line.until_us, line.state, line.session, line.authority_id, authority.due_us, authority.request_id,"
    " custody.station, custody.door"
    " FROM line JOIN authority ON authority.id = line.authority_id JOIN custody ON custody.item_id = line.item_id"
    " WHERE line.person_id {people} AND line.until_us > :since"
)
_TAGS = "SELECT epc, item_id, dead_us, tid FROM tag WHERE epc {epcs}"
_CODES = "SELECT id, code FROM item WHERE active AND code {codes}"
_HELD = "SELECT item_id FROM custody WHERE person_id {people}"
_ITEMS = (
    "SELECT id, code, kind, secrecy, home_station, home_door, department, parts, pages, category,"
    " state, station, door, person_id, incident_id, since_us"
    " FROM item JOIN custody ON custody.item_id = item.id WHERE item.id {ids}"
)
_LOANS = (
    "SELECT item_id, person_id, taken_us, mode, line_id FROM loan"
    " WHERE closed_us IS NULL AND state = 'out' AND item_id {items} ORDER BY taken_us, id"
)


_KINDS: Final = {str(word): word for word in ItemKind}  # a look-up costs a tenth of calling the enumeration
_SECRECIES: Final = {str(word): word for word in Secrecy}
_CUSTODIES: Final = {str(word): word for word in CustodyState}
_AUTHORITIES: Final = {str(word): word for word in AuthorityKind}
_MODES: Final = {str(word): word for word in Mode}
_LINE_STATES: Final = {str(word): word for word in LineState}


@dataclass(slots=True)
class Wanted:
    """What a batch of events names."""

    sessions: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    epcs: set[str] = field(default_factory=set)
    asking: set[str] = field(default_factory=set)
    """Credentials that ask for access: everything their owners hold or have lines for is wanted too."""
    places: set[Place] = field(default_factory=set)
    """Doors that closed: of other people only the lines for what is behind these (or was taken) are wanted."""


class Visit(msgspec.Struct):
    """One session as the server knows it."""

    session: str
    station: str
    person_id: int | None
    challenge: str
    grant: str | None = None
    doors: list[int] = []
    pin_ok: bool = False
    asked_us: int = 0
    lapses_us: int | None = None
    ended_us: int | None = None


class OpenLoan(msgspec.Struct):
    """A loan that is out."""

    item_id: int
    person_id: int
    taken_us: int
    mode: Mode = Mode.LOAN
    entitled: bool = False
    """Whether it was taken under an authority."""


@dataclass(slots=True)
class WorkingSet:
    """The facts of a batch, by number and by name; they move on as its events are judged."""

    badges: dict[str, int] = field(default_factory=dict)
    people: dict[int, PersonFacts] = field(default_factory=dict)
    pseudonyms: dict[int, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)
    items: dict[int, ItemFacts] = field(default_factory=dict)
    categories: dict[int, str] = field(default_factory=dict)
    by_epc: dict[str, int] = field(default_factory=dict)
    dead_us: dict[str, int] = field(default_factory=dict)
    """Since when a tag says nothing of its item any more; what it said before still holds."""
    tids: dict[str, str] = field(default_factory=dict)
    """The tags' own numbers, of those that were bound with one."""
    by_code: dict[str, int] = field(default_factory=dict)
    held: dict[int, set[int]] = field(default_factory=dict)
    lines: dict[int, LineFacts] = field(default_factory=dict)
    lines_of: dict[int, list[int]] = field(default_factory=dict)
    requests: dict[int, int] = field(default_factory=dict)
    """Request number by line."""
    loans: dict[int, list[OpenLoan]] = field(default_factory=dict)
    """What is out, by item, in the order taken."""


def load(connection: Connection, wanted: Wanted, since_us: int) -> WorkingSet:
    """Load everything the events name and what it leads to; lines over before `since_us` - RECENT_US are left out."""
    found = WorkingSet()
    found.badges = _pairs(fetch(connection, _BADGES, credentials=sorted(wanted.asking)))
    for row in fetch_plain(connection, _VISITS, sessions=sorted(wanted.sessions)):
        found.visits[row[0]] = _visit(row)
    people = {*found.badges.values(), *(v.person_id for v in found.visits.values() if v.person_id is not None)}
    for epc, item_id, dead_us, tid in fetch_plain(connection, _TAGS, epcs=sorted(wanted.epcs)):
        found.by_epc[epc] = item_id
        if dead_us is not None:
            found.dead_us[epc] = dead_us
        if tid:
            found.tids[epc] = tid
    if wanted.codes:
        found.by_code = {row.code: row.id for row in fetch(connection, _CODES, codes=sorted(wanted.codes))}
    askers = {found.badges[c] for c in wanted.asking if c in found.badges}
    held = [row.item_id for row in fetch(connection, _HELD, people=sorted(askers))] if askers else []
    lines = _lines(connection, wanted, found, people, askers, since_us) if people else []
    named = {*found.by_epc.values(), *found.by_code.values(), *held}
    load_items(connection, found, named | {line[1] for line in lines})
    load_people(connection, found, people | {i.custody.person_id for i in found.items.values() if i.custody.person_id})
    for row in lines:
        add_line(found, row)
    for item_id, person_id, taken_us, mode, line_id in fetch_plain(connection, _LOANS, items=sorted(found.items)):
        loan = OpenLoan(item_id, person_id, taken_us, _MODES[mode], line_id is not None)
        found.loans.setdefault(item_id, []).append(loan)
    return found


def _lines(
    connection: Connection, wanted: Wanted, found: WorkingSet, people: set[int], askers: set[int], since_us: int
) -> list[Any]:
    """Read the lines that matter: an asker's all, others' only where they may bear on what was closed or ended."""
    named = set(found.by_epc.values())
    return [
        row
        for row in fetch_plain(connection, _LINES, people=sorted(people), since=since_us - RECENT_US)
        if row[2] in askers or row[8] in wanted.sessions or row[1] in named or (row[12], row[13]) in wanted.places
    ]


def load_items(connection: Connection, found: WorkingSet, ids: Iterable[int]) -> None:
    """Add items by number."""
    for row in fetch_plain(connection, _ITEMS, ids=sorted(ids)):
        item = item_of(row)
        found.items[item.id] = item
        found.categories[item.id] = row[9]
        if item.custody.person_id is not None:
            found.held.setdefault(item.custody.person_id, set()).add(item.id)


def load_people(connection: Connection, found: WorkingSet, ids: Iterable[int]) -> None:
    """Add people by number."""
    for number, role, department, active, pseudonym, name in fetch_plain(connection, _PEOPLE, ids=sorted(ids)):
        found.people[number] = PersonFacts(number, Role(role), department, bool(active))
        found.pseudonyms[number] = pseudonym
        found.names[number] = name


def item_of(row: Any) -> ItemFacts:
    """Give an item's row (the columns of _ITEMS) as the rules see it."""
    (
        number,
        code,
        kind,
        secrecy,
        home,
        home_door,
        department,
        parts,
        pages,
        _,
        state,
        station,
        door,
        person,
        incident,
        since,
    ) = row
    custody = Custody(_CUSTODIES[state], station, door, person, incident, since)
    place = None if home is None or home_door is None else (home, home_door)
    return ItemFacts(number, code, _KINDS[kind], _SECRECIES[secrecy], place, custody, department, parts, pages)


def add_line(found: WorkingSet, row: Any) -> None:
    """Add one line (the columns of _LINES); its item must be there already."""
    number, item, person, kind, mode, from_us, until_us, state, session, authority, due_us, request, _, _ = row
    found.lines[number] = LineFacts(
        number,
        found.items[item],
        person,
        _AUTHORITIES[kind],
        _MODES[mode],
        from_us,
        until_us,
        _LINE_STATES[state],
        session,
        authority,
        due_us,
    )
    found.lines_of.setdefault(person, []).append(number)
    if request is not None:
        found.requests[number] = request


def _visit(row: Any) -> Visit:
    session, station, person, challenge, grant, doors, pin_ok, asked_us, lapses_us, ended_us = row
    doors = msgspec.json.decode(doors)
    return Visit(session, station, person, challenge, grant, doors, bool(pin_ok), asked_us, lapses_us, ended_us)


def _pairs(rows: Iterable[Row[Any]]) -> dict[Any, Any]:
    return dict(tuple(row) for row in rows)
