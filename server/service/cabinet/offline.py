"""Grants for when the server cannot be asked: what each station should hold, and what their use means.

What a station should hold follows from the record alone, so nothing that changes an authority, a person or a badge
needs to know of it. Law: a grant is in the ledger before any station can have it.
"""

import json
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from contract.messages import GrantedItem, HeldGrant, HeldGrants, UnlockIntended
from server.domain.access import AccessFacts, Rights
from server.domain.authorities import LineFacts
from server.domain.offline import HOUR_US, MOST_HELD, UseFacts, ends_us, faults_of, to_hold
from server.domain.policy import Policy
from server.domain.scopes import EVERYTHING
from server.domain.training import TrainingFacts
from server.service.cabinet.work import Heard, Work
from server.service.people.scopes import scope_of
from server.store.sql import fetch, fetch_plain, run_many
from server.store.tables import RightScope
from server.store.unit_of_work import Database, UnitOfWork
from server.store.working_set import WorkingSet, add_line, load_items, load_people

_FREE = (
    "SELECT line.id, line.item_id, line.person_id, authority.kind, authority.mode, authority.from_us,"
    " line.until_us, line.state, line.session, line.authority_id, authority.due_us, authority.request_id,"
    " custody.station, custody.door"
    " FROM line JOIN authority ON authority.id = line.authority_id JOIN custody ON custody.item_id = line.item_id"
    " JOIN station ON station.name = custody.station"
    " WHERE line.state IN ('open', 'reserved') AND line.until_us > :now AND authority.from_us <= :now"
    " AND custody.state = 'place' AND station.active ORDER BY line.id LIMIT 20000"
)
_TAGS = "SELECT item_id, epc FROM tag WHERE dead_us IS NULL AND item_id {items}"
_BADGES = "SELECT person_id, credential FROM badge WHERE active AND person_id {people} ORDER BY credential"
_SCOPES = (
    "SELECT person_id, departments, categories, secrecy, cabinets, from_us, until_us FROM right_scope"
    " WHERE person_id {people}"
)
_TAUGHT = "SELECT person_id, subject, expires_us FROM training WHERE person_id {people}"
_COLUMNS = "token, station, door, person_id, credentials, items, lines, issued_us, until_us, ended_us, used_by"
_CURRENT = f"SELECT {_COLUMNS} FROM held_grant WHERE is_current"  # noqa: S608 -- names of our own
_OF_STATION = f"{_CURRENT} AND station = :station AND until_us > :now ORDER BY token"
_BY_TOKEN = f"SELECT {_COLUMNS} FROM held_grant WHERE token = :token"  # noqa: S608 -- names of our own
_CHANGED = "UPDATE station SET held_us = CASE WHEN held_us >= :now THEN held_us + 1 ELSE :now END WHERE name = :station"
_GIVE = (
    "INSERT INTO held_grant"
    " (token, station, door, person_id, credentials, items, lines, issued_us, until_us, is_current, ended_us, used_by)"
    " VALUES (:token, :station, :door, :person_id, :credentials, :items, :lines, :issued_us, :until_us, :is_current,"
    " :ended_us, :used_by)"
)
_REPLACED = "UPDATE held_grant SET is_current = :no WHERE token = :token"
_WITHDRAWN = (
    "UPDATE held_grant SET is_current = :no, ended_us = :now WHERE station = :station AND door = :door"
    " AND person_id = :person_id AND ended_us IS NULL AND until_us > :now"
)
_USED = "UPDATE held_grant SET is_current = :no, used_by = :session WHERE token = :token AND used_by IS NULL"

