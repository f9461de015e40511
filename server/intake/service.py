"""Take stations' batches in: check them, judge them, commit them in one transaction, and only then answer.

Law 1: what is not committed is not acknowledged: an error of the database is raised, and nothing was done.
Law 2: a batch that fails for any other reason is halved until the poison stands alone, and that is quarantined.
Law 3: a receipt says only what is committed: everything up to `upto`, and what is missing after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, ProgrammingError

from contract.codec import seal
from contract.errors import ContractError
from contract.messages import Anchor, AnyAnswer, CertificateIssued, Receipt
from server.clock import Clock
from server.domain.alarms import severity_of
from server.domain.policy import Policy
from server.domain.words import AlarmKind
from server.intake.batch import (
    Head,
    Incoming,
    Opened,
    Refusal,
    Unreadable,
    explained,
    first_head,
    read,
    said_by,
    take_place,
)
from server.intake.handlers import handle, note_wanted
from server.intake.pins import Pins, Said
from server.intake.wire import Proven
from server.service.cabinet.authority import SiteAuthority
from server.service.cabinet.setting import set_alarm
from server.service.cabinet.work import Heard, Work
from server.service.keys import Keys
from server.store import inbox
from server.store.unit_of_work import Database
from server.store.working_set import Wanted, load

UNPROVEN: Final = ("unknown_station", "bad_signature")
"""Reasons for which no key in force stands behind a message."""
LATE_US: Final = 5_000_000
"""An event heard this much after it happened is said to be late."""
DATABASE_DOWN: Final = (OperationalError, InterfaceError, InternalError, ProgrammingError)
"""A database that is away, broken, not migrated or without rights: no message is at fault, so none is quarantined."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Taken:
    """What came of a batch of messages: receipts by (station, epoch), answers, and what was refused outright."""

    receipts: dict[tuple[str, str], Receipt] = field(default_factory=dict)
    answers: list[AnyAnswer | CertificateIssued] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Checked:
    """What messages were found to be, before anything is judged, and what was found of the PINs in them."""

    units: list[Opened | Refusal]
    pins: Said


@dataclass(slots=True)
class _Placed:
    """Where the messages of a transaction stand: heads moved, new events in order, what did not fit."""

    heads: dict[tuple[str, str], Head] = field(default_factory=dict)
    echoes: dict[tuple[str, str], int] = field(default_factory=dict)
    events: list[tuple[Heard, ContractError | None]] = field(default_factory=list)
    broken: list[tuple[Opened, ContractError]] = field(default_factory=list)


ENTRIES: Final = {AlarmKind.EVENT_QUARANTINED: "event_quarantined", AlarmKind.STATION_CHAIN_BROKEN: "chain_broken"}
"""The ledger's entry that each of these alarms points to."""


