"""A TSL handheld at work: its trigger tells tags and bar codes, commands read memory, trouble is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.devices.base import (
    CodeRead,
    CommandSeen,
    DeviceFault,
    DeviceReply,
    MemoryRead,
    ProtocolError,
    ReaderInfo,
    RoundDone,
    TagSeen,
)
from edge_agent.devices.stream import StreamSource
from edge_agent.devices.tsl_ascii2 import TslAscii2
from edge_agent.emulators.tsl_ascii2 import TslAscii2Emulator
from tests.edge_agent.devices.told import Told

A, B = "300833B2DDD9014000000001", "300833B2DDD9014000000002"


@pytest.fixture
def handheld(tmp_path: Path) -> Iterator[TslAscii2Emulator]:
    emulator = TslAscii2Emulator(tmp_path / "sled")
    yield emulator
    emulator.close()


@pytest.fixture
def source(handheld: TslAscii2Emulator, told: Told) -> Iterator[StreamSource]:
    source = StreamSource("sled", TslAscii2(), str(handheld.path), told)
    source.start()
    told.online()
    yield source
    source.close()


def test_the_trigger_pulls_rounds_and_scans(handheld: TslAscii2Emulator, source: StreamSource, told: Told) -> None:
    assert told.next(ReaderInfo, lambda info: info.kind == "software").text == "1.8.0"
    told.next(DeviceReply, lambda reply: reply.command == "switch_action")
    handheld.put(A, rssi=-44)
    handheld.put(B)
    handheld.pull()
    assert told.next(TagSeen) == TagSeen(A, rssi=-44, pc="3000")
    assert told.next(TagSeen).epc == B
    told.next(RoundDone)
    handheld.aim("]C0FILE-0001")
    handheld.pull(twice=True)
    assert told.next(CodeRead) == CodeRead("FILE-0001", "code128", "]C0")


def test_memory_is_read_and_what_is_not_there_is_told(
    handheld: TslAscii2Emulator, source: StreamSource, told: Told
) -> None:
    driver = TslAscii2()
    told.next(DeviceReply, lambda reply: reply.command == "switch_action")
    source.write(driver.read("tid", 0, 6))
    assert told.next(DeviceFault) == DeviceFault(5, "read: no transponder found (No Transponder found)")
    handheld.put(A)
    source.write(driver.read("tid", 0, 6))
    assert told.next(MemoryRead) == MemoryRead(A, "", "E28011052000000000000001")
    source.write(driver.write("user", 0, b"ab"))
    assert told.next(DeviceReply, lambda reply: reply.command == "write").fields == {"epc": A, "words": "1"}
    source.write(driver.scan())
    assert told.next(DeviceReply, lambda reply: reply.command == "barcode").fields == {"ok": False}
    source.write(driver.command("zz"))
    assert told.next(DeviceFault).what == "command_zz: syntax error (Command not found)"


def test_greeting_sets_what_is_set() -> None:
    sent = b"".join(TslAscii2(power_dbm=5, double_press="leave", single_press="off").greeting())
    heard = [event for event in TslAscii2().feed(sent) if isinstance(event, CommandSeen)]
    assert [event.fields["parameters"] for event in heard] == ["", "-r on -e on -o 10 -n", "-s off"]
    assert len(TslAscii2(double_press="leave", single_press="leave").greeting()) == 2


@pytest.mark.parametrize(
    "write",
    [lambda d: d.command("iv", o="1 2"), lambda d: d.read("tid", 0, 254), lambda d: d.write("user", 0, b"abc")],
)
def test_commands_that_would_be_misread_are_refused(write) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ProtocolError):
        write(TslAscii2())