Key = tuple[str, int, int]
"""Station, door, person."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """A grant that a station should hold."""

    credentials: tuple[str, ...]
    items: tuple[tuple[str, str], ...]
    """EPC and code of each."""
    lines: tuple[int, ...]
    until_us: int


def hold(database: Database, policy: Policy, now_us: int) -> set[str]:
    """Bring what stations should hold up to date, with its ledger entries; names the stations it changed for.

    What should be held is worked out before anything is locked: nobody waits for it, and what changes meanwhile is
    found the next time.
    """
    with database.engine.connect() as connection:
        wishes = _wishes(connection, policy, now_us) if policy.access.offline_hours else {}
        current = {(row.station, row.door, row.person_id): row for row in fetch(connection, _CURRENT)}
    given = {key: wish for key, wish in wishes.items() if _is_news(policy, wish, current.get(key), now_us)}
    gone = {key: row for key, row in current.items() if key not in wishes}
    stations = {key[0] for key in (*given, *gone)}
    if not stations:
        return stations
    tokens = {key: secrets.token_hex(16) for key in given}
    with database.begin() as uow:
        run_many(uow.connection, _REPLACED, [{"token": current[k].token, "no": False} for k in given if k in current])
        run_many(uow.connection, _GIVE, [_row(key, tokens[key], wish, now_us) for key, wish in given.items()])
        run_many(uow.connection, _WITHDRAWN, [_place(key) | {"now": now_us, "no": False} for key in gone])
        run_many(uow.connection, _CHANGED, [{"station": name, "now": now_us} for name in sorted(stations)])
        _record(uow, policy, now_us, {tokens[key]: (key, wish) for key, wish in given.items()}, gone)
    return stations


def held_grants(connection: Connection, station: str, now_us: int, issued_us: int) -> HeldGrants:
    """Give what a station should hold by now, to be signed and sent."""
    rows = fetch(connection, _OF_STATION, station=station, now=now_us)
    return HeldGrants(v=1, station=station, issued_us=issued_us, grants=[_grant(row) for row in rows])


def use(work: Work, heard: Heard, event: UnlockIntended) -> None:
    """Take the use of a grant that was held: whoever used it may be named for that door, or it names nobody."""
    visit = work.visit_of(heard, event.session)
    if visit is None or visit.grant == event.grant:
        return
    for row in fetch(work.uow.connection, _BY_TOKEN, token=event.grant):
        facts = UseFacts(
            row.station,
            row.door,
            row.person_id,
            row.until_us,
            row.ended_us,
            row.used_by,
            heard.station,
            event.door,
            visit.person_id,
            event.session,
            heard.occurred_us,
        )
        faults = faults_of(facts)
        said = {"grant": event.grant, "session": event.session, "door": event.door}
        if faults:
            work.record(heard, "held_grant_refused", {**said, "faults": faults})
            return
        run_many(work.uow.connection, _USED, [{"token": event.grant, "session": event.session, "no": False}])
        visit.doors = sorted({*visit.doors, event.door})
        work.save_visit(visit)
        work.record(heard, "held_grant_used", {**said, "person": work.pseudonym(visit.person_id)})


# ------------------------------------------------------------ what should be held


def _wishes(connection: Connection, policy: Policy, now_us: int) -> dict[Key, _Wish]:
    found = WorkingSet()
    rows = fetch_plain(connection, _FREE, now=now_us)
    people = sorted({row[2] for row in rows})
    load_items(connection, found, {row[1] for row in rows})
    load_people(connection, found, people)
    for row in rows:
        add_line(found, row)
    badges = _many(fetch(connection, _BADGES, people=people))
    rights = _rights(connection, policy, people, found)
    stations = {row[12] for row in rows}
    wanted: dict[Key, tuple[LineFacts, ...]] = {}
    for person_id in people:
        lines = tuple(found.lines[number] for number in found.lines_of[person_id])
        person = found.people[person_id]
        for station in sorted({line.item.custody.station or "" for line in lines} & stations):
            asks = AccessFacts(person, station, now_us, lines=lines, rights=rights.get(person_id, Rights()))
            for door, entitled in to_hold(policy, asks).items():
                if person_id in badges:
                    wanted[(station, door, person_id)] = entitled
    return _few(connection, policy, wanted, badges, now_us)


def _few(
    connection: Connection,
    policy: Policy,
    wanted: dict[Key, tuple[LineFacts, ...]],
    badges: dict[int, list[Any]],
    now_us: int,
) -> dict[Key, _Wish]:
    """Keep as many a station as the sheet allows: those first whose authority is the oldest."""
    room: defaultdict[str, int] = defaultdict(lambda: min(policy.access.offline_most, MOST_HELD))
    tags = {row.item_id: row.epc for row in fetch(connection, _TAGS, items=_items(wanted.values()))}
    wishes: dict[Key, _Wish] = {}
    for key, lines in sorted(wanted.items(), key=lambda pair: min(line.id for line in pair[1])):
        if room[key[0]]:
            room[key[0]] -= 1
            wishes[key] = _Wish(
                tuple(row.credential for row in badges[key[2]])[:20],
                tuple(sorted((tags.get(line.item.id, ""), line.item.code) for line in lines)),
                tuple(sorted(line.id for line in lines)),
                ends_us(policy.access, lines, now_us),
            )
    return wishes


def _rights(connection: Connection, policy: Policy, people: list[int], found: WorkingSet) -> dict[int, Rights]:
    """Load what narrows these people's rights; training only when the sheet asks for any."""
    scopes = {r.person_id: scope_of(RightScope(**r._mapping)) for r in fetch(connection, _SCOPES, people=people)}
    taught = _many(fetch(connection, _TAUGHT, people=people)) if policy.people.training else {}
    return {
        number: Rights(
            scopes.get(number, EVERYTHING),
            tuple(TrainingFacts(row.subject, row.expires_us) for row in taught.get(number, ())),
            found.categories,
        )
        for number in {*scopes, *taught}
    }


