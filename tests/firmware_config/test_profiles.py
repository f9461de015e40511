"""Profiles load, agree with the dialects they set up, and refuse every mistake with its place."""

from pathlib import Path

import pytest

from edge_agent.devices import family, make_dialect
from firmware_config import profiles

FAMILIES = profiles.families()

SOUND = """
family = "x"
kind = "scanner"
name = { zh = "甲", en = "A" }

[serial]
baudrate = 9600
baudrates = [9600, 19200]

[settings.power_dbm]
default = 20
minimum = 0
maximum = 33
zh = "功率"
en = "Power"

[[setup]]
what = "suffix"
value = "cr"
zh = "后缀"
en = "Suffix"

[[commissioning]]
do = { zh = "扫描", en = "Scan" }
see = { zh = "看到", en = "See" }
"""


def test_the_four_families_are_there() -> None:
    assert set(FAMILIES) >= {"m100", "lock8a", "rdm6300", "barcode_serial"}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_profile_agrees_with_its_dialect(name: str) -> None:
    profile, dialect = profiles.load(name), family(name)
    assert (profile.serial.baudrate if profile.serial else 0) == dialect.baudrate
    assert {setting.name for setting in profile.settings} == set(dialect.Settings.__struct_fields__)
    assert make_dialect(name, profile.choose({}))
    assert profile.commissioning, "a family without a commissioning check"


@pytest.mark.parametrize("name", FAMILIES)
def test_whatever_a_profile_allows_the_dialect_takes(name: str) -> None:
    profile = profiles.load(name)
    for setting in profile.settings:
        edges = [edge for edge in (setting.minimum, setting.maximum) if edge is not None]
        for value in (*setting.choices, *edges):
            given = [value] if isinstance(setting.default, list) else value
            assert make_dialect(name, profile.choose({setting.name: given}))


def test_a_sound_file_loads(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(SOUND, "utf-8")
    profile = profiles.load_file(path)
    assert profile.choose({"power_dbm": 12.5}) == {"power_dbm": 12.5}
    assert profile.serial is not None
    assert profile.serial.parity == "none"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("baudrate = 9600", "baudrat = 9600", "x.toml: serial.baudrate: is missing"),
        (
            "maximum = 33",
            "maximun = 33",
            "x.toml, line 13: settings.power_dbm.maximun: unknown key; did you mean 'maximum'?",
        ),
        ("default = 20", "default = 40", "x.toml, line 11: settings.power_dbm.default: 40 is above the maximum of 33"),
        ("default = 20", "default = [50]", "line 11: settings.power_dbm.default: 50 is above the maximum of 33"),
        ("baudrate = 9600", "baudrate = 9601", "x.toml, line 7: serial.baudrate: 9601 is none of 9600, 19200"),
        ("baudrate = 9600", 'baudrate = "9600"', "line 7: serial.baudrate: '9600' should be int"),
        ("baudrate = 9600", "baudrate = true", "line 7: serial.baudrate: True should be int"),
        ("[serial]", '[serial]\nparity = "evn"', "line 7: serial.parity: 'evn' is none of none, even, odd"),
        ('kind = "scanner"', 'kind = "scaner"', "line 3: kind: 'scaner' is none of"),
        ('kind = "scanner"', 'kind = "scanner"\ncolour = "red"', "line 4: colour: unknown key"),
        ('value = "cr"', 'valeu = "cr"', "setup[1].value: is missing"),
        ('see = { zh = "看到", en = "See" }', 'see = "text"', "line 25: commissioning[1].see: 'text' should be dict"),
        ('family = "x"', 'family = "y"', "'y' does not match the file's name"),
        ("[serial]", "[serial", "x.toml: Expected ']'"),
    ],
)
def test_a_mistake_is_refused_with_its_place(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    path = tmp_path / "x.toml"
    assert old in SOUND
    path.write_text(SOUND.replace(old, new, 1), "utf-8")
    with pytest.raises(profiles.ProfileError) as refused:
        profiles.load_file(path)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("name", "given", "complaint"),
    [
        ("m100", {"power_dbm": 99}, "m100: setting power_dbm: 99 is above the maximum of 33"),
        ("m100", {"power": 9}, "m100: no setting 'power'; did you mean 'power_dbm'?"),
        ("m100", {"region": "china"}, "'china' is none of"),
        ("m100", {"antenna": True}, "True should be a number"),
        ("lock8a", {"feedback": "openning"}, "did you mean 'opening'?"),
        ("lock8a", {"boards": [1, 99]}, "99 is above the maximum of 32"),
        ("lock8a", {"boards": 1}, "1 should be a list such as [1]"),
        ("barcode_serial", {"suffix": 13}, "13 should be a text"),
    ],
)
def test_a_value_given_by_a_site_is_checked(name: str, given: dict[str, object], complaint: str) -> None:
    with pytest.raises(profiles.ProfileError) as refused:
        profiles.load(name).choose(given)
    assert complaint in str(refused.value)


def test_an_unknown_family_names_the_nearest() -> None:
    with pytest.raises(profiles.ProfileError, match="did you mean 'lock8a'"):
        profiles.load("lock8b")
