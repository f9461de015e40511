"""Listening behind a door: what makes a pass, what the vigil notices, which antenna is silent."""

from __future__ import annotations

import pytest

from contract.messages import Sighting
from edge_agent.antennas import SILENT_AFTER, Antennas, Change
from edge_agent.devices.base import RoundDone, TagSeen
from edge_agent.ear import LONGEST_S, Ear, Pass, Seen
from edge_agent.habits import KnownTag, Rate
from edge_agent.vigil import FADED_AFTER, LOOK_EVERY, Vigil
from edge_agent.weigh import Prior


def heard(*epcs: str, port: str = "r/1", rssi: float = -50.0) -> Pass:
    return {epc: Seen(epc, reads=1, rssi=rssi, ports={port: rssi}) for epc in epcs}


def known(*epcs: str, port: str = "r/1") -> dict[str, KnownTag]:
    return {epc: KnownTag(habits={port: Rate(200, 0, -50.0)}) for epc in epcs}


# -- passes ------------------------------------------------------------------------------------------------------------


def test_a_silent_reader_makes_no_pass() -> None:
    ear = Ear(("r1", "r2"), 0.06)
    ear.restart(10.0)
    assert ear.hear("r1", 10.03, TagSeen("AA")) is None, "still deaf: read before the door closed"
    assert ear.hear("r1", 10.08, TagSeen("BB")) is None
    assert ear.roll(10.125) is None, "r2 said nothing"
    ear.hear("r1", 10.13, TagSeen("BB", rssi=-60.0))
    ear.hear("r1", 10.14, TagSeen("BB", rssi=-50.0))
    ear.hear("r2", 10.15, RoundDone())
    ended = ear.roll(10.19)
    assert ended is not None
    assert (ended["BB"].reads, ended["BB"].rssi, ended["BB"].ports) == (2, -50.0, {"r1/1": -50.0})


def test_a_pass_lasts_until_the_reader_repeats_itself() -> None:
    """200 tags at 400 reads a second: a round takes half a second, and a pass must not be shorter."""
    ear, ended = Ear(("r",), 0.06), []
    ear.restart(0.0)
    for number in range(2000):
        at = number / 400
        found = ear.hear("r", at, TagSeen(f"{number % 200:04X}"))
        ended += [(at, len(found))] if found is not None else []
    assert all(tags == 200 for _, tags in ended)
    assert 5 <= len(ended) <= 8


def test_a_reader_that_stopped_in_the_middle_of_a_round_makes_no_pass() -> None:
    ear = Ear(("r",), 0.06)
    ear.restart(0.0)
    for number in range(50):
        assert ear.hear("r", 0.07 + number / 1000, TagSeen(f"{number:04X}")) is None
    assert all(ear.roll(0.2 + tenth / 10) is None for tenth in range(int(10 * LONGEST_S) + 20))


def test_antennas_are_told_apart_and_the_loudest_is_evidence() -> None:
    ear = Ear(("r",), 0.06)
    ear.restart(0.0)
    for antenna, rssi in ((1, -60.0), (2, -55.0), (1, -58.0)):
        ear.hear("r", 0.07, TagSeen("AA", antenna=antenna, rssi=rssi))
    ended = ear.roll(0.2)
    assert ended is not None
    assert ended["AA"].ports == {"r/1": -58.0, "r/2": -55.0}
    assert ended["AA"].sighting() == Sighting(epc="AA", antenna=2, reads=3, rssi=-55.0)


# -- the vigil ---------------------------------------------------------------------------------------------------------


def watch(vigil: Vigil, prior: Prior, each: Pass, times: int, silent: frozenset[str] = frozenset()) -> list[str]:
    vigil.begin(prior.known)
    changes = [vigil.hear(prior, each, silent) for _ in range(times)]
    return [epc for change in changes for epc in (*change.faded, *change.came)]


def test_what_fades_is_told_only_when_no_chance_explains_it() -> None:
    prior = Prior(known("A", "B"))
    assert watch(Vigil(), prior, heard("A"), FADED_AFTER - 1) == []
    assert watch(Vigil(), prior, heard("A"), FADED_AFTER) == ["B"]
    weak = Prior(known("A") | {"B": KnownTag(habits={"r/1": Rate(4, 196)})})
    assert watch(Vigil(), weak, heard("A"), FADED_AFTER) == []


def test_what_only_a_silent_antenna_read_has_not_faded() -> None:
    prior = Prior(known("A") | known("B", port="r/2"))
    assert watch(Vigil(), prior, heard("A"), FADED_AFTER) == ["B"]
    assert watch(Vigil(), prior, heard("A"), 2 * FADED_AFTER, silent=frozenset({"r/2"})) == []


