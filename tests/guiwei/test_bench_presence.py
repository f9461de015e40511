"""The bench of presence: its air misses as real air does, and what it prints holds the station against the truth."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from guiwei.bench.air import Air, margin_for
from guiwei.bench.cli import app


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


def test_the_bench_prints_one_object_with_its_reference_from_the_same_run() -> None:
    asked = ["presence", "--json", "--rate", "0.9", "--tags", "30", "--sessions", "5", "--runs", "2"]
    result = CliRunner().invoke(app, asked)
    told = json.loads(result.stdout)
    assert (result.exit_code, told["bench"], told["runs"], told["misses"]) == (0, "presence", 2, [])
    names = {"false_taken", "missed_taken", "false_missing", "settled", "settled_p99"}
    assert {f"0.90/30/1 {name}" for name in names} == told["reference"].keys()
    assert {f"0.90/30/1 {name}" for name in (*names, "unread", "taken_unread", "false_put", "missed_put")} == told[
        "figures"
    ].keys()
    assert told["figures"]["0.90/30/1 false_taken"]["value"] == 0
    assert 0.3 < told["figures"]["0.90/30/1 settled"]["value"] <= 3
