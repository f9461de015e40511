"""The server as it is run: set up by the command line, ready soon, gone at once although somebody listens."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from guiwei.drill.ports import free_port
from server.config import ConfigError, load_settings
from tests.server.web.house import COMPANY, PASSWORD

SERVER = [sys.executable, "-m", "guiwei", "server"]


def command(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SERVER, *words], env=environment(folder, **more), capture_output=True, text=True, timeout=60
    )


def environment(folder: Path, **more: str) -> dict[str, str]:
    port = free_port()  # nobody listens here: the intake goes on trying
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GUIWEI_")}  # noqa: TID251
    url = f"sqlite:///{folder}/guiwei.sqlite"
    given = {"DATABASE_URL": url, "DATA": str(folder / "data"), "HTTP_PORT": "0", "BROKER_PORT": str(port), **more}
    return kept | {f"GUIWEI_{name}": value for name, value in given.items()}


@pytest.fixture
def company(tmp_path: Path) -> Path:
    path = tmp_path / "company.json"
    path.write_text(COMPANY.model_dump_json(), encoding="utf-8")
    return path


@pytest.fixture
def server(tmp_path: Path, company: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running server and its address."""
    made = command(tmp_path, "init", "--company", str(company))
    assert made.returncode == 0, made.stderr
    assert set(json.loads(made.stdout)) == {"server_key", "server_pin_key"}
    with subprocess.Popen([*SERVER, "all"], env=environment(tmp_path), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield process, line.split()[-1]
        process.kill()


def test_it_stops_cleanly_while_somebody_listens(server: tuple[subprocess.Popen[str], str]) -> None:
    process, address = server
    with httpx2.Client(base_url=address, timeout=10) as client:
        credentials = {"username": "chen", "password": PASSWORD}
        token = client.post("/api/v1/sign-in", json=credentials).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        with client.stream("GET", "/api/v1/stream", headers=headers) as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 1000"
            with httpx2.Client(base_url=address, timeout=10) as other:
                body = {"stations": ["a"]}
                assert other.post("/api/v1/stocktakes", json=body, headers=headers).status_code == 201
            told = next(line for line in lines if line.startswith("data:"))
            assert json.loads(told[5:])["topics"] == ["ledger", "stocktakes"]
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            assert not [line for line in lines if line.startswith("data:")]


def test_bad_set_up_is_explained_and_ends_with_2(tmp_path: Path, company: Path) -> None:
    missing = command(tmp_path, "keys")
    assert (missing.returncode, "guiwei server init" in missing.stderr) == (2, True)
    company.write_text('{"people": [{"username": "X Y", "name": "x", "role": "boss"}]}', encoding="utf-8")
    wrong = command(tmp_path, "init", "--company", str(company))
    assert wrong.returncode == 2
    assert "people.0.username" in wrong.stderr
    assert "people.0.role" in wrong.stderr
    nowhere = command(tmp_path, "migrate", DATABASE_URL=f"sqlite:///{tmp_path}/no/such/folder/x.sqlite")
    assert (nowhere.returncode, "GUIWEI_DATABASE_URL" in nowhere.stderr) == (2, True)
    assert "Traceback" not in missing.stderr + wrong.stderr + nowhere.stderr


def test_settings_name_the_variable_that_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GUIWEI_ZONE", "Mars/Olympus")
    monkeypatch.setenv("GUIWEI_HTTP_PORT", "99999")
    with pytest.raises(ConfigError, match="GUIWEI_HTTP_PORT") as caught:
        load_settings()
    assert "GUIWEI_ZONE" in str(caught.value)
    monkeypatch.delenv("GUIWEI_ZONE")
    monkeypatch.delenv("GUIWEI_HTTP_PORT")
    secret = tmp_path / "password"
    secret.write_text("geheim\n", encoding="utf-8")
    monkeypatch.setenv("GUIWEI_BROKER_PASSWORD_FILE", str(secret))
    settings = load_settings()
    assert settings.broker_password.get_secret_value() == "geheim"
    assert "geheim" not in repr(settings)
    monkeypatch.setenv("GUIWEI_BROKER_PASSWORD", "other")
    with pytest.raises(ConfigError, match="both set"):
        load_settings()
