"""One suite for every serial family: through a real pseudo-terminal and pyserial, on good and on bad lines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edge_agent.devices import llrp_source, make_dialect, make_source
from edge_agent.devices.base import (
    BadgeRead,
    CodeRead,
    FrameError,
    LockState,
    Reading,
    SourceEvent,
    SourceState,
    TagReported,
    TagSeen,
    UnreachableError,
)
from edge_agent.emulators.barcode_hid import BarcodeHidEmulator, stroke, typed
from edge_agent.emulators.barcode_serial import BarcodeSerialEmulator
from edge_agent.emulators.gpio import GpioEmulator
from edge_agent.emulators.kerong_cu16 import KerongEmulator
from edge_agent.emulators.llrp import LlrpEmulator
from edge_agent.emulators.lock8a import Lock8AEmulator
from edge_agent.emulators.m100 import M100Emulator
from edge_agent.emulators.modbus_relay import ModbusRelayEmulator
from edge_agent.emulators.pn532 import Pn532Emulator
from edge_agent.emulators.rdm6300 import Rdm6300Emulator
from edge_agent.emulators.reader18 import Reader18Emulator
from edge_agent.emulators.thingmagic import ThingMagicEmulator
from edge_agent.emulators.tsl_ascii2 import TslAscii2Emulator
from tests.edge_agent.devices.frames_boards import GPIO

SOON = 10.0


@dataclass
class Case:
    """One family: its emulator, frames that mean one known reading, and how the emulator comes to say something."""

    family: str
    settings: dict[str, Any]
    emulator: Callable[[Path], Any]
    frame: bytes
    reading: Reading
    act: Callable[[Any], None]
    acted: Reading
    garble: int = 3


def _pull(handheld: TslAscii2Emulator, epc: str) -> None:
    """Pull the trigger on a tag once the station has said what the trigger does."""
    end = time.monotonic() + SOON
    while handheld.setup.single != "inv" and time.monotonic() < end:
        time.sleep(0.01)
    handheld.put(epc)
    handheld.pull()


CASES = [
    Case(
        "m100",
        {"framing": "auto"},
        lambda path: M100Emulator(path, per_second=100),
        bytes.fromhex("bb02220011c03400e20010710000529b0940b402163dcb7e"),
        TagSeen("E20010710000529B0940B402", rssi=-64, pc="3400"),
        lambda reader: reader.put("300833B2DDD9014000000001", rssi=-41),
        TagSeen("300833B2DDD9014000000001", rssi=-41, pc="3000"),
    ),
    Case(
        "m100",
        {"framing": "auto"},
        lambda path: M100Emulator(path, framing="aa", per_second=100),
        bytes.fromhex("aa02220011c9340030751feb705c5904e3d50d703a76efdd"),
        TagSeen("30751FEB705C5904E3D50D70", rssi=-55, pc="3400"),
        lambda reader: reader.put("ABCD1234", rssi=-60),
        TagSeen("ABCD1234", rssi=-60, pc="1000"),
    ),
    Case(
        "lock8a",
        {"pause_ms": 150, "poll_ms": 100},
        lambda path: Lock8AEmulator(path, locks=2, noise=b"\x00"),
        bytes.fromhex("8002051196"),
        LockState(2, 5, closed=True),
        lambda board: board.open_hook(2),
        LockState(1, 2, closed=False),
    ),
    Case(
        "gpio",
        {"lines": (2, 17)},
        GpioEmulator,
        bytes.fromhex(GPIO[0].raw),
        LockState(1, 17, closed=True),
        lambda switches: switches.open_contact(2),
        LockState(1, 2, closed=False),
        garble=8,
    ),
    Case(
        "kerong_cu16",
        {"poll_ms": 100},
        lambda path: KerongEmulator(path, contacts={2: 18}),
        bytes.fromhex("020035ffff00000338"),
        LockState(0, 16, closed=True),
        lambda board: board.open_hook(2),
        LockState(0, 2, closed=False),
    ),
    Case(
        "reader18",
        {},
        Reader18Emulator,
        bytes.fromhex("1500010304010c49440000000000000a0003346425c0"),
        TagSeen("49440000000000000A000334", antenna=3, rssi=0x64),
        lambda reader: reader.put("300833B2DDD9014000000001"),
        TagSeen("300833B2DDD9014000000001"),
    ),
    Case(
        "pn532",
        {"absence_ms": 0},
        Pn532Emulator,
        bytes.fromhex("0000ff0cf4d54b010100040804deadbeef9600"),
        BadgeRead("DEADBEEF"),
        lambda reader: reader.present("0416C6C2D73881"),
        BadgeRead("0416C6C2D73881"),
    ),
    Case(
        "modbus_relay",
        {"poll_ms": 100},
        lambda path: ModbusRelayEmulator(path, contacts={2: 6}),
        bytes.fromhex("01020105618b"),
        LockState(1, 4, closed=False),
        lambda board: board.open_hook(2),
        LockState(1, 2, closed=False),
    ),
    Case(
        "thingmagic",
        {},
        ThingMagicEmulator,
        bytes.fromhex("ff2822000010001b01ff0101c4110e16400000012700000500000f00803000000000000000000000001545e94a561d"),
        TagSeen("000000000000000000001545", rssi=-60, pc="3000"),
        lambda reader: reader.put("300833B2DDD9014000000001", rssi=-41),
        TagSeen("300833B2DDD9014000000001", rssi=-41, pc="3000"),
    ),
    Case(
        "llrp",
        {"stall_ms": 300, "poll_ms": 0},
        lambda _: LlrpEmulator(),
        bytes.fromhex("043d0000002c0000000700f000228d3415a537c8000000000f424181000286c78400060a24181e4000880003"),
        TagReported("3415A537C8000000000F4241", antenna=2, rssi=-57, last_seen_us=1700000000000000, count=3),
        lambda reader: reader.level(1, high=True),
        LockState(1, 1, closed=True),
    ),
    Case(
        "tsl_ascii2",
        {},
        TslAscii2Emulator,
        b"\r\nEP: E20034120123456789000000\r\nRI: -57\r\nOK:\r\n",
        TagSeen("E20034120123456789000000", rssi=-57),
        lambda handheld: _pull(handheld, "300833B2DDD9014000000001"),
        TagSeen("300833B2DDD9014000000001", rssi=-50, pc="3000"),
    ),
    Case(
        "rdm6300",
        {"absence_ms": 0},
        lambda path: Rdm6300Emulator(path, crlf=True),
        bytes.fromhex("0230313030303733344530443203"),
        BadgeRead("01000734E0", "0000472288", "007,13536"),
        lambda reader: reader.present("0F00A1B2C3"),
        BadgeRead("0F00A1B2C3", "0010597059", "161,45763"),
    ),
    Case(
        "barcode_hid",
        {"suffix": "enter"},
        BarcodeHidEmulator,
        b"".join(map(typed, "]C0ARC-1")) + stroke(28),
        CodeRead("ARC-1", "code128", "]C0"),
        lambda scanner: scanner.scan("01095060001343522112\x1d10b", "]d2"),
        CodeRead(
            "01095060001343522112\x1d10b", "gs1-datamatrix", "]d2", {"01": "09506000134352", "21": "12", "10": "b"}
        ),
        garble=16,
    ),
    Case(
        "barcode_serial",
        {},
        BarcodeSerialEmulator,
        b"]C0ARC-2024-000123\r",
        CodeRead("ARC-2024-000123", "code128", "]C0"),
        lambda scanner: scanner.scan("盒-7", "]Q1"),
        CodeRead("盒-7", "qr", "]Q1"),
    ),
]


class Heard:
    """What a source has said so far, to be waited for."""

    def __init__(self) -> None:
        self.events: list[SourceEvent] = []
        self._news = threading.Condition()

    def __call__(self, _name: str, event: SourceEvent) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def wait(self, wanted: Callable[[SourceEvent], bool], after: int = 0) -> SourceEvent:
        assert self.comes(wanted, after, SOON), self.events[after:]
        return next(event for event in self.events[after:] if wanted(event))

    def comes(self, wanted: Callable[[SourceEvent], bool], after: int, within: float) -> bool:
        with self._news:
            return self._news.wait_for(lambda: any(map(wanted, self.events[after:])), within)

    def is_now(self, state: str, after: int = 0) -> None:
        self.wait(lambda event: isinstance(event, SourceState) and event.state == state, after)


@dataclass
class Bench:
    """A source, the device it reads, and what was heard."""

    case: Case
    device: Any
    source: Any
    heard: Heard

    def says(self, raw: bytes) -> None:
        with self.device.lock:
            self.device.send(raw)

    def is_read_again(self) -> None:
        """Say the good frame until it is read: what falls into the moment a port is opened anew is lost."""
        before = len(self.heard.events)
        for _ in range(20):
            self.says(self.case.frame)
            if self.heard.comes(lambda event: event == self.case.reading, before, 0.5):
                return
        raise AssertionError(self.heard.events[before:])


@pytest.fixture(params=CASES, ids=lambda case: case.family)  # the same in every worker
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    case: Case = request.param
    monkeypatch.setattr(llrp_source, "RETRY_FIRST", 0.1)  # a reader on the network is left alone for longer
    device = case.emulator(tmp_path / "device")
    heard = Heard()
    where = device.url if isinstance(device, LlrpEmulator) else str(device.path)
    source = make_source(case.family, case.family, make_dialect(case.family, case.settings), where, heard)
    source.start()
    try:
        heard.is_now("online")
        yield Bench(case, device, source, heard)
    finally:
        source.close()
        device.close()
    assert threading.active_count() < 8


def test_a_whole_frame_is_read(bench: Bench) -> None:
    bench.says(bench.case.frame)
    bench.heard.wait(lambda event: event == bench.case.reading)


def test_a_frame_is_read_byte_by_byte(bench: Bench) -> None:
    bench.device.faults.split = True
    bench.says(bench.case.frame)
    bench.heard.wait(lambda event: event == bench.case.reading)


def test_what_the_device_does_is_read(bench: Bench) -> None:
    bench.case.act(bench.device)
    bench.heard.wait(lambda event: event == bench.case.acted)


def test_after_a_torn_frame_the_next_one_is_read(bench: Bench) -> None:
    bench.says(bench.case.frame[: len(bench.case.frame) // 2])
    if bench.case.family == "barcode_serial":  # the torn text ends by silence and is a text of its own
        bench.heard.wait(lambda event: event == CodeRead("ARC-20", "code128", "]C0"))
    else:
        bench.heard.wait(lambda event: isinstance(event, FrameError))
    bench.is_read_again()


def test_after_a_garbled_frame_the_next_one_is_read(bench: Bench) -> None:
    frame = bytearray(bench.case.frame)
    frame[bench.case.garble] ^= 0x80
    bench.says(bytes(frame))
    bench.heard.wait(lambda event: isinstance(event, FrameError))
    assert bench.case.reading not in bench.heard.events
    bench.is_read_again()


def test_unplugged_and_back(bench: Bench) -> None:
    bench.device.unplug()
    bench.heard.is_now("offline")
    with pytest.raises(UnreachableError):
        bench.source.write(b"\x00")
    before = len(bench.heard.events)
    bench.device.plug()
    bench.heard.is_now("online", before)
    bench.case.act(bench.device)
    bench.heard.wait(lambda event: event == bench.case.acted, before)


def test_a_lossy_line_yields_nothing_false(bench: Bench) -> None:
    """Lose a fifth of all bytes: frames vanish, and where a sum guards them none turns into another."""
    bench.device.faults.lose = 0.2
    bench.case.act(bench.device)
    for _ in range(20):
        bench.says(bench.case.frame)
    bench.device.faults.lose = 0.0
    bench.is_read_again()
    if bench.case.family in ("m100", "rdm6300", "reader18", "thingmagic"):
        seen = {event for event in bench.heard.events if isinstance(event, (TagSeen, BadgeRead))}
        assert seen <= {bench.case.reading, bench.case.acted}


def test_a_stalled_device_comes_back(bench: Bench) -> None:
    bench.device.faults.stall = True
    bench.says(bench.case.frame)
    bench.device.faults.stall = False
    before = len(bench.heard.events)
    bench.says(bench.case.frame)
    bench.heard.wait(lambda event: event == bench.case.reading, before)