def test_what_faded_is_back_when_it_is_heard_as_ever_or_steadily() -> None:
    prior, vigil = Prior(known("A", "B")), Vigil()
    vigil.begin(prior.known)
    faded = Prior(known("A") | {"B": KnownTag(habits=prior.known["B"].habits, unread=True)})
    weak, strong = heard("A") | heard("B", rssi=-62.0), heard("A", "B")
    assert vigil.hear(faded, weak).back == []
    assert vigil.hear(faded, strong).back == ["B"]
    vigil.begin(prior.known)
    assert [vigil.hear(faded, weak).back for _ in range(LOOK_EVERY)] == [[]] * (LOOK_EVERY - 1) + [["B"]]


@pytest.mark.parametrize(("rssi", "back"), [(-50.0, ["B"]), (-53.0, ["B"]), (-60.0, []), (-70.0, [])])
def test_what_was_in_doubt_after_a_closing_is_back_only_when_it_is_surely_there(rssi: float, back: list[str]) -> None:
    """Held outside it may be heard as steadily as inside, but not as strongly: there for good is not said of that."""
    prior, vigil = Prior(known("A") | {"B": KnownTag(habits={"r/1": Rate(200, 0, -50.0)}, unread=True)}), Vigil()
    vigil.begin(prior.known, {"B": 9})
    changes = [vigil.hear(prior, heard("A") | heard("B", rssi=rssi)) for _ in range(20 * LOOK_EVERY)]
    assert [epc for change in changes for epc in change.back][:1] == back
    assert [late for change in changes for late in change.late] == [9] * len(back), "so late may it be heard first"


def test_what_is_steadily_and_loudly_read_came_and_a_neighbours_tag_did_not() -> None:
    prior = Prior(known("A"))
    assert watch(Vigil(), prior, heard("A", "X"), LOOK_EVERY) == ["X"]
    assert watch(Vigil(), prior, heard("A") | heard("X", rssi=-65.0), LOOK_EVERY) == []
    assert watch(Vigil(), Prior(known("A"), elsewhere=frozenset("X")), heard("A", "X"), LOOK_EVERY) == []


@pytest.mark.parametrize(("rssi", "comes"), [(-50.0, True), (-54.0, True), (-62.0, False), (-66.0, False)])
def test_behind_a_closed_door_what_is_at_home_here_comes_only_as_loudly_as_it_should(rssi: float, comes: bool) -> None:
    """What was taken and is held outside the closed door has not come back."""
    prior = Prior(known("A"), away=known("X"))
    assert watch(Vigil(), prior, heard("A") | heard("X", rssi=rssi), LOOK_EVERY) == ["X"] * comes


def test_what_was_called_gone_and_is_heard_again_behind_the_closed_door_teaches_how_late_that_may_be() -> None:
    vigil, prior = Vigil(), Prior(known("A"), away=known("X"))
    vigil.begin(prior.known, {"X": 9, "Y": 9})
    changes = [vigil.hear(prior, heard("A", "X")) for _ in range(2 * LOOK_EVERY)]
    assert [late for change in changes for late in change.late] == [9]


def test_neighbours_are_remembered_and_few_of_them() -> None:
    vigil, prior = Vigil(), Prior(known("A"))
    for number in range(400):
        vigil.hear(prior, heard("A", "N", f"S{number}", rssi=-65.0))
    assert len(vigil.strays) <= 256
    assert vigil.strays["N"].chance(5) < 1e-3
    vigil.hear(Prior(known("A", "N")), heard("A", "N"))
    assert "N" not in vigil.strays, "it is here now"


# -- antennas ----------------------------------------------------------------------------------------------------------


def test_an_antenna_that_hears_nothing_is_reported_once_and_cleared_when_it_hears_again() -> None:
    antennas = Antennas({"r/1": "R1", "r/2": "R2"})
    both, one = heard("R1") | heard("R2", port="r/2"), heard("R1")
    assert antennas.hear(both) == [Change("r/1", silent=False), Change("r/2", silent=False)]
    assert not any(antennas.hear(both) for _ in range(100))
    assert antennas.doubtful == frozenset()
    changes = [antennas.hear(one) for _ in range(2 * SILENT_AFTER)]
    assert [change for each in changes for change in each] == [Change("r/2", silent=True)]
    assert changes[SILENT_AFTER - 1] == [Change("r/2", silent=True)]
    assert antennas.doubtful == {"r/2"}
    assert antennas.hear(both) == [Change("r/2", silent=False)]
    assert antennas.doubtful == frozenset()


def test_an_antenna_that_reads_other_tags_is_not_silent() -> None:
    antennas = Antennas({"r/1": "R1"})
    antennas.hear(heard("R1"))
    assert not any(antennas.hear(heard("R1")) for _ in range(100))
    assert not any(antennas.hear(heard("A")) for _ in range(100))


def test_reference_tags_are_no_contents() -> None:
    assert Antennas({"r/1": "R1"}).without(heard("A", "R1")).keys() == {"A"}
