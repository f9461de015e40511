"""A radio region is written into a reader and read back; a reader that does not take it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from typer.testing import CliRunner

from edge_agent.cli import app
from edge_agent.devices import family
from edge_agent.devices.base import SettingsError
from edge_agent.emulators.m100 import M100Emulator
from edge_agent.emulators.pty_device import PtyDevice
from edge_agent.emulators.reader18 import Reader18Emulator
from edge_agent.emulators.thingmagic import ThingMagicEmulator
from edge_agent.tools.regions import TUNINGS, Tuned, tune
from firmware_config import profiles


class Forgetful(M100Emulator):
    """Says that it was set, and was not."""

    def _set_up(self, command: int, given: bytes) -> bytes | None:
        return b"\0" if command == 0x07 else super()._set_up(command, given)


@pytest.fixture
def plugged(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    makers: dict[str, Callable[[Path], PtyDevice]] = {
        "m100": lambda port: M100Emulator(port, per_second=100),
        "us_only": lambda port: M100Emulator(port, regions=(2,)),
        "forgetful": Forgetful,
        "reader18": lambda port: Reader18Emulator(port, pushes=True),
        "288m": lambda port: Reader18Emulator(port, kind="288m"),
        "thingmagic": ThingMagicEmulator,
    }
    made: list[PtyDevice] = []

    def plug(name: str) -> str:
        made.append(makers[name](tmp_path / name))
        return str(made[-1].path)

    yield plug
    for device in made:
        device.close()


@pytest.mark.parametrize("name", TUNINGS)
def test_chinas_band_is_written_and_read_back(name: str, plugged: Callable[[str], str]) -> None:
    port = plugged(name)
    assert tune(name, port, "us" if name != "thingmagic" else "europe", 18).refused == ""
    assert tune(name, port, "china_920_925", 20) == Tuned("china_920_925", 20, "")
    assert tune(name, port, "korea", None) == Tuned("korea", 20, "")


@pytest.mark.parametrize(
    ("device", "name", "wanted", "power", "told"),
    [
        ("us_only", "m100", "china_920_925", None, Tuned("china_920_925", 26.0, "set_region: invalid parameter")),
        ("forgetful", "m100", "europe", None, Tuned("china_920_925", 26.0, "region is china_920_925, not europe")),
        ("reader18", "reader18", "europe", None, Tuned("us", 30, "set_band: wrong parameter")),
        ("reader18", "reader18", "us", 33, Tuned("us", 30, "set_power: wrong parameter")),
        (
            "thingmagic",
            "thingmagic",
            "china_840_845",
            None,
            Tuned("china_920_925", 15.0, "set_region: region not supported"),
        ),
        ("thingmagic", "thingmagic", "korea", 30, Tuned("korea", 15.0, "set_power: power above the most allowed")),
    ],
)
def test_a_reader_that_does_not_take_it_is_refused(
    device: str, name: str, wanted: str, power: float | None, told: Tuned, plugged: Callable[[str], str]
) -> None:
    assert tune(name, plugged(device), wanted, power) == told


def test_a_288m_knows_europe(plugged: Callable[[str], str]) -> None:
    assert tune("reader18", plugged("288m"), "europe", 20) == Tuned("europe", 20, "")


def test_a_reader_that_says_nothing_is_refused(plugged: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.tools.regions.ANSWER_S", 0.1)
    told = tune("reader18", plugged("reader18"), "us", None, {"addresses": "7"})
    assert told == Tuned(None, None, "set_band: no answer")


@pytest.mark.parametrize("name", TUNINGS)
def test_a_profile_says_china_and_knows_every_region_of_its_family(name: str) -> None:
    setting = next(one for one in profiles.load(name).settings if one.name == "region")
    known = get_args(get_args(get_type_hints(family(name).Settings, include_extras=True)["region"])[0])
    assert setting.default == "china_920_925"
    assert set(setting.choices) == set(known)


def test_the_command_says_what_is_held(plugged: Callable[[str], str]) -> None:
    port = plugged("us_only")
    taken = CliRunner().invoke(app, ["region", "m100", port, "us", "--power", "20"])
    assert (taken.exit_code, json.loads(taken.stdout)) == (0, {"region": "us", "power_dbm": 20.0, "refused": ""})
    refused = CliRunner().invoke(app, ["region", "m100", port, "europe"])
    assert (refused.exit_code, json.loads(refused.stdout)["refused"]) == (1, "set_region: invalid parameter")
    for wrong, says in (
        (["llrp", port, "us"], "these can"),
        (["m100", port, "mars"], "none of"),
        (["m100", "/x", "us"], "/x"),
    ):
        told = CliRunner().invoke(app, ["region", *wrong])
        assert (told.exit_code, says in told.stderr) == (2, True)


def test_families_without_a_region_are_named() -> None:
    with pytest.raises(SettingsError, match="m100, reader18, thingmagic"):
        tune("lock8a", "/dev/null", "us", None)
