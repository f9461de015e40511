"""Frames of badge readers and keyboard-wedge scanners: as documents print them, or made by their rule."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from edge_agent.devices.base import BadgeRead, CodeRead, CommandSeen, DeviceFault, DeviceReply, LockState, Reading
from tests.edge_agent.devices.frames import Frame

RANDOM = DeviceFault(8, "this card or phone shows a random number each time, which names nobody")


def crc(head: str) -> str:
    """Give a frame of OSDP with its CRC, made bit by bit."""
    register, frame = 0x1D0F, bytes.fromhex(head)
    for byte in frame:
        for bit in range(7, -1, -1):
            top = (register >> 15) ^ (byte >> bit & 1)
            register = (register << 1 & 0xFFFF) ^ (0x1021 if top else 0)
    return (frame + register.to_bytes(2, "little")).hex()


def pn532(raw: str, *means: Reading, encode: Callable[[Any], bytes] | None = None) -> Frame:
    return Frame("pn532", raw, means, encode)


def seen(name: str, **fields: Any) -> CommandSeen:
    return CommandSeen(name, fields)


PN532 = [
    pn532("0000ff02fed4022a00", seen("get_firmware_version"), encode=lambda d: d.command("get_firmware_version")),
    pn532(
        "0000ff05fbd4140100001700",
        seen("sam_configuration", mode=1, timeout=0, irq=0),
        encode=lambda d: d.command("sam_configuration", b"\1\0\0"),
    ),
    pn532(
        "0000ff04fcd44a0100e100",
        seen("in_list_passive_target", most=1, modulation="106_a", data=""),
        encode=lambda d: d.command("in_list_passive_target", b"\1\0"),
    ),
    pn532("00" * 10, seen("wake_up")),
    pn532("00" * 40, seen("wake_up")),
    pn532("5555" + "00" * 14 + "0000ff02fed4022a00", seen("wake_up"), seen("get_firmware_version")),
    pn532("0000ff00ff00", DeviceReply("ack", {})),
    pn532("0000ffff0000", DeviceReply("nack", {})),
    pn532("0000ff01ff7f8100", DeviceFault(0x7F, "the chip did not understand the command's content")),
    pn532("0000ff02fed5151600", DeviceReply("sam_configuration", {"ok": True})),
    pn532(
        "0000ff00ff000000ff06fad50332010607e800",
        DeviceReply("ack", {}),
        DeviceReply("get_firmware_version", {"ic": "PN532", "version": "1.6", "support": 7}),
    ),
    pn532("0000ff0cf4d54b010100040804deadbeef9600", BadgeRead("DEADBEEF")),
    pn532("0000ff0ff1d54b0101004400070416c6c2d738816100", BadgeRead("0416C6C2D73881")),
    pn532("0000ff12eed54b01010044000a0416c6c2d738810102035800", BadgeRead("0416C6C2D73881010203")),
    pn532("0000ff03fdd54b00e000", DeviceReply("in_list_passive_target", {"targets": 0})),
    pn532("0000ff0cf4d54b010100040804081234562a00", RANDOM),
    pn532("0000ffffff000cf4d54b010100040804deadbeef9600", BadgeRead("DEADBEEF")),
    pn532(
        "0000ff1ae6d54b0201000420040102030405788071020204000804112233447f00",
        BadgeRead("01020304"),
        BadgeRead("11223344"),
    ),
    pn532("0000ff03fdd54101e900", DeviceFault(1, "in_data_exchange: time-out")),
    pn532("0000ff05fbd5410090005a00", DeviceReply("in_data_exchange", {"data": "009000"})),
]


def keys(*events: int | tuple[int, int]) -> str:
    """Records of keys struck, or of single keys going down (1), up (0) or repeating (2)."""
    single = [pair for event in events for pair in ([event] if isinstance(event, tuple) else [(event, 1), (event, 0)])]
    return b"".join(struct.pack("llHHi", 1700000000, 5, 1, code, value) for code, value in single).hex()


def hid(raw: str, *means: Reading, **settings: Any) -> Frame:
    return Frame("barcode_hid", raw, means, None, settings)


SHIFT, CONTROL, ENTER, KP_ENTER, TAB = 42, 29, 28, 96, 15
SHIFTED_A = ((SHIFT, 1), 30, (SHIFT, 0))
AIM_CODE128 = (27, (SHIFT, 1), 46, (SHIFT, 0), 11)
AIM_GS1_DATAMATRIX = (27, 32, 3)
GS = ((CONTROL, 1), 27, (CONTROL, 0))
HID = [
    hid(keys(*SHIFTED_A, 48, 2, ENTER), CodeRead("Ab1")),
    hid(keys(*AIM_CODE128, *SHIFTED_A, 12, 2, KP_ENTER), CodeRead("A-1", "code128", "]C0")),
    hid(
        keys(*AIM_GS1_DATAMATRIX, 3, 2, *SHIFTED_A, *GS, 2, 11, 48, ENTER),
        CodeRead("21A\x1d10b", "gs1-datamatrix", "]d2", {"21": "A", "10": "b"}),
    ),
    hid(keys(30, TAB, 48, ENTER), CodeRead("a"), CodeRead("b")),
    hid(keys(30, ENTER, 48), CodeRead("a"), CodeRead("b")),
    hid(keys(30, TAB), CodeRead("a"), suffix="tab"),
    hid(keys((30, 1), (30, 2), (30, 2), (30, 0), 28), CodeRead("a")),
    hid(keys(58, 30, (54, 1), 48, 2, (54, 0), ENTER), CodeRead("Ab!")),
    hid(keys(79, 80, 81, 82, KP_ENTER), CodeRead("1230"), suffix="enter", idle_ms=10000),
    hid("00" * 24 + keys(30, 28) + "00" * 24, CodeRead("a")),
]


def osdp(raw: str, *means: Reading, **settings: Any) -> Frame:
    return Frame("osdp", raw, means, None, settings)


def reply(name: str, **fields: Any) -> DeviceReply:
    return DeviceReply(name, fields)


CAPABILITIES = {"check": "1/0", "security": "1/0", "receive_buffer": "0/1", "version": "2/0"}
OSDP = [
    osdp("53650900046100d97a", seen("id", address=101, sequence=0, data="00")),
    osdp("ff53650900056200ba18", seen("cap", address=101, sequence=1, data="00")),
    osdp("53650800066002f6", seen("poll", address=101, sequence=2)),
    osdp(
        "53e514000445bebafe0101afbeaddeaddead07fd",
        reply(
            "pdid",
            address=101,
            sequence=0,
            vendor="BEBAFE",
            model="1.1",
            serial="DEADBEAF",
            firmware="173.222.173",
        ),
    ),
    osdp(
        "53e5170005460401010801000901000a0001100200cbfc",
        reply("pdcap", address=101, sequence=1, led="1/1", **CAPABILITIES),
    ),
    osdp("53e50b000546040401b3ec", reply("pdcap", address=101, sequence=1, led="4/1")),
    osdp("53e508000640b0f0", reply("ack", address=101, sequence=2)),
    osdp("53e51000065000011a00807b3040885c", BadgeRead("201ECC1")),
    osdp(crc("53e5100006500001 1a00 bb032180"), BadgeRead("760643", "0007734851", "118,01603")),
    osdp(crc("53e5100006500001 2000 deadbeef"), BadgeRead("DEADBEEF")),
    osdp(crc("53e5100006500000 2000 08adbeef"), RANDOM),
    osdp(crc("53e5130006500000 3800 0416c6c2d73881"), BadgeRead("0416C6C2D73881")),
    osdp(crc("53e5110006510000 06 303141324233"), BadgeRead("01A2B3")),
    osdp(crc("53e50e0006530004 31323334"), CodeRead("1234")),
    osdp(crc("53e50c0006530002 7f0d"), CodeRead("*#")),
    osdp(crc("53e50a0006480100"), LockState(1, 64, closed=False)),
    osdp(
        crc("53e50a0006480001"),
        LockState(2, 64, closed=True),
        DeviceFault(2, "power failure at reader 2 of the line"),
        addresses=[100, 101],
    ),
    osdp(
        crc("53e50b000649000100"),
        LockState(1, 1, closed=True),
        LockState(1, 2, closed=False),
        LockState(1, 3, closed=True),
    ),
    osdp(
        crc("53e509000641 05"),
        DeviceFault(5, "refused: security block not supported, or secure channel not established"),
    ),
    osdp("53050700006041", seen("poll", address=5, sequence=0)),
    osdp(
        "ff530513000e03110176d764c8cce93255c4cdcf",
        seen("chlng", address=5, sequence=2, security="11", data="D764C8CCE93255C4"),
    ),
    osdp("ff53050e000d0215606295c66aacd6", seen("poll", address=5, sequence=1, security="15")),
    osdp("53850e000d021640b73a7abd43fc", reply("ack", address=5, sequence=1, security="16")),
    osdp(
        crc("5385 1e00 0e 0218 50 00112233445566778899aabbccddeeff 01020304"),
        reply("raw", address=5, sequence=2, security="18", encrypted=16),
    ),
    osdp(crc("5305 1a00 06 7501 10 00112233445566778899aabbccddeeff"), seen("keyset", address=5, sequence=2)),
]


def node(line: str, *means: Reading) -> Frame:
    return Frame("esphome", line.encode().hex(), means)


ESPHOME = [
    node("guiwei/nodes/a/status online\n", reply("status", node="a", online=True)),
    node("guiwei/nodes/a/status offline", reply("status", node="a", online=False)),
    node("guiwei/nodes/a/door/1 ON\r\n", LockState(1, 1, closed=False)),
    node("guiwei/nodes/a/door/12 OFF\n", LockState(1, 12, closed=True)),
    node("guiwei/nodes/a/tamper ON\n", LockState(1, 64, closed=False)),
    node("guiwei/nodes/a/wiegand 26 2ec0c86\n", BadgeRead("760643", "0007734851", "118,01603")),
    node("guiwei/nodes/a/wiegand 34 9436587\n", BadgeRead("04A1B2C3", "0077705923", "1185,45763")),
    node("guiwei/nodes/a/rdm6300 62E3086CED08\n", BadgeRead("62E3086CED", "3808980205", "008,27885")),
    node("guiwei/nodes/a/pn532 04-16-C6-C2-D7-38-81\n", BadgeRead("0416C6C2D73881")),
    node("guiwei/nodes/a/pn532 08-16-C6-C2\n", RANDOM),
    node(
        "guiwei/nodes/a/door/1 ON\nguiwei/nodes/a/door/1 OFF\n",
        LockState(1, 1, closed=False),
        LockState(1, 1, closed=True),
    ),
]
BADGE_FRAMES = [*PN532, *HID, *OSDP, *ESPHOME]
BAD_BADGES: list[tuple[str, str, str]] = [
    ("pn532", "0000ff03fdd54b00e100", "checksum E1, should be E0"),
    ("pn532", "0000ff03fcd54b00e000", "length 3 with check FC, should be FD"),
    ("pn532", "0000ff0cf4d54b0101", "cut short"),
    ("pn532", "0000ffffff0800f8", "extended length 2048"),
    ("pn532", "0000ff02fea1015e00", "frame identifier A1"),
    ("barcode_hid", keys(30, 113, 48, ENTER), "key 113 gives no character"),
    ("barcode_hid", keys(30, (56, 1), 30, (56, 0), ENTER), "key 30 with Alt"),
    ("barcode_hid", keys(30) + struct.pack("llHHi", 1, 1, 0, 3, 0).hex() + keys(48, ENTER), "the kernel lost keys"),
    ("barcode_hid", "ff" * 24, "no input_event"),
    ("barcode_hid", keys(30)[:60], "record cut short: 6 of 24"),
    ("barcode_hid", keys(*[30] * 8193), "longer than 8192"),
    ("osdp", "53650800066002f7", "CRC F702, should be F602"),
    ("osdp", "53050700006042", "checksum 42"),
    ("osdp", "536508000660", "cut short"),
    ("osdp", "5365ab0506", "length 1451"),
    ("osdp", crc("530509000e0211"), "no room for a command"),
    ("osdp", "4142", "byte 41 begins no frame"),
    *(
        ("esphome", line.encode().hex(), why)
        for line, why in (
            ("homeassistant/a/status online", "is not guiwei/nodes/"),
            ("guiwei/nodes/a", "is not guiwei/nodes/"),
            ("guiwei/nodes/a/switch/lock_1 ON", "a node carries no relay"),
            ("guiwei/nodes/a/lux 3", "is none of status"),
            ("guiwei/nodes/a/door/1 open", "'open' is not what such a topic says"),
            ("guiwei/nodes/a/door/0 ON", "is not what"),
            ("guiwei/nodes/a/wiegand 26 ffffffff", "is not what"),
            ("guiwei/nodes/a/rdm6300 62E3086CED09", "is not what"),
            ("guiwei/nodes/a/pn532 0416C6C2", "is not what"),
            ("a" * 513, "longer than 512"),
        )
    ),
    ("pn532", "4142", "byte 41 begins no frame"),
]
BADGE_BOUND = {"pn532": 300, "barcode_hid": 8192, "osdp": 1440, "esphome": 512}
