"""Frames of the lock boards kerong_cu16 and modbus_relay and of gpio: what each means, and how we write it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edge_agent.devices.base import CommandSeen, DeviceReply, LockState, Reading
from tests.edge_agent.devices.frames import Frame


def kerong(raw: str, *means: Reading, encode: Callable[[Any], bytes] | None = None, **settings: Any) -> Frame:
    return Frame("kerong_cu16", raw, means, encode, settings)


def seen(name: str, **fields: Any) -> CommandSeen:
    return CommandSeen(name, fields)


def hooks(board: int, closed: str, first: int = 1) -> list[Reading]:
    """Lock 1 first; 1 for closed."""
    return [LockState(board, first + n, bit == "1") for n, bit in enumerate(closed)]


def infrared(board: int, present: str = "") -> DeviceReply:
    return DeviceReply("infrared", {"board": board, "present": present})


KERONG = [
    kerong("0200310336", seen("open", board=0, lock=1), encode=lambda d: d.open(0, 1)),
    kerong("020f310345", seen("open", board=0, lock=16), encode=lambda d: d.open(0, 16)),
    kerong("02ff310335", seen("open", board=15, lock=16), encode=lambda d: d.open(15, 16)),
    kerong("0200320337", seen("query_all", board=0), encode=lambda d: d.query_all(0)),
    kerong("0231300366", seen("query", board=3, lock=2), encode=lambda d: d.query(3, 2)),
    kerong("0200330338", seen("open_all", board=0), encode=lambda d: d.open_all(0, confirm="EMERGENCY")),
    kerong("020038033d", seen("unlock_time_38", board=0, lock=1)),
    kerong("020035ffff00000338", *hooks(0, "1" * 16), infrared(0)),
    kerong("0210350180020003cd", *hooks(1, "1" + "0" * 14 + "1"), infrared(1, "2")),
    kerong("0210350180020003cd", *hooks(1, "0" + "1" * 11), infrared(1, "2"), feedback="opening", channels=12),
    kerong("020036030200000340", *hooks(0, "11" + "0" * 7 + "1" + "0" * 6), infrared(0)),
    kerong(
        "020035ffff018003b9",
        *hooks(0, "1" * 16),
        *hooks(0, "1" + "0" * 14 + "1", first=17),
        infrared="on_closed",
    ),
    kerong(
        "020035ffff018003b9",
        *hooks(0, "1" * 16),
        *hooks(0, "0" + "1" * 14 + "0", first=17),
        infrared="on_open",
    ),
]

BOARD_FRAMES = [*KERONG]

BAD_BOARDS: list[tuple[str, str, str]] = [
    ("kerong_cu16", "020035ffff00000339", "checksum 39, should be 38"),
    ("kerong_cu16", "0200310437", "end byte 04, should be 03"),
    ("kerong_cu16", "0200990399", "command 99 is unknown"),
    ("kerong_cu16", "020035ffff", "cut short: 5 of 9 bytes"),
    ("kerong_cu16", "4100310336", "byte 41 begins no frame"),
]
