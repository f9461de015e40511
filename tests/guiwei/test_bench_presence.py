"""The bench of presence: its air misses as real air does, and what it prints holds the station against the truth."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from guiwei.bench.air import Air, margin_for
from guiwei.bench.cli import app
from guiwei.bench.figures import at_most
from guiwei.bench.presence import Tally, Truth
from guiwei.bench.shelf import Said


def missed(rate: float, tags: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Listen to so many tags inside for ten rounds; tell which of them each round missed."""
    air = Air(np.random.default_rng(seed), tags, 1, margin_for(rate), per_second=1100)
    heard = [{read.tag for read in reads} for reads, _ in zip(air.listen(60), range(10), strict=False)]
    return np.array([[tag not in read for tag in range(tags)] for read in heard])


@pytest.mark.parametrize("rate", [0.85, 0.95])
def test_the_air_reads_as_often_as_is_said_and_misses_come_together(rate: float) -> None:
    several = [missed(rate, 400, seed) for seed in range(12)]
    assert np.mean([each.mean() for each in several]) == pytest.approx(1 - rate, abs=0.3 * (1 - rate))
    four_in_a_row = np.mean([each[:4].all(axis=0).mean() for each in several])
    assert four_in_a_row > 5 * (1 - rate) ** 4


def test_what_is_behind_steel_is_heard_seldom_and_weakly() -> None:
    air = Air(np.random.default_rng(3), 400, 1, margin_for(0.95), per_second=1100)
    air.put_outside(np.arange(200, 400), near=True)
    reads = [read for each in air.listen(30) for read in each]
    outside = [read for read in reads if read.tag >= 200]
    assert 0 < len(outside) < 0.1 * len(reads)
    assert np.mean([read.rssi for read in outside]) < np.mean([read.rssi for read in reads]) - 5
    air.put_outside(np.arange(200, 400), near=False)
    assert all(read.tag < 200 for each in air.listen(5) for read in each)


def test_what_is_taken_is_oriented_anew() -> None:
    air = Air(np.random.default_rng(4), 1000, 1, margin_for(0.95), per_second=1100)
    before = air.shadow()[:, 0]
    air.put_outside(np.arange(500), near=True)
    lost = before - air.shadow()[:, 0]
    assert lost[500:].std() == 0
    assert lost[:500].mean() == pytest.approx(24, abs=1)
    assert lost[:500].std() > 4, "more than the steel differs"


def test_the_bench_prints_one_object_with_its_reference_from_the_same_run() -> None:
    asked = ["presence", "--json", "--rate", "0.95", "--tags", "30", "--sessions", "6", "--runs", "2"]
    result = CliRunner().invoke(app, asked)
    told = json.loads(result.stdout)
    assert (result.exit_code, told["bench"], told["runs"], told["misses"]) == (0, "presence", 2, [])
    names = {f"0.95/30/1/1100 {name}" for name in ("false_taken", "missed_taken", "false_missing", "settled")}
    assert names < told["reference"].keys() < told["figures"].keys()
    values = {name.split()[1]: one["value"] for name, one in told["figures"].items()}
    assert (values["false_taken"], values["sessions"]) == (0, 12)
    assert values["false_taken_most"] == pytest.approx(1000 * (1 - 0.05 ** (1 / 12)), abs=0.01)
    assert 0.3 < values["settled"] <= 3


def test_so_few_wrong_may_be_so_many() -> None:
    """The upper limits of a table of exact binomial limits, one-sided, 95 %."""
    assert at_most(0, 4000) == pytest.approx(0.000749, abs=2e-6)
    assert at_most(1, 1000) == pytest.approx(0.004735, abs=2e-5)
    assert at_most(5, 10) == pytest.approx(0.777559, abs=2e-5)


def test_a_taken_thing_that_is_found_there_later_was_not_noticed_and_a_later_visitor_did_not_take_it() -> None:
    """The bench is not to be satisfied by calling unread what then is called there."""
    tally, nothing = Tally(), set[int]()
    seen_later = Said(nothing, nothing, nothing, {0, 1})
    lost = tally.judge(Truth({1}, nothing, {0}, {1}), Said(nothing, nothing, {1}, {0}), seen_later, nothing)
    assert lost == {1}
    assert (tally.count["ours missed taken"], tally.count["ours taken unread"]) == (1, 1)
    said = Said({1}, nothing, nothing, {0})
    assert tally.judge(Truth(nothing, nothing, {0}, {1}), said, said, lost) == nothing
    assert (tally.count["ours false taken"], tally.count["ours false missing"]) == (1, 0)
    assert tally.count["ours missed taken"] == 1
