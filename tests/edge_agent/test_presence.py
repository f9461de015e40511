"""Presence from passes: quick when reads are good, never wrong more often than promised, unread rather than guessed."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from itertools import pairwise
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.habits import MEMORY, Habits, KnownTag, Lateness, Rate, habits_after
from edge_agent.presence import Found, Sweep
from edge_agent.weigh import AS_OFTEN, MOST_FROM_RSSI, Heard, Prior

MOST_PASSES = 40
PORT = "r/1"
Ports = dict[str, dict[str, float | None]]


def learned(miss: float, rng: random.Random, passes: int = 100) -> Rate:
    rate = Rate()
    for _ in range(passes):
        rate = rate.after(read=rng.random() >= miss)
    return rate


def behind(rates: Mapping[str, Rate]) -> dict[str, KnownTag]:
    return {epc: KnownTag(habits={PORT: rate}) for epc, rate in rates.items()}


def one_port(read: Collection[str], rssi: float | None = None) -> Ports:
    return {epc: {PORT: rssi} for epc in read}


def passes(sweep: Sweep, *each: Ports) -> Found:
    for read in each:
        sweep.hear(read)
    return sweep.found()


def listen(prior: Prior, there: Collection[str], miss: float, rng: random.Random) -> Found:
    sweep = Sweep(prior)
    while not sweep.certain and sweep.passes < MOST_PASSES:
        sweep.hear(one_port([epc for epc in there if rng.random() >= miss]))
    return sweep.found()


def test_without_misses_a_sweep_takes_few_passes() -> None:
    prior = Prior(behind({epc: learned(0, random.Random(1)) for epc in "ABC"}))
    found = listen(prior, {"A", "D"}, 0, random.Random(2))
    assert found == Found(frozenset("A"), frozenset("BC"), frozenset(), frozenset("D"), 7)


@settings(max_examples=60, deadline=None)
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
    known = behind({epc: learned(miss, rng) for epc in staying + leaving})
    found = listen(Prior(known), {*staying, *coming}, miss, rng)
    assert found.there | found.gone | found.unread == set(known)
    assert len(found.there) + len(found.gone) + len(found.unread) == len(known)
    assert found.there <= set(staying), "what was never heard is not there"
    assert found.came <= set(coming)


@pytest.mark.parametrize("miss", [0.0, 0.1, 0.3, 0.5])
def test_errors_stay_below_what_is_promised(miss: float) -> None:
    rng = random.Random(int(miss * 10) + 7)
    wrong_gone = missed_gone = wrong_came = 0
    trials = 150
    for _ in range(trials):
        prior = Prior(behind({epc: learned(miss, rng) for epc in "ABCDE"}))
        found = listen(prior, {"A", "B", "C", "X"}, miss, rng)
        wrong_gone += len(found.gone & {"A", "B", "C"})
        missed_gone += len({"D", "E"} - found.gone)
        wrong_came += len(found.came - {"X"})
    assert wrong_gone <= 1
    assert missed_gone <= 0.01 * trials
    assert wrong_came == 0


def test_a_reader_that_got_worse_while_the_door_was_open_takes_nothing_away() -> None:
    rng = random.Random(5)
    wrong = 0
    for _ in range(300):
        known = behind({epc: learned(0, rng) for epc in "ABCDEF"})
        wrong += len(listen(Prior(known), set("ABCDEF"), 0.5, rng).gone)
    assert wrong <= 0.01 * 1800


def test_a_tag_hardly_ever_read_is_unread_and_not_gone() -> None:
    rng = random.Random(3)
    prior = Prior(behind({"A": learned(0.95, rng), "B": learned(0, rng)}))
    found = listen(prior, {"B"}, 0, rng)
    assert (found.unread, found.gone) == (frozenset("A"), frozenset())


def test_a_tag_of_which_nothing_is_known_is_never_called_gone_too_soon() -> None:
    sweep = Sweep(Prior(behind({"A": Rate()})))
    passes(sweep, *[{}] * 20)
    assert sweep.found().unread == {"A"}


def test_what_could_not_be_read_before_the_door_opened_is_neither_gone_nor_waited_for() -> None:
    known = behind({"A": Rate(200, 0), "B": Rate(200, 0)})
    sweep = Sweep(Prior(known | {"A": KnownTag(habits=known["A"].habits, unread=True)}))
    found = passes(sweep, *[one_port("B")] * 8)
    assert sweep.certain
    assert (found.unread, found.gone) == (frozenset("A"), frozenset())


def test_misses_that_come_together_are_counted_not_multiplied() -> None:
    """At a door where things come to lie badly, the same silence is no proof any more."""
    prior, silence = behind({epc: Rate(200, 0) for epc in "AB"}), [one_port("B")] * 8
    calm, rough = Lateness(), Lateness()
    for _ in range(50):
        calm, rough = calm.after([0] * 20), rough.after([0] * 19 + [9])
    assert passes(Sweep(Prior(prior, lateness=calm)), *silence).gone == {"A"}
    assert passes(Sweep(Prior(prior, lateness=rough)), *silence).unread == {"A"}


def test_more_tags_need_more_proof() -> None:
    few, many = behind({"A": Rate(200, 0)}), behind({f"T{n}": Rate(200, 0) for n in range(500)} | {"A": Rate(200, 0)})
    rest = one_port([epc for epc in many if epc != "A"])
    assert passes(Sweep(Prior(few)), *[{}] * 5).gone == {"A"}
    assert passes(Sweep(Prior(many)), *[rest] * 5).unread == {"A"}


# -- neighbours --------------------------------------------------------------------------------------------------------


def loud(epcs: str) -> dict[str, KnownTag]:
    return behind({epc: Rate(200, 0, -50.0) for epc in epcs})


def test_one_stray_read_is_nothing() -> None:
    found = passes(Sweep(Prior(behind({"A": Rate(200, 0)}))), one_port("AX"), *[one_port("A")] * 7)
    assert (found.came, found.there) == (frozenset(), frozenset("A"))


def test_a_taken_tag_heard_seldom_and_weakly_through_the_wall_is_not_there() -> None:
    near, wall = one_port("A", -50.0), one_port("A", -50.0) | one_port("B", -68.0)
    assert passes(Sweep(Prior(loud("AB"))), near, wall, *[near] * 12).gone == {"B"}
    assert passes(Sweep(Prior(loud("AB"))), *[near, wall] * 4).unread == {"B"}, "too often to be sure"


@pytest.mark.parametrize("passes_heard", [12, 40])
@pytest.mark.parametrize(("rssi", "there"), [(-50.0, True), (-55.0, True), (-59.0, False), (-64.0, False)])
def test_however_often_it_is_read_a_weak_tag_is_not_there(rssi: float, there: bool, passes_heard: int) -> None:
    """Held outside before a closed door, a thing that was taken may be read as often as what is inside."""
    found = passes(Sweep(Prior(loud("ABC"))), *[one_port("AC", -50.0) | one_port("B", rssi)] * passes_heard)
    assert (found.there >= {"B"}, found.gone) == (there, frozenset())
    assert found.unread == (frozenset() if there else {"B"}), "it is not guessed"


def test_without_strength_reads_must_do() -> None:
    weak = [one_port("A", -50.0) | one_port("B", -64.0)] * 12
    assert passes(Sweep(Prior(loud("AB"), far_db=0.0)), *weak).there == {"A", "B"}
    assert passes(Sweep(Prior(loud("AB"))), *[one_port("AB")] * 12).there == {"A", "B"}


def test_a_loud_tag_that_lies_as_the_others_do_now_is_there() -> None:
    """Half of what made it loud was where it lay: it is measured against itself and the door's others alike."""
    known = loud("ACDE") | behind({"B": Rate(200, 0, -42.0)})
    heard = [one_port("ACDE", -50.0) | one_port("B", -53.0)] * 12
    assert passes(Sweep(Prior(known)), *heard).there >= {"B"}
    assert passes(Sweep(Prior(loud("ACDE"))), *heard).came == {"B"}


