"""Frames of the lock boards kerong_cu16 and modbus_relay and of gpio: what each means, and how we write it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edge_agent.devices.base import BoardFault, CommandSeen, DeviceReply, LockState, Reading, UnlockReply
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


def modbus(raw: str, *means: Reading, encode: Callable[[Any], bytes] | None = None, **settings: Any) -> Frame:
    return Frame("modbus_relay", raw, means, encode, settings)


def flashed(lock: int, ms: int, board: int = 1) -> UnlockReply:
    return UnlockReply(
        board, lock, accepted=True, also=f"flash_on board {board} relay {lock} (address {0x1FF + lock:04X}) for {ms} ms"
    )


def relays(bits: str, on: str, board: int = 1) -> DeviceReply:
    return DeviceReply("read_relays", {"board": board, "bits": bits, "on": on})


MODBUS = [
    modbus("0105020000078db0", flashed(1, 700), encode=lambda d: d.open(1, 1), pulse_ms=700),
    modbus("0105020000078db0", seen("flash_on", board=1, relay=1, address="0200", ms=700), sent_by="host"),
    modbus("0105020100089c74", flashed(2, 800)),
    modbus("0105020100089c74", seen("flash_on", board=1, relay=2, address="0201", ms=800), sent_by="host"),
    modbus("010500ffff00bc0a", DeviceReply("all_on", {"board": 1})),
    modbus("010500ffff00bc0a", seen("all_on", board=1), sent_by="host"),
    modbus("010500ff0000fdfa", seen("all_off", board=1), encode=lambda d: d.all_off(1), sent_by="host"),
    modbus("010500005500f29a", seen("relay_toggle", board=1, relay=1, address="0000"), sent_by="host"),
    modbus("01020000000879cc", seen("read_inputs", board=1, first=1, count=8), encode=lambda d: d.query_all(1)),
    modbus("01020105618b", *hooks(1, "10100000")),
    modbus("01020105618b", *hooks(1, "01011111"), feedback="opening"),
    modbus("01020105618b", *hooks(1, "1010"), inputs=4),
    modbus("01020105618b", *hooks(1, "10100000"), inputs=12),
    modbus("0101000000083dcc", seen("read_relays", board=1, first=1, count=8), encode=lambda d: d.relays(1)),
    modbus("010101019048", relays("10000000", "1")),
    modbus("010101019048", relays("1000", "1"), relays=4),
    modbus("018202c161", BoardFault(2, "board 1: read inputs: illegal data address", board=1)),
    modbus("010380000001adca", seen("read_registers", board=1, first=0x8000, count=1), encode=lambda d: d.firmware(1)),
    modbus("01030200c8b9d2", DeviceReply("read_registers", {"board": 1, "registers": "00C8"})),
    modbus("010f0000000801ff" + "bed5", seen("write_relays", board=1, first=1, count=8, on="1 2 3 4 5 6 7 8")),
    modbus("010f00000008540d", DeviceReply("write_relays", {"board": 1, "first": 1, "count": 8})),
    modbus(
        "01020105618b" + "010101019048" + "018202c161",
        *hooks(1, "10100000"),
        relays("10000000", "1"),
        BoardFault(2, "board 1: read inputs: illegal data address", board=1),
    ),
]


def gpio(edge: int, line: int, *means: Reading, **settings: Any) -> Frame:
    raw = (1_700_000_000).to_bytes(8, "little") + b"".join(n.to_bytes(4, "little") for n in (edge, line, 7, 3))
    return Frame("gpio", (raw + bytes(24)).hex(), means, None, settings)


GPIO = [
    gpio(2, 17, LockState(1, 17, closed=True)),
    gpio(1, 17, LockState(1, 17, closed=False)),
    gpio(1, 5, LockState(1, 5, closed=True), closed="high"),
]

LOCK8A = [
    Frame("lock8a", "8202041195" + "8001011191", (LockState(2, 4, closed=True), LockState(1, 1, closed=True))),
]
"""A report with the head of a firmware reply, and another board's answer right behind it."""

BOARD_FRAMES = [*KERONG, *MODBUS, *GPIO, *LOCK8A]

BAD_BOARDS: list[tuple[str, str, str]] = [
    ("kerong_cu16", "020035ffff00000339", "checksum 39, should be 38"),
    ("kerong_cu16", "0200310437", "end byte 04, should be 03"),
    ("kerong_cu16", "0200990399", "command 99 is unknown"),
    ("kerong_cu16", "020035ffff", "cut short: 5 of 9 bytes"),
    ("kerong_cu16", "4100310336", "byte 41 begins no frame"),
    ("gpio", GPIO[0].raw[:-2] + "01", "should be zero"),
    ("gpio", "00" * 8 + "03000000", "edge 3"),
    ("gpio", GPIO[0].raw[:40], "cut short: 20 of 48 bytes"),
    ("modbus_relay", "01020105618c", "cut short: 6 of 8 bytes"),
    ("modbus_relay", "010502000007", "cut short: 6 of 8 bytes"),
    ("modbus_relay", "4142434445", "byte 41 begins no frame"),
    ("modbus_relay", "0105020000078db1", "checksum 8DB1, should be 8DB0"),
]
