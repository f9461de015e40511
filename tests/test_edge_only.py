"""A station's environment has none of the server's libraries: the extra `edge` alone must be enough."""

import json
import subprocess
from pathlib import Path

import pytest

from guiwei.bench.edge_install import build, cabinet, megabytes, start_and_stop, strangers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def guiwei(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build an environment from the lock file with the extra `edge` only; returns its guiwei command."""
    return build(tmp_path_factory.mktemp("edge") / "venv")


def ask(guiwei: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([guiwei, *words], capture_output=True, text=True, timeout=60, check=False)


def test_none_of_the_servers_libraries_is_there(guiwei: Path) -> None:
    assert strangers(guiwei) == []


def test_a_station_starts_and_is_connected(guiwei: Path, tmp_path: Path) -> None:
    with cabinet(tmp_path / "cabinet") as settings:
        seconds, memory = start_and_stop(guiwei, settings)
    assert seconds < 15
    assert memory < 200
    assert megabytes(guiwei.parents[1]) < 200


def test_the_command_line_explains_itself(guiwei: Path) -> None:
    assert "edge" in ask(guiwei, "--help").stdout
    assert ask(guiwei, "edge", "--help").returncode == 0
    assert ask(guiwei, "emulate", "--help").returncode == 0


def test_a_station_understands_its_devices(guiwei: Path) -> None:
    answer = ask(guiwei, "edge", "decode", "rdm6300", "0230463030413142324333444603")
    assert answer.returncode == 0, answer.stdout
    assert [row["card"] for row in json.loads(answer.stdout)["readings"]] == ["0F00A1B2C3"]


def test_a_command_of_the_server_says_what_is_missing(guiwei: Path) -> None:
    answer = ask(guiwei, "server", "web")
    assert answer.returncode == 2
    assert "--extra server" in answer.stderr
    assert "Traceback" not in answer.stderr
