"""What may leave a room or the premises, and what leaving without that is."""

from __future__ import annotations

import pytest

from server.domain.custody import ItemFacts, held_by, unaccounted
from server.domain.exits import Leaving, Taken, judge_leaving
from server.domain.words import AlarmKind, ItemKind, Mode, Secrecy
from tests.server.domain.facts import NINE, item, replace

HELD = replace(item(1), custody=held_by(1, NINE))
LAWFUL = Leaving()
COPIES = frozenset({ItemKind.COPY})


def judged(item: ItemFacts, mode: Mode | None, leaves: str, *, entitled: bool = True) -> Leaving:
    return judge_leaving(item, None if mode is None else Taken(mode, entitled), leaves, COPIES)


def unapproved(*rules: str) -> Leaving:
    return Leaving(AlarmKind.TAKEN_WITHOUT_APPROVAL, rules)


def confined(*rules: str) -> Leaving:
    return Leaving(AlarmKind.READING_ROOM_ITEM_LEFT_ROOM, rules)


@pytest.mark.parametrize(
    ("mode", "room", "premises"),
    [
        (Mode.LOAN, LAWFUL, unapproved("R04")),
        (Mode.PHOTOCOPY, LAWFUL, unapproved("R04")),
        (Mode.SEAL_USE, LAWFUL, unapproved("R04")),
        (Mode.DUTY, LAWFUL, unapproved("R04")),
        (Mode.READING, confined("R03"), confined("R03")),
        (Mode.SHARING, LAWFUL, unapproved("R04")),
        (Mode.TRANSFER, LAWFUL, unapproved("R04")),
    ],
)
def test_r03_a_mode_says_what_may_be_left(mode: Mode, room: Leaving, premises: Leaving) -> None:
    assert judged(HELD, mode, "room") == room
    assert judged(HELD, mode, "premises") == premises


def test_r04_a_registered_copy_may_go_outside_unless_it_is_to_be_read_here() -> None:
    copy = replace(HELD, kind=ItemKind.COPY)
    assert judged(copy, Mode.SHARING, "premises") == LAWFUL
    assert judged(copy, Mode.READING, "premises") == confined("R03")
    assert judge_leaving(copy, Taken(Mode.SHARING, entitled=True), "premises", frozenset()) == unapproved("R04")


def test_r07_what_is_confidential_stays_in_the_room_unless_it_is_shared() -> None:
    secret = replace(HELD, secrecy=Secrecy.CONFIDENTIAL)
    assert judged(secret, Mode.LOAN, "room") == confined("R07")
    assert judged(secret, Mode.READING, "room") == confined("R03", "R07")
    assert judged(secret, Mode.SHARING, "room") == LAWFUL


@pytest.mark.parametrize("leaves", ["room", "premises"])
def test_without_an_authority_nothing_leaves(leaves: str) -> None:
    for kind in ItemKind:
        carried = replace(HELD, kind=kind)
        assert judged(carried, Mode.LOAN, leaves, entitled=False) == unapproved("R01")
        assert judged(carried, None, leaves) == unapproved("R01")
    assert judged(item(1), Mode.LOAN, leaves) == unapproved("R01")
    assert judged(replace(item(1), custody=unaccounted(3, NINE)), None, leaves) == unapproved("R01")