@given(
    rssi=st.floats(-90, -30),
    usual=st.floats(-80, -40),
    reads=st.integers(1, 30),
    missed=st.integers(0, 30),
    far=st.floats(5, 40),
)
def test_stronger_is_never_less_likely_here_and_reads_alone_never_prove_it(
    rssi: float, usual: float, reads: int, missed: int, far: float
) -> None:
    prior = Prior(behind({"A": Rate(200, 0, usual)}), far_db=far)

    def weighed(strength: float) -> tuple[float, float]:
        tag = Heard(reads, 0, {PORT: Rate(reads, 0, strength)})
        return prior.weigh("A", tag, reads + missed, 0.5**missed, {PORT: usual})

    least, most = weighed(rssi)
    assert least <= most <= log(1 / AS_OFTEN) + MOST_FROM_RSSI + 1e-9
    assert all(weaker <= score + 1e-9 for weaker, score in zip(weighed(rssi - 3), (least, most), strict=True))
    if rssi <= usual - far / 2:
        assert least < prior.sure("A")


def test_an_emptied_cabinet_is_still_known_by_what_left_from_it() -> None:
    emptied = Prior(away=loud("AB"))
    assert passes(Sweep(emptied), *[one_port("X", -66.0)] * 12).came == frozenset()
    assert passes(Sweep(emptied), *[one_port("A", -51.0)] * 12).came == {"A"}


