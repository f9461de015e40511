"""Frames as makers' documents and public code print them, or made by their rule; what each means; how we write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from edge_agent.devices.base import (
    BadgeRead,
    CodeRead,
    CommandSeen,
    DeviceFault,
    DeviceReply,
    LockState,
    MemoryRead,
    ReaderInfo,
    Reading,
    RoundDone,
    TagSeen,
    UnlockReply,
)


@dataclass(frozen=True)
class Frame:
    """One frame, its readings, and for commands how the dialect writes it."""

    family: str
    raw: str
    means: tuple[Reading, ...]
    encode: Callable[[Any], bytes] | None = None
    settings: dict[str, Any] = field(default_factory=dict)


BB, AA = {"framing": "bb"}, {"framing": "aa"}
EPC_A, EPC_B = "E2000016551102060390EAAF", "30751FEB705C5904E3D50D70"


def command(raw: str, name: str, write: Callable[[Any], bytes] | None = None, /, **fields: Any) -> Frame:
    """A reader's command; left out, `write` is the table's own encoder."""
    settings = BB if raw.startswith("bb") else AA
    return Frame("m100", raw, (CommandSeen(name, fields),), write or (lambda d: d.command(name, **fields)), settings)


def reply(raw: str, *means: Reading) -> Frame:
    return Frame("m100", raw, means)


MEMORY = {"access_password": "00000000", "bank": 3, "start": 0}
SELECT = {"target": 1, "action": 0, "bank": 3, "pointer": 0, "mask_bits": 96, "truncate": 0}
M100 = [
    command("bb00220000227e", "single_poll", lambda d: d.single_poll()),
    command("bb0027000322ffff4a7e", "multi_poll", lambda d: d.multi_poll(), reserved=0x22, rounds=65535),
    command("bb00280000287e", "stop", lambda d: d.stop()),
    command("bb000c000723000000006000967e", "set_select", None, **SELECT, mask=""),
    command("bb000c001323000000006000e2000016551102060390eaaf347e", "set_select", None, **SELECT, mask=EPC_A),
    command("bb00390009000000000300000004497e", "read", lambda d: d.read("user", 0, 4), **MEMORY, words=4),
    command("bb0007000101097e", "set_region", lambda d: d.set_region("china_920_925"), region="china_920_925"),
    command("bb00ab000100ac7e", "set_channel", None, channel=0),
    command("bb00b600020a28ea7e", "set_power", lambda d: d.set_power(26), dbm=26.0),
    command("bb0011000200c0d37e", "set_baud", None, baud=19200),
    command("bb00ad0001ffad7e", "set_hopping", None, on=True),
    command("bb000e00021020407e", "set_query", None, dr=0, m=0, trext=1, sel=0, session=0, target=0, q=4),
    command(
        "bb0049000d000000000300000002123456786f7e",
        "write",
        lambda d: d.write("user", 0, bytes.fromhex("12345678")),
        **MEMORY,
        words=2,
        data="12345678",
    ),
    command("bb008200070000ffff020080097e", "lock", None, access_password="0000FFFF", lock_bits="020080"),
    command("bb006500040000ffff677e", "kill", None, kill_password="0000FFFF"),
    command("aa000300010004dd", "get_info", lambda d: d.get_info("hardware"), kind=0),
    command("aa00f10000f1dd", "get_demodulator"),
    reply("bb02220011c03400e20010710000529b0940b402163dcb7e", TagSeen("E20010710000529B0940B402", rssi=-64, pc="3400")),
    reply("aa02220011c9340030751feb705c5904e3d50d703a76efdd", TagSeen(EPC_B, rssi=-55, pc="3400")),
    reply("bb02220007d50800beef0000b57e", TagSeen("BEEF", rssi=-43, pc="0800")),
    reply("bb01ff000115167e", RoundDone()),
    reply("bb01ff000117187e", DeviceFault(0x17, "invalid command")),
    reply("aa01ff0010a30e340030751feb705c5904e3d50d7002dd", DeviceFault(0xA3, "read: memory overrun", "3400", EPC_B)),
    reply("bb01280001002a7e", DeviceReply("stop", {"ok": True})),
    reply("bb010c0001000e7e", DeviceReply("set_select", {"ok": True})),
    reply(
        "bb014900100e3400e2000016551102060390eaaf002e7e",
        DeviceReply("write", {"ok": True, "pc": "3400", "epc": EPC_A}),
    ),
    reply("bb01b6000100b87e", DeviceReply("set_power", {"ok": True})),
    reply("bb01ab000100ad7e", DeviceReply("set_channel", {"ok": True})),
    reply("bb01030010004d31303020323664426d2056312e30927e", ReaderInfo("hardware", "M100 26dBm V1.0")),
    reply(
        "aa01f10004020600b0aedd",
        DeviceReply("get_demodulator", {"mixer_gain": 2, "if_gain": 6, "threshold": 0xB0}),
    ),
    reply("bb01b7000207d0917e", DeviceReply("get_power", {"dbm": 20.0})),
    reply("bb01080001040e7e", DeviceReply("get_region", {"region": "china_840_845"})),
    reply(
        "bb013900130e340030751feb705c5904e3d50d7012345678b07e",
        MemoryRead(EPC_B, "3400", "12345678"),
    ),
]


def states(board: int, closed: str) -> tuple[Reading, ...]:
    """Lock 1 first; 1 for closed."""
    return tuple(LockState(board, n + 1, bit == "1") for n, bit in enumerate(closed))


def lock(raw: str, *means: Reading, encode: Callable[[Any], bytes] | None = None, **settings: Any) -> Frame:
    return Frame("lock8a", raw, means, encode, settings)


def seen(name: str, **fields: Any) -> CommandSeen:
    return CommandSeen(name, fields)


LOCK8A = [
    lock(
        "8a0100119a",
        seen("open_all", board=1, lock=0),
        encode=lambda d: d.open_all(1, confirm="EMERGENCY"),
    ),
    lock("8a0106119c", seen("open", board=1, lock=6), encode=lambda d: d.open(1, 6), sent_by="host"),
    lock("8a0106119c", UnlockReply(1, 6, accepted=False, also="open board 1 lock 6")),
    lock("8a0106119c", UnlockReply(1, 6, accepted=True, also="open board 1 lock 6"), feedback="opening"),
    lock("8a0203119a", seen("open", board=2, lock=3), encode=lambda d: d.open(2, 3), sent_by="host"),
    lock("8a010211059d", seen("open", board=1, lock=2, seconds=5), encode=lambda d: d.open(1, 2, seconds=5)),
    lock("80010133b3", seen("query", board=1, lock=1), encode=lambda d: d.query(1, 1)),
    lock("80010033b2", seen("query_all", board=1, lock=0), encode=lambda d: d.query_all(1)),
    lock("9a0101118b", seen("hold_on", board=1, lock=1), encode=lambda d: d.hold(1, 1, on=True)),
    lock("9b0101118a", seen("hold_off", board=1, lock=1), encode=lambda d: d.hold(1, 1, on=False)),
    lock("82010022a1", seen("firmware", board=1), encode=lambda d: d.firmware(1)),
    lock("900101008010", seen("bulk_open", board=1, locks="1 24"), encode=lambda d: d.bulk_open(1, {1, 24})),
    lock("900101000090", seen("bulk_open", board=1, locks="1"), byte_order="low_first"),
    lock("8a0101008a", UnlockReply(1, 1, accepted=True)),
    lock("8a0101008a", UnlockReply(1, 1, accepted=False), feedback="opening"),
    lock("8a010c0087", UnlockReply(1, 12, accepted=True)),
    lock("8001011191", LockState(1, 1, closed=True)),
    lock("8001011191", LockState(1, 1, closed=False), feedback="opening"),
    lock("8001010080", LockState(1, 1, closed=False)),
    lock("8101010081", LockState(1, 1, closed=True), feedback="opening"),
    lock("8201011193", LockState(1, 1, closed=True), report_head="82"),
    lock("8201011193", DeviceReply("82", {"board": 1, "lock": 1, "status": 0x11}), report_head="81"),
    lock("800100000033b2", *states(1, "0" * 24)),
    lock("80018000053337", *states(1, "10100000" + "0" * 15 + "1")),
    lock("80018000053337", *states(1, "0" * 7 + "1" + "0" * 8 + "10100000"), byte_order="low_first"),
    lock("80018000053337", *states(1, "01011111" + "1" * 15 + "0"), feedback="opening"),
    lock("80018000053337", *states(1, "1010"), channels=4),
    lock("800180053337", *states(1, "10100000" + "00000001")),
    lock("80010533b7", *states(1, "10100000"), state_bytes=1),
    lock("80010300000000000133b0", *states(1, "1" + "0" * 47 + "11000000")),
]

RDM6300 = [
    Frame("rdm6300", "0236324533303836434544303803", (BadgeRead("62E3086CED", "3808980205", "008,27885"),)),
    Frame("rdm6300", "0230313030303733344530443203", (BadgeRead("01000734E0", "0000472288", "007,13536"),)),
    Frame("rdm6300", "023632453330383643454430380d0a03", (BadgeRead("62E3086CED", "3808980205", "008,27885"),)),
    Frame("rdm6300", b"\x0262e3086ced08\x03".hex(), (BadgeRead("62E3086CED", "3808980205", "008,27885"),)),
]


def scan(text: str, *means: Reading, **settings: Any) -> Frame:
    return Frame("barcode_serial", text.encode().hex(), means, None, settings)


GTIN = {"01": "09506000134352", "21": "ABC123", "10": "LOT1"}
ELEMENTS = "010950600013435221ABC123\x1d10LOT1"
BARCODE = [
    scan(f"]d2{ELEMENTS}\r", CodeRead(ELEMENTS, "gs1-datamatrix", "]d2", GTIN)),
    scan("]C0ARC-2024-000123\r", CodeRead("ARC-2024-000123", "code128", "]C0")),
    scan("]Q1hello\r", CodeRead("hello", "qr", "]Q1")),
    scan("]E05901234123457\r", CodeRead("5901234123457", "ean-13", "]E0")),
    scan("]C1800469012341000001\r\n", CodeRead("800469012341000001", "gs1-128", "]C1", {"8004": "69012341000001"})),
    scan("800469012341000001\n", CodeRead("800469012341000001")),
    scan("]C0800469012341000001\t", CodeRead("800469012341000001", "code128", "]C0")),
    scan("]Q30109506000134352\r", CodeRead("0109506000134352", "gs1-qr", "]Q3", {"01": GTIN["01"]})),
    scan("]A0A 1\r]d1乙\r", CodeRead("A 1", "code39", "]A0"), CodeRead("乙", "datamatrix", "]d1")),
    scan("no suffix", CodeRead("no suffix"), suffix="none"),
    scan("a\tb\r", CodeRead("a"), CodeRead("b"), suffix="auto"),
]

FRAMES = [*M100, *LOCK8A, *RDM6300, *BARCODE]

BAD: list[tuple[str, str, str]] = [
    ("m100", "bb01030010004d31303020323664426d2056312e30227e", "checksum 22, should be 92"),
    ("m100", "bb002200002200", "end byte 00, should be 7E"),
    ("m100", "bb03220000257e", "frame type 03"),
    ("m100", "bb00220400267e", "frame cut short"),
    ("m100", "bb0022ffff207e", "length 65535"),
    ("m100", "bb0222000ac03400e2001071000000ab7e", "checksum"),
    ("m100", "4142", "byte 41 begins no frame"),
    ("m100", "bb0222", "cut short"),
    ("lock8a", "8001010081", "checksum 81, should be 80"),
    ("lock8a", "800101", "cut short"),
    ("lock8a", "80010155d5", "content unknown"),
    ("lock8a", "4100010040", "begin no frame"),
    ("rdm6300", "0230313030303733344530443303", "checksum D3, should be D2"),
    ("rdm6300", "023031303030373334453044473203", "not 12 hex digits"),
    ("rdm6300", "02303130303037333445304432", "cut short"),
    ("rdm6300", "41", "outside a frame"),
    ("rdm6300", "02" + "30" * 20, "without an end"),
    ("barcode_serial", "5d43304fff0d", "not UTF-8"),
    ("barcode_serial", "5d43304100420d", "control character 00"),
    ("barcode_serial", "5d43300d", "no text"),
    ("barcode_serial", "5d43316e6f74206773310d", "says GS1"),
    ("barcode_serial", "41" * 9000, "longer than"),
]
