"""What stands around the agent is accepted by those who read it: systemd, udev, ESPHome."""

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware_config import mosquitto
from guiwei import tls

FOLDER = Path(mosquitto.__file__).parent
UNIT = FOLDER / "systemd/guiwei-edge@.service"
RULES = FOLDER / "udev/70-guiwei.rules"
NODE = FOLDER / "esphome/cabinet-node.yaml"

# ESPHome pins libraries that contradict ours, so it runs in an environment of its own, which uv keeps.
ESPHOME = "esphome==2026.6.5"


MOST_EXPOSED = 4.0
"""Of 10, as systemd counts what a service could do if it were taken over."""


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


def test_the_unit_is_one_that_systemd_accepts(tmp_path: Path) -> None:
    text = UNIT.read_text("utf-8")
    command = re.search(r"^ExecStart=(\S+) edge run /etc/guiwei/%i\.toml$", text, re.MULTILINE)
    assert command
    assert command[1] == "/opt/guiwei/.venv/bin/guiwei"
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace(command[1], "/bin/true"))
    verified = analyze("verify", str(unit))
    assert (verified.returncode, verified.stderr) == (0, "")
    exposed = analyze("security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED * 10:.0f}", str(unit))
    assert exposed.returncode == 0, exposed.stdout
    level = re.search(r"Overall exposure level .*: (\d+\.\d+)", exposed.stdout)
    assert level
    assert float(level[1]) <= MOST_EXPOSED


def test_account_and_folders_of_a_station_are_made(tmp_path: Path) -> None:
    users, folders = (UNIT.with_name(f"guiwei-edge.{kind}.conf") for kind in ("sysusers", "tmpfiles"))
    wanted = dict(re.findall(r"^d (\S+) (\d{4}) ", folders.read_text("utf-8"), re.MULTILINE))
    assert wanted == {"/etc/guiwei": "0750", "/var/lib/guiwei": "0750", "/run/guiwei": "0755"}
    assert re.search(r"^u guiwei - ", users.read_text("utf-8"), re.MULTILINE)
    (tmp_path / "etc").mkdir()
    made = ("systemd-sysusers", str(users)), ("systemd-tmpfiles", "--create", str(folders))
    for command in made if os.geteuid() == 0 else ():  # only root may make accounts and give folders away
        words = [*command, f"--root={tmp_path}"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "Restart=always",
        "StartLimitIntervalSec=0",
        "NoNewPrivileges=true",
        "Type=notify",
        "WatchdogSec=30",
        "ProtectSystem=strict",
        "ProtectHome=true",
        "DevicePolicy=closed",
        "CapabilityBoundingSet=",
        "UMask=0077",
        "User=guiwei",
    ],
)
def test_the_unit_stays_hardened(line: str) -> None:
    assert line in UNIT.read_text("utf-8").splitlines()


KEY = re.compile(r'(?P<key>[A-Z]+)(\{[\w./-]+\})?(?P<operator>==|!=|\+=|-=|:=|=)"[^"]*"')
MATCHES = {"ACTION", "SUBSYSTEM", "KERNEL", "ATTR", "ATTRS", "ENV"}
ASSIGNS = {"SYMLINK", "GROUP", "MODE", "ENV", "ATTR", "TAG"}


def test_udev_rules_are_well_formed() -> None:
    lines = [line for line in RULES.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        parts = [KEY.fullmatch(part.strip()) for part in line.split(",")]
        assert all(parts), line
        for part in parts:
            assert part
            known = MATCHES if part["operator"] in ("==", "!=") else ASSIGNS
            assert part["key"] in known, part[0]


def test_udev_rules_come_after_those_they_rely_on() -> None:
    assert RULES.name > "60-serial.rules"
    assert RULES.name > "60-persistent-input.rules"


def node_secrets(folder: Path) -> dict[str, str]:
    """Make a secrets file's content with real certificates for the node."""
    now = datetime.now(UTC)  # noqa: TID251 - certificates begin at the real moment
    tls.make_authority(folder, now)
    tls.issue(folder, "cabinet-a", now)
    read = {"site_ca": "ca.crt", "node_certificate": "cabinet-a.crt", "node_key": "cabinet-a.key"}
    certificates = {name: (folder / file).read_text() for name, file in read.items()}
    return {"wifi_ssid": "site", "wifi_password": "long enough", "ota_password": "another", **certificates}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_esphome_accepts_the_node(tmp_path: Path) -> None:
    (tmp_path / NODE.name).write_bytes(NODE.read_bytes())
    (tmp_path / "secrets.yaml").write_text(json.dumps(node_secrets(tmp_path / "tls")))
    uv = shutil.which("uv")
    assert uv, "uv is not on the PATH; start the tests by ./run test"
    result = subprocess.run(
        [uv, "tool", "run", "--from", ESPHOME, "esphome", "config", NODE.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Configuration is valid" in result.stdout + result.stderr


def test_the_node_holds_no_relay_and_no_secret() -> None:
    settings = "\n".join(line.partition("#")[0] for line in NODE.read_text("utf-8").splitlines())
    for actuator in ("switch:", "output:", "lock:", "on_message", "on_json_message", "button:"):
        assert actuator not in settings, f"a sensor node needs no {actuator}"
    for line in settings.splitlines():
        if re.search(r"password|ssid|certificate|key:", line):
            assert "!secret" in line, line


def test_the_example_names_every_secret_and_holds_none() -> None:
    used = set(re.findall(r"!secret (\w+)", NODE.read_text("utf-8")))
    example = (NODE.parent / "secrets.example.yaml").read_text("utf-8")
    assert dict(re.findall(r"^(\w+): (.*)$", example, re.MULTILINE)) == dict.fromkeys(used, '""')


def test_the_node_writes_only_where_the_broker_lets_it() -> None:
    text = NODE.read_text("utf-8")
    topics = re.findall(r"\b(?:topic|topic_prefix|state_topic): (\S+)", text)
    assert topics
    assert all(topic.startswith("guiwei/nodes/${node}") for topic in topics)
