"""A ThingMagic module at work: started, asked, set up, in trouble, without power, and its own checksum."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.devices.base import (
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
from edge_agent.devices.thingmagic import ThingMagic
from edge_agent.devices.thingmagic_tables import crc
from edge_agent.emulators.thingmagic import ThingMagicEmulator, checksum
from tests.edge_agent.devices.told import Told

A, B = "300833B2DDD9014000000001", "300833B2DDD9014000000002"


@contextmanager
def at_work(
    emulator: ThingMagicEmulator, told: Told, **given_settings: object
) -> Iterator[tuple[ThingMagic, StreamSource]]:
    driver = ThingMagic(**given_settings)
    source = StreamSource("uhf", driver, str(emulator.path), told)
    source.start()
    try:
        told.online()
        yield driver, source
    finally:
        source.close()
        emulator.close()


@given(data=st.binary(min_size=2, max_size=60))
@settings(max_examples=60, deadline=None)
def test_both_ways_of_the_checksum_agree(data: bytes) -> None:
    assert crc(data) == checksum(data)


def test_a_module_says_who_it_is_and_reads(tmp_path: Path, told: Told) -> None:
    emulator = ThingMagicEmulator(tmp_path / "uhf")
    emulator.put(A, rssi=-61)
    emulator.put(B, port=2)
    with at_work(emulator, told, antennas=2, antenna=5, region="china_920_925", power_dbm=20.5):
        assert told.next(ReaderInfo, lambda info: info.kind == "software").text == "01.07.00.06"
        assert told.next(TagSeen, lambda tag: tag.epc == A) == TagSeen(A, 5, -61, "3000")
        assert told.next(TagSeen, lambda tag: tag.epc == B).antenna == 6
        assert (emulator.setup.region, emulator.setup.power) == (6, 2050)


def test_an_empty_field_and_trouble_are_told(tmp_path: Path, told: Told) -> None:
    emulator = ThingMagicEmulator(tmp_path / "uhf")
    with at_work(emulator, told) as (driver, source):
        told.next(RoundDone)
        emulator.fault(0x0504)
        assert told.next(DeviceFault) == DeviceFault(0x504, "read_multiple: too hot")
        emulator.fault(0x0505)
        assert told.next(DeviceFault).code == 0x505
        emulator.put(A)
        told.next(TagSeen)
        source.write(driver.stop())
        told.next(DeviceReply, lambda reply: reply.command == "continuous")
        source.write(driver.read("tid", 0, 6))
        assert told.next(MemoryRead).data == "E28011052000000000000000"


def test_a_module_that_lost_its_power_is_started_again(tmp_path: Path, told: Told) -> None:
    emulator = ThingMagicEmulator(tmp_path / "uhf")
    emulator.put(A)
    with at_work(emulator, told):
        told.next(TagSeen)
        with emulator.lock:
            emulator.reset()
            emulator.take(A)
            emulator.put(B)
        assert told.next(TagSeen, lambda tag: tag.epc == B).epc == B


def test_what_a_module_does_not_take_is_a_fault(tmp_path: Path, told: Told) -> None:
    emulator = ThingMagicEmulator(tmp_path / "uhf", region=0)
    with at_work(emulator, told) as (driver, source):
        assert told.next(DeviceFault) == DeviceFault(0x405, "continuous: the radio is not on; no region has been set")
        source.write(driver.set_region("china_840_845"))
        assert told.next(DeviceFault).what == "set_region: region not supported"
        source.write(driver.set_power(30))
        assert told.next(DeviceFault).what == "set_power: power above the most allowed"


def test_greeting_sets_what_is_set() -> None:
    sent = b"".join(ThingMagic(region="us", power_dbm=20).greeting())
    heard = ThingMagic()
    names = [event.name for event in heard.feed(sent) + heard.silence() if isinstance(event, CommandSeen)]
    wanted = "continuous get_version set_protocol set_antennas set_option set_region set_power continuous"
    assert names == wanted.split()


@pytest.mark.parametrize(
    "write", [lambda d: d.set_region("mars"), lambda d: d.set_power(700), lambda d: d.command("set_option", key=1)]
)
def test_commands_out_of_range_are_refused(write) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ProtocolError):
        write(ThingMagic())
