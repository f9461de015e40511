"""Big-endian bit layouts: one table of (field, bits) reads a frame's parameters and writes them.

A layout is a tuple of (name, width): a number of bits, or HEX or TEXT for all bytes that remain. A field named "" is
padding, sent as zero and ignored when read. A few names (dbm, baud, region, on, the passwords) have a meaning that is
not the number on the wire.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge_agent.devices.base import FieldValue, ProtocolError, named, some_hex

HEX = -1
TEXT = -2
Layout = tuple[tuple[str, int], ...]

HEX_NAMES = {"access_password", "kill_password", "lock_bits"}
"""Fixed-width fields that are shown and given as upper-case hex, not as a number."""

REGIONS = {1: "china_920_925", 2: "us", 3: "europe", 4: "china_840_845", 6: "korea"}
_REGION_CODES = {name: code for code, name in REGIONS.items()}


def read(layout: Layout, data: bytes) -> dict[str, FieldValue] | None:
    """Read parameters by a layout; None when the length does not fit."""
    fixed = sum(width for _, width in layout if width > 0)
    open_ended = bool(layout) and layout[-1][1] < 0
    if len(data) * 8 < fixed or (not open_ended and len(data) * 8 != fixed):
        return None
    number, left = int.from_bytes(data[: fixed // 8], "big"), fixed
    fields: dict[str, FieldValue] = {}
    for name, width in layout:
        if width == HEX:
            fields[name] = data[fixed // 8 :].hex().upper()
        elif width == TEXT:
            fields[name] = data[fixed // 8 :].decode("ascii", "backslashreplace")
        else:
            left -= width
            if name:
                fields[name] = _meaning(name, (number >> left) & ((1 << width) - 1), width)
    return fields


def write(layout: Layout, fields: Mapping[str, FieldValue]) -> bytes:
    """Write parameters by a layout (ProtocolError: a field missing or unknown, a value out of range)."""
    wanted = {name for name, _ in layout if name}
    if wanted != set(fields):
        raise ProtocolError(f"fields wanted: {', '.join(sorted(wanted)) or 'none'}; given: {', '.join(sorted(fields))}")
    number, bits, tail = 0, 0, b""
    for name, width in layout:
        if width == HEX:
            tail = some_hex(name, str(fields[name]))
            continue
        value = _wire(name, fields[name], width) if name else 0
        if not 0 <= value < 1 << width:
            raise ProtocolError(f"{name} = {fields[name]!r} does not fit {width} bits")
        number, bits = number << width | value, bits + width
    return number.to_bytes(bits // 8, "big") + tail


def _meaning(name: str, value: int, width: int) -> FieldValue:
    if name in HEX_NAMES:
        return f"{value:0{width // 4}X}"
    match name:
        case "dbm":
            return (value - 0x10000 if value > 0x7FFF else value) / 100
        case "baud":
            return value * 100
        case "region":
            return REGIONS.get(value, f"unknown ({value})")
        case "on":
            return value != 0
        case _:
            return value


def _wire(name: str, value: FieldValue, width: int) -> int:
    if name in HEX_NAMES:
        raw = some_hex(name, str(value))
        if len(raw) * 8 != width:
            raise ProtocolError(f"{name} {value!r} has not {width // 4} hex digits")
        return int.from_bytes(raw, "big")
    match name:
        case "dbm":
            return round(float(value or 0) * 100)
        case "baud":
            return _hundreds(int(value or 0))
        case "region":
            return named(_REGION_CODES, name, str(value))
        case "on":
            return 0xFF if value else 0
        case _:
            return int(value or 0)


def _hundreds(baud: int) -> int:
    if baud % 100:
        raise ProtocolError(f"baud {baud} is not a multiple of 100")
    return baud // 100
