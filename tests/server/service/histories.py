"""Physically possible histories of a few items at three stations, told to a real intake in time order or late.

A history is a list of steps; each is one door's closing, by somebody in a session or by nobody. Both people also hold
something that belongs behind every door, so that their badges open it whatever else is known of them by then.
"""

import itertools
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.codec import encode
from contract.messages import AccessRequested, DoorClosed, DoorOpened, Event, SessionEnded, Sighting
from contract.signing import public_hex
from server.intake.batch import Incoming
from server.intake.service import IntakeService
from server.service.oversight.sheets import note_sheet
from server.store import tables
from server.store.unit_of_work import Database
from tests.server.company import (
    CLOCK,
    LI,
    POLICY,
    STATION_KEYS,
    WANG,
    Writer,
    allow,
    badge,
    epc,
    intake,
    settle_in,
)

PLACES = [(station, door) for station in ("a", "b", "c") for door in (1, 2)]
KEY_C = Ed25519PrivateKey.from_private_bytes(b"c" * 32)
ITEMS = (1, 2, 3)
NOBODY = ("forced", "mechanical_key", "no_session", "gap")
_STEP_US = 60_000_000

Who = int | str
"""A person's number, or the cause of a door nobody opened lawfully."""


@dataclass(frozen=True)
class Step:
    """One opening of a door: by whom, which items would leave and which would come if they can.

    No `place`: wherever the first of the items to take is, or where all began when it is out.
    """

    place: tuple[str, int] | None
    who: Who
    takes: frozenset[int]
    puts: frozenset[int]


@dataclass(frozen=True)
class Closing:
    """What one door's closing was in truth."""

    place: tuple[str, int]
    who: Who
    at_us: int
    seq: int
    opened_seq: int
    taken: tuple[int, ...]
    put: tuple[int, ...]


