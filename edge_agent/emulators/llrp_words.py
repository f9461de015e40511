"""The reader's half of LLRP 1.0.1 as its document has it: messages and parameters written and read."""

from __future__ import annotations

import struct
import time

OK, FIELD_ERROR, UNKNOWN_FIELD, NOT_SUPPORTED, INVALID = 0, 101, 108, 109, 300

POWERS = [10.0 + 0.25 * step for step in range(91)]
CHANNELS = [920_625 + 250 * step for step in range(16)]


def whole(kind: int, number: int, *content: bytes) -> bytes:
    """Write a message of version 1."""
    body = b"".join(content)
    return struct.pack(">HLL", 0x0400 + kind, 10 + len(body), number) + body


def long_form(kind: int, *content: bytes) -> bytes:
    """Write a TLV parameter."""
    body = b"".join(content)
    return struct.pack(">HH", kind, len(body) + 4) + body


def short_form(kind: int, shape: str, value: int | bytes) -> bytes:
    """Write a TV parameter."""
    return bytes([0x80 + kind]) + struct.pack(">" + shape, value)


def status(code: int = OK, says: str = "") -> bytes:
    """Write an LLRPStatus."""
    text = says.encode()
    return long_form(287, struct.pack(">HH", code, len(text)), text)


def event(at_us: int, *content: bytes) -> bytes:
    """Write what a READER_EVENT_NOTIFICATION carries."""
    return long_form(246, long_form(128, struct.pack(">Q", at_us)), *content)


def inside(data: bytes) -> dict[int, list[bytes]]:
    """Take TLV parameters apart: type -> their bodies."""
    found: dict[int, list[bytes]] = {}
    while len(data) >= 4:
        kind, size = struct.unpack(">HH", data[:4])
        found.setdefault(kind & 0x3FF, []).append(data[4:size])
        data = data[max(size, 4) :]
    return found


def attempt(code: int) -> bytes:
    """Write the event of a connection attempt."""
    return event(time.time_ns() // 1000, long_form(256, struct.pack(">H", code)))


def abilities(antennas: int, inputs: int) -> bytes:
    """Write the capabilities: general, and those of the region (China, 920 to 925 MHz)."""
    firmware = b"5.14.0.240"
    general = long_form(
        137,
        struct.pack(">HHLLH", antennas, 0xC000, 25882, 2001002, len(firmware)),
        firmware,
        long_form(139, struct.pack(">HH", 1, 0)),
        long_form(141, struct.pack(">HH", inputs, 4)),
        *(long_form(140, struct.pack(">HHB", n + 1, 1, 1)) for n in range(antennas)),
    )
    powers = (long_form(145, struct.pack(">Hh", n + 1, round(dbm * 100))) for n, dbm in enumerate(POWERS))
    hops = long_form(147, struct.pack(f">BBH{len(CHANNELS)}L", 1, 0, len(CHANNELS), *CHANNELS))
    band = long_form(144, *powers, long_form(146, b"\x80", hops))
    return general + long_form(143, struct.pack(">HH", 156, 0), band)
