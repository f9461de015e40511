"""The sensor nodes are accepted by ESPHome, write where the broker lets them, and hold no relay and no secret."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware_config import mosquitto
from guiwei import tls

FOLDER = Path(mosquitto.__file__).parent / "esphome"
NODES = sorted(FOLDER.glob("*-node.yaml"))
PARTS = sorted(FOLDER.glob("parts/*.yaml"))

# ESPHome pins libraries that contradict ours, so it runs in an environment of its own, which uv keeps.
ESPHOME = "esphome==2026.6.5"


def node_secrets(folder: Path) -> dict[str, str]:
    """Make a secrets file's content with real certificates for the node."""
    now = datetime.now(UTC)  # noqa: TID251 - certificates begin at the real moment
    tls.make_authority(folder, now)
    tls.issue(folder, "cabinet-a", now)
    read = {"site_ca": "ca.crt", "node_certificate": "cabinet-a.crt", "node_key": "cabinet-a.key"}
    certificates = {name: (folder / file).read_text() for name, file in read.items()}
    return {"wifi_ssid": "site", "wifi_password": "long enough", "ota_password": "another", **certificates}


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What ESPHome says of all nodes, asked once."""
    folder = tmp_path_factory.mktemp("nodes") / "esphome"
    shutil.copytree(FOLDER, folder)
    (folder / "secrets.yaml").write_text(json.dumps(node_secrets(folder / "tls")))
    uv = shutil.which("uv")
    assert uv, "uv is not on the PATH; start the tests by ./run test"
    result = subprocess.run(
        [uv, "tool", "run", "--from", ESPHOME, "esphome", "config", *(node.name for node in NODES)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_esphome_accepts_every_node(verdict: str) -> None:
    assert len(NODES) == 5
    assert verdict.count("Configuration is valid") == len(NODES)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_node_has_tls_and_a_last_will(verdict: str) -> None:
    assert verdict.count("client_certificate_key:") == len(NODES)
    assert verdict.count("will_message:") == len(NODES)


@pytest.mark.parametrize("part", [*NODES, *PARTS], ids=lambda path: path.name)
def test_a_node_holds_no_relay_and_no_secret(part: Path) -> None:
    settings = "\n".join(line.partition("#")[0] for line in part.read_text("utf-8").splitlines())
    for actuator in ("switch:", "output:", "lock:", "on_message", "on_json_message", "button:"):
        assert actuator not in settings, f"a sensor node needs no {actuator}"
    for line in settings.splitlines():
        if re.search(r"password|ssid|certificate|key:", line):
            assert "!secret" in line, line


def test_the_example_names_every_secret_and_holds_none() -> None:
    used = {name for part in PARTS for name in re.findall(r"!secret (\w+)", part.read_text("utf-8"))}
    example = (FOLDER / "secrets.example.yaml").read_text("utf-8")
    assert dict(re.findall(r"^(\w+): (.*)$", example, re.MULTILINE)) == dict.fromkeys(used, '""')


def test_nodes_write_only_where_the_broker_lets_them_and_retain_states_alone() -> None:
    text = "\n".join(part.read_text("utf-8") for part in PARTS)
    topics = re.findall(r"\b(?:topic|topic_prefix|state_topic): (\S+)", text)
    assert len(topics) > 8
    assert all(topic.startswith("guiwei/nodes/${node}") for topic in topics)
    topic, rest = r"topic: guiwei/nodes/\$\{node\}/(\S+)\n", r"(?:(?!.*topic:).*\n)*? +retain: (\w+)"
    retained = dict(re.findall(topic + rest, text))
    assert {topic for topic, kept in retained.items() if kept == "true"} == {"status", "door/1", "door/2", "tamper"}
    assert {topic for topic, kept in retained.items() if kept == "false"} == {"wiegand", "rdm6300", "pn532"}
