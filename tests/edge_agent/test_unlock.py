"""Firing locks of every family: one at a time, taken back in time, the outcome said by the lock; off after a crash."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_agent.devices import FAMILIES, family, make_dialect
from edge_agent.devices.base import LockBoard, LockState, UnlockReply
from edge_agent.devices.modbus_relay import ModbusRelay
from edge_agent.devices.stream import StreamSource
from edge_agent.emulators.door_board import DoorBoard
from edge_agent.emulators.kerong_cu16 import KerongEmulator
from edge_agent.emulators.lock8a import Lock8AEmulator
from edge_agent.emulators.modbus_relay import ModbusRelayEmulator
from edge_agent.settings import Channel
from edge_agent.unlock import FEEDBACK_S, Magazine, Outcome, Shot, fire
from tests.edge_agent.devices.told import Told

BOARDS: dict[str, tuple[Callable[[Path], DoorBoard], int]] = {
    "lock8a": (Lock8AEmulator, 1),
    "kerong_cu16": (KerongEmulator, 0),
    "modbus_relay": (ModbusRelayEmulator, 1),
}
SOON = 10.0


def test_every_family_of_lock_boards_is_tried_here() -> None:
    boards = {name for name in FAMILIES if name != "barcode_camera" and isinstance(make_dialect(name), LockBoard)}
    assert boards == set(BOARDS)
    assert {family(name).__name__ for name in boards} == {"Lock8A", "KerongCu16", "ModbusRelay"}


class Board:
    """One emulated board and the station's side of it."""

    def __init__(self, folder: Path, name: str, told: Told, **given: Any) -> None:
        make, self.address = BOARDS[name]
        self.device = make(folder / "board")
        self.dialect: Any = make_dialect(name, {"poll_ms": 30, "pause_ms": 20, **given})
        self.source = StreamSource(name, self.dialect, str(self.device.path), told)
        self.source.start()
        told.online()

    def write(self, channel: Channel) -> float | Outcome:
        return fire(self.source.write, self.dialect, channel)

    def channel(self, lock: int) -> Channel:
        return Channel(device="lock", board=self.address, channel=lock)

    def close(self) -> None:
        self.source.close()
        self.device.close()


@pytest.fixture(params=BOARDS)
def board(request: pytest.FixtureRequest, tmp_path: Path, told: Told) -> Iterator[Board]:
    board = Board(tmp_path, request.param, told)
    yield board
    board.close()


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_lock_of_any_family_is_fired_and_its_feedback_says_so(board: Board, told: Told) -> None:
    told.next(LockState, lambda state: state == LockState(board.address, 3, closed=True))
    shot, magazine = Shot(1, "s", "g"), Magazine(board.write)
    magazine.load(board.channel(3), shot)
    assert magazine.fire(100.0) == []
    assert shot.until == 100.0 + FEEDBACK_S
    assert board.device.wait_fired(3, 1, SOON)
    told.next(LockState, lambda state: state == LockState(board.address, 3, closed=False))
    assert shot.outcome(hook_locked=False, now=100.1) == "unlocked"
    assert [board.device.fired(n) for n in (1, 2, 4)] == [0, 0, 0]


def test_a_board_that_does_not_answer_gives_no_feedback_and_is_not_said_to_refuse(board: Board) -> None:
    board.device.faults.stall = True
    shot, magazine = Shot(1, "s", "g"), Magazine(board.write)
    magazine.load(board.channel(3), shot)
    assert magazine.fire(100.0) == []
    assert shot.outcome(hook_locked=True, now=100.0 + FEEDBACK_S) == "no_feedback"
    assert fire(board.source.write, board.dialect, board.channel(65)) == "refused", "there is no such lock"


