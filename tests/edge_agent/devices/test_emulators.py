"""What the emulated devices do in their own world: doors, fields, set-up, pace; asked through the station's drivers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from edge_agent.devices.base import (
    DeviceFault,
    DeviceReply,
    LockState,
    MemoryRead,
    ReaderInfo,
    RoundDone,
    TagSeen,
    UnlockReply,
)
from edge_agent.devices.lock8a import Lock8A
from edge_agent.devices.m100 import M100
from edge_agent.devices.stream import StreamSource
from edge_agent.emulators.lock8a import Lock8AEmulator
from edge_agent.emulators.m100 import M100Emulator
from tests.edge_agent.devices.told import Told

EPC = "300833B2DDD9014000000001"


def board(path: Path, **world: object) -> Lock8AEmulator:
    return Lock8AEmulator(path / "locks", locks=4, **world)  # type: ignore[arg-type]


def test_a_reader_answers_its_set_up(reader: M100Emulator, told: Told) -> None:
    driver = M100(framing="bb")
    source = StreamSource("uhf", driver, str(reader.path), told)
    source.start()
    try:
        told.online()
        assert told.next(ReaderInfo).kind == "hardware"
        for command in (driver.set_power(20), driver.command("get_power"), driver.set_region("europe")):
            source.write(command)
        assert told.next(DeviceReply, lambda r: r.command == "get_power").fields == {"dbm": 20.0}
        source.write(driver.command("get_region"))
        assert told.next(DeviceReply, lambda r: r.command == "get_region").fields == {"region": "europe"}
        source.write(driver.select(bytes.fromhex(EPC)))
        source.write(driver.command("get_select"))
        assert told.next(DeviceReply, lambda r: r.command == "get_select").fields["mask"] == EPC
    finally:
        source.close()


def test_a_reader_reads_and_writes_a_tag(reader: M100Emulator, told: Told) -> None:
    driver = M100(framing="bb")
    source = StreamSource("uhf", driver, str(reader.path), told)
    source.start()
    try:
        told.online()
        source.write(driver.read("tid", 0, 4))
        assert told.next(DeviceFault).code == 0x09
        reader.put(EPC, tid="E280110520001234")
        assert told.next(TagSeen).epc == EPC
        source.write(driver.read("tid", 0, 4))
        assert told.next(MemoryRead) == MemoryRead(EPC, "3000", "E280110520001234")
        source.write(driver.read("tid", 0, 40))
        assert told.next(DeviceFault) == DeviceFault(0xA3, "read: memory overrun", "3000", EPC)
        source.write(driver.write("epc", 2, bytes.fromhex("ABCD" * 6)))
        assert told.next(DeviceReply, lambda r: r.command == "write").fields["ok"] is True
        assert told.next(TagSeen, lambda tag: tag.epc != EPC).epc == "ABCD" * 6
        source.write(driver.command("kill", kill_password="00000001"))
        assert told.next(DeviceFault).code == 0x16
    finally:
        source.close()


def test_an_empty_field_ends_each_round_and_misses_hide_tags(reader: M100Emulator, told: Told) -> None:
    source = StreamSource("uhf", M100(), str(reader.path), told)
    source.start()
    try:
        told.online()
        told.next(RoundDone)
        reader.put(EPC)
        told.next(TagSeen)
        reader.miss_rate = 1.0
        while not told.events.empty():
            told.events.get()
        for _ in range(2):  # the tag was answered in a round that was under way
            told.next(RoundDone)
        rounds = [told.events.get(timeout=10) for _ in range(3)]
        assert rounds == [RoundDone()] * 3
        reader.miss_rate = 0.0
        told.next(TagSeen)
        reader.take(EPC)
        told.next(RoundDone)
    finally:
        source.close()


def test_a_reader_that_lost_its_power_is_asked_again(reader: M100Emulator, told: Told) -> None:
    reader.put(EPC)
    source = StreamSource("uhf", M100(), str(reader.path), told)
    source.start()
    try:
        told.online()
        told.next(TagSeen)
        with reader.lock:
            reader.reset()
        assert not reader.polling
        while not told.events.empty():
            told.events.get()
        told.next(TagSeen)
        assert reader.polling
    finally:
        source.close()


def test_notices_come_at_the_set_pace(tmp_path: Path, told: Told) -> None:
    reader = M100Emulator(tmp_path / "reader", per_second=400)
    source = StreamSource("uhf", M100(framing="bb"), str(reader.path), told)
    source.start()
    try:
        told.online()
        told.next(RoundDone)
        start, count = time.monotonic(), 200
        for _ in range(count):
            told.next(RoundDone)
        assert time.monotonic() - start > 0.8 * count / 400
    finally:
        source.close()
        reader.close()


@pytest.mark.parametrize("feedback", ["closing", "opening"])
@pytest.mark.parametrize("byte_order", ["high_first", "low_first"])
def test_a_lock_opens_only_when_fired(tmp_path: Path, told: Told, feedback: str, byte_order: str) -> None:
    locks = board(tmp_path, contacts={2: 18}, feedback=feedback, byte_order=byte_order)
    driver = Lock8A(feedback=feedback, byte_order=byte_order, pause_ms=60, poll_ms=50)
    source = StreamSource("locks", driver, str(locks.path), told)
    source.start()
    try:
        told.online()
        assert told.next(LockState, lambda s: s.lock == 2).closed is True
        assert not locks.open_door(2)
        source.write(driver.open(1, 2))
        assert told.next(UnlockReply) == UnlockReply(
            1, 2, True, "open board 1 lock 2" if feedback == "opening" else None
        )
        assert locks.wait_fired(2, 1, timeout=20)
        assert locks.fired(1) == 0
        assert locks.open_door(2)
        told.next(LockState, lambda s: s.lock == 18 and s.closed is False)
        told.next(LockState, lambda s: s.lock == 2 and s.closed is False)
        locks.close_door(2)
        told.next(LockState, lambda s: s.lock == 18 and s.closed is True)
        told.next(LockState, lambda s: s.lock == 2 and s.closed is True)
        locks.force_door(2)
        told.next(LockState, lambda s: s.lock == 18 and s.closed is False)
        assert locks.is_closed(2)
        assert locks.fired(2) == 1
    finally:
        source.close()
        locks.close()


def test_bulk_timed_and_emergency_openings_fire_what_they_name(tmp_path: Path, told: Told) -> None:
    locks = board(tmp_path)
    driver = Lock8A(pause_ms=60, poll_ms=0)
    source = StreamSource("locks", driver, str(locks.path), told)
    source.start()
    try:
        told.online()
        source.write(driver.bulk_open(1, {1, 3}))
        assert locks.wait_fired(3, 1, timeout=20)
        source.write(driver.open(1, 4, seconds=2))
        assert locks.wait_fired(4, 1, timeout=20)
        assert [locks.fired(n) for n in (1, 2, 3, 4)] == [1, 0, 1, 1]
        source.write(driver.open_all(1, confirm="EMERGENCY"))
        assert locks.wait_fired(2, 1, timeout=20)
        assert [locks.fired(n) for n in (1, 2, 3, 4)] == [2, 1, 2, 2]
        source.write(driver.firmware(1))
        assert told.next(DeviceReply).command == "firmware"
    finally:
        source.close()
        locks.close()


def test_a_board_that_reports_by_itself(tmp_path: Path, told: Told) -> None:
    locks = board(tmp_path, report_head=0x81)
    source = StreamSource("locks", Lock8A(poll_ms=0), str(locks.path), told)
    source.start()
    try:
        told.online()
        locks.force_door(3)
        assert told.next(LockState) == LockState(1, 3, closed=False)
    finally:
        source.close()
        locks.close()
