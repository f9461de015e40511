"""A seeded sample of the matrix of blows; `guiwei chaos` strikes all of it."""

import random

import pytest
from typer.testing import CliRunner

from guiwei.chaos.cli import app
from guiwei.chaos.strike import Blow, blows, strike
from guiwei.drill.runner import shipped

SAMPLE = random.Random(20260302).sample(blows(shipped(), seed=1), 5)


def name(blow: Blow) -> str:
    return f"{blow.path.stem}-{blow.what}-step{blow.step + 1}-{blow.after_ms}ms"


@pytest.mark.stories
@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("blow", SAMPLE, ids=name)
def test_a_blow_ends_as_if_nothing_had_happened_or_in_a_case_that_names_the_gap(blow: Blow) -> None:
    outcome = strike(blow)
    assert outcome.wrong == []
    assert outcome.kind in ("same", "gap")
    assert outcome.kind == "same" or blow.what not in ("server", "broker"), "only a station can leave a gap"


def test_the_matrix_strikes_every_part_at_every_step() -> None:
    first = blows(shipped()[:1], seed=1)
    steps = {blow.step for blow in first}
    assert {blow.what for blow in first} == {"server", "broker", "a"}
    assert len(first) == 3 * len(steps)
    assert steps == set(range(len(steps)))


def test_a_story_that_cannot_be_read_is_wrong_use() -> None:
    refused = CliRunner().invoke(app, ["--story", "nowhere.toml"])
    assert refused.exit_code == 2
    assert "nowhere.toml" in refused.stderr
