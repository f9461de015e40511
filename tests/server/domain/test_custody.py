"""Custody as a fold: one state at every moment, whatever the order of arrival, and nobody guessed."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from server.domain.custody import Custody, Folded, Happening, fold, held_by, in_order, in_place, step, unaccounted
from server.domain.words import CaseKind, CustodyState, Direction

START = in_place("a", 1)
OUT, IN, NONE = Direction.OUT, Direction.IN, Direction.NONE


def out(at: int, seq: int, person: int | None = 1, station: str = "a", epoch: str = "e", error: int = 0) -> Happening:
    incident = None if person is not None else 9
    return Happening(station, epoch, seq, at, OUT, 1, person, incident, error)


def back(at: int, seq: int, station: str = "a", person: int | None = 1, error: int = 0) -> Happening:
    return Happening(station, "e", seq, at, IN, 1, person, None, error)


def kinds(folded: Folded) -> list[CaseKind]:
    return [one.kind for one in folded.contradictions]


def test_out_and_in_again() -> None:
    assert fold(START, [out(10, 1)]) == Folded(held_by(1, 10))
    assert fold(START, [out(10, 1), back(20, 2)]) == Folded(in_place("a", 1, 20))


def test_nobody_named_is_an_incident_and_a_later_attribution_names_somebody() -> None:
    gone = out(10, 1, person=None)
    assert fold(START, [gone]) == Folded(unaccounted(9, 10))
    named = Happening("", "", 1, 30, NONE, person_id=4)
    assert fold(START, [named, gone]) == Folded(held_by(4, 30))


def test_what_names_neither_person_nor_incident_changes_custody_only_if_it_left() -> None:
    assert fold(START, [Happening("a", "e", 1, 10, OUT, 1)]).custody == unaccounted(0, 10)
    assert fold(START, [Happening("", "", 1, 10, NONE)]).custody == START
    lost = Happening("", "", 2, 20, NONE, incident_id=9)
    assert fold(held_by(1), [lost]).custody == unaccounted(9, 20)


def test_a_handover_passes_it_on() -> None:
    assert fold(START, [out(10, 1), Happening("", "", 7, 20, NONE, person_id=2)]).custody == held_by(2, 20)


def test_a_late_event_from_another_cabinet_takes_its_place_in_time() -> None:
    late = [out(10, 1), back(30, 2)]
    arrived_first = [back(20, 5, station="b"), out(25, 6, person=2, station="b")]
    folded = fold(START, [*arrived_first, *late])
    assert folded.custody == in_place("a", 1, 30)
    assert folded.contradictions == ()


def test_seq_goes_before_a_clock_that_ran_back() -> None:
    ordered = in_order([back(5, 2), out(10, 1)])
    assert [one.seq for one in ordered] == [1, 2]
    assert fold(START, [back(5, 2), out(10, 1)]).custody.state == CustodyState.PLACE


def test_contradictions_are_said_and_the_last_thing_seen_holds() -> None:
    twice = fold(START, [out(10, 1), out(20, 2, person=2)])
    assert (kinds(twice), twice.custody) == ([CaseKind.OUT_WHILE_OUT], held_by(2, 20))
    assert kinds(fold(START, [back(10, 1)])) == [CaseKind.UNEXPECTED]
    assert kinds(fold(START, [back(10, 1, station="b")])) == [CaseKind.TWO_PLACES]
    assert kinds(fold(START, [out(10, 1, station="b")])) == [CaseKind.TWO_PLACES]


def test_times_nearer_than_their_errors_are_uncertain_only_between_outboxes() -> None:
    near = fold(START, [out(10, 1, error=3), back(14, 1, station="b", error=2)])
    assert kinds(near) == [CaseKind.TIME_UNCERTAIN]
    assert kinds(fold(START, [out(10, 1, error=2), back(14, 1, station="b", error=2)])) == []
    assert kinds(fold(START, [out(10, 1, error=9), back(14, 2, error=9)])) == []


happenings = st.lists(
    st.builds(
        Happening,
        st.sampled_from(["a", "b", ""]),
        st.sampled_from(["e", "f"]),
        st.integers(1, 40),
        st.integers(1, 1000),
        st.sampled_from(Direction),
        st.just(1),
        st.sampled_from([None, 1, 2]),
        st.sampled_from([None, 9]),
        st.integers(0, 5),
    ),
    max_size=12,
    unique_by=lambda one: (one.station, one.epoch, one.seq),
)


@given(happenings, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(given: list[Happening], chance: object) -> None:
    shuffled = list(given)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fold(START, shuffled + shuffled[:3]) == fold(START, given)


@given(happenings)
def test_always_exactly_one_state_and_nobody_guessed(given: list[Happening]) -> None:
    custody = START
    for one in in_order(given):
        custody = step(custody, one)
        filled = {
            CustodyState.PLACE: custody.place is not None,
            CustodyState.HELD: custody.person_id is not None,
            CustodyState.INCIDENT: custody.incident_id is not None,
        }
        assert [state for state, yes in filled.items() if yes] == [custody.state]
        if custody.state == CustodyState.HELD and custody.since_us == one.at_us:
            assert custody.person_id in {other.person_id for other in given}
    assert fold(START, given).custody == custody


@given(happenings)
def test_both_orders_hold_at_once(given: list[Happening]) -> None:
    ordered = in_order(given)
    for station, epoch in {(one.station, one.epoch) for one in ordered}:
        seqs = [one.seq for one in ordered if (one.station, one.epoch) == (station, epoch)]
        assert seqs == sorted(seqs)
    rising = [replace(one, at_us=one.seq) for one in given]
    times = [one.at_us for one in in_order(rising)]
    assert times == sorted(times)


@given(happenings, st.integers(0, 12))
def test_a_checkpoint_saves_work_and_changes_nothing(given: list[Happening], cut: int) -> None:
    ordered = in_order([replace(one, at_us=one.seq * 10, error_us=0) for one in given])
    half: Custody = fold(START, ordered[:cut]).custody
    assert fold(half, ordered[cut:]).custody == fold(START, ordered).custody
