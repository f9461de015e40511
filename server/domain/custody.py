"""Custody (R18): who answers for an item now, in exactly one of three states, as a fold over what happened.

Law 1: events are ordered by corrected time, and by seq within one outbox of a station, never by arrival.
Law 2: nobody is guessed; what no one is named for is under an incident.
Law 3: a contradiction never stops the fold: the last thing seen holds, and a case says so.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from server.domain.words import CaseKind, CustodyState, Direction, ItemKind, Secrecy

Place = tuple[str, int]
"""Station name and door."""
GONE = "gone"
"""The epoch of the one happening by which an item leaves our control for good (destroyed, handed back)."""


class Custody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One state: in a place, held by a person, or unaccounted for under an incident (0: not numbered yet)."""

    state: CustodyState
    station: str | None = None
    door: int | None = None
    person_id: int | None = None
    incident_id: int | None = None
    since_us: int = 0

    @property
    def place(self) -> Place | None:
        """Say where it is, when it is in a place."""
        return None if self.station is None or self.door is None else (self.station, self.door)


def in_place(station: str, door: int, since_us: int = 0) -> Custody:
    """Make the custody of a keeper's place."""
    return Custody(CustodyState.PLACE, station, door, None, None, since_us)


def gone(since_us: int = 0) -> Custody:
    """Make the custody of what left for good: a place of no cabinet, where nobody looks and nothing comes from."""
    return in_place("", 0, since_us)


def held_by(person_id: int, since_us: int = 0) -> Custody:
    """Make the custody of a named person."""
    return Custody(CustodyState.HELD, None, None, person_id, None, since_us)


def unaccounted(incident_id: int, since_us: int = 0) -> Custody:
    """Make the custody of nobody: an incident's."""
    return Custody(CustodyState.INCIDENT, None, None, None, incident_id, since_us)


class ItemFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """One item at the moment of judging: what it is, where it belongs, who answers for it."""

    id: int
    code: str
    kind: ItemKind
    secrecy: Secrecy
    home: Place | None
    custody: Custody
    department: str = ""
    parts: int = 1
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to the item: it left or came to a place, or (`none`) passed from hand to hand.

    `station`, `epoch` and `seq` say which outbox wrote it and where in it; the server's own acts (handovers,
    attributions) have the station "" and the ledger's numbering. `at_us` is the corrected time, `error_us` how far it
    may be wrong. `door` is None when nothing was opened. `person_id` None: nobody is named, see `incident_id`.
    """

    station: str
    epoch: str
    seq: int
    at_us: int
    direction: Direction
    door: int | None = None
    person_id: int | None = None
    incident_id: int | None = None
    error_us: int = 0


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What the record cannot explain about a happening; a person must."""

    kind: CaseKind
    happening: Happening


@dataclass(frozen=True, slots=True)
class Folded:
    """Where the item is after everything, and what did not fit."""

    custody: Custody
    contradictions: tuple[Contradiction, ...] = ()


def in_order(happenings: Iterable[Happening]) -> tuple[Happening, ...]:
    """Order by corrected time, but never against the seq of one outbox; a happening told twice counts once.

    Within an outbox a time that runs back is lifted to the latest before it, so that both orders hold.
    """
    outboxes: dict[tuple[str, str], dict[int, Happening]] = defaultdict(dict)
    for one in happenings:
        outboxes[(one.station, one.epoch)][one.seq] = one
    keyed: list[tuple[int, str, str, int, Happening]] = []
    for (station, epoch), by_seq in outboxes.items():
        latest = 0
        for seq in sorted(by_seq):
            latest = max(latest, by_seq[seq].at_us)
            keyed.append((latest, station, epoch, seq, by_seq[seq]))
    keyed.sort(key=lambda key: key[:4])
    return tuple(key[4] for key in keyed)


def fold(checkpoint: Custody, happenings: Iterable[Happening]) -> Folded:
    """Work out where an item is from where it was; the order of arrival does not matter."""
    custody = checkpoint
    found: list[Contradiction] = []
    before: Happening | None = None
    for one in in_order(happenings):
        found += [Contradiction(kind, one) for kind in _misfits(custody, before, one)]
        custody = step(custody, one)
        before = one
    return Folded(custody, tuple(found))


def step(custody: Custody, one: Happening) -> Custody:
    """Apply one happening; what was seen last holds."""
    if one.epoch == GONE:
        return gone(one.at_us)
    if one.direction == Direction.IN:
        return in_place(one.station, one.door or 0, one.at_us)
    if one.person_id is not None:
        return held_by(one.person_id, one.at_us)
    if one.incident_id is not None or one.direction == Direction.OUT:
        return unaccounted(one.incident_id or 0, one.at_us)
    return custody


def _misfits(custody: Custody, before: Happening | None, one: Happening) -> list[CaseKind]:
    """Say how a happening contradicts where the item was believed to be, or when."""
    found = []
    is_in_place = custody.state == CustodyState.PLACE
    if one.direction == Direction.OUT and not is_in_place:
        found.append(CaseKind.OUT_WHILE_OUT)
    if one.direction == Direction.OUT and is_in_place and custody.place != (one.station, one.door):
        found.append(CaseKind.TWO_PLACES)
    if one.direction == Direction.IN and is_in_place:
        found.append(CaseKind.UNEXPECTED if custody.place == (one.station, one.door) else CaseKind.TWO_PLACES)
    if (
        before is not None
        and (before.station, before.epoch) != (one.station, one.epoch)
        and abs(one.at_us - before.at_us) < one.error_us + before.error_us
    ):
        found.append(CaseKind.TIME_UNCERTAIN)
    return found
