"""A source on a serial port: what it says and does when port, device or listener fail."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from edge_agent.devices.base import (
    BadgeRead,
    RoundDone,
    SourceEvent,
    SourceState,
    UnreachableError,
)
from edge_agent.devices.lock8a import Lock8A
from edge_agent.devices.m100 import M100
from edge_agent.devices.rdm6300 import Rdm6300
from edge_agent.devices.stream import StreamSource
from edge_agent.emulators.lock8a import Lock8AEmulator
from edge_agent.emulators.m100 import M100Emulator
from edge_agent.emulators.rdm6300 import Rdm6300Emulator
from tests.edge_agent.devices.told import Told


def board(path: Path, **world: object) -> Lock8AEmulator:
    return Lock8AEmulator(path / "locks", locks=4, **world)  # type: ignore[arg-type]


def test_a_command_queued_before_an_unplug_is_dropped(tmp_path: Path, told: Told) -> None:
    """A lock must not fire late."""
    locks = board(tmp_path)
    driver = Lock8A(poll_ms=0)
    source = StreamSource("locks", driver, str(locks.path), told)
    source.start()
    try:
        told.online()
        locks.faults.stall = True
        for _ in range(20):
            source.write(driver.open(1, 1))
        locks.unplug()
        told.until("offline")
        before = locks.fired(1)
        locks.faults.stall = False
        locks.plug()
        told.until("online")
        time.sleep(0.5)
        assert locks.fired(1) == before
    finally:
        source.close()
        locks.close()


@pytest.mark.parametrize(
    ("target", "state", "why"),
    [("missing", "offline", "not there"), ("file", "fault", "not a serial port"), ("foo://x", "fault", "not a serial")],
)
def test_a_port_that_cannot_be_opened_says_why(tmp_path: Path, told: Told, target: str, state: str, why: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    source = StreamSource("x", M100(), target if "://" in target else str(tmp_path / target), told)
    source.start()
    event = told.events.get(timeout=10)
    source.close()
    assert isinstance(event, SourceState)
    assert event.state == state
    assert why in event.why


def test_a_card_held_to_the_reader_is_one_reading(tmp_path: Path, told: Told) -> None:
    reader = Rdm6300Emulator(tmp_path / "badges", every=0.05)
    source = StreamSource("badges", Rdm6300(absence_ms=300), str(reader.path), told)
    source.start()
    try:
        told.online()
        reader.present("0F00A1B2C3")
        cards = [told.next(BadgeRead).card]
        time.sleep(0.6)
        reader.present("0F00A1B2C4")
        cards.append(told.next(BadgeRead).card)
        time.sleep(0.2)
        reader.remove()
        time.sleep(0.5)
        reader.present("0F00A1B2C4")
        cards.append(told.next(BadgeRead).card)
        time.sleep(0.2)
        cards += [event.card for event in list(told.events.queue) if isinstance(event, BadgeRead)]
        assert cards == ["0F00A1B2C3", "0F00A1B2C4", "0F00A1B2C4"]
    finally:
        source.close()
        reader.close()


def test_a_port_in_use_is_refused(reader: M100Emulator, told: Told) -> None:
    first = StreamSource("first", M100(), str(reader.path), told)
    first.start()
    told.online()
    other = Told()
    second = StreamSource("second", M100(), str(reader.path), other)
    second.start()
    event = other.events.get(timeout=10)
    second.close()
    first.close()
    assert isinstance(event, SourceState)
    assert "in use" in event.why


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_source_whose_listener_fails_does_not_look_alive(reader: M100Emulator) -> None:
    def fail(_name: str, event: SourceEvent) -> None:
        if isinstance(event, RoundDone):
            raise RuntimeError("listener broke")

    source = StreamSource("uhf", M100(), str(reader.path), fail)
    source.start()
    end = time.monotonic() + 10
    while source.state.state != "fault" and time.monotonic() < end:
        time.sleep(0.01)
    assert "listener broke" in source.state.why
    with pytest.raises(UnreachableError):
        source.write(b"\x00")
    source.close()
