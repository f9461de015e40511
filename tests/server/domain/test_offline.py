"""What may be held for when the server cannot be asked, and when a use of it may name anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.access import Access, AccessFacts, may_open
from server.domain.custody import held_by, in_place
from server.domain.offline import UseFacts, ends_us, faults_of, may_be_held, to_hold
from server.domain.policy import Policy, load_policy
from server.domain.words import AuthorityKind, ItemKind, LineState, Mode, Secrecy
from tests.server.domain.facts import HOUR, NINE, POLICY, SHEET, WANG, item, line, replace

STRICT = load_policy(
    SHEET.replace("pin_for_kinds = []", 'pin_for_kinds = ["key"]')
    .replace("pin_for_secrecy = []", 'pin_for_secrecy = ["secret"]')
    .replace("two_persons_for_secrecy = []", 'two_persons_for_secrecy = ["ordinary"]')
)
things = st.builds(
    item,
    st.integers(1, 4),
    st.sampled_from(ItemKind),
    st.sampled_from(Secrecy),
    st.sampled_from([("a", 1), ("a", 2), ("b", 1)]),
    st.sampled_from([None, in_place("a", 1), in_place("b", 1), held_by(2)]),
)
lines = st.builds(
    line,
    st.integers(1, 9),
    things,
    st.sampled_from([1, 2]),
    st.sampled_from(Mode),
    st.sampled_from([NINE - HOUR, NINE + HOUR]),
    st.sampled_from([NINE - 1, NINE + HOUR]),
    st.sampled_from(LineState),
    st.sampled_from([None, "s"]),
    st.sampled_from(AuthorityKind),
)


@given(st.lists(lines, max_size=6), st.sampled_from([POLICY, STRICT]))
def test_nothing_is_held_that_the_badge_alone_would_not_open_now(given: list, policy: Policy) -> None:  # type: ignore[type-arg]
    asks = AccessFacts(WANG, "a", NINE, lines=tuple(given))
    freed = tuple(
        replace(one, state=LineState.OPEN, session=None) if one.state == LineState.RESERVED else one for one in given
    )
    for door, entitled in to_hold(policy, asks).items():
        assert entitled
        alone = may_open(policy, replace(asks, lines=entitled))
        assert isinstance(alone, Access)
        for one in entitled:
            assert one in freed
            assert one.authority != AuthorityKind.EMERGENCY
            assert one.item.custody.place == ("a", door)
            assert one.item.kind != ItemKind.SEAL
            assert one.item.secrecy in (Secrecy.SECRET, Secrecy.ORDINARY)
            assert one.item.kind not in policy.access.pin_for_kinds
            assert one.item.secrecy not in policy.access.pin_for_secrecy | policy.access.two_persons_for_secrecy
        assert NINE < ends_us(policy.access, entitled, NINE) <= NINE + 4 * HOUR
        assert ends_us(policy.access, entitled, NINE) <= min(one.until_us for one in entitled)


@pytest.mark.parametrize(
    ("kind", "secrecy", "by_default", "strictly"),
    [
        (ItemKind.FILE, Secrecy.ORDINARY, True, False),
        (ItemKind.FILE, Secrecy.SECRET, True, False),
        (ItemKind.FILE, Secrecy.CONFIDENTIAL, False, False),
        (ItemKind.FILE, Secrecy.TOP_SECRET, False, False),
        (ItemKind.SEAL, Secrecy.ORDINARY, False, False),
        (ItemKind.KEY, Secrecy.SECRET, True, False),
    ],
)
def test_what_may_be_held(kind: ItemKind, secrecy: Secrecy, by_default: bool, strictly: bool) -> None:
    thing = item(1, kind, secrecy)
    assert (may_be_held(POLICY.access, thing), may_be_held(STRICT.access, thing)) == (by_default, strictly)


GOOD = UseFacts("a", 1, 7, NINE + HOUR, None, None, "a", 1, 7, "s", NINE)


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({}, ()),
        ({"used_by": "s"}, ()),
        ({"ended_us": NINE + 1}, ()),
        ({"at_station": "b"}, ("another_station",)),
        ({"at_door": 2}, ("another_door",)),
        ({"by_id": 8}, ("another_person",)),
        ({"by_id": None}, ("another_person",)),
        ({"at_us": NINE + HOUR}, ("over",)),
        ({"ended_us": NINE}, ("withdrawn",)),
        ({"used_by": "another"}, ("used_before",)),
        ({"ended_us": NINE - 1, "used_by": "another", "at_door": 2}, ("another_door", "withdrawn", "used_before")),
    ],
)
def test_a_use_names_somebody_only_if_nothing_is_wrong_with_it(changed: dict[str, object], faults: object) -> None:
    assert faults_of(replace(GOOD, **changed)) == faults


@pytest.mark.parametrize("bad", ["offline_hours = 25", "offline_hours = -1"])
def test_a_sheet_may_not_ask_for_too_long(bad: str) -> None:
    with pytest.raises(ValueError, match="offline_hours"):
        load_policy(SHEET.replace("offline_hours = 4 ", f"{bad} "))
