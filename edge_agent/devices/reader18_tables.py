"""The Reader18/288M protocol as tables: commands with their replies, statuses, radio bands, and its checksum."""

from __future__ import annotations

import binascii
from typing import NamedTuple

from edge_agent.devices.layout import HEX, Layout

BROADCAST = 0xFF
INVENTORY, READ, WRITE, SINGLE, INFO, MODE, MODE_288M, PUSHED = 0x01, 0x02, 0x03, 0x0F, 0x21, 0x35, 0x76, 0xEE

DONE, TIMED_OUT, MORE, MEMORY_FULL = 0x01, 0x02, 0x03, 0x04
STATISTICS, HEARTBEAT, ANTENNA, NO_TAG, TAG_ERROR = 0x26, 0x28, 0xF8, 0xFB, 0xFC
OF_A_ROUND = {DONE, TIMED_OUT, MORE, MEMORY_FULL, STATISTICS}
"""Statuses of an inventory that went well; 00 is none of them."""
WRONG_LENGTH, ILLEGAL, WRONG_PARAMETER = 0xFD, 0xFE, 0xFF

KEEP_ALIVE = bytes.fromhex("560000000000")
"""What network versions send when nothing else is to be said; no frame, and no frame begins like this."""


class Command(NamedTuple):
    """One command: its parameters in each form it has, and the data of a good reply (None: told apart elsewhere)."""

    name: str
    forms: tuple[Layout, ...] = ((),)
    reply: Layout | None = ()
    about_tag: bool = False


_INFO_REPLY: Layout = (
    ("major", 8),
    ("minor", 8),
    ("type", 8),
    ("protocols", 8),
    ("max_frequency", 8),
    ("min_frequency", 8),
    ("power", 8),
    ("scan_time", 8),
    ("more", HEX),
)
_WORK_MODE: Layout = (
    ("mode", 8),
    ("state", 8),
    ("memory", 8),
    ("first", 8),
    ("words", 8),
    ("tag_time", 8),
)
_BY_Q: Layout = (("q", 8), ("session", 8))
_ANTENNA_AND_TIME: Layout = (("target", 8), ("antenna", 8), ("scan_time", 8))
_MASK: Layout = (("mask_memory", 8), ("mask_start", 16), ("mask_bits", 8))
_RAW: Layout = (("raw", HEX),)

COMMANDS: dict[int, Command] = {
    INVENTORY: Command(
        "inventory",
        (
            (),
            (("tid_start", 8), ("tid_words", 8)),
            (*_BY_Q, *_ANTENNA_AND_TIME),
            (*_BY_Q, *_MASK, *_ANTENNA_AND_TIME),
        ),
        None,
        about_tag=True,
    ),
    READ: Command("read", (_RAW,), None, about_tag=True),
    WRITE: Command("write", (_RAW,), about_tag=True),
    0x04: Command("write_epc", (_RAW,), about_tag=True),
    0x05: Command("kill", (_RAW,), about_tag=True),
    0x06: Command("protect", (_RAW,), about_tag=True),
    SINGLE: Command("inventory_single", ((),), None, about_tag=True),
    0x18: Command("inventory_buffered", (_RAW,), (("stored", 16), ("taken", 16)), about_tag=True),
    INFO: Command("get_info", ((),), _INFO_REPLY),
    0x22: Command("set_band", ((("max_frequency", 8), ("min_frequency", 8)),)),
    0x24: Command("set_address", ((("address", 8),),)),
    0x25: Command("set_scan_time", ((("scan_time", 8),),)),
    0x28: Command("set_baud", ((("baud_code", 8),),)),
    0x2F: Command("set_power", ((("power", 8),), _RAW)),
    0x33: Command("signal", ((("active", 8), ("silent", 8), ("times", 8)),)),
    MODE: Command("set_work_mode", (_WORK_MODE,)),
    0x36: Command("get_work_mode", ((),), (("wiegand", 32), *_WORK_MODE, ("more", HEX))),
    0x40: Command("set_buzzer", ((("enabled", 8),),)),
    MODE_288M: Command("set_work_mode_288m", ((("mode", 8),),)),
    0x92: Command("get_temperature", ((),), (("below_zero", 8), ("degrees", 8))),
}
CODES = {command.name: code for code, command in COMMANDS.items()}

STATUSES: dict[int, str] = {
    0x05: "wrong access password",
    0x09: "kill failed",
    0x0A: "the kill password may not be zero",
    0x0B: "the tag does not know this command",
    0x0C: "the access password may not be zero",
    0x0D: "the tag is read-protected already",
    0x0E: "the tag is not read-protected",
    0x10: "some bytes are locked",
    0x11: "cannot be locked",
    0x12: "is locked already",
    0x13: "could not be saved; holds until power is lost",
    0x14: "power cannot be set",
    0x19: "not known to the tag, or its password is zero",
    0xEE: "anti-theft alarm of a tag",
    ANTENNA: "antenna not connected or faulty",
    0xF9: "the command failed",
    0xFA: "a tag is there but communication is poor",
    NO_TAG: "no tag to be worked on",
    TAG_ERROR: "the tag answered with an error",
    WRONG_LENGTH: "wrong length of the command",
    ILLEGAL: "no such command, or its checksum was wrong",
    WRONG_PARAMETER: "wrong parameter",
}
OF_TAGS = {0x05, *range(0x09, 0x0F), 0x10, 0x11, 0x12, 0x19, ANTENNA, 0xF9, 0xFA, NO_TAG, TAG_ERROR}
OF_SETTINGS = {0x13, 0x14, 0xF9}
OF_ALL = {WRONG_LENGTH, ILLEGAL, WRONG_PARAMETER}
"""Which failures a command can end with; any other status byte means that the frame is no reply to it."""

LAST_LOW = 0x19
"""Status bytes of commands not in the table end here, but for the failures from EE on."""

TAG_ERRORS = {
    0x0: "other error",
    0x3: "memory overrun",
    0x4: "memory locked",
    0xB: "insufficient power",
    0xF: "non-specific error",
}


class Band(NamedTuple):
    """A radio band: its number, its last channel, and the frequency of channel n as first + n * step, in MHz."""

    number: int
    last: int
    first: float
    step: float


BANDS: dict[str, Band] = {
    "china_920_925": Band(1, 19, 920.125, 0.25),
    "us": Band(2, 49, 902.75, 0.5),
    "korea": Band(3, 31, 917.1, 0.2),
    "europe": Band(4, 14, 865.1, 0.2),
    "china_840_845": Band(8, 19, 840.125, 0.25),
}
BAND_NAMES = {band.number: name for name, band in BANDS.items()}

_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc(data: bytes) -> bytes:
    """Give the CRC-16/MCRF4XX, low byte first: the mirror image of the CRC the standard library has in C."""
    value = binascii.crc_hqx(data.translate(_MIRROR), 0xFFFF)
    return bytes((_MIRROR[value >> 8], _MIRROR[value & 0xFF]))


def fits_status(code: int, status: int) -> bool:
    """Tell whether a reply to this command can carry this status."""
    if code == PUSHED:
        return status in (0, HEARTBEAT, 0xEE)
    if code not in COMMANDS:
        return status in STATUSES or status <= LAST_LOW or status in (STATISTICS, HEARTBEAT)
    command = COMMANDS[code]
    good = OF_A_ROUND if code in (INVENTORY, SINGLE) else {0}
    return status in good | (OF_TAGS if command.about_tag else OF_SETTINGS) | OF_ALL