def test_a_weak_tag_that_is_no_home_tag_did_not_come_but_one_at_home_here_did() -> None:
    heard = [one_port("A", -50.0) | one_port("X", -62.0)] * 10
    assert passes(Sweep(Prior(loud("A"))), *heard).came == frozenset()
    assert passes(Sweep(Prior(loud("A"), away=behind({"X": Rate(200, 0, -60.0)}))), *heard).came == {"X"}
    assert passes(Sweep(Prior(loud("A"), far_db=0.0)), *heard).came == {"X"}


def test_what_stands_behind_another_door_did_not_come() -> None:
    heard = [one_port("AX", -50.0)] * 10
    assert passes(Sweep(Prior(loud("A"))), *heard).came == {"X"}
    assert passes(Sweep(Prior(loud("A"), elsewhere=frozenset("X"))), *heard).came == frozenset()


def test_a_neighbours_tag_heard_as_ever_did_not_come() -> None:
    heard = [one_port("AX"), one_port("A")] * 5
    assert passes(Sweep(Prior(loud("A"), strays={"X": Rate(100, 100)})), *heard).came == frozenset()
    assert passes(Sweep(Prior(loud("A"), strays={"X": Rate(10, 190)})), *[one_port("AX")] * 10).came == {"X"}


def test_weak_tags_are_told_from_the_doors_own_at_the_first_look_too() -> None:
    heard = [one_port("ABC", -50.0) | one_port("X", -64.0)] * 10
    sweep = Sweep(Prior())
    assert passes(sweep, *heard).came == set("ABC")
    assert sweep.certain


# -- antennas ----------------------------------------------------------------------------------------------------------


def test_a_silent_antenna_proves_nothing() -> None:
    two = {"A": KnownTag(habits={"r/1": Rate(200, 0)}), "B": KnownTag(habits={"r/2": Rate(200, 0)})}
    only_first: Ports = {"A": {"r/1": None}}
    assert passes(Sweep(Prior(two)), *[only_first] * 12).unread == {"B"}, "no word of the second"
    with_reference = only_first | {"R": {"r/2": None}}
    assert passes(Sweep(Prior(two, elsewhere=frozenset("R"))), *[with_reference] * 12).gone == {"B"}
    sweep = Sweep(Prior(two), silent={"r/2"})
    assert passes(sweep, *[with_reference] * 12).unread == {"B"}, "its reference tag says that it does not hear"


# -- what is learnt ----------------------------------------------------------------------------------------------------


@given(hits=st.floats(0, 200), misses=st.floats(0, 200), k=st.integers(0, 60))
def test_the_chance_of_being_missed_falls_with_every_pass(hits: float, misses: float, k: int) -> None:
    rate = Rate(hits, misses)
    assert 0 <= rate.chance(k + 1) <= rate.chance(k) <= 1 + 1e-9
    assert rate.chance(1) == pytest.approx((1 + misses) / (2 + hits + misses))


@given(st.lists(st.lists(st.integers(0, 60), max_size=30), max_size=10), st.integers(1, 50))
def test_lateness_falls_and_never_below_what_was_seen(closings: list[list[int]], most: int) -> None:
    lateness = Lateness()
    for firsts in closings:
        lateness = lateness.after(firsts)
    chances = lateness.silent(most)
    assert len(chances) == most + 1
    assert all(0 < late <= early <= 1 for early, late in pairwise(chances))
    if closings and closings[-1]:
        seen = sum(first >= most for first in closings[-1]) / (sum(map(len, closings)) + 50)
        assert most > 40 or chances[most] >= seen
    assert len(lateness.counts) <= 41


def test_a_rate_follows_what_changes() -> None:
    rate = learned(0, random.Random(1), 1000)
    for _ in range(400):
        rate = rate.after(read=False)
    assert rate.chance(10) > 0.1
    assert rate.hits + rate.misses == pytest.approx(MEMORY)


def test_habits_are_bounded_and_a_silent_antenna_teaches_nothing() -> None:
    habits: Habits = {}
    for number in range(20):
        habits = habits_after(habits, {f"r/{number}": -60.0, "r/0": -50.0})
    assert len(habits) <= 8
    assert habits["r/0"].rssi == -50.0
    assert habits_after(habits, {}, silent={"r/0"})["r/0"] == habits["r/0"]
