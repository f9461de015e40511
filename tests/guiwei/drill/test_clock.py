"""The clock files are 16 bytes in place: a shift of every clock, and what only wall clocks are moved by."""

import mmap
import struct
from pathlib import Path

import pytest

from guiwei.drill.clock import StoryClock, real_us

START = 1_772_413_200_000_000
MINUTE = 60_000_000


def hands(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    assert len(data) == 16
    shift, skew = struct.unpack("<qq", data)
    return shift, skew


def test_the_story_begins_at_its_start(tmp_path: Path) -> None:
    clock = StoryClock(tmp_path, START)
    shift, wall_only = hands(clock.file("server"))
    assert shift == 0, "durations begin as they really are"
    assert 0 <= real_us() + wall_only - START < 5_000_000
    assert 0 <= clock.now_us() - START < 5_000_000


def test_waiting_moves_everybody_alike(tmp_path: Path) -> None:
    clock = StoryClock(tmp_path, START)
    server, station = clock.file("server"), clock.file("a")
    shift, wall_only = hands(server)
    clock.wait(10 * MINUTE)
    assert hands(server) == hands(station) == (shift + 10 * MINUTE, wall_only)
    assert clock.now_us() >= START + 10 * MINUTE


def test_going_to_a_moment_waits_until_it(tmp_path: Path) -> None:
    clock = StoryClock(tmp_path, START)
    clock.go_to(START + 60 * MINUTE)
    assert 0 <= clock.now_us() - (START + 60 * MINUTE) < 5_000_000


def test_a_moment_that_is_over_is_refused(tmp_path: Path) -> None:
    clock = StoryClock(tmp_path, START)
    clock.wait(60 * MINUTE)
    with pytest.raises(ValueError, match="past that moment already"):
        clock.go_to(START + MINUTE)


def test_a_jump_is_one_stations_and_adds_up(tmp_path: Path) -> None:
    clock = StoryClock(tmp_path, START)
    a, b = clock.file("a"), clock.file("b")
    clock.skew("a", -5 * MINUTE)
    clock.skew("a", 2 * MINUTE)
    clock.wait(MINUTE)
    assert hands(a)[1] - hands(b)[1] == -3 * MINUTE
    assert hands(a)[0] == hands(b)[0] == MINUTE


def test_who_holds_the_file_mapped_sees_every_move(tmp_path: Path) -> None:
    clock = StoryClock(tmp_path, START)
    with clock.file("a").open("rb") as file, mmap.mmap(file.fileno(), 16, access=mmap.ACCESS_READ) as mapped:
        before = struct.unpack_from("<q", mapped)[0]
        clock.wait(MINUTE)
        assert struct.unpack_from("<q", mapped)[0] == before + MINUTE


def test_a_moment_of_the_story_was_really_as_long_ago_as_it_was(tmp_path: Path) -> None:
    clock = StoryClock(tmp_path, START)
    before, real_before = clock.now_us(), real_us()
    clock.wait(60 * MINUTE)
    after, real_after = clock.now_us(), real_us()
    clock.wait(MINUTE)
    assert abs(clock.real_us_of(before) - real_before) < 1_000_000
    assert abs(clock.real_us_of(after) - real_after) < 1_000_000
    assert real_before <= clock.real_us_of(before + 30 * MINUTE) <= real_us(), "passed over by the first wait"
    assert clock.real_us_of(after + 20 * MINUTE) <= real_us(), "not reached yet"
