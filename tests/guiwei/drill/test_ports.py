"""Ports for child programs lie where the kernel takes none, and no two processes are given one and the same."""

import itertools
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from guiwei.drill import ports
from guiwei.drill.ports import FIRST, LAST, STRETCH, NoPortError, beginnings, ephemeral_range, free_port

ASKER = (
    "import sys; from guiwei.drill.ports import free_port; print(*(free_port() for _ in range(100))); sys.stdin.read()"
)


def test_they_lie_outside_of_what_the_kernel_hands_out() -> None:
    low, high = ephemeral_range()
    given = [free_port() for _ in range(STRETCH // 2)]
    assert len(set(given)) == len(given)
    assert not [port for port in given if low <= port <= high]


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [
        (32768, 60999, FIRST, LAST),
        (20000, 65535, FIRST, 20000),
        (1024, 60999, 61000, 65536),
        (15100, 60999, 61000, 65536),
        (1024, 65535, FIRST, LAST),
    ],
)
def test_where_they_lie_follows_the_kernels_range(low: int, high: int, first: int, last: int) -> None:
    found = beginnings(low, high)
    assert found[0] == first
    assert last - STRETCH < found[-1] + STRETCH <= last
    assert all(after - before == STRETCH for before, after in itertools.pairwise(found))


def test_the_range_is_read_from_the_kernel_or_is_the_usual_one(tmp_path: Path) -> None:
    (tmp_path / "range").write_text("16000\t65000\n")
    assert ephemeral_range(tmp_path / "range") == (16000, 65000)
    assert ephemeral_range(tmp_path / "no such file") == (32768, 60999)


def test_no_two_processes_are_given_the_same() -> None:
    askers = [
        subprocess.Popen([sys.executable, "-c", ASKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [asker.stdout.readline() for asker in askers if asker.stdout]
    for asker in askers:
        asker.communicate()
        assert asker.returncode == 0
    given = [free_port(), *(int(port) for line in said for port in line.split())]
    assert len(set(given)) == len(given) == 1 + 4 * 100


def test_a_forked_child_has_its_own() -> None:
    mine = [free_port() for _ in range(STRETCH)]
    back, said = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(said, str(free_port()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(said)
    with os.fdopen(back) as heard:
        assert int(heard.read()) not in mine


@pytest.mark.parametrize("address", ["127.0.0.1", ""])
def test_one_that_somebody_listens_on_is_passed_over(address: str) -> None:
    with socket.create_server((address, free_port())) as listener:
        port = listener.getsockname()[1]
        assert port not in [free_port() for _ in range(STRETCH)]
    assert port in [free_port() for _ in range(STRETCH)]


def test_a_process_that_uses_all_its_ports_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_is_free", lambda _: False)
    with pytest.raises(NoPortError, match="200 loopback ports"):
        free_port()