@dataclass
class History:
    """What happened, and the events that each station wrote of it, encoded, in order."""

    closings: list[Closing] = field(default_factory=list)
    streams: dict[str, list[bytes]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    """Whose event came when: station names in the order of time."""

    def truth(self) -> dict[int, tuple[str, object, int]]:
        """Say where each item is: its place, who took it, or the closing it left by with nobody named; and since."""
        found: dict[int, tuple[str, object, int]] = dict.fromkeys(ITEMS, ("place", ("a", 1), 0))
        for one in self.closings:
            left = ("held", one.who) if isinstance(one.who, int) else ("incident", (one.place[0], one.opened_seq))
            found.update((item, (*left, one.at_us)) for item in one.taken)
            found.update((item, ("place", one.place, one.at_us)) for item in one.put)
        return found


def live(steps: Iterable[Step]) -> History:
    """Let the steps happen: what is behind a door can leave by it, what is out can come to it."""
    history = History(streams={station: [] for station in ("a", "b", "c")})
    writers = {station: writer(station) for station in history.streams}
    where: dict[int, tuple[str, int] | None] = dict.fromkeys(ITEMS, ("a", 1))
    at_us = CLOCK.wall_us() - 24 * 60 * _STEP_US
    for number, step in enumerate(steps, 1):
        at_us += _STEP_US
        place = step.place or where[min(step.takes, default=1)] or ("a", 1)
        taken = tuple(item for item in sorted(step.takes) if where[item] == place)
        put = tuple(item for item in sorted(step.puts) if where[item] is None)
        where.update(dict.fromkeys(taken))
        where.update(dict.fromkeys(put, place))
        station, door = place
        events = _events(writers[station], f"{number:032x}", door, step.who, at_us, taken, put)
        closed = next(event for event in events if isinstance(event, DoorClosed))
        opened = closed.opened_seq or closed.seq
        history.closings.append(Closing(place, step.who, at_us, closed.seq, opened, taken, put))
        history.streams[station] += [encode(event) for event in events]
        history.told += [station] * len(events)
    return history


def writer(station: str) -> Writer:
    """A station's outbox, the same one however often its events are batched."""
    return Writer(station, epoch=station.encode().hex() * 16, key=STATION_KEYS.get(station, KEY_C))


def _events(
    out: Writer, session: str, door: int, who: Who, at_us: int, taken: tuple[int, ...], put: tuple[int, ...]
) -> list[Event]:
    seen = {
        "taken": [Sighting(epc=epc(item), reads=3) for item in taken],
        "put": [Sighting(epc=epc(item), reads=3) for item in put],
    }
    if who == "gap":
        return [out.event(DoorClosed, at_us=at_us, door=door, cause=who, gap_from_us=at_us - 1000, **seen)]
    if isinstance(who, str):
        opened = out.event(DoorOpened, at_us=at_us - 1000, door=door, cause=who)
        return [opened, out.event(DoorClosed, at_us=at_us, door=door, cause=who, opened_seq=opened.seq, **seen)]
    about = {"door": door, "cause": "session", "session": session}
    asks = {"session": session, "challenge": session, "credential": badge(who)}
    return [
        out.event(AccessRequested, at_us=at_us - 2000, **asks),
        opened := out.event(DoorOpened, at_us=at_us - 1000, **about),
        out.event(DoorClosed, at_us=at_us, opened_seq=opened.seq, **about, **seen),
        out.event(SessionEnded, at_us=at_us + 1000, session=session, why="done"),
    ]


def in_time(history: History) -> list[list[Incoming]]:
    """Tell everything as it happens: what one station has to say before the next has is one batch."""
    return [[message] for message in _told(history, _runs(history.told))]


def late(history: History, chance: random.Random) -> list[list[Incoming]]:
    """Tell it in any order that keeps each station's own, in batches and transactions of any size."""
    stations = list(history.told)
    chance.shuffle(stations)
    if chance.random() < 0.5:  # whole cabinets late: the runs of one station are long
        order = chance.sample(sorted(history.streams), 3)
        stations.sort(key=lambda station: order.index(station) + chance.random() * 1.5)
    cut = [(station, size) for station, run in _runs(stations) for size in _pieces(run, chance)]
    messages = _told(history, cut)
    return [[next(messages) for _ in range(size)] for size in _pieces(len(cut), chance)]


def _runs(stations: list[str]) -> list[tuple[str, int]]:
    """Count how often in a row each station speaks, 20 times at most."""
    runs = [(station, len(list(run))) for station, run in itertools.groupby(stations)]
    return [(station, min(20, run - told)) for station, run in runs for told in range(0, run, 20)]


def _pieces(total: int, chance: random.Random) -> Iterator[int]:
    while total > 0:
        size = min(total, chance.choice((1, 1, 2, 3, 5, 20)))
        total -= size
        yield size


def _told(history: History, order: Iterable[tuple[str, int]]) -> Iterator[Incoming]:
    writers = {station: writer(station) for station in history.streams}
    for station, size in order:
        out = writers[station]
        events = history.streams[station][out.seq : out.seq + size]
        out.seq += size
        yield Incoming(out.batch(*events), station)


def found(database: Database, allowed: Iterable[tuple[int, int]]) -> IntakeService:
    """Found the company of the histories in an empty database; `allowed` is who may borrow what, once each."""
    settle_in(database, len(ITEMS))
    with database.begin() as uow:
        uow.session.add(tables.Station(name="c", doors=2, public_key=public_hex(KEY_C)))
        uow.session.flush()
        kept = itertools.product((WANG, LI), PLACES)
        for number, (person, (station, door)) in enumerate(kept, 100):
            item_kept = tables.Item(id=number, code=f"K{number}", kind="file", title="kept", secrecy="ordinary")
            item_kept.home_station, item_kept.home_door = station, door
            item_kept.custody = tables.ItemCustody(state="held", person_id=person)
            uow.session.add(item_kept)
    for person, item in allowed:
        allow(database, person, item)
    service = intake(database)
    note_sheet(database, service.policy, POLICY.read_text(), 1)
    return service
