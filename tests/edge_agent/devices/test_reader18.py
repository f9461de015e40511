"""Reader18 and 288M readers at work: told to answer only, several on a line, many tags, TIDs, over a network."""

from __future__ import annotations

import os
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge_agent.devices.base import (
    CommandSeen,
    DeviceFault,
    DeviceReply,
    FrameError,
    MemoryRead,
    ProtocolError,
    RoundDone,
    SettingsError,
    TagSeen,
)
from edge_agent.devices.reader18 import Reader18
from edge_agent.devices.stream import StreamSource
from edge_agent.emulators.reader18 import Reader18Emulator
from tests.edge_agent.devices.told import Told

A, B = "300833B2DDD9014000000001", "300833B2DDD9014000000002"
TID = "E28011052000000000000001"


@contextmanager
def at_work(
    emulator: Reader18Emulator, told: Told, url: str = "", **settings: object
) -> Iterator[tuple[Reader18, StreamSource]]:
    driver = Reader18(poll_ms=20, **settings)
    source = StreamSource("uhf", driver, url or str(emulator.path), told)
    source.start()
    try:
        told.online()
        yield driver, source
    finally:
        source.close()
        emulator.close()


def test_a_reader_that_pushes_is_told_to_answer_only(tmp_path: Path, told: Told) -> None:
    emulator = Reader18Emulator(tmp_path / "uhf", pushes=True)
    emulator.put(A)
    with at_work(emulator, told) as (driver, _):
        told.next(DeviceReply, lambda r: r.command == "set_work_mode" and r.fields["ok"] is True)
        assert told.next(TagSeen) == TagSeen(A)
        told.next(RoundDone)
        assert not emulator.units[0].pushes
        emulator.take(A)
        told.next(RoundDone)
        assert driver.feed(bytes.fromhex("1100ee002000708c2b380b2d00000000e056")) == [], "left over from before"


def test_a_reader_left_to_push_is_heard(tmp_path: Path, told: Told) -> None:
    emulator = Reader18Emulator(tmp_path / "uhf", kind="288m", pushes=True)
    emulator.put(A, antenna=2)
    driver = Reader18(poll_ms=0)
    source = StreamSource("uhf", driver, str(emulator.path), told)
    source.start()
    try:
        assert told.next(TagSeen) == TagSeen(A, antenna=2, rssi=0x60)
    finally:
        source.close()
        emulator.close()


def test_two_readers_on_one_line_are_asked_in_turn(tmp_path: Path, told: Told) -> None:
    emulator = Reader18Emulator(tmp_path / "uhf", addresses=(3, 8))
    emulator.put(A, address=3)
    emulator.put(B, address=8)
    with at_work(emulator, told, addresses=(3, 8)):
        assert told.next(TagSeen, lambda tag: tag.epc == A).antenna == 1
        assert told.next(TagSeen, lambda tag: tag.epc == B).antenna == 2
        told.next(TagSeen, lambda tag: tag.epc == A)


def test_a_288m_is_found_out_and_each_antenna_asked(tmp_path: Path, told: Told) -> None:
    emulator = Reader18Emulator(tmp_path / "uhf", kind="288m")
    emulator.put(A, antenna=1, tid=TID)
    emulator.put(B, antenna=4)
    with at_work(emulator, told, antennas=4, tid=True):
        assert told.next(DeviceFault, lambda fault: fault.code == 0xFD).what == "inventory: wrong length of the command"
        assert told.next(TagSeen, lambda tag: tag.epc == A) == TagSeen(A, rssi=0x60, tid=TID)
        assert told.next(TagSeen, lambda tag: tag.epc == B).antenna == 4


def test_more_tags_than_one_frame_holds(tmp_path: Path, told: Told) -> None:
    emulator = Reader18Emulator(tmp_path / "uhf")
    epcs = {f"{n:024X}" for n in range(1, 41)}
    for epc in epcs:
        emulator.put(epc)
    with at_work(emulator, told):
        assert {told.next(TagSeen).epc for _ in range(80)} == epcs


def test_memory_and_tids_are_read(tmp_path: Path, told: Told) -> None:
    emulator = Reader18Emulator(tmp_path / "uhf")
    emulator.put(A, tid=TID)
    with at_work(emulator, told) as (driver, source):
        told.next(TagSeen)
        source.write(driver.read(A, "tid", 0, 6))
        assert told.next(MemoryRead) == MemoryRead(A, "", TID)
        source.write(driver.read(A, "tid", 0, 20))
        assert "memory overrun" in told.next(DeviceFault, lambda fault: fault.code == 0xFC).what
        source.write(driver.inventory_tid(255, 0, 6))
        assert told.next(MemoryRead) == MemoryRead("", "", TID)
        assert told.next(TagSeen).epc == A


@contextmanager
def on_network(emulator: Reader18Emulator) -> Iterator[str]:
    """Put the emulator's line behind a TCP port, as a serial server does."""
    line = os.open(emulator.path, os.O_RDWR | os.O_NOCTTY)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            with peer, selectors.DefaultSelector() as ready:
                ready.register(peer, selectors.EVENT_READ, (lambda: peer.recv(4096), lambda data: os.write(line, data)))
                ready.register(line, selectors.EVENT_READ, (lambda: os.read(line, 4096), peer.sendall))
                while all(_pass_on(*key.data) for key, _ in ready.select()):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"socket://127.0.0.1:{server.getsockname()[1]}"
        thread.join(10)
    os.close(line)


def _pass_on(take, give) -> bool:  # type: ignore[no-untyped-def]
    data = take()
    if data:
        give(data)
    return bool(data)


def test_over_a_network(tmp_path: Path, told: Told) -> None:
    emulator = Reader18Emulator(tmp_path / "uhf")
    emulator.put(A)
    with on_network(emulator) as url, at_work(emulator, told, url):
        assert told.next(TagSeen) == TagSeen(A)
        told.next(RoundDone)


def test_greeting_sets_what_is_set() -> None:
    reader = Reader18(addresses=(1, 2), region="us", power_dbm=20, scan_time_ms=300, layout="r18")
    heard = [event for command in reader.greeting() for event in Reader18(sent_by="host").feed(command)]
    names = [event.name for event in heard if isinstance(event, CommandSeen)]
    assert names == ["get_info", "set_work_mode", "set_band", "set_power", "set_scan_time"] * 2


def test_another_lines_reader_is_refused() -> None:
    (error,) = Reader18(addresses=(1,)).feed(bytes.fromhex("0700010101001e4b"))
    assert isinstance(error, FrameError)
    assert "reader 0" in error.what


@pytest.mark.parametrize("addresses", [(), (1, 1), (256,), (1, 255), (-1,)])
def test_addresses_that_cannot_be_are_refused(addresses: tuple[int, ...]) -> None:
    with pytest.raises(SettingsError, match="addresses"):
        Reader18(addresses=addresses)


@pytest.mark.parametrize(
    "write",
    [
        lambda d: d.set_power(34),
        lambda d: d.set_region("mars"),
        lambda d: d.read(A, "tid", 0, 0),
        lambda d: d.read("ABCDEF", "tid", 0, 6),
        lambda d: d.write(A, "user", 0, b"abc"),
        lambda d: d.inventory_tid(0, 0, 16),
        lambda d: d.command("set_power", 0, dbm=3),
        lambda d: d.command("get_info", 256),
    ],
)
def test_commands_out_of_range_are_refused(write) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ProtocolError):
        write(Reader18())
