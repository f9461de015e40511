"""Frames of the UHF readers beside the M100: as public code and manuals print them, or made by their rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edge_agent.devices.base import (
    CodeRead,
    CommandSeen,
    DeviceFault,
    DeviceReply,
    FieldValue,
    MemoryRead,
    ReaderInfo,
    Reading,
    RoundDone,
    TagSeen,
)
from edge_agent.emulators.reader18 import checksum
from edge_agent.emulators.thingmagic import checksum as mercury_checksum
from tests.edge_agent.devices.frames import Frame

EPC = "49440000000000000A000334"
TWO = ("000000000000000000000313", "000000000000000000000314")
SMALL = "00323038"


def reader18(raw: str, *means: Reading, **settings: Any) -> Frame:
    return Frame("reader18", raw, means, None, settings)


def asked(
    raw: str, name: str, write: Callable[[Any], bytes] | None = None, /, address: int = 0, **fields: Any
) -> Frame:
    """A command; left out, `write` is the table's own encoder."""
    seen = CommandSeen(name, {"address": address, **fields})
    return Frame("reader18", raw, (seen,), write or (lambda d: d.command(name, address, **fields)))


def r18(*body: int, data: str = "") -> str:
    """Make a frame by the rule: length, body, data, checksum."""
    frame = bytes((len(body) + len(data) // 2 + 2, *body)) + bytes.fromhex(data)
    return (frame + checksum(frame)).hex()


MODE = {"mode": 0, "state": 2, "memory": 4, "first": 0, "words": 1, "tag_time": 0}
ROUND = {"q": 4, "session": 0, "mask_memory": 1, "mask_start": 0, "mask_bits": 0, "target": 0}
BAND_1 = {"min_mhz": 920.125, "max_mhz": 924.875}
INFO: dict[str, FieldValue] = {
    "type": 9,
    "protocols": 2,
    "region": "china_920_925",
    "power_dbm": 30,
    "scan_time_ms": 1000,
    **BAND_1,
}

READER18 = [
    asked("040001db4b", "inventory"),
    asked("04ff211995", "get_info", address=255),
    asked("05002f1a5672", "set_power", lambda d: d.set_power(26, 0), power=26),
    asked("05ff7600910f", "set_work_mode_288m", address=255, mode=0),
    asked(r18(0xFF, 0x35, data="000204000100"), "set_work_mode", lambda d: d.answer_only(255)[0], address=255, **MODE),
    asked(
        r18(0, 0x22, 0x13, 0x40),
        "set_band",
        lambda d: d.set_region("china_920_925", 0),
        max_frequency=0x13,
        min_frequency=0x40,
    ),
    asked(
        r18(0, 0x22, 0x4E, 0x00), "set_band", lambda d: d.set_region("europe", 0), max_frequency=0x4E, min_frequency=0
    ),
    asked(
        r18(0, 0x22, 0x93, 0x00),
        "set_band",
        lambda d: d.set_region("china_840_845", 0),
        max_frequency=0x93,
        min_frequency=0,
    ),
    asked(
        r18(3, 0x01, 0x01, 0x06), "inventory", lambda d: d.inventory_tid(3, 1, 6), address=3, tid_start=1, tid_words=6
    ),
    asked(r18(0, 0x01, data="040001000000008003"), "inventory", None, **ROUND, antenna=0x80, scan_time=3),
    asked(
        r18(255, 0x02, data="02" + SMALL + "02000600000000"),
        "read",
        lambda d: d.read(SMALL, "tid", 0, 6),
        address=255,
        epc=SMALL,
        memory=2,
        start=0,
        words=6,
        access_password="00000000",
    ),
    reader18("13000103010c49440000000000000a000334a5fb", TagSeen(EPC)),
    reader18("20000103020c0000000000000000000003130c0000000000000000000003149ac9", *map(TagSeen, TWO)),
    reader18("1500010301010c0000000000000000000003136bb1a5", TagSeen(TWO[0], rssi=0x6B)),
    reader18("1500010301010c0000000000000000000003136bb1a5", TagSeen(TWO[0], rssi=0x6B - 129), rssi_offset=-129),
    reader18("1500010304010c49440000000000000a0003346425c0", TagSeen(EPC, antenna=3, rssi=0x64)),
    reader18("0d000103010104003230386da3d2", TagSeen(SMALL, rssi=0x6D)),
    reader18("0700010101001e4b", RoundDone()),
    reader18(
        "2300010301020c0000000000000000000003136b0c0000000000000000000003146c70f2",
        TagSeen(TWO[0], rssi=0x6B),
        TagSeen(TWO[1], rssi=0x6C),
    ),
    reader18(r18(0, 0x01, 0x01, 0x01, 0x04, data=SMALL), TagSeen(SMALL), RoundDone()),
    reader18(r18(0, 0x01, 0x02, 0x00), RoundDone()),
    reader18(r18(0, 0x01, 0x04, 0x01, 0x04, data=SMALL), TagSeen(SMALL), RoundDone()),
    reader18(r18(0, 0x01, 0xFB), RoundDone()),
    reader18(r18(0, 0x0F, 0x01, 0x01, 0x04, data=SMALL), TagSeen(SMALL), RoundDone()),
    reader18(
        r18(0, 0x01, 0x03, 0x02, 0x01, 0x90, data=SMALL + "E28011052000000000000001" + "60"),
        TagSeen(SMALL, antenna=2, rssi=0x60, tid="E28011052000000000000001"),
    ),
    reader18(
        r18(0, 0x01, 0x03, 0x01, 0x01, 0x44, data=SMALL + "60" + "00" * 7),
        TagSeen(SMALL, rssi=0x60),
    ),
    reader18(
        r18(0, 0x01, 0x03, 0x0B, 0x01, 0x04, data=SMALL + "60"), TagSeen(SMALL, antenna=12, rssi=0x60), antennas=16
    ),
    reader18(
        r18(7, 0x01, 0x03, 0x01, 0x04, data=SMALL), TagSeen(SMALL, antenna=9), addresses=(5, 7), antenna=5, antennas=4
    ),
    reader18(r18(0, 0x01, 0xF8), DeviceFault(0xF8, "inventory: antenna not connected or faulty")),
    reader18(r18(0, 0x00, 0xFE), DeviceFault(0xFE, "no such command, or its checksum was wrong")),
    reader18(r18(0, 0x02, 0xFC, 0x03), DeviceFault(0xFC, "read: the tag answered with an error: memory overrun")),
    reader18(r18(0, 0x02, 0x05), DeviceFault(0x05, "read: wrong access password")),
    reader18(r18(0, 0x22, 0xFF), DeviceFault(0xFF, "set_band: wrong parameter")),
    reader18(r18(0, 0x02, 0x00, data="E2801105"), MemoryRead("", "", "E2801105")),
    reader18(r18(0, 0x2F, 0x00), DeviceReply("set_power", {"address": 0, "ok": True})),
    reader18(r18(0, 0x76, 0x00), DeviceReply("set_work_mode_288m", {"address": 0, "ok": True})),
    reader18(r18(0, 0x76, 0x00), CommandSeen("set_work_mode_288m", {"address": 0, "mode": 0}), sent_by="host"),
    reader18(
        r18(0, 0x92, 0x00, 0x00, 0x2A),
        DeviceReply("get_temperature", {"address": 0, "ok": True, "below_zero": 0, "degrees": 42}),
    ),
    reader18(r18(0, 0x66, 0x00, 0x01), DeviceReply("command_66", {"address": 0, "ok": True, "raw": "01"})),
    reader18(
        r18(0, 0x21, 0x00, data="023609021340" + "1e0a"), ReaderInfo("software", "2.54"), DeviceReply("get_info", INFO)
    ),
    reader18("1100ee002000708c2b380b2d00000000e056", TagSeen("2000708C2B380B2D00000000")),
    reader18(r18(0, 0xEE, 0x00, 0x02, 0x04, data=SMALL + "5A"), TagSeen(SMALL, antenna=2, rssi=0x5A)),
    reader18(
        r18(0, 0xEE, 0x28, data="00000007" + "04" + "0000000A"),
        DeviceReply("heartbeat", {"address": 0, "packet": 7, "antenna": 4, "tags": 10}),
    ),
    reader18(r18(0, 0xEE, 0xEE), DeviceFault(0xEE, "command_ee: anti-theft alarm of a tag")),
    reader18("560000000000" + r18(0, 0x01, 0xFB), RoundDone()),
]


def mercury(raw: str, *means: Reading, encode: Callable[[Any], bytes] | None = None, **settings: Any) -> Frame:
    return Frame("thingmagic", raw, means, encode, settings)


def tm(*body: int, data: str = "") -> str:
    """Make a reply by the rule: header, length, operation, status, data, checksum."""
    inside = bytes((len(data) // 2, *body)) + bytes.fromhex(data)
    return (b"\xff" + inside + mercury_checksum(inside)).hex()


WITH_TID = "10001b008201" + "c4" + "0020" + "e2801105" + "0030" + "0800" + "beef" + "0000"
THINGMAGIC = [
    mercury("ff00031d0c", CommandSeen("get_version", {}), encode=lambda d: d.command("get_version")),
    mercury(
        "ff0a2403e800000000000300ee589d",
        CommandSeen("write", {"milliseconds": 1000, "option": 0, "start": 0, "memory": 3, "data": "00EE"}),
    ),
    mercury(
        "ff2822000010001b01ff0101c4110e16400000012700000500000f00803000000000000000000000001545e94a561d",
        TagSeen("000000000000000000001545", rssi=-60, pc="3000"),
    ),
    mercury(
        tm(0x22, 0, 0, data=WITH_TID), TagSeen("BEEF", rssi=-60, pc="0800"), MemoryRead("BEEF", "0800", "E2801105")
    ),
    mercury(tm(0x22, 4, 0), RoundDone()),
    mercury(tm(0x21, 4, 0), RoundDone()),
    mercury(tm(0x28, 4, 0), DeviceFault(0x400, "read: no tag")),
    mercury(tm(0x22, 5, 4), DeviceFault(0x504, "read_multiple: too hot")),
    mercury(tm(0x22, 5, 5), DeviceFault(0x505, "read_multiple: too much power comes back from the antenna")),
    mercury(tm(0x97, 1, 0x0B), DeviceFault(0x10B, "set_region: region not supported")),
    mercury(tm(0x97, 0, 0, data=""), DeviceReply("set_region", {"ok": True})),
    mercury(tm(0x67, 0, 0, data="06"), DeviceReply("get_region", {"ok": True, "code": 6, "region": "china_920_925"})),
    mercury(
        tm(0x62, 0, 0, data="0005dc"), DeviceReply("get_power", {"ok": True, "option": 0, "dbm": 15.0, "limits": ""})
    ),
    mercury(tm(0x28, 0, 0, data="E2801105"), MemoryRead("", "", "E2801105")),
    mercury(tm(0x22, 0, 0, data="03"), DeviceReply("read_multiple", {"ok": True, "found": 3})),
    mercury(tm(0x77, 0, 0, data="0102"), DeviceReply("command_77", {"raw": "0102"})),
    mercury(
        tm(0x03, 0, 0, data="12121300" + "30000002" + "20160414" + "01070006" + "00000010"),
        ReaderInfo("hardware", "30.00.00.02"),
        ReaderInfo("software", "01.07.00.06"),
    ),
]


def tsl(text: str, *means: Reading, encode: Callable[[Any], bytes] | None = None) -> Frame:
    return Frame("tsl_ascii2", text.encode().hex(), means, encode)


def wanted(text: str, name: str, parameters: str, encode: Callable[[Any], bytes]) -> Frame:
    return tsl(text, CommandSeen(name, {"parameters": parameters}), encode=encode)


EPC_T = "E20034120123456789000000"
TSL = [
    wanted(".iv\r\n", "inventory", "", lambda d: d.inventory()),
    wanted(".bc\r\n", "barcode", "", lambda d: d.scan()),
    wanted(".vr\r\n", "version", "", lambda d: d.version()),
    wanted(".rd -db tid -do 0000 -dl 06\r\n", "read", "-db tid -do 0000 -dl 06", lambda d: d.read("tid", 0, 6)),
    wanted(
        ".wr -db usr -do 0002 -dl 01 -da 00EE\r\n",
        "write",
        "-db usr -do 0002 -dl 01 -da 00EE",
        lambda d: d.write("user", 2, bytes.fromhex("00EE")),
    ),
    tsl(f"CS: .iv\r\nEP: {EPC_T}\r\nRI: -57\r\nOK:\r\n\r\n", TagSeen(EPC_T, rssi=-57), RoundDone()),
    tsl(
        f"CS: .iv\r\nEP: {EPC_T}\r\nPC: 3000\r\nRI: -57\r\nEP: BEEF\r\nRI: -60\r\nOK:\r\n\r\n",
        TagSeen(EPC_T, rssi=-57, pc="3000"),
        TagSeen("BEEF", rssi=-60),
        RoundDone(),
    ),
    tsl(
        "CS: .iv\nIX: 0001\nEP: BEEF\nIX: 0002\nEP: ABCD\nOK:\n",
        TagSeen("BEEF"),
        TagSeen("ABCD"),
        RoundDone(),
    ),
    tsl("CS: .iv\r\nME: No Transponder found\r\nER:005\r\n\r\n", RoundDone()),
    tsl("CS: .rd\r\nME: gone\r\nER:005\r\n\r\n", DeviceFault(5, "read: no transponder found (gone)")),
    tsl("CS: .bc\r\nME: No Barcode found\r\nER:006\r\n\r\n", DeviceReply("barcode", {"ok": False})),
    tsl("CS: .iv\r\nER:009\r\n", DeviceFault(9, "inventory: battery low")),
    tsl("ER:077\r\n", DeviceFault(77, "reply: error 077")),
    tsl(
        "CS: .bc\r\nBC: ]C0FILE-1\r\nOK:\r\n",
        CodeRead("FILE-1", "code128", "]C0"),
        DeviceReply("barcode", {"ok": True}),
    ),
    tsl("BC: a\x1b\x1d1\r\n", CodeRead("a\x1d1")),
    Frame("tsl_ascii2", b"\x00EP: BE\xffEF\r\nOK:\r\n\x00".hex(), (TagSeen("BEEF"), RoundDone())),
    tsl(
        "CS: .rd\r\nEP: BEEF\r\nRD: E2801105\r\nOK:\r\n",
        TagSeen("BEEF"),
        MemoryRead("BEEF", "", "E2801105"),
        DeviceReply("read", {"ok": True}),
    ),
    tsl(
        "CS: .wr\r\nEP: BEEF\r\nWW: 2\r\nOK:\r\n",
        TagSeen("BEEF"),
        DeviceReply("write", {"epc": "BEEF", "words": "2"}),
        DeviceReply("write", {"ok": True}),
    ),
    tsl(
        "MF: TSL\r\nUS: 1128\r\nUF: 1.8.0\r\n",
        ReaderInfo("maker", "TSL"),
        ReaderInfo("serial", "1128"),
        ReaderInfo("software", "1.8.0"),
    ),
    tsl(
        "CS: .sa\r\nSW: single\r\nOK:\r\n",
        DeviceReply("switch_action", {"sw": "single"}),
        DeviceReply("switch_action", {"ok": True}),
    ),
]

READER_FRAMES = [*READER18, *THINGMAGIC, *TSL]
READER_BOUND = {"reader18": 256, "thingmagic": 256, "tsl_ascii2": 8192}

BAD_READERS: list[tuple[str, str, str]] = [
    ("reader18", "1500010301010c0000000000000000000003136bb1a6", "CRC B1A6, should be B1A5"),
    ("reader18", "05010101e1", "cut short: 5 of 6"),
    ("reader18", "0301", "is that of no frame"),
    ("reader18", r18(0, 0x01, 0x03, 0x02, 0x04, data=SMALL), "fit any layout"),
    ("reader18", r18(0, 0x01, 0x03, 0x01, 0x03, data=SMALL[:6]), "fit any layout"),
    ("reader18", r18(0, 0x01, 0x01, 0x02, 0x02, data="42AA" + "0C" + "00" * 8 + "02CCDDEE"), "fits both layouts"),
    ("tsl_ascii2", b"EP: BEE\r\n".hex(), "is not hex"),
    ("tsl_ascii2", (b"EP: " + b"AB" * 63 + b"\n").hex(), "126 digits, 124 at most"),
    ("tsl_ascii2", b"RI: x\r\n".hex(), "is no number"),
    ("tsl_ascii2", (b"ER:" + b"9" * 5000 + b"\r\n").hex(), "is no number"),
    ("tsl_ascii2", b"hello\r\n".hex(), "begins with no header"),
    ("tsl_ascii2", b"EP: BE".hex(), "line cut short: 6 bytes"),
    ("tsl_ascii2", b"BC: a\x1b\rb\r\n".hex(), "control character 0D in a code"),
    ("tsl_ascii2", "41" * 9000, "longer than"),
    ("thingmagic", "ff00031d0d", "cut short: 5 of 7"),
    ("thingmagic", "ff0003000000001d0d", "CRC"),
    ("thingmagic", tm(0x22, 0, 0, data=WITH_TID[:-2]), "5 bytes of PC, EPC and CRC, 6 announced"),
    ("thingmagic", "fffa", "length 250 is more than"),
    ("thingmagic", "41", "begins no frame"),
    ("reader18", r18(0, 0xEE, 0x00, 0x03, 0x04, data=SMALL + "5A"), "pushed list"),
]
