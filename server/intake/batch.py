"""Judge batches purely: whose they are, whether they are what was signed, and where their events stand in the chain.

Law 1: what is checked are the bytes received, never a re-encoding.
Law 2: the key is the server's own for that station; who the broker says is speaking is only compared with it.
Law 3: events of an epoch are taken in order without a gap; what was taken before must be the same again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError
from nacl.exceptions import ValueError as SodiumValueError

from contract.codec import chain, check_place, decode_batch, decode_event
from contract.errors import ContractError, Reason
from contract.messages import AnyEvent, Batch
from contract.signing import check_signature, genesis, open_envelope, public_key

MOST_REVOKED: Final = 8
"""So many of a station's revoked keys are tried on a message that is refused anyway."""


class Incoming(msgspec.Struct, frozen=True):
    """A message as it came; `station` is whose topic it came on, or None when it came by HTTPS."""

    payload: bytes
    station: str | None = None


class Unreadable(msgspec.Struct, frozen=True, tag_field="kind", tag="unreadable"):
    """An event that is signed and in the chain, and cannot be read."""

    reason: Reason
    detail: str


class Opened(msgspec.Struct, frozen=True, array_like=True):
    """A batch whose signature holds: its events' exact bytes and their hashes, in order."""

    station: str
    epoch: str
    first: int
    previous: str
    sent_mono_us: int
    raws: tuple[bytes, ...]
    hashes: tuple[str, ...]
    events: tuple[AnyEvent | Unreadable, ...]
    payload: bytes

    @property
    def last(self) -> int:
        """Give the seq of the last event."""
        return self.first + len(self.raws) - 1

    def halves(self) -> tuple["Opened", "Opened"]:
        """Cut the batch in two, each a proper batch; it must hold two events or more."""
        cut = len(self.raws) // 2
        return (
            msgspec.structs.replace(self, raws=self.raws[:cut], hashes=self.hashes[:cut], events=self.events[:cut]),
            msgspec.structs.replace(
                self,
                first=self.first + cut,
                previous=self.hashes[cut - 1],
                raws=self.raws[cut:],
                hashes=self.hashes[cut:],
                events=self.events[cut:],
            ),
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that is not a station's batch, kept whole with its reason; printed without what it said."""

    station: str
    reason: Reason
    detail: str
    payload: bytes = field(repr=False)


def read(message: Incoming, keys: Mapping[str, bytes]) -> Opened | Refusal:
    """Check and read one message with the keys in force (32 bytes each, by station)."""
    try:
        signature, body = open_envelope(message.payload)
        station = decode_batch(body).station if message.station is None else message.station
        if station not in keys:
            raise ContractError("unknown_station", f"no active station {station!r}")
        if not is_good(keys[station], signature, body):
            raise ContractError("bad_signature", f"over {len(body)} bytes")
        return _read_batch(station, body, message.payload)
    except ContractError as error:
        return Refusal(message.station or "", error.reason, error.detail, message.payload)


def is_good(key: bytes, signature: bytes, body: bytes) -> bool:
    """Check one signature with libsodium: 57 µs, where OpenSSL takes 117."""
    try:
        crypto_sign_open(signature + body, key)
    except (BadSignatureError, SodiumValueError):
        return False
    return True


def explained(refusal: Refusal, revoked: Mapping[str, Sequence[tuple[str, str]]]) -> Refusal:
    """Say of a refused message that a key signed it that the station had and that was revoked (hex, why), if so."""
    station = refusal.station or said_by(refusal.payload)
    for key, why in revoked.get(station, ())[:MOST_REVOKED]:
        try:
            check_signature(public_key(key), *open_envelope(refusal.payload))
        except ContractError:
            continue
        return Refusal(station, "revoked_key", f"key {key[:16]}… was revoked: {why}", refusal.payload)
    return refusal


def said_by(payload: bytes) -> str:
    """Read which station a message says it is from, unchecked; "" when it says nothing that can be read."""
    try:
        return decode_batch(open_envelope(payload)[1]).station
    except ContractError:
        return ""


def _read_batch(station: str, body: bytes, payload: bytes) -> Opened:
    batch = decode_batch(body)
    if batch.station != station:
        raise ContractError("wrong_station", f"signed by {station!r}, says it is from {batch.station!r}")
    return Opened(
        batch.station,
        batch.epoch,
        batch.first,
        batch.previous,
        batch.sent_mono_us,
        tuple(bytes(raw) for raw in batch.events),
        tuple(chain(batch)),
        tuple(_read_event(batch, index) for index in range(len(batch.events))),
        payload,
    )


def _read_event(batch: Batch, index: int) -> AnyEvent | Unreadable:
    """Read one event, or say why it cannot be; it keeps its place in the chain either way."""
    try:
        event = decode_event(batch.events[index])
        check_place(batch, index, event)
    except ContractError as error:
        return Unreadable(error.reason, error.detail)
    return event


@dataclass(slots=True)
class Head:
    """How far an epoch has been read; `fresh` are the hashes taken in this transaction, by seq."""

    upto: int
    hash: str
    fresh: dict[int, str] = field(default_factory=dict)
    gap: tuple[int, int] | None = None


def first_head(station: str, epoch: str) -> Head:
    """Give the head of an epoch nothing was read of yet."""
    return Head(0, genesis(station, epoch))


Known = Callable[[int, int], Mapping[int, str]]
"""The stored hashes of an epoch's events from one seq to another, by seq."""


def take_place(batch: Opened, head: Head, known: Known) -> range:
    """Move the head over a batch; returns the indexes of its events that are new (none when there is a gap before it).

    Raises ContractError("chain_broken") when the batch tells the past otherwise than it was told before.
    """
    if batch.first > head.upto + 1:
        head.gap = (head.upto + 1, batch.first - 1)
        return range(0)
    upto = min(batch.last, head.upto)
    if batch.first > head.upto:
        if batch.previous != head.hash:
            raise ContractError("chain_broken", f"seq {batch.first} does not follow on from seq {head.upto}")
    else:
        before = {**known(batch.first, upto), **head.fresh}
        for seq, this in zip(range(batch.first, upto + 1), batch.hashes, strict=False):
            if before.get(seq) != this:
                raise ContractError("chain_broken", f"seq {seq} was received before with another hash")
    new = range(upto + 1 - batch.first, len(batch.raws))
    for index in new:
        head.fresh[batch.first + index] = batch.hashes[index]
    if new:
        head.upto, head.hash, head.gap = batch.last, batch.hashes[-1], None
    return new
