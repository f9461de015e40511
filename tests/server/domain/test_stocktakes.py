"""Counting: what was expected against what was seen."""

from hypothesis import given
from hypothesis import strategies as st

from server.domain.stocktakes import Expected, Sighted, count
from server.domain.words import Bucket, StocktakeResult, Via

A1, A2, B1 = ("a", 1), ("a", 2), ("b", 1)


def results(
    expected: list[Expected], sightings: list[Sighted], passes: dict[tuple[str, int], int] | None = None
) -> dict[int | str, str]:
    swept = {A1: 5, A2: 5} if passes is None else passes
    return {one.item_id or one.mark: one.result for one in count(expected, sightings, swept, 3)}


def test_one_of_each_difference() -> None:
    expected = [
        Expected(1, "a", 1),
        Expected(2, "a", 1),
        Expected(3, "a", 1),
        Expected(4, "a", 1, Bucket.ON_LOAN),
        Expected(5, "a", 2, Bucket.ON_LOAN),
        Expected(6, "a", 2, Bucket.UNACCOUNTED),
        Expected(7, "a", 2),
        Expected(9, "a", 2, Bucket.UNACCOUNTED),
    ]
    sightings = [
        Sighted("E1", 1, "a", 1),
        Sighted("E3", 3, "a", 2),
        Sighted("E5", 5, "a", 2),
        Sighted("E7", 7, "a", 2),
        Sighted("E7", 7, "a", 1),
        Sighted("E8", 8, "a", 1),
        Sighted("E9", 9, "a", 2),
        Sighted("EX", None, "a", 1),
    ]
    assert results(expected, sightings) == {
        1: "found",
        2: "missing",
        3: "misplaced",
        4: "on_loan",
        5: "on_loan_but_here",
        6: "missing",
        7: "duplicate",
        8: "misplaced",
        9: "on_loan_but_here",
        "EX": "unknown",
    }


def test_missing_needs_a_place_that_was_really_looked_at() -> None:
    expected = [Expected(1, "a", 1), Expected(2, "a", 1, tagged=False), Expected(3, "b", 1)]
    assert results(expected, [], {A1: 2}) == {1: "unread", 2: "unread", 3: "unread"}
    assert results(expected, [], {A1: 3}) == {1: "missing", 2: "unread", 3: "unread"}
    by_hand = [Sighted("C9", None, "a", 1, Via.SCANNER)]
    assert results(expected, by_hand, {}) == {1: "missing", 2: "missing", 3: "unread", "C9": "unknown"}


def test_seen_twice_by_two_means_in_one_place_is_found_once() -> None:
    sightings = [Sighted("E1", 1, "a", 1), Sighted("C1", 1, "a", 1, Via.SCANNER)]
    found = count([Expected(1, "a", 1)], sightings, {}, 3)
    assert [(one.result, one.seen_at) for one in found] == [(StocktakeResult.FOUND, (A1,))]


places = st.sampled_from([A1, A2, B1])


@given(
    st.dictionaries(st.integers(1, 8), st.tuples(places, st.sampled_from(Bucket), st.booleans()), max_size=8),
    st.lists(st.tuples(st.integers(0, 9), places, st.sampled_from(Via)), max_size=12),
    st.dictionaries(places, st.integers(0, 5)),
    st.randoms(use_true_random=False),
)
def test_everything_is_counted_once_and_nothing_unseen_is_found(
    lines: dict[int, tuple[tuple[str, int], Bucket, bool]],
    seen: list[tuple[int, tuple[str, int], Via]],
    passes: dict[tuple[str, int], int],
    chance: object,
) -> None:
    expected = [Expected(number, *place, bucket, tagged) for number, (place, bucket, tagged) in lines.items()]
    sightings = [Sighted(f"E{number}", number or None, *place, via) for number, place, via in seen]
    counted = count(expected, sightings, passes, 3)
    numbers = [one.item_id for one in counted if one.item_id]
    assert sorted(numbers) == sorted(set(lines) | {number for number, _, _ in seen if number})
    for one in counted:
        assert (one.result in ("found", "misplaced", "unknown", "duplicate", "on_loan_but_here")) == bool(one.seen_at)
    chance.shuffle(sightings)  # type: ignore[attr-defined]
    assert count(expected, sightings, passes, 3) == counted


def test_what_lies_where_the_record_has_it_but_does_not_belong_is_misplaced() -> None:
    expected = [Expected(1, "a", 2, astray=True), Expected(2, "a", 2)]
    found = count(expected, [Sighted("E1", 1, "a", 2), Sighted("E2", 2, "a", 2)], {("a", 2): 9}, 3)
    assert [one.result for one in found] == ["misplaced", "found"]
