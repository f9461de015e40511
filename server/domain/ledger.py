"""The ledger's arithmetic (R60): canonical text, the hash chain over it, and finding the first entry that is wrong.

Law 1: an entry's hash covers the hash before it and the exact text of its body; the body names its kind and moment.
Law 2: canonical text has sorted keys, no white space, no floating point numbers, and Chinese as it is.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

GENESIS = "0" * 64
"""What stands before the first entry."""


class CanonicalError(ValueError):
    """A value that has no canonical text."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as stored; hashes are 64 lower-case hex digits."""

    id: int
    kind: str
    at_us: int
    body: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that does not verify, and why."""

    id: int
    why: str


_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def canonical(value: object) -> str:
    """Write a value as canonical JSON; `CanonicalError` names what has none."""
    _check(value, "")
    return _ENCODER.encode(value)


def entry_body(kind: str, at_us: int, facts: Mapping[str, object]) -> str:
    """Write the body of an entry: its facts, its kind and its moment."""
    return canonical({**facts, "kind": kind, "at_us": at_us})


def read_body(text: str) -> dict[str, Any]:
    """Read a body's facts; `ValueError` says why it has none."""
    try:
        body = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(body, dict):
        raise ValueError("not a JSON object")
    return body


def entry_hash(previous: str, body: str) -> str:
    """Hash one entry onto the one before it."""
    return sha256(f"{previous}\n{body}".encode()).hexdigest()


def verify(entries: Iterable[Entry], previous: str = GENESIS, next_id: int = 1) -> Broken | None:
    """Walk the chain from `next_id` on, and name the first entry that is wrong; None when all is well."""
    for entry in entries:
        why = _fault(entry, previous, next_id)
        if why:
            return Broken(entry.id, why)
        previous, next_id = entry.hash, entry.id + 1
    return None


def _fault(entry: Entry, previous: str, next_id: int) -> str:
    if entry.id != next_id:
        return f"entry {next_id} should stand here"
    if entry.previous != previous:
        return "it does not follow the entry before it"
    if entry.hash != entry_hash(previous, entry.body):
        return "its hash does not cover its body"
    try:
        body = read_body(entry.body)
    except ValueError as error:
        return f"its body is not JSON that can be read: {error}"
    if (body.get("kind"), body.get("at_us")) != (entry.kind, entry.at_us):
        return "its kind or moment is not what its body says"
    return ""


def _check(value: object, place: str) -> None:
    if value is None or isinstance(value, str | int):
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise CanonicalError(f"{place or 'the body'}: the key {key!r} is not text")
            _check(inner, f"{place}.{key}" if place else key)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner, place + "[]")
    else:
        raise CanonicalError(
            f"{place or 'the body'}: {value!r} has no canonical text; use whole numbers, text, lists, maps"
        )
