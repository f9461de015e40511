"""A station's environment has none of the server's libraries: the extra `edge` alone must be enough."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def guiwei(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build an environment from the lock file with the extra `edge` only; returns its guiwei command."""
    uv = shutil.which("uv")
    assert uv, "uv is not on the PATH; start the tests by ./run test"
    environment = tmp_path_factory.mktemp("edge") / "venv"
    environ = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(environment)}  # noqa: TID251 - handed on to a child
    environ.pop("VIRTUAL_ENV", None)
    command = [uv, "sync", "--locked", "--no-default-groups", "--extra", "edge", "--project", str(ROOT), "--quiet"]
    subprocess.run(command, env=environ, check=True)
    return environment / "bin" / "guiwei"


def ask(guiwei: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([guiwei, *words], capture_output=True, text=True, timeout=60, check=False)


def test_none_of_the_servers_libraries_is_there(guiwei: Path) -> None:
    script = "import importlib.util as u; print([n for n in ('fastapi', 'sqlmodel', 'cv2', 'PIL') if u.find_spec(n)])"
    python = guiwei.with_name("python")
    assert subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


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
