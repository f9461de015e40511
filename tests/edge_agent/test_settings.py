"""Settings are read strictly; every mistake names where it is and what would be right. The clock file moves time."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contract.messages import Anchor
from edge_agent.cli import app
from edge_agent.clock import Clock
from edge_agent.devices.base import SettingsError
from edge_agent.outbox import Outbox
from edge_agent.settings import load_settings

GOOD = """
[station]
name = "a"
site = "hq"
data = "data"
state = "state.json"
key_file = "station.key"
server_key = "{key}"
server_pin_key = "{key}"
[broker]
port = 1883
[[devices]]
name = "lock"
family = "lock8a"
port = "/dev/lock"
settings = {{ poll_ms = 40, boards = [1, 2] }}
[[devices]]
name = "reader1"
family = "m100"
port = "/dev/reader1"
[[doors]]
door = 1
lock = {{ device = "lock", channel = 1 }}
contact = {{ device = "lock", channel = 13 }}
readers = ["reader1"]
""".format(key="ab" * 32)


def written(folder: Path, text: str) -> Path:
    path = folder / "station.toml"
    path.write_text(text)
    return path


def test_good_settings(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, GOOD))
    assert (settings.station.name, settings.broker.port, settings.session.idle_seconds) == ("a", 1883, 60)
    assert settings.doors[0].contact is not None
    assert settings.doors[0].contact.channel == 13
    assert settings.devices[0].settings == {"poll_ms": 40, "boards": [1, 2]}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('site = "hq"', 'sight = "hq"', "unknown key 'station.sight'; did you mean 'site'?"),
        ("[broker]", "[brocker]", "unknown key 'brocker'; did you mean 'broker'?"),
        ("channel = 13", "chanel = 13", "unknown key 'doors[0].contact.chanel'; did you mean 'channel'?"),
        ("channel = 13", "channel = 1", "channel (device, board, channel) ('lock', 1, 1) is given twice"),
        ("port = 1883", 'port = "1883"', "Expected `int`, got `str` - at `$.broker.port`"),
        ('name = "a"', 'name = "A b"', "station.name 'A b': 1-32 of a-z 0-9 _ -"),
        ('["reader1"]', '["readr1"]', "door 1 readers: no device 'readr1'; did you mean 'reader1'?"),
        ('family = "m100"', 'family = "m10"', "no device family 'm10'; did you mean 'm100'?"),
        ("poll_ms", "pol_ms", "no setting 'pol_ms'; did you mean 'poll_ms'?"),
        ('name = "reader1"', 'name = "lock"', "devices.name 'lock' is given twice"),
        ("abab", "xyxy", "matching regex"),
        ('state = "state.json"', 'state = "s"\noutbox_mb = 3', "station.outbox_mb 3: 0 for the whole disk, or 8"),
        ("[station]", "[station", "Expected ']'"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(SettingsError) as error:
        load_settings(path)
    assert str(error.value).startswith(str(path))
    assert says in str(error.value)


def test_a_door_says_only_what_differs_behind_it(tmp_path: Path) -> None:
    more = GOOD.replace("[broker]", "[presence]\npass_ms = 50\nrisk = 0.01\n[broker]")
    more += 'presence = { risk = 0.002 }\nreferences = [{ antenna = 2, epc = "E200AA" }]\n'
    door = load_settings(written(tmp_path, more)).doors[0]
    assert (door.presence.pass_ms, door.presence.risk, door.presence.far_db) == (50, 0.002, 20.0)
    assert (door.references[0].antenna, door.references[0].epc, door.references[0].reader) == (2, "E200AA", "")


@pytest.mark.parametrize(
    ("added", "says"),
    [
        ("presence = { riks = 0.1 }", "did you mean 'risk'"),
        ("presence = { risk = 0.5 }", "risk"),
        ('references = [{ epc = "E200AA", reader = "reader2" }]', "door 1 reference E200AA: reader 'reader2'"),
        ('references = [{ epc = "E200AA" }, { epc = "E200AA", antenna = 2 }]', "'E200AA' is given twice"),
        ('references = [{ epc = "xyz" }]', "epc"),
    ],
)
def test_mistakes_about_presence_are_named(tmp_path: Path, added: str, says: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(says)):
        load_settings(written(tmp_path, GOOD + added + "\n"))


def test_the_command_line_says_what_is_wrong(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace("key_file", "key_fle"))
    for command in ("run", "status"):
        result = CliRunner().invoke(app, [command, str(path)])
        assert result.exit_code == 2
        assert "did you mean 'key_file'?" in result.output
    path = written(tmp_path, GOOD.replace('"data"', f'"{tmp_path}"').replace("station.key", "/nowhere"))
    result = CliRunner().invoke(app, ["run", str(path)])
    assert (result.exit_code, "station.key_file /nowhere" in result.output) == (2, True)


def test_status_prints_the_state(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    path = written(tmp_path, GOOD.replace("state.json", str(state)))
    missing = CliRunner().invoke(app, ["status", str(path)])
    assert (missing.exit_code, "is the station running?" in missing.output) == (1, True)
    state.write_text('{"station": "a"}')
    assert json.loads(CliRunner().invoke(app, ["status", str(path)]).output) == {"station": "a"}


def test_status_prints_what_the_station_witnesses(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace('"data"', f'"{tmp_path / "data"}"'))
    missing = CliRunner().invoke(app, ["status", str(path), "--witnesses"])
    assert (missing.exit_code, "outbox.sqlite" in missing.output) == (1, True)
    outbox = Outbox(tmp_path / "data", "a")
    for size, root in ((3, "ab" * 32), (12, "cd" * 32)):
        outbox.confirm(0, 1_700_000_000_000_000, Anchor(size=size, root=root))
    outbox.close()
    told = CliRunner().invoke(app, ["status", str(path), "--witnesses"])
    came = "2023-11-14T22:13:20+00:00"
    assert (told.exit_code, told.output) == (0, f"3:{'ab' * 32} {came}\n12:{'cd' * 32} {came}\n")


def test_the_clock_file_moves_both_clocks_or_the_wall_clock_alone(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_bytes(struct.pack("<qq", 0, 0))
    clock, real = Clock(str(file)), Clock()
    assert abs(clock.wall_us() - real.wall_us()) < 1_000_000
    with file.open("r+b") as opened:
        opened.write(struct.pack("<qq", 3_600_000_000, -60_000_000))
    assert clock.wall_us() - real.wall_us() == pytest.approx(3_540_000_000, abs=1_000_000)
    assert clock.mono_us() - real.mono_us() == pytest.approx(3_600_000_000, abs=1_000_000)
    assert clock.real_mono() == pytest.approx(real.real_mono(), abs=1)
    for bad in ("", "short"):
        file.write_text(bad)
        with pytest.raises(SettingsError, match="needs a file of 16 bytes"):
            Clock(str(file))


def test_a_file_that_is_not_there_is_named_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^\S*station\.toml: No such file or directory$"):
        load_settings(tmp_path / "station.toml")
