"""systemd is told that the station works, that its loop turns, that it ends; a loop that stands is not vouched for."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.watchdog import Watchdog
from guiwei.drill.ports import free_port
from tests.edge_agent.bench import GUIWEI

SETTINGS = """
[station]
name = "a"
site = "test"
data = "{folder}/data"
state = "{folder}/state.json"
key_file = "{folder}/key"
server_key = "{key}"
server_pin_key = "{key}"
[broker]
port = {port}
"""


@pytest.fixture
def systemd(tmp_path: Path) -> socket.socket:
    """systemd's end of the wire."""
    found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    found.bind(str(tmp_path / "notify"))
    found.settimeout(10)
    return found


def heard_until_silence(systemd: socket.socket) -> int:
    """Count what comes until nothing comes any more."""
    for count in range(100):
        try:
            systemd.recv(100)
        except TimeoutError:
            return count
    return 100


def test_a_running_station_is_vouched_for_while_its_loop_turns(systemd: socket.socket, tmp_path: Path) -> None:
    settings = tmp_path / "station.toml"
    settings.write_text(SETTINGS.format(folder=tmp_path, key="ab" * 32, port=free_port()))
    (tmp_path / "key").write_text(Ed25519PrivateKey.generate().private_bytes_raw().hex())
    told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
    agent = subprocess.Popen([GUIWEI, "edge", "run", settings], env={**os.environ, **told})  # noqa: TID251 - handed on
    try:
        assert [systemd.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        agent.send_signal(signal.SIGSTOP)
        systemd.settimeout(0.5)
        assert heard_until_silence(systemd) <= 1
        systemd.settimeout(10)
        agent.send_signal(signal.SIGCONT)
        assert systemd.recv(100) == b"WATCHDOG=1"
        agent.terminate()
        while (said := systemd.recv(100)) == b"WATCHDOG=1":
            pass
        assert said == b"STOPPING=1"
        assert agent.wait(10) == 0
    finally:
        agent.kill()
        agent.wait()
        systemd.close()


def test_what_cannot_be_told_stops_nothing(tmp_path: Path) -> None:
    Watchdog().ready()
    Watchdog(str(tmp_path / "nobody"), 1).turned(0.0)


def test_a_name_without_a_file_is_told_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0guiwei-test-{os.getpid()}")
        Watchdog(f"@guiwei-test-{os.getpid()}").ready()
        assert systemd.recv(100) == b"READY=1"
