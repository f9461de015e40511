"""What stands around the agent is accepted by those who read it: systemd, udev."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from firmware_config import mosquitto

FOLDER = Path(mosquitto.__file__).parent
UNIT = FOLDER / "systemd/guiwei-edge@.service"
SCREEN = FOLDER / "systemd/guiwei-screen@.service"
RULES = FOLDER / "udev/70-guiwei.rules"


MOST_EXPOSED = 4.0
"""Of 10, as systemd counts what a service could do if it were taken over."""


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("shipped", "runs"), [(UNIT, "run"), (SCREEN, "screen")], ids=["station", "screen"])
def test_the_units_are_such_as_systemd_accepts(tmp_path: Path, shipped: Path, runs: str) -> None:
    text = shipped.read_text("utf-8")
    command = re.search(rf"^ExecStart=(\S+) edge {runs} /etc/guiwei/%i\.toml$", text, re.MULTILINE)
    assert command
    assert command[1] == "/opt/guiwei/.venv/bin/guiwei"
    unit = tmp_path / shipped.name
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


def test_the_screen_sees_no_key_and_no_outbox() -> None:
    lines = SCREEN.read_text("utf-8").splitlines()
    assert "InaccessiblePaths=-/etc/guiwei/%i.key -/etc/guiwei/%i.tls.key -/var/lib/guiwei" in lines
    assert "PrivateDevices=true" in lines


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