class IntakeService:
    """The server's ear: the same for MQTT and HTTPS."""

    def __init__(
        self,
        database: Database,
        keys: Keys,
        policy: Policy,
        zone: ZoneInfo,
        clock: Clock,
        authority: SiteAuthority | None = None,
    ) -> None:
        self.database = database
        self.keys = keys
        self.policy = policy
        self.zone = zone
        self.clock = clock
        self.authority = authority
        self._pins = Pins(database, keys.pin, clock)

    def take(self, payload: bytes) -> bytes:
        """Take one batch and give its signed receipt; raises ContractError when it is not a station's batch."""
        taken = self.take_many([Incoming(payload)])
        for refusal in taken.refused:
            raise ContractError(refusal.reason, refusal.detail)
        (receipt,) = taken.receipts.values()
        return self.sign(receipt)

    def take_many(self, messages: Sequence[Incoming]) -> Taken:
        """Take messages in the order they came; raises what the database raises when nothing could be committed."""
        return self.commit(self.read(messages))

    def read(self, messages: Sequence[Incoming | Proven]) -> Checked:
        """Check and read messages; the ear's word counts if the key it checked with is still in force."""
        with self.database.engine.connect() as connection:
            texts = inbox.station_keys(connection, {_speaker(message) for message in messages})
        keys = {name: bytes.fromhex(text) for name, text in texts.items()}
        units = self._explained([_read(message, keys) for message in messages])
        return Checked(units, self._pins.check(units, duress=self.policy.access.duress_pin))

    def commit(self, checked: Checked) -> Taken:
        """Judge and commit; raises what the database raises, and may then be called again with the same."""
        return self._take(checked.units, checked.pins) if checked.units else Taken()

    def sign(self, message: Receipt | AnyAnswer | CertificateIssued) -> bytes:
        """Sign what a station is told."""
        return seal(self.keys.signing, message)

    def _explained(self, units: list[Opened | Refusal]) -> list[Opened | Refusal]:
        """Tell a station that speaks with a revoked key from one that nobody knows."""
        whose = {u.station or said_by(u.payload) for u in units if isinstance(u, Refusal) and u.reason in UNPROVEN}
        if not whose:
            return units
        with self.database.engine.connect() as connection:
            revoked = inbox.revoked_keys(connection, whose)
        return [explained(u, revoked) if isinstance(u, Refusal) and u.reason in UNPROVEN else u for u in units]

    def _take(self, units: Sequence[Opened | Refusal], pins: Said) -> Taken:
        try:
            return self._commit(units, pins)
        except DATABASE_DOWN:
            raise
        except Exception as error:
            if len(units) == 1:
                return self._take_poison(units[0], pins, error)
            cut = len(units) // 2
            return _together(self._take(units[:cut], pins), self._take(units[cut:], pins))

    def _take_poison(self, unit: Opened | Refusal, pins: Said, error: Exception) -> Taken:
        if isinstance(unit, Opened) and len(unit.raws) > 1:
            left, right = unit.halves()
            return _together(self._take([left], pins), self._take([right], pins))
        log.error("event_quarantined", station=unit.station, error=repr(error))
        return self._commit([unit], pins, poison=error)

    def _commit(self, units: Sequence[Opened | Refusal], pins: Said, poison: Exception | None = None) -> Taken:
        now = self.clock.wall_us()
        with self.database.begin() as uow:
            connection = uow.connection
            placed = _place(connection, [unit for unit in units if isinstance(unit, Opened)], now, poison)
            wanted = Wanted()
            for heard, why in placed.events:
                if why is None and heard.event is not None:
                    note_wanted(wanted, heard.station, heard.event)
            facts = load(connection, wanted, now)
            work = Work(uow, self.policy, self.zone, now, self.clock.real_wall_us(), facts, pins)
            work.authority = self.authority
            for heard, why in placed.events:
                if why is None:
                    handle(work, heard)
                else:
                    _alarm(work, heard, AlarmKind.EVENT_QUARANTINED, why)
            for unit, why in placed.broken:
                first = Heard(unit.station, unit.epoch, unit.first, unit.hashes[0], None, now, now)
                _alarm(work, first, AlarmKind.STATION_CHAIN_BROKEN, why)
            work.effects.save(connection)
            inbox.save_events(connection, [_row(heard, why) for heard, why in placed.events])
            inbox.save_heads(
                connection, {key: (head.upto, head.hash) for key, head in placed.heads.items() if head.fresh}
            )
            inbox.save_refused(connection, _refused(units, placed), now)
            inbox.note_heard(connection, {station for station, _ in placed.heads}, now)
            anchor = inbox.latest_anchor(connection)
        receipts = {key: _receipt(key, placed, now, anchor) for key in placed.heads}
        return Taken(receipts, work.answers, [unit for unit in units if isinstance(unit, Refusal)])


def _speaker(message: Incoming | Proven) -> str:
    if isinstance(message, Proven):
        return message.unit.station
    return message.station or said_by(message.payload)


def _read(message: Incoming | Proven, keys: Mapping[str, bytes]) -> Opened | Refusal:
    if isinstance(message, Incoming):
        return read(message, keys)
    unit = message.unit
    return unit if keys.get(unit.station) == message.key else read(Incoming(unit.payload, unit.station), keys)


