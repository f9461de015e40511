"""Bytes to messages and back; whatever is malformed is refused with a ContractError saying where."""

from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract.errors import ContractError
from contract.messages import AnyAnswer, AnyCommand, AnyEvent, Batch, Event, Message, Receipt, Status
from contract.signing import check_signature, next_hash, open_envelope, seal_envelope

M = TypeVar("M")

_encoder = msgspec.json.Encoder()
_batch = msgspec.json.Decoder(Batch)
_event: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_answer: msgspec.json.Decoder[AnyAnswer] = msgspec.json.Decoder(AnyAnswer)
_command: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_receipt = msgspec.json.Decoder(Receipt)
_status = msgspec.json.Decoder(Status)


def encode(message: Message) -> bytes:
    """Encode a message as compact JSON."""
    return _encoder.encode(message)


def seal(key: Ed25519PrivateKey, message: Message) -> bytes:
    """Encode, sign and wrap a message."""
    return seal_envelope(key, encode(message))


def decode_batch(body: bytes) -> Batch:
    """Read a batch; its events stay the exact bytes they were sent as."""
    return _decode(_batch, body)


def decode_event(raw: bytes | msgspec.Raw) -> AnyEvent:
    """Read one event's bytes."""
    return _decode(_event, raw)


def decode_status(body: bytes) -> Status:
    """Read a station's status."""
    return _decode(_status, body)


def open_answer(key: Ed25519PublicKey, payload: bytes) -> AnyAnswer:
    """Check and read a grant or a refusal."""
    return _open(_answer, key, payload)


def open_command(key: Ed25519PublicKey, payload: bytes) -> AnyCommand:
    """Check and read a command."""
    return _open(_command, key, payload)


def open_receipt(key: Ed25519PublicKey, payload: bytes) -> Receipt:
    """Check and read a receipt."""
    return _open(_receipt, key, payload)


def chain(batch: Batch) -> list[str]:
    """Give the hash of each event of a batch, following on from `batch.previous`."""
    hashes: list[str] = []
    previous = batch.previous
    for raw in batch.events:
        previous = next_hash(previous, bytes(raw))
        hashes.append(previous)
    return hashes


def check_place(batch: Batch, index: int, event: Event) -> None:
    """Raise ContractError unless the event itself names the epoch and seq that its place in the batch says."""
    if event.epoch != batch.epoch or event.seq != batch.first + index:
        raise ContractError("seq_mismatch", f"event {index} says {event.seq}, its place says {batch.first + index}")


def _open(decoder: msgspec.json.Decoder[M], key: Ed25519PublicKey, payload: bytes) -> M:
    signature, body = open_envelope(payload)
    check_signature(key, signature, body)
    return _decode(decoder, body)


def _decode(decoder: msgspec.json.Decoder[M], body: bytes | msgspec.Raw) -> M:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        text = str(error)
        if "Invalid value" in text and "kind" in text:
            raise ContractError("unknown_kind", text) from None
        raise ContractError("wrong_version" if text.endswith("$.v`") else "malformed", text) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ContractError("malformed", str(error)) from None
