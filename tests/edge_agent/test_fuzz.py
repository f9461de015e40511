"""Every family takes noise and spoilt frames as it must; what does not is found out, with seed and place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from edge_agent.cli import app
from edge_agent.devices import FAMILIES, make_dialect
from edge_agent.devices.base import FrameError, Heard
from edge_agent.devices.rdm6300 import Rdm6300
from edge_agent.tools.fuzz import SAMPLES, FuzzError, fuzz

NO_FRAMES = {"barcode_camera", "esphome"}
"""Families whose bytes are pictures, or whole messages another program has cut out of its stream."""


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_takes_what_comes(family: str) -> None:
    told = fuzz(family, 20_000, seed=20261122)
    assert told.bytes == 20_000
    assert told.most_held <= 20_000
    assert told.found_again == (3 if family in SAMPLES else 0)


def test_every_family_has_good_frames() -> None:
    assert set(FAMILIES) - set(SAMPLES) <= NO_FRAMES
    for family, samples in SAMPLES.items():
        for sample in samples:
            dialect = make_dialect(family)
            heard = dialect.feed(bytes.fromhex(sample)) + dialect.silence()
            assert heard, (family, sample)
            assert not [event for event in heard if isinstance(event, FrameError)], (family, sample)


def test_the_same_seed_feeds_the_same_bytes() -> None:
    one, same, other = (fuzz("m100", 9_000, seed) for seed in (1, 1, 2))
    assert (one.readings, one.errors, one.most_held) == (same.readings, same.errors, same.most_held)
    assert (one.readings, one.errors, one.most_held) != (other.readings, other.errors, other.most_held)


class Raising(Rdm6300):
    """Cannot take one byte value."""

    def feed(self, data: bytes) -> list[Heard]:
        if 0xA7 in data:
            raise IndexError("no such thing")
        return super().feed(data)


class Hoarding(Rdm6300):
    """Never lets go of what it was given."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.hoard = b""

    @property
    def unparsed(self) -> bytes:
        return self.hoard

    def feed(self, data: bytes) -> list[Heard]:
        self.hoard += data * 100
        return super().feed(data)


class Deafened(Rdm6300):
    """Hears nothing any more after a while."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.heard = 0

    def feed(self, data: bytes) -> list[Heard]:
        self.heard += len(data)
        return super().feed(data) if self.heard < 10_000 else []


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        (Raising, r"IndexError\('no such thing'\) at byte \d+ of seed 3"),
        (Hoarding, r"holds \d+ bytes after \d+, seed 3"),
        (Deafened, r"after \d+ bytes of seed 3 a good frame means \[\], not"),
    ],
)
def test_what_a_dialect_must_not_do_is_found(spoilt: type, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "rdm6300", f"{__name__}:{spoilt.__name__}")
    with pytest.raises(FuzzError, match=says):
        fuzz("rdm6300", 60_000, 3)


def test_the_command_prints_a_line_for_each_family() -> None:
    told = CliRunner().invoke(app, ["fuzz", "rdm6300", "reader18", "--bytes", "5000", "--seed", "4"])
    assert told.exit_code == 0
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [(line["family"], line["bytes"], line["seed"]) for line in lines] == [
        ("rdm6300", 5000, 4),
        ("reader18", 5000, 4),
    ]
    wrong = CliRunner().invoke(app, ["fuzz", "rdm6301"])
    assert (wrong.exit_code, "rdm6300" in wrong.stderr) == (2, True)
