"""The M100/R200 protocol as tables: commands and replies with their parameters, and the meaning of every error code."""

from __future__ import annotations

from edge_agent.devices.layout import HEX, TEXT, Layout

_SELECT: Layout = (
    ("target", 3),
    ("action", 3),
    ("bank", 2),
    ("pointer", 32),
    ("mask_bits", 8),
    ("truncate", 1),
    ("", 7),
    ("mask", HEX),
)
_QUERY: Layout = (
    ("dr", 1),
    ("m", 2),
    ("trext", 1),
    ("sel", 2),
    ("session", 2),
    ("target", 1),
    ("q", 4),
    ("", 3),
)
_DEMODULATOR: Layout = (("mixer_gain", 8), ("if_gain", 8), ("threshold", 16))
_MEMORY: Layout = (("access_password", 32), ("bank", 8), ("start", 16), ("words", 16))
_IO: Layout = (("operation", 8), ("pin", 8), ("value", 8))
_LEVELS: Layout = (("first_channel", 8), ("last_channel", 8), ("levels", HEX))
_STATUS: Layout = (("status", 8),)

COMMANDS: dict[int, tuple[str, Layout]] = {
    0x03: ("get_info", (("kind", 8),)),
    0x07: ("set_region", (("region", 8),)),
    0x08: ("get_region", ()),
    0x0B: ("get_select", ()),
    0x0C: ("set_select", _SELECT),
    0x0D: ("get_query", ()),
    0x0E: ("set_query", _QUERY),
    0x11: ("set_baud", (("baud", 16),)),
    0x12: ("set_select_mode", (("mode", 8),)),
    0x17: ("sleep", ()),
    0x1A: ("io", _IO),
    0x1D: ("set_idle", (("minutes", 8),)),
    0x22: ("single_poll", ()),
    0x27: ("multi_poll", (("reserved", 8), ("rounds", 16))),
    0x28: ("stop", ()),
    0x39: ("read", _MEMORY),
    0x49: ("write", (*_MEMORY, ("data", HEX))),
    0x65: ("kill", (("kill_password", 32),)),
    0x82: ("lock", (("access_password", 32), ("lock_bits", 24))),
    0xAA: ("get_channel", ()),
    0xAB: ("set_channel", (("channel", 8),)),
    0xAD: ("set_hopping", (("on", 8),)),
    0xB6: ("set_power", (("dbm", 16),)),
    0xB7: ("get_power", ()),
    0xF0: ("set_demodulator", _DEMODULATOR),
    0xF1: ("get_demodulator", ()),
    0xF2: ("scan_jammer", ()),
    0xF3: ("scan_rssi", ()),
}
CODES = {name: code for code, (name, _) in COMMANDS.items()}

REPLIES: dict[int, tuple[Layout, ...]] = {
    0x03: ((("kind", 8), ("text", TEXT)),),
    0x08: ((("region", 8),),),
    0x0B: (_SELECT,),
    0x0D: (_QUERY,),
    0x1A: (_IO, _STATUS),
    0x1D: ((("minutes", 8),),),
    0xAA: ((("channel", 8),),),
    0xB7: ((("dbm", 16),),),
    0xF1: (_DEMODULATOR,),
    0xF2: (_LEVELS,),
    0xF3: (_LEVELS,),
}
"""Layouts to try in turn; a command not listed answers with one status byte."""

STATUS_REPLY: tuple[Layout, ...] = (_STATUS,)
TAG_REPLIES = {0x49, 0x65, 0x82}
"""Answered with UL, PC, EPC (UL bytes together) and one status byte."""

INFO_KINDS = {0: "hardware", 1: "software", 2: "maker"}

NO_TAG = 0x15
ERRORS = {
    0x09: "read failed: no tag or a bad checksum from it",
    0x0E: "invalid parameter",
    0x10: "write failed: no tag or a bad checksum from it",
    0x12: "kill failed: no tag or a bad checksum from it",
    0x13: "lock failed: no tag or a bad checksum from it",
    0x14: "block permalock failed: no tag or a bad checksum from it",
    0x15: "inventory found no tag",
    0x16: "access failed: wrong access password",
    0x17: "invalid command",
    0x1A: "NXP change config failed",
    0x1B: "NXP change EAS failed",
    0x1D: "NXP EAS alarm failed",
    0x20: "frequency hopping found every channel busy",
    0x2A: "NXP read protect failed",
    0x2B: "NXP reset read protect failed",
    0x2E: "Impinj QT command failed",
}
_OPERATIONS = {0xA0: "read", 0xB0: "write", 0xC0: "lock", 0xD0: "kill", 0xE0: "special command"}
_TAG_ERRORS = {
    0x0: "other error",
    0x3: "memory overrun",
    0x4: "memory locked",
    0xB: "insufficient power",
    0xF: "non-specific error",
}


def error_meaning(code: int) -> str:
    """Say what an error code means; a tag's own error is "operation: reason"."""
    if code in ERRORS:
        return ERRORS[code]
    if code & 0xF0 in _OPERATIONS:
        return f"{_OPERATIONS[code & 0xF0]}: {_TAG_ERRORS.get(code & 0x0F, f'tag error {code & 0x0F:X}')}"
    return f"unknown error {code:02X}"