def test_a_relay_board_that_refuses_is_said_to_refuse(tmp_path: Path, told: Told) -> None:
    board = ModbusRelayEmulator(tmp_path / "board", refuses=True)
    dialect = ModbusRelay(poll_ms=0)
    source = StreamSource("lock", dialect, str(board.path), told)
    source.start()
    try:
        told.online()
        shot = Shot(1, "s", "g", until=FEEDBACK_S)
        assert isinstance(fire(source.write, dialect, Channel(device="lock", channel=2)), float)
        reply = told.next(UnlockReply)
        assert (reply.lock, reply.accepted) == (2, False)
        shot.reply = reply.accepted
        assert shot.outcome(hook_locked=True, now=FEEDBACK_S) == "refused"
    finally:
        source.close()
        board.close()


def test_locks_are_fired_one_after_the_other(tmp_path: Path, told: Told) -> None:
    """However many doors are granted at once, never is more than one relay on."""
    board = Board(tmp_path, "modbus_relay", told, pulse_ms=200)
    relays = board.device
    assert isinstance(relays, ModbusRelayEmulator)
    try:
        magazine, shots = Magazine(board.write), [Shot(n, "s", "g") for n in (1, 2, 3)]
        for shot in shots:
            magazine.load(board.channel(shot.door), shot)
        until = time.monotonic() + SOON
        while shots[-1].until is None and time.monotonic() < until:
            assert magazine.fire(time.monotonic()) == []
            time.sleep(0.005)
        assert relays.wait_fired(3, 1, SOON)
        assert relays.most_on == 1
        assert [relays.fired(n) for n in (1, 2, 3)] == [1, 1, 1]
    finally:
        board.close()


def test_what_is_taken_back_is_not_fired() -> None:
    fired: list[int] = []

    def write(channel: Channel) -> float | Outcome:
        fired.append(channel.channel)
        return 0.5

    magazine, first, second, third = Magazine(write), Shot(1, "s", "g"), Shot(2, "s", "g"), Shot(3, "s", "g")
    for shot in (first, second, third):
        magazine.load(Channel(device="lock", channel=shot.door), shot)
    magazine.fire(0.0)
    assert not magazine.unload(first), "it was fired"
    assert magazine.unload(second)
    assert not magazine.unload(second)
    magazine.fire(0.4)
    assert fired == [1]
    magazine.fire(0.5)
    magazine.fire(9.0)
    assert fired == [1, 3]


def test_what_cannot_go_out_does_not_keep_the_next_waiting() -> None:
    magazine = Magazine(lambda channel: "unreachable" if channel.channel == 1 else 0.5)
    first, second = Shot(1, "s", "g"), Shot(2, "s", "g")
    for shot in (first, second):
        magazine.load(Channel(device="lock", channel=shot.door), shot)
    assert magazine.fire(0.0) == [(first, "unreachable")]
    assert (first.until, second.until) == (None, FEEDBACK_S)


CRASHES = """
import os, signal, sys, threading
from edge_agent.devices.modbus_relay import ModbusRelay
from edge_agent.devices.stream import StreamSource
from edge_agent.devices.base import SourceState, UnlockReply

dialect, heard = ModbusRelay(pulse_ms=5000, poll_ms=0), {SourceState: threading.Event(), UnlockReply: threading.Event()}
def hear(_, event):
    if type(event) in heard:
        heard[type(event)].set()
source = StreamSource("lock", dialect, sys.argv[1], hear)
source.start()
heard[SourceState].wait(10)
source.write(dialect.open(1, 2))
heard[UnlockReply].wait(10)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_relays_are_off_at_the_start_and_after_a_crash(tmp_path: Path, told: Told) -> None:
    """A station dies with a lock powered: the board ends the pulse, and the next start switches all off at once."""
    relays = ModbusRelayEmulator(tmp_path / "board", stuck=(5,))
    assert relays.on() == {5}
    try:
        died = subprocess.run([sys.executable, "-c", CRASHES, str(relays.path)], timeout=60, check=False)
        assert died.returncode == -9
        assert relays.fired(2) == 1
        assert relays.on() == {2}, "off at the start: only what was fired since is on"
        source = StreamSource("lock", ModbusRelay(), str(relays.path), told)
        source.start()
        told.next(LockState)
        assert relays.on() == set()
        source.close()
    finally:
        relays.close()
