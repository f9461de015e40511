"""GPIO contacts: lines that a test moves through a pipe, and machines without a chip."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import gpiod
import pytest

from edge_agent.devices import make_source
from edge_agent.devices.base import LockState, SourceState, UnreachableError
from edge_agent.devices.gpio import Gpio, GpioSource
from edge_agent.devices.gpio_lines import ChipLines, LinesWanted
from edge_agent.emulators.gpio import GpioEmulator
from tests.edge_agent.devices.told import Told


class PipeLines:
    """Lines whose events come through a pipe, and whose levels are what was last written."""

    def __init__(self, lines: tuple[int, ...]) -> None:
        self.high = dict.fromkeys(lines, False)
        self.asked: LinesWanted | None = None
        self.gone = False
        self.closed = 0
        self._read, self._write = os.pipe()

    def open(self, _path: str, wanted: LinesWanted) -> PipeLines:
        self.asked = wanted
        return self

    def move(self, line: int, *, high: bool) -> None:
        self.high[line] = high
        os.write(self._write, struct.pack("<QIIII6I", 1, 1 if high else 2, line, 1, 1, *(0,) * 6))

    def fileno(self) -> int:
        return self._read

    def events(self) -> bytes:
        return os.read(self._read, 4096)

    def levels(self) -> dict[int, bool]:
        if self.gone:
            raise OSError(errno.ENODEV, "No such device")
        return dict(self.high)

    def close(self) -> None:
        self.closed += 1

    def end(self) -> None:
        os.close(self._read)
        os.close(self._write)


@pytest.fixture
def lines() -> Iterator[PipeLines]:
    lines = PipeLines((17, 27))
    yield lines
    lines.end()


def test_edges_and_levels_are_contacts(lines: PipeLines, told: Told) -> None:
    source = GpioSource("doors", Gpio(lines=(17, 27), poll_ms=50), "/dev/gpiochip0", told, lines.open)
    source.start()
    try:
        told.online()
        assert told.next(LockState) == LockState(1, 17, closed=True)
        lines.move(27, high=True)
        told.next(LockState, lambda state: state == LockState(1, 27, closed=False))
        lines.high[17] = True  # an edge nobody saw: the next look at the levels tells
        told.next(LockState, lambda state: state == LockState(1, 17, closed=False))
        assert lines.asked == LinesWanted((17, 27), "pull_up", 0.02)
        with pytest.raises(UnreachableError, match="only read"):
            source.write(b"\x00")
    finally:
        source.close()
    assert lines.closed == 1


def test_a_chip_that_goes_away_is_offline_and_comes_back(lines: PipeLines, told: Told) -> None:
    source = GpioSource("doors", Gpio(lines=(17,), poll_ms=20), "/dev/gpiochip0", told, lines.open)
    source.start()
    try:
        told.online()
        lines.gone = True
        told.until("offline")
        lines.gone = False
        told.until("online")
    finally:
        source.close()


def test_events_of_libgpiod_become_the_kernels_records() -> None:
    class Request:
        """What libgpiod gives for two lines that were asked for."""

        fd, offsets = 9, [17, 27]

        def read_edge_events(self, _most: int) -> list[gpiod.EdgeEvent]:
            return [gpiod.EdgeEvent(1, 5_000_000_000, 17, 4, 2), gpiod.EdgeEvent(2, 5_000_000_001, 27, 5, 1)]

        def get_values(self) -> list[gpiod.line.Value]:
            return [gpiod.line.Value.ACTIVE, gpiod.line.Value.INACTIVE]

    chip = ChipLines(Request())
    assert Gpio(lines=(17, 27)).feed(chip.events()) == [LockState(1, 17, closed=False), LockState(1, 27, closed=True)]
    assert chip.levels() == {17: True, 27: False}


@pytest.mark.parametrize(
    ("target", "state", "why"),
    [("missing", "offline", "not there; has this machine a GPIO chip"), ("file", "fault", "not a GPIO chip")],
)
def test_a_machine_without_a_chip_says_so(tmp_path: Path, told: Told, target: str, state: str, why: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    source = make_source("doors", "gpio", Gpio(), str(tmp_path / target), told)
    source.start()
    event = told.events.get(timeout=10)
    source.close()
    assert isinstance(event, SourceState)
    assert (event.state, why in event.why) == (state, True), event.why


def test_switches_without_a_chip_are_read_as_events(tmp_path: Path, told: Told) -> None:
    switches = GpioEmulator(tmp_path / "chip", lines=(3, 4))
    source = make_source("doors", "gpio", Gpio(lines=(3,)), str(switches.path), told)
    source.start()
    try:
        told.online()
        told.next(LockState, lambda state: state == LockState(1, 3, closed=True))
        switches.open_contact(4)
        switches.open_contact(3)
        assert told.next(LockState, lambda state: state.closed is False).lock == 3, "line 4 is not watched"
        switches.unplug()
        told.until("offline")
        switches.plug()
        told.until("online")
    finally:
        source.close()
        switches.close()
