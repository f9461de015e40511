"""A world's processes really die, really stand still, and say why they are not there."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from guiwei.drill.process import Process, ProcessError, wait_until

TICKING = "import time\nwhile True: print('tick', flush=True); time.sleep(0.01)"
DEAF = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"


@pytest.fixture
def ticking(tmp_path: Path) -> Iterator[Process]:
    process = program(tmp_path, TICKING)
    process.start()
    wait_until("ticking", 20, lambda: size(process) > 0, process)
    yield process
    process.stop()


def program(folder: Path, text: str) -> Process:
    return Process("ticker", [sys.executable, "-c", text], folder / "log")


def size(process: Process) -> int:
    return process.log.stat().st_size


def grows(process: Process) -> bool:
    before = size(process)
    time.sleep(0.15)
    return size(process) > before


def test_killed_is_dead_at_once_and_can_start_again(ticking: Process) -> None:
    first = ticking.child
    assert ticking.alive
    assert first is not None
    ticking.kill()
    assert not ticking.alive
    assert first.returncode == -9
    assert not grows(ticking)
    ticking.start()
    assert ticking.child is not None
    assert ticking.child.pid != first.pid
    wait_until("ticking again", 20, lambda: grows(ticking), ticking)


def test_starting_twice_is_one_process(ticking: Process) -> None:
    assert ticking.child is not None
    pid = ticking.child.pid
    ticking.start()
    assert ticking.child.pid == pid


def test_paused_stands_still_and_goes_on(ticking: Process) -> None:
    ticking.pause()
    time.sleep(0.05)
    assert ticking.alive
    assert not grows(ticking)
    ticking.resume()
    wait_until("going on", 20, lambda: grows(ticking), ticking)


def test_stop_ends_a_paused_one(ticking: Process) -> None:
    ticking.pause()
    ticking.stop()
    assert not ticking.alive


def test_stop_kills_what_does_not_listen(tmp_path: Path) -> None:
    deaf = program(tmp_path, DEAF)
    deaf.start()
    wait_until("up", 20, lambda: "up" in deaf.tail(), deaf)
    deaf.stop(0.2)
    assert deaf.child is not None
    assert deaf.child.returncode == -9


def test_check_says_the_exit_code_and_the_last_words(tmp_path: Path) -> None:
    failing = program(tmp_path, "import sys; print('line one', flush=True); sys.exit('no such port')")
    failing.start()
    with pytest.raises(ProcessError, match=r"ticker is not running \(exit 1\):\nline one\nno such port"):
        wait_until("listening", 20, lambda: False, failing)


def test_waiting_ends_with_what_did_not_happen() -> None:
    with pytest.raises(ProcessError, match="rain did not happen within 0 s"):
        wait_until("rain", 0.05, lambda: False)
