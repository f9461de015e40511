"""LLRP messages made by other programs or by the document's rule, what each means, and how we write the commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edge_agent.devices import llrp_commands as write
from edge_agent.devices.base import (
    CommandSeen,
    DeviceFault,
    DeviceReply,
    FieldValue,
    LockState,
    MemoryRead,
    ReaderInfo,
    Reading,
    RoundDone,
    TagReported,
)
from edge_agent.devices.llrp_capabilities import Capabilities
from edge_agent.devices.llrp_settings import LlrpSettings
from tests.edge_agent.devices.frames import Frame

EPC = "3415A537C8000000000F4241"
LONG = "E2801170000002" * 5 + "AB"
AT = "0080000c00060a24181e4000"
"""The moment an event begins with."""


def sent(raw: str, name: str, encode: Callable[[Any], bytes] | None = None, /, **fields: FieldValue) -> Frame:
    return Frame("llrp", raw, (CommandSeen(name, fields),), encode)


def came(raw: str, *means: Reading, **settings: Any) -> Frame:
    return Frame("llrp", raw, means, None, settings)


def made(kind: int, body: str, *means: Reading, version: int = 1, **settings: Any) -> Frame:
    """A message around a body."""
    data = bytes.fromhex(body)
    head = (version << 10 | kind).to_bytes(2, "big") + (10 + len(data)).to_bytes(4, "big") + (7).to_bytes(4, "big")
    return came((head + data).hex(), *means, **settings)


def event(inner: str, *means: Reading, **settings: Any) -> Frame:
    data = AT + inner
    return made(63, f"00f6{4 + len(data) // 2:04x}{data}", *means, **settings)


def report(inner: str, *means: Reading) -> Frame:
    return made(61, f"00f0{4 + len(inner) // 2:04x}{inner}", *means)


def tag(epc: str = EPC, **more: Any) -> TagReported:
    return TagReported(epc, **more)


SENT = [
    sent("04010000000b0000000100", "get_reader_capabilities",
         lambda d: d.command("get_reader_capabilities", b"\0", 1), requested=0),
    sent("0402000000110000000200000000000000", "get_reader_config",
         lambda d: d.command("get_reader_config", write.get_config(), 2), antenna=0, requested=0, gpi=0, gpo=0),
    sent("04400000000a00000003", "enable_events_and_reports", lambda d: d.command("enable_events_and_reports", b"", 3)),
    sent("04290000000e0000000500000000", "delete_accessspec",
         lambda d: d.command("delete_accessspec", write.spec(0), 5), id=0),
    sent("04150000000e0000000600000000", "delete_rospec", lambda d: d.command("delete_rospec", write.spec(0), 6), id=0),
    sent("04180000000e0000000800000001", "enable_rospec", lambda d: d.command("enable_rospec", write.spec(1), 8), id=1),
    sent("04480000000a00000009", "keepalive_ack", lambda d: d.command("keepalive_ack", b"", 9)),
    sent("040e0000000a0000000d", "close_connection", lambda d: d.command("close_connection", b"", 13)),
    sent("0403000000140000000e0000dc00090100002710", "set_reader_config",
         lambda d: d.command("set_reader_config", write.keepalive(d.settings), 14),
         reset=0, periodic=1, keepalive_ms=10000),
    sent("04140000005d0000000400b100530000007b000000b2001200b300050100b60009000000000000b7002a00020001000200b800190300"
         "00000000b90010000001f400010000000001f400ba000704d20100ed000d02000000ee00061200", "add_rospec", None,
         id=123, priority=0, state=0, start=1, stop=0, duration_ms=0, antennas="1 2", report_trigger=2, report_every=0),
    sent(write.command("add_rospec", write.rospec(LlrpSettings(start="gpi", trigger_port=2), Capabilities())).hex(),
         "add_rospec", None, id=1, priority=0, state=0, start=3, gpi=2, level=0, gpi_timeout_ms=0, stop=2,
         duration_ms=0, antennas="0", report_trigger=2, report_every=1),
    sent(write.command("add_accessspec", write.tid_spec(LlrpSettings(tid_words=6))).hex(), "add_accessspec", None,
         id=1, antenna=0, protocol=1, active=0, rospec=1, op=1, password=0, bank=2, start=0, words=6),
]  # fmt: skip

CAME = [
    came("043d0000002c0000000700f000228d3415a537c8000000000f424181000286c78400060a24181e4000880003",
         tag(antenna=2, rssi=-57, last_seen_us=1700000000000000, count=3)),
    came("041e0000001c00000009011f00120064000a62616420726f73706563",
         DeviceFault(100, "add_rospec: message: parameter error (bad rospec)")),
    came("043f000000200000000000f600160080000c00060a24181e4000010000060002",
         DeviceFault(2, "another client is connected; a reader serves one at a time")),
    came("043f000000200000000000f600160080000c0005ac35bd20d1da010000060000",
         DeviceReply("connection_attempt", {"ok": True})),
    came("043f000000210000000b00f600170080000c00060a24181e400000f80007000180", LockState(1, 1, closed=True)),
    came("043f000000210000000b00f600170080000c00060a24181e400000f80007000180",
         LockState(1, 1, closed=False), gpi_closed="low"),
    came("043f000000210000000f00f600170080000c00060a24181e400000ff0007000002",
         DeviceFault(255, "antenna 2 disconnected")),
    came("043e0000000a0000000c", DeviceReply("keepalive", {})),
    came("04640000001200000010011f0008006d0000", DeviceFault(109, "error_message: unsupported message")),
    came("04330000001200000005011f000800000000", DeviceReply("delete_accessspec", {"ok": True})),
    report(f"8d{EPC}8100048c3000870003", tag(antenna=4, pc="3000")),
    report(f"8d{EPC}8200060a24181e40008400060a24181e4001",
           tag(first_seen_us=1700000000000000, last_seen_us=1700000000000001)),
    report(f"00f1{4 + 2 + 36:04x}0120{LONG}", tag(LONG)),
    report("00f100080010beef86d5", tag("BEEF", rssi=-43)),
    report("00f100080009beef", tag("BEEF")),  # nine bits: the rest of the byte is padding
    report(f"8d{EPC}015d0015000001" + "0006e280110520001234567890ab", tag(tid="E280110520001234567890AB")),
    report(f"8d{EPC}015d000d0000010002cafe0001", tag(), MemoryRead(EPC, "", "CAFE0001")),
    report(f"8d{EPC}015d00090200010000", tag(), DeviceFault(2, "read: no response from the tag", None, EPC)),
    report(f"8d{EPC}03ff0016" + "0000651a00000037" + "0004e280116020001234", tag(tid="E280116020001234")),
    report(f"8d{EPC}86c403ff000e" + "0000651a00000039" + "e9a3", tag(rssi=-57.25)),
    report(f"8d{EPC}03ff000c0000abcd00000001", tag()),  # a vendor's parameter that nobody here knows
    report(f"0155000700ffff8d{EPC}", tag()),  # an unknown parameter before the EPC
    report(f"8d{EPC}ff1234", tag()),  # a TV of unknown length ends the list
    made(61, f"00f000118d{EPC}00f0000c00f100080010" + "abcd", tag(), tag("ABCD")),  # two tags in one report
    made(61, "00f0000d00f100060000" + f"81000200f000118d{EPC}",  # a blank tag hides no other
         DeviceReply("blank_tag", {"antenna": 2, "epc": ""}), tag()),
    report("00f10007000" + "8ab", DeviceReply("blank_tag", {"antenna": None, "epc": "AB"})),
    made(61, "", RoundDone()),
    made(61, "00f20004", DeviceReply("ro_access_report", {"raw": "00F20004"})),
    made(62, "", DeviceReply("keepalive", {}), version=2),
    made(1023, "0000651a15deadbeef", DeviceReply("custom_message", {"raw": "0000651A15DEADBEEF"})),
    made(999, "01", DeviceReply("message_999", {"raw": "01"})),
    made(13, "011f001c006500046e6f706501210010011500650120000800030065",
         DeviceFault(101, "set_reader_config: message: field error (nope; parameter 277: message: field error; "
                          "field 3: message: field error)")),
    made(12, "011f00080000000000e1000800018001" + "00e1000800028002" + "00dd000980000300c8",
         DeviceReply("get_reader_config", {"ok": True}), LockState(1, 1, closed=True), LockState(1, 2, closed=None),
         DeviceReply("antenna_event", {"antenna": 3, "connected": True})),
    made(11, "011f000800000000" + "0089001c0004c0000000651a001e8848000a352e31342e302e323430"
         + "008f003f009c0000" + "00900037" + "0091000800010" + "3e8" + "00910008000207d0"
         + "009200238000930018010000040" + "00e0c31" + "000e0d2b000e0e25000e0f1f0094000600" + "00",
         DeviceReply("get_reader_capabilities", {"ok": True}), ReaderInfo("maker", "Impinj (25882)"),
         ReaderInfo("hardware", "model 2000968, 4 antennas, 0 inputs"), ReaderInfo("software", "5.14.0.240"),
         DeviceReply("regulatory", {"country": 156, "lowest_dbm": 10.0, "highest_dbm": 20.0, "lowest_khz": 920625,
                                    "highest_khz": 921375})),
    event("00fe000b00000000010001", RoundDone()),
    event("00f9000d00000000010000" + "0000", DeviceReply("rospec_event", {"event": "start", "id": 1, "preempting": 0})),
    event("00fa000550", DeviceFault(250, "report buffer 80 % full")),
    event("00fb0004", DeviceFault(251, "report buffer overflowed: reads were lost")),
    event("00fc000a0004686f7421", DeviceFault(252, "hot!")),
    event("01010004", DeviceFault(257, "the reader closes the connection")),
    event("00ff000701" + "0003", DeviceReply("antenna_event", {"antenna": 3, "connected": True})),
    event("00f7000800010005", DeviceReply("hopping", {"hop_table": 1, "next_channel": 5})),
    event("016400040100000600" + "04", DeviceReply("event_356", {"raw": ""}),
          DeviceFault(4, "another client tried to connect to this reader")),
]  # fmt: skip

LLRP_FRAMES = [*SENT, *CAME]

BAD_LLRP: list[tuple[str, str, str]] = [
    ("llrp", "003e0000000a0000000c", "version 0 is none"),
    ("llrp", "0c3e0000000a0000000c", "version 3 is none"),
    ("llrp", "043e000000090000000c", "less than its own header"),
    ("llrp", "043d7fffffff0000000c", "more than 1048576"),
    ("llrp", "043d0000002c0000000700f0", "cut short: 12 of at least 44 bytes"),
    ("llrp", "043e00", "cut short: 3 of at least 10 bytes"),
    ("llrp", "043d0000000e0000000700f00003", "less than its own header"),
    ("llrp", "043d0000000e0000000700f00022", "longer than what contains it"),
    ("llrp", "043d0000000c0000000700f0", "at least 4 should be"),
    ("llrp", "043d000000110000000700f0000781" + "0001", "without an EPC"),
    ("llrp", "043d000000160000000700f0000c00f100080060abcd", "EPC of 12 bytes in a parameter that holds 2"),
    ("llrp", "043d000000140000000700f0000a00f100061000", "EPC of 512 bytes, longer than any"),
    ("llrp", "041e0000001200000009011f00080064000a", "status text of 10 bytes"),
    ("llrp", "043f000000140000000b00f6000a00f800060001", "2 bytes where 3 are due"),
]
"""Messages, or what passes for them, and why they are refused."""
