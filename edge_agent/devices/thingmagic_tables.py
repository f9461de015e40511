"""The ThingMagic Mercury serial protocol as tables: commands and replies, faults, regions, and its own checksum."""

from __future__ import annotations

import binascii
from typing import NamedTuple

from edge_agent.devices.layout import HEX, Layout

VERSION, READ_SINGLE, READ_MULTIPLE, READ_DATA, CONTINUOUS = 0x03, 0x21, 0x22, 0x28, 0x2F
GET_REGION, SET_REGION = 0x67, 0x97
GEN2 = 0x05
NO_TAG = 0x0400


class Command(NamedTuple):
    """One command: its parameters, and the data of a good reply."""

    name: str
    takes: Layout = ()
    reply: Layout = ()


_RAW: Layout = (("raw", HEX),)
_VERSION: Layout = (
    ("bootloader", 32),
    ("hardware", 32),
    ("date", 32),
    ("software", 32),
    ("protocols", 32),
)
COMMANDS: dict[int, Command] = {
    VERSION: Command("get_version", (), _VERSION),
    0x06: Command("set_baud", (("baudrate", 32),)),
    READ_SINGLE: Command("read_single", _RAW, _RAW),
    READ_MULTIPLE: Command("read_multiple", (("antennas", 8), ("flags", 16), ("milliseconds", 16)), (("found", 8),)),
    0x23: Command("write_epc", _RAW),
    0x24: Command(
        "write",
        (("milliseconds", 16), ("option", 8), ("start", 32), ("memory", 8), ("data", HEX)),
    ),
    READ_DATA: Command("read", (("milliseconds", 16), ("memory", 8), ("start", 32), ("words", 8)), (("data", HEX),)),
    0x2A: Command("clear_buffer"),
    CONTINUOUS: Command("continuous", (("milliseconds", 16), ("option", 8), ("plan", HEX)), _RAW),
    0x61: Command("get_antennas", _RAW, _RAW),
    0x62: Command("get_power", (("option", 8),), (("option", 8), ("dbm", 16), ("limits", HEX))),
    0x66: Command("get_inputs", _RAW, _RAW),
    GET_REGION: Command("get_region", (), (("code", 8),)),
    0x6A: Command("get_option", _RAW, _RAW),
    0x71: Command("get_regions", (), (("codes", HEX),)),
    0x91: Command("set_antennas", (("option", 8), ("pairs", HEX))),
    0x92: Command("set_power", (("dbm", 16),)),
    0x93: Command("set_protocol", (("protocol", 16),)),
    0x96: Command("set_outputs", _RAW),
    SET_REGION: Command("set_region", (("code", 8),)),
    0x9A: Command("set_option", (("form", 8), ("key", 8), ("value", 8))),
}
CODES = {command.name: code for code, command in COMMANDS.items()}

FAULTS: dict[int, str] = {
    0x0100: "wrong number of parameters",
    0x0101: "no such command",
    0x0102: "the command is not built in",
    0x0103: "power above the most allowed",
    0x0104: "frequency not allowed",
    0x0105: "parameter out of range",
    0x0106: "power below the least allowed",
    0x0109: "not supported",
    0x010A: "baud rate not supported",
    0x010B: "region not supported",
    NO_TAG: "no tag",
    0x0401: "no protocol has been set",
    0x0404: "the tag's data could not be read",
    0x0405: "the radio is not on; no region has been set",
    0x0423: "memory overrun",
    0x0424: "memory locked",
    0x0503: "antenna not connected",
    0x0504: "too hot",
    0x0505: "too much power comes back from the antenna",
}

REGIONS: dict[str, int] = {
    "us": 0x01,
    "india": 0x04,
    "japan": 0x05,
    "china_920_925": 0x06,
    "europe": 0x08,
    "korea": 0x09,
    "china_840_845": 0x0A,
    "australia": 0x0B,
    "new_zealand": 0x0C,
}
REGION_NAMES = {code: name for name, code in REGIONS.items()}

METADATA: tuple[tuple[int, str, int], ...] = (
    (0x001, "count", 1),
    (0x002, "rssi", 1),
    (0x004, "antenna", 1),
    (0x008, "khz", 3),
    (0x010, "milliseconds", 4),
    (0x020, "phase", 2),
    (0x040, "protocol", 1),
    (0x080, "data", 2),
    (0x100, "inputs", 1),
)
"""What a tag's record tells, in this order: flag, name, bytes; `data` is a number of bits, and then the data."""
ALL_METADATA = 0x1FF
NO_DATA = 0x1000
"""Told as the bits of data of a tag that gave none."""


def crc(data: bytes | bytearray) -> bytes:
    """Give the maker's CRC: the last two bytes only enter the register, which the usual CRC-16 then works off."""
    value = binascii.crc_hqx(data[:-2], 0x1D0F) ^ int.from_bytes(data[-2:], "big")
    return value.to_bytes(2, "big")
