"""Presence from passes: quick when reads are good, never wrong more often than promised, unread rather than guessed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.devices.base import RoundDone, TagSeen
from edge_agent.ear import Ear
from edge_agent.presence import FLOOR, Found, Rate, Sweep

MISS_CHANCE, MAX_PASSES = 1e-4, 40


def learned(miss: float, rng: random.Random, passes: int = 100) -> Rate:
    rate = Rate()
    for _ in range(passes):
        rate = rate.after(read=rng.random() >= miss)
    return rate


def listen(known: dict[str, Rate], there: set[str], miss: float, rng: random.Random) -> Found:
    sweep = Sweep(known, MISS_CHANCE, MAX_PASSES)
    while not sweep.done:
        sweep.hear({epc for epc in there if rng.random() >= miss})
    return sweep.found()


def test_without_misses_a_sweep_takes_eight_passes() -> None:
    known = {epc: learned(0, random.Random(1)) for epc in "ABC"}
    found = listen(known, {"A", "D"}, 0, random.Random(2))
    assert found == Found(frozenset("A"), frozenset("BC"), frozenset(), frozenset("D"), 8)
    assert 0.3 <= (8 + 1) * 0.06 <= 0.6


def test_an_empty_door_is_told_as_quickly() -> None:
    assert listen({}, set(), 0, random.Random(1)).passes == 8


@settings(max_examples=80, deadline=None)
@given(
    miss=st.floats(0, 0.5),
    seed=st.integers(0, 2**32),
    stay=st.integers(0, 12),
    leave=st.integers(0, 6),
    come=st.integers(0, 6),
)
def test_nothing_is_lost_and_nothing_is_in_two_lists(miss: float, seed: int, stay: int, leave: int, come: int) -> None:
    rng = random.Random(seed)
    names = [f"T{n}" for n in range(stay + leave + come)]
    staying, leaving, coming = names[:stay], names[stay : stay + leave], names[stay + leave :]
    known = {epc: learned(miss, rng) for epc in staying + leaving}
    found = listen(known, {*staying, *coming}, miss, rng)
    assert found.there | found.gone | found.unread == set(known)
    assert len(found.there) + len(found.gone) + len(found.unread) == len(known)
    assert found.there <= set(staying), "what was never heard is not there"
    assert found.came <= set(coming)
    assert found.passes <= MAX_PASSES


@pytest.mark.parametrize("miss", [0.0, 0.1, 0.3, 0.5])
def test_errors_stay_below_what_is_promised(miss: float) -> None:
    rng = random.Random(int(miss * 10) + 7)
    wrong_gone = missed_gone = wrong_came = 0
    trials = 200
    for _ in range(trials):
        known = {epc: learned(miss, rng) for epc in "ABCDE"}
        found = listen(known, {"A", "B", "C", "X"}, miss, rng)
        wrong_gone += len(found.gone & {"A", "B", "C"})
        missed_gone += len({"D", "E"} - found.gone)
        wrong_came += len(found.came ^ {"X"})
    assert wrong_gone <= 2, "600 present tags at 1e-4 each"
    assert missed_gone <= 0.01 * trials
    assert wrong_came <= 2


def test_a_reader_that_got_worse_while_the_door_was_open_takes_nothing_away() -> None:
    rng = random.Random(5)
    wrong = 0
    for _ in range(300):
        known = {epc: learned(0, rng) for epc in "ABCDEF"}
        wrong += len(listen(known, set("ABCDEF"), 0.5, rng).gone)
    assert wrong <= 0.01 * 1800


def test_a_tag_hardly_ever_read_is_unread_and_not_gone() -> None:
    rng = random.Random(3)
    found = listen({"A": learned(0.95, rng), "B": learned(0, rng)}, {"B"}, 0, rng)
    assert (found.unread, found.gone) == (frozenset("A"), frozenset())


def test_a_tag_of_which_nothing_is_known_is_never_called_gone_too_soon() -> None:
    sweep = Sweep({"A": Rate()}, MISS_CHANCE, MAX_PASSES)
    while not sweep.done:
        sweep.hear(set())
    assert sweep.found().unread == {"A"}


def test_one_stray_read_is_nothing() -> None:
    sweep = Sweep({"A": Rate(200, 0)}, MISS_CHANCE, MAX_PASSES)
    sweep.hear({"A", "X"})
    while not sweep.done:
        sweep.hear({"A"})
    assert sweep.found().came == frozenset()
    assert sweep.found().there == {"A"}


@given(hits=st.floats(0, 200), misses=st.floats(0, 200), k=st.integers(0, 60))
def test_the_chance_of_being_missed_falls_with_every_pass(hits: float, misses: float, k: int) -> None:
    rate = Rate(hits, misses)
    assert 0 <= rate.chance(k + 1) <= rate.chance(k) <= 1
    assert rate.chance(1) == pytest.approx((1 + misses) / (2 + hits + misses))


def test_a_rate_follows_what_changes() -> None:
    rate = learned(0, random.Random(1), 1000)
    for _ in range(400):
        rate = rate.after(read=False)
    assert rate.chance(10) > 0.1
    assert rate.hits + rate.misses == pytest.approx(200)
    assert 0 < FLOOR < 1


def test_a_silent_reader_makes_no_pass() -> None:
    ear = Ear(("r1", "r2"), 0.06)
    ear.restart(10.0)
    assert ear.hear("r1", 10.03, TagSeen("AA")) is None, "still deaf: read before the door closed"
    assert ear.hear("r1", 10.08, TagSeen("BB")) is None
    assert ear.roll(10.125) is None, "r2 said nothing"
    ear.hear("r1", 10.13, TagSeen("BB", rssi=-60.0))
    ear.hear("r1", 10.14, TagSeen("BB", rssi=-50.0))
    ear.hear("r2", 10.15, RoundDone())
    heard = ear.roll(10.19)
    assert heard is not None
    assert (heard["BB"].reads, heard["BB"].rssi) == (2, -50.0)
