"""Judge batches purely: whose they are, whether they are what was signed, and where their events stand in the chain.

Law 1: what is checked are the bytes received, never a re-encoding.
Law 2: the key is the server's own for that station; who the broker says is speaking is only compared with it.
Law 3: events of an epoch are taken in order without a gap; what was taken before must be the same again.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract.codec import chain, check_place, decode_batch, decode_event
from contract.errors import ContractError, Reason
from contract.messages import AnyEvent, Batch
from contract.signing import check_signature, genesis, open_envelope

_WORTH_SHARING = 8  # messages; checking fewer is over before another thread has begun


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came; `station` is whose topic it came on, or None when it came by HTTPS."""

    payload: bytes
    station: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A batch whose signature holds: its events' exact bytes and their hashes, in order."""

    station: str
    epoch: str
    first: int
    previous: str
    sent_mono_us: int
    raws: tuple[bytes, ...]
    hashes: tuple[str, ...]
    events: tuple[AnyEvent | ContractError, ...]
    payload: bytes = field(repr=False)

    @property
    def last(self) -> int:
        """Give the seq of the last event."""
        return self.first + len(self.raws) - 1

    def halves(self) -> tuple["Opened", "Opened"]:
        """Cut the batch in two, each a proper batch; it must hold two events or more."""
        cut = len(self.raws) // 2
        return (
            replace(self, raws=self.raws[:cut], hashes=self.hashes[:cut], events=self.events[:cut]),
            replace(
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
    """A message that is not a station's batch, kept whole with its reason."""

    station: str
    reason: Reason
    detail: str
    payload: bytes = field(repr=False)


Keys = Mapping[str, Ed25519PublicKey]


def open_all(messages: Sequence[Incoming], keys: Keys, helper: Executor | None = None) -> list[Opened | Refusal]:
    """Open many messages; `helper` takes half of them (checking a signature leaves the interpreter free)."""
    if helper is None or len(messages) < _WORTH_SHARING:
        return [open_one(message, keys) for message in messages]
    cut = len(messages) // 2
    later = helper.submit(lambda: [open_one(message, keys) for message in messages[cut:]])
    return [open_one(message, keys) for message in messages[:cut]] + later.result()


def open_one(message: Incoming, keys: Keys) -> Opened | Refusal:
    """Check one message's signature, form and chain."""
    try:
        return _open(message, keys)
    except ContractError as error:
        return Refusal(message.station or "", error.reason, error.detail, message.payload)


def said_by(payload: bytes) -> str:
    """Read which station a message says it is from, unchecked; "" when it says nothing that can be read."""
    try:
        return decode_batch(open_envelope(payload)[1]).station
    except ContractError:
        return ""


def _open(message: Incoming, keys: Keys) -> Opened:
    signature, body = open_envelope(message.payload)
    station = decode_batch(body).station if message.station is None else message.station
    key = keys.get(station)
    if key is None:
        raise ContractError("unknown_station", f"no active station {station!r}")
    check_signature(key, signature, body)
    batch = decode_batch(body)
    if batch.station != station:
        raise ContractError("wrong_station", f"signed by {station!r}, says it is from {batch.station!r}")
    return Opened(
        station,
        batch.epoch,
        batch.first,
        batch.previous,
        batch.sent_mono_us,
        tuple(bytes(raw) for raw in batch.events),
        tuple(chain(batch)),
        tuple(_read(batch, index) for index in range(len(batch.events))),
        message.payload,
    )


def _read(batch: Batch, index: int) -> AnyEvent | ContractError:
    """Read one event, or say why it cannot be; it keeps its place in the chain either way."""
    try:
        event = decode_event(batch.events[index])
        check_place(batch, index, event)
    except ContractError as error:
        return error
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
    new = range(upto + 1 - batch.first, len(batch.raws)) if batch.last > head.upto else range(0)
    if new:
        head.fresh.update((batch.first + index, batch.hashes[index]) for index in new)
        head.upto, head.hash, head.gap = batch.last, batch.hashes[-1], None
    return new