def _is_news(policy: Policy, wish: _Wish, row: Any, now_us: int) -> bool:
    """Say whether a grant must be given: there is none, it is for something else, or it ends in half its time."""
    if row is None or (row.credentials, row.items, row.lines) != _texts(wish):
        return True
    is_old = row.until_us - now_us < policy.access.offline_hours * HOUR_US // 2
    return bool(is_old and wish.until_us > row.until_us)


# ------------------------------------------------------------ rows and entries


def _items(wanted: Iterable[Sequence[LineFacts]]) -> list[int]:
    return sorted({line.item.id for lines in wanted for line in lines})


def _many(rows: Iterable[Any]) -> dict[int, list[Any]]:
    """Sort rows by their person."""
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row)
    return found


def _texts(wish: _Wish) -> tuple[str, str, str]:
    return json.dumps(wish.credentials), json.dumps(wish.items, ensure_ascii=False), json.dumps(wish.lines)


def _place(key: Key) -> dict[str, Any]:
    return {"station": key[0], "door": key[1], "person_id": key[2]}


def _row(key: Key, token: str, wish: _Wish, now_us: int) -> dict[str, Any]:
    credentials, items, lines = _texts(wish)
    what = {"token": token, "credentials": credentials, "items": items, "lines": lines, "until_us": wish.until_us}
    return {**_place(key), **what, "issued_us": now_us, "is_current": True, "ended_us": None, "used_by": None}


def _grant(row: Any) -> HeldGrant:
    items = [GrantedItem(epc=epc, code=code, door=row.door) for epc, code in json.loads(row.items)]
    credentials = json.loads(row.credentials)
    return HeldGrant(grant=row.token, credentials=credentials, door=row.door, items=items, until_us=row.until_us)


def _record(
    uow: UnitOfWork, policy: Policy, now_us: int, given: dict[str, tuple[Key, _Wish]], gone: dict[Key, Any]
) -> None:
    """Enter what each station is to hold anew, and what no more."""
    people = {key[2] for key, _ in given.values()}
    found = WorkingSet()
    load_people(uow.connection, found, people)
    for station in sorted({key[0] for key in (*(key for key, _ in given.values()), *gone)}):
        fresh = [
            {
                "grant": token,
                "person": found.pseudonyms[key[2]],
                "door": key[1],
                "lines": list(wish.lines),
                "until_us": wish.until_us,
            }
            for token, (key, wish) in given.items()
            if key[0] == station
        ]
        old = sorted(row.token for key, row in gone.items() if key[0] == station)
        uow.ledger(
            "grants_held", now_us, {"station": station, "given": fresh, "withdrawn": old, "policy": policy.digest}
        )
