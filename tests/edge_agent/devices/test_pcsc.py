"""PC/SC badges: APDUs understood, and cards read through pcscd and a virtual reader."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from edge_agent.devices import make_dialect
from edge_agent.devices.base import (
    BadgeRead,
    CommandSeen,
    DeviceFault,
    DeviceReply,
    FrameError,
    Heard,
    ProtocolError,
    ReaderInfo,
    UnreachableError,
)
from edge_agent.devices.pcsc import Pcsc
from edge_agent.devices.pcsc_source import PcscSource
from edge_agent.emulators.pcsc import PcscEmulator
from tests.edge_agent.devices.told import Told

UID = "ffca000000"


def hear(*apdus: str) -> list[Heard]:
    dialect = make_dialect("pcsc")
    return [event for apdu in apdus for event in dialect.feed(bytes.fromhex(apdu))] + dialect.silence()


@pytest.mark.parametrize(
    ("apdus", "means"),
    [
        ([UID], [CommandSeen("get_uid", {})]),
        (["04a1b2c39000"], [BadgeRead("04A1B2C3")]),
        (
            ["ff00480000", "414352313232553230339000"],
            [CommandSeen("get_firmware", {}), ReaderInfo("software", "ACR122U203")],
        ),
        (
            ["ff00517f00", "907f"],
            [
                CommandSeen("set_picc_parameters", {"parameter": 127}),
                DeviceReply("set_picc_parameters", {"parameters": 127}),
            ],
        ),
        ([UID, "0416c6c2d738819000"], [CommandSeen("get_uid", {}), BadgeRead("0416C6C2D73881")]),
        ([UID, "d51122339000"], [CommandSeen("get_uid", {}), BadgeRead("D5112233")]),
        ([UID, "ff1122339000"], [CommandSeen("get_uid", {}), BadgeRead("FF112233")]),
        ([UID, "414352319000"], [CommandSeen("get_uid", {}), BadgeRead("41435231")]),
        ([UID, UID, "3b8180829000"], [CommandSeen("get_uid", {})] * 2 + [BadgeRead("3B818082")]),
        ([UID, "01020304059000"], [CommandSeen("get_uid", {}), BadgeRead("0102030405")]),
        (["01020304059000"], [DeviceReply("reply", {"data": "0102030405"})]),
        (["9000"], [DeviceReply("reply", {"ok": True})]),
        (["08a1b2c39000"], [DeviceFault(8, "this card or phone shows a random number each time, which names nobody")]),
        (
            [UID, "6a81"],
            [CommandSeen("get_uid", {}), DeviceFault(0x6A81, "function not supported; this card has no such number")],
        ),
        (["ff00480000"], [CommandSeen("get_firmware", {})]),
        (["41435231323255323033"], [ReaderInfo("software", "ACR122U203")]),
        (
            ["ff00400d0403000101", "9002"],
            [CommandSeen("led_buzzer", {"parameter": 13, "data": "03000101"}), DeviceReply("led_buzzer", {"leds": 2})],
        ),
        (["ff00517f00"], [CommandSeen("set_picc_parameters", {"parameter": 127})]),
        (["ff820000060102030405ff"], [CommandSeen("load_key", {})]),
        (
            ["ff00000004d44a0100", "d54b010100040804deadbeef9000"],
            [
                CommandSeen("direct_transmit", {}),
                CommandSeen("in_list_passive_target", {"most": 1, "modulation": "106_a", "data": ""}),
                BadgeRead("DEADBEEF"),
            ],
        ),
        (
            ["3b8f8001804f0ca000000306030001000000006a"],
            [DeviceReply("atr", {"atr": "3B8F8001804F0CA000000306030001000000006A"})],
        ),
        (["3b8f80019000"], [BadgeRead("3B8F8001")]),
        (["90"], [FrameError(0, "cut short: 1 of 2 bytes of a status", "90")]),
        (["ff0040000401"], [FrameError(0, "led_buzzer: length byte 4 and 1 bytes behind it")]),
        (["00" * 300], [FrameError(0, "300 bytes are no short APDU, at most 262")]),
    ],
)
def test_apdus_are_understood(apdus: list[str], means: list[Heard]) -> None:
    assert hear(*apdus) == means


@pytest.fixture(scope="module")
def virtual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PcscEmulator]:
    emulator = PcscEmulator(tmp_path_factory.mktemp("pcsc"))
    yield emulator
    emulator.close()


@pytest.fixture
def reader(virtual: PcscEmulator, monkeypatch: pytest.MonkeyPatch) -> PcscEmulator:
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(virtual.socket))
    return virtual


def test_cards_at_a_virtual_reader(reader: PcscEmulator) -> None:
    told = Told()
    source = PcscSource("cards", Pcsc(absence_ms=0), "Guiwei virtual", told)
    source.start()
    try:
        told.online()
        reader.present("04A1B2C3")
        assert told.next(BadgeRead) == BadgeRead("04A1B2C3")
        time.sleep(0.3)
        reader.remove()
        time.sleep(0.6)
        assert told.events.empty(), "a card that is held is one reading"
        reader.present("04A1B2C3D4E5F6")
        assert told.next(BadgeRead) == BadgeRead("04A1B2C3D4E5F6")
        reader.present("08A1B2C3")
        assert told.next(DeviceFault).code == 8
        with pytest.raises(ProtocolError):
            source.write(b"\xff")
    finally:
        source.close()


def test_a_reader_that_is_not_there_is_named_with_those_that_are(reader: PcscEmulator) -> None:
    told = Told()
    source = PcscSource("cards", Pcsc(), "ACR122U", told)
    source.start()
    try:
        told.until("offline")
        assert "no PC/SC reader named 'ACR122U'; there are: Guiwei virtual reader 00 00" in source.state.why
        with pytest.raises(UnreachableError):
            source.write(b"\xff")
    finally:
        source.close()


def test_when_the_service_ends_the_source_says_so(reader: PcscEmulator) -> None:
    """The last test of this file: it ends the service."""
    told = Told()
    source = PcscSource("cards", Pcsc(), "any", told)
    source.start()
    told.online()
    reader.close()
    told.until("offline")
    source.close()
    assert "Guiwei virtual reader 00 00: gone" in source.state.why
