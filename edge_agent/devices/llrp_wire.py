"""LLRP's wire: messages out of a stream, parameters out of a message, and both written (LLRP 1.0.1, 1.1).

1. A message is `u16 (3 reserved, 3 version, 10 type), u32 length, u32 id`, then parameters; everything big-endian.
2. A parameter is TLV (`u16 type, u16 length`) or, with the first bit set, TV (one byte of type, a fixed length).
3. There is no checksum: after a header that cannot be one the stream is lost until the connection is made anew.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from edge_agent.devices.base import FrameError

HEADER = struct.Struct(">HII")
VERSIONS = (1, 2)
"""LLRP 1.0.1 and LLRP 1.1."""
LONGEST = 1 << 20
"""Bytes of the longest message taken; a report of thousands of tags is shorter by far."""

TV_BYTES = {
    1: 2, 2: 8, 3: 8, 4: 8, 5: 8, 6: 1, 7: 2, 8: 2, 9: 4, 10: 2, 11: 2, 12: 2, 13: 12, 14: 2, 15: 2, 16: 4, 17: 2,
    18: 4, 19: 2, 20: 2,
}  # fmt: skip
"""Type of a TV parameter -> bytes of its body."""


class WireError(ValueError):
    """What should be parameters is not."""


class Message(NamedTuple):
    """One message; `at` is its offset in the stream."""

    version: int
    kind: int
    number: int
    body: bytes
    at: int = 0


class Parameter(NamedTuple):
    """One parameter: its type and its body."""

    kind: int
    body: bytes


class Deframer:
    """Cut a stream into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._base = 0
        self.lost = False
        """A header could not be one: nothing of this stream can be trusted any more."""

    @property
    def waiting(self) -> bytes:
        """Bytes of a message not yet complete."""
        return bytes(self._buffer)

    def __len__(self) -> int:
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Message | FrameError]:
        """Take the next bytes; give the messages that are complete now."""
        if self.lost:
            self._base += len(data)
            return []
        self._buffer += data
        cut: list[Message | FrameError] = []
        buffer, start = self._buffer, 0
        while len(buffer) - start >= HEADER.size:
            head, length, number = HEADER.unpack_from(buffer, start)
            wrong = _wrong(head, length)
            if wrong:
                cut.append(FrameError(self._base + start, wrong))
                self.lost, start = True, len(buffer)
                break
            if len(buffer) - start < length:
                break
            body = bytes(buffer[start + HEADER.size : start + length])
            cut.append(Message(head >> 10 & 7, head & 0x3FF, number, body, self._base + start))
            start += length
        del buffer[:start]
        self._base += start
        return cut

    def begin(self) -> list[FrameError]:
        """Begin a new connection; give what the old one left unfinished."""
        rest, at = bytes(self._buffer), self._base
        self._base += len(rest)
        self._buffer.clear()
        self.lost = False
        if not rest:
            return []
        due = HEADER.unpack_from(rest)[1] if len(rest) >= HEADER.size else HEADER.size
        return [FrameError(at, f"message cut short: {len(rest)} of at least {due} bytes", rest.hex())]


def _wrong(head: int, length: int) -> str:
    version = head >> 10 & 7
    if version not in VERSIONS:
        return f"version {version} is none of LLRP's (1 for 1.0.1, 2 for 1.1): no message begins here"
    if length < HEADER.size:
        return f"message length {length} is less than its own header"
    return f"message length {length} is more than {LONGEST}" if length > LONGEST else ""


def parameters(body: bytes, at: int = 0) -> Iterator[Parameter]:
    """Give the parameters of a list that fills `body` from `at`; a TV of unknown type and so of unknown length ends it.

    WireError: a parameter that is longer than what contains it, or shorter than its header.
    """
    end = len(body)
    while at < end:
        first = body[at]
        if first & 0x80:
            size = TV_BYTES.get(first & 0x7F)
            if size is None:
                return
            kind, start, at = first & 0x7F, at + 1, at + 1 + size
        else:
            if at + 4 > end:
                raise WireError(f"{end - at} bytes where a parameter of at least 4 should be")
            kind, length = (first << 8 | body[at + 1]) & 0x3FF, body[at + 2] << 8 | body[at + 3]
            if length < 4:
                raise WireError(f"parameter {kind} of length {length}, less than its own header")
            start, at = at + 4, at + length
        if at > end:
            raise WireError(f"parameter {kind} is longer than what contains it")
        yield Parameter(kind, body[start:at])


def message(kind: int, body: bytes = b"", *, number: int = 0, version: int = 1) -> bytes:
    """Write one message."""
    return HEADER.pack(version << 10 | kind, HEADER.size + len(body), number) + body


def tlv(kind: int, *content: bytes) -> bytes:
    """Write one TLV parameter."""
    body = b"".join(content)
    return struct.pack(">HH", kind, 4 + len(body)) + body
