"""What may leave a room or the premises, and what leaving without that is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.custody import held_by, unaccounted
from server.domain.exits import Leaving, Taken, judge_leaving
from server.domain.words import AlarmKind, ItemKind, Mode, Secrecy
from tests.server.domain.facts import NINE, item

HELD = replace(item(1), custody=held_by(1, NINE))
LAWFUL = Leaving()


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
        (Mode.SHARING, LAWFUL, LAWFUL),
        (Mode.TRANSFER, LAWFUL, LAWFUL),
    ],
)
def test_r03_a_mode_says_what_may_be_left(mode: Mode, room: Leaving, premises: Leaving) -> None:
    taken = Taken(mode, entitled=True)
    assert judge_leaving(HELD, taken, "room") == room
    assert judge_leaving(HELD, taken, "premises") == premises


def test_r04_a_registered_copy_may_go_outside_unless_it_is_to_be_read_here() -> None:
    copy = replace(HELD, kind=ItemKind.COPY)
    assert judge_leaving(copy, Taken(Mode.LOAN, entitled=True), "premises") == LAWFUL
    assert judge_leaving(copy, Taken(Mode.READING, entitled=True), "premises") == confined("R03")


def test_r07_what_is_confidential_stays_in_the_room_in_any_mode() -> None:
    secret = replace(HELD, secrecy=Secrecy.CONFIDENTIAL)
    assert judge_leaving(secret, Taken(Mode.LOAN, entitled=True), "room") == confined("R07")
    assert judge_leaving(secret, Taken(Mode.READING, entitled=True), "room") == confined("R03", "R07")
    assert judge_leaving(secret, Taken(Mode.TRANSFER, entitled=True), "premises") == LAWFUL


@pytest.mark.parametrize("leaves", ["room", "premises"])
def test_without_an_authority_nothing_leaves(leaves: str) -> None:
    for kind in ItemKind:
        carried = replace(HELD, kind=kind)
        assert judge_leaving(carried, Taken(Mode.LOAN, entitled=False), leaves) == unapproved("R01")
        assert judge_leaving(carried, None, leaves) == unapproved("R01")
    assert judge_leaving(item(1), Taken(Mode.LOAN, entitled=True), leaves) == unapproved("R01")
    lost = replace(item(1), custody=unaccounted(3, NINE))
    assert judge_leaving(lost, None, leaves) == unapproved("R01")