def _place(connection: Connection, units: Sequence[Opened], now_us: int, poison: Exception | None) -> _Placed:
    placed = _Placed()
    stored = inbox.load_heads(connection, {(unit.station, unit.epoch) for unit in units})
    for unit in units:
        key = (unit.station, unit.epoch)
        if key not in placed.heads:
            placed.heads[key] = Head(*stored[key]) if key in stored else first_head(*key)
        placed.echoes[key] = unit.sent_mono_us

        def known(first: int, last: int, key: tuple[str, str] = key) -> Any:
            return inbox.known_hashes(connection, *key, first, last)

        try:
            new = take_place(unit, placed.heads[key], known)
        except ContractError as error:
            placed.broken.append((unit, error))
            continue
        placed.events += [_heard(unit, index, now_us, poison) for index in new]
    return placed


def _heard(unit: Opened, index: int, now_us: int, poison: Exception | None) -> tuple[Heard, ContractError | None]:
    event = unit.events[index]
    seq, name, raw = unit.first + index, unit.hashes[index], unit.raws[index]
    if isinstance(event, Unreadable):
        unread = ContractError(event.reason, event.detail)
        return Heard(unit.station, unit.epoch, seq, name, None, now_us, now_us, raw=raw), unread
    said_us = event.wall_us + event.offset_us
    ahead = said_us - now_us > max(LATE_US, event.offset_error_us or 0)
    occurred_us = max(0, min(said_us, now_us))  # nothing is heard of before it happens, nor happened before 1970
    late_us = now_us - occurred_us
    if not event.offline and late_us < LATE_US:
        late_us = 0
    uncertain = ahead or said_us < 0 or event.offset_error_us is None
    heard = Heard(unit.station, unit.epoch, seq, name, event, occurred_us, now_us, late_us, uncertain, raw)
    why = (
        None if poison is None else ContractError("malformed", f"cannot be handled: {type(poison).__name__}: {poison}")
    )
    return heard, why


def _alarm(work: Work, heard: Heard, kind: AlarmKind, why: ContractError) -> None:
    """Enter what cannot be taken as a station says it, and alarm it: once for each of its epochs, then repeated."""
    entry = work.record(heard, ENTRIES[kind], {"reason": why.reason, "detail": why.detail})
    set_alarm(work, heard, kind, severity_of(kind), about=(heard.station, heard.epoch), evidence=entry)


def _refused(units: Sequence[Opened | Refusal], placed: _Placed) -> list[inbox.Refused]:
    found = [inbox.Refused(u.station, u.reason, u.detail, u.payload) for u in units if isinstance(u, Refusal)]
    found += [inbox.Refused(u.station, why.reason, why.detail, u.payload) for u, why in placed.broken]
    found += [inbox.Refused(h.station, why.reason, why.detail, h.raw) for h, why in placed.events if why is not None]
    return found


def _row(heard: Heard, why: ContractError | None) -> dict[str, Any]:
    return {
        "station": heard.station,
        "epoch": heard.epoch,
        "seq": heard.seq,
        "hash": heard.id,
        "kind": "" if heard.event is None else str(heard.event.__struct_config__.tag),
        "occurred_us": heard.occurred_us,
        "received_us": heard.received_us,
        "late_us": heard.late_us,
        "body": heard.raw,
        "refused": None if why is None else why.reason,
    }


def _receipt(key: tuple[str, str], placed: _Placed, now_us: int, anchor: tuple[int, str] | None) -> Receipt:
    head = placed.heads[key]
    return Receipt(
        v=1,
        station=key[0],
        epoch=key[1],
        upto=head.upto,
        head=head.hash,
        gaps=[] if head.gap is None else [head.gap],
        server_us=now_us,
        echo_mono_us=placed.echoes[key],
        anchor=None if anchor is None else Anchor(size=anchor[0], root=anchor[1]),
    )


def _together(first: Taken, then: Taken) -> Taken:
    return Taken({**first.receipts, **then.receipts}, [*first.answers, *then.answers], [*first.refused, *then.refused])
