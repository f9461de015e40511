"""Frames that no document prints: made by hand from its rule (the empty, another spelling, another way to type), and
what real LLRP readers said in public logs of their users."""

from __future__ import annotations

import struct
from typing import Any

from edge_agent.devices.base import (
    BadgeRead,
    BoardFault,
    CodeRead,
    DeviceReply,
    LockState,
    Reading,
    RoundDone,
    TagReported,
    TagSeen,
)
from tests.edge_agent.devices.frames import Frame

EPC = "300833B2DDD9014000000001"
BLANK = DeviceReply("blank_tag", {"antenna": 1, "epc": ""})
CTRL, SHIFT, ALT, NUM_LOCK, ENTER, BRACKET, A, M = 29, 42, 56, 69, 28, 27, 30, 50
N0, N1, N2, N6, N9 = 82, 79, 80, 77, 73


def keys(*codes: int) -> str:
    """Records of keys, each pressed and let go; a modifier is held until it stands there with a minus."""
    raw = b""
    for code in codes:
        steps = [(code, 1), (code, 0)] if code not in (CTRL, SHIFT, ALT) else [(code, 1)]
        raw += b"".join(struct.pack("llHHi", 1, 2, 1, *step) for step in ([(-code, 0)] if code < 0 else steps))
    return raw.hex()


def typed(raw: str, text: str, **settings: Any) -> Frame:
    return Frame("barcode_hid", raw, (CodeRead(text),), settings=settings)


def code(text: str, means: Reading) -> Frame:
    return Frame("barcode_serial", (text + "\r").encode().hex(), (means,))


def node(text: str, means: Reading) -> Frame:
    return Frame("esphome", f"guiwei/nodes/n1/{text}\n".encode().hex(), (means,))


BLANK_TAGS = [
    Frame("m100", "bb02220005c000000102ec7e", (BLANK,)),
    Frame(
        "reader18",
        "1400010102000c300833b2ddd90140000000014463",
        (BLANK, TagSeen(EPC), RoundDone()),
        settings={"layout": "r18"},
    ),
    Frame(
        "reader18",
        "1700010101020c300833b2ddd901400000000132003c0330",
        (TagSeen(EPC, rssi=50), BLANK, RoundDone()),
    ),
    Frame("reader18", "090001010101003c6862", (BLANK, RoundDone()), settings={"layout": "288m"}),
    Frame("thingmagic", "ff1c22000010001b01ff0101c0110e164000000001000005000000002000001234cfad", (BLANK,)),
    Frame(
        "tsl_ascii2",
        b"EP: \r\nRI: -50\r\nRI: -51\r\nEP: 300833B2\r\nOK:\r\n".hex(),
        (BLANK, TagSeen("300833B2", rssi=-51), RoundDone()),
    ),
]

KEYS = [
    typed(keys(CTRL, BRACKET, -CTRL, A, ENTER), "\x1da"),
    typed(keys(CTRL, SHIFT, BRACKET, -SHIFT, -CTRL, A, ENTER), "\x1da"),
    typed(keys(ALT, N0, N2, N9, -ALT, A, ALT, N6, N6, -ALT, ENTER), "\x1daB"),
    typed(keys(NUM_LOCK, N1, NUM_LOCK, ENTER), "1"),
    typed(keys(A, CTRL, M, -CTRL), "a", suffix="enter"),
]

CODES = [
    code("]Q3https://id.gs1.org/01/09506000134352/21/AB", CodeRead(
        "https://id.gs1.org/01/09506000134352/21/AB", "gs1-qr", "]Q3", {"01": "09506000134352", "21": "AB"}
    )),
    code("]C1(01)09506000134352(21)AB", CodeRead(
        "(01)09506000134352(21)AB", "gs1-128", "]C1", {"01": "09506000134352", "21": "AB"}
    )),
    code("]d2\x1d0109506000134352", CodeRead(
        "\x1d0109506000134352", "gs1-datamatrix", "]d2", {"01": "09506000134352"}
    )),
    code("]Q1https://id.gs1.org/01/09506000134352", CodeRead("https://id.gs1.org/01/09506000134352", "qr", "]Q1")),
]  # fmt: skip

NODES = [
    node("status Online", DeviceReply("status", {"node": "n1", "online": True})),
    node("door/1 on", LockState(1, 1, closed=False)),
    node("tamper Off", LockState(1, 64, closed=True)),
    node("wiegand 26 0x2EC0C86", BadgeRead("760643", "0007734851", "118,01603")),
    node("pn532 04:a1:b2:c3", BadgeRead("04A1B2C3")),
]

MODBUS = [
    Frame("modbus_relay", "01040200c8b8a6", (DeviceReply("read_input_registers", {"board": 1, "registers": "00C8"}),)),
    Frame(
        "modbus_relay", "01840182c0", (BoardFault(1, "board 1: read input registers: illegal function", board=1),)
    ),
]  # fmt: skip

SAID = [
    Frame(
        "llrp",
        "043d0000003a0000000000f0003000f1001600808504700004905050315530340070230081000186b78c4400"
        "03ff000e00005e95000000380016",
        (TagReported("85047000049050503155303400702300", rssi=-73, pc="4400"),),
    ),
    Frame(
        "llrp",
        "043f000000200000000000f600160081000c00000000da3c043d010000060000",
        (DeviceReply("connection_attempt", {"ok": True}),),
    ),
]

BY_HAND = [*BLANK_TAGS, *KEYS, *CODES, *NODES, *MODBUS, *SAID]
