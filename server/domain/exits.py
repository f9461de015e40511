"""What passes an exit (R03, R04, R07): may it leave, and if not, which alarm and by which rule. Tables only.

Law 1: only an authority lets an item leave: what nobody took under one was taken without approval, whoever carries it.
Law 2: an exit's reader cannot say which way a tag went; coming in is judged like going out, and explained in the alarm.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

from server.domain.custody import ItemFacts
from server.domain.words import AlarmKind, CustodyState, ItemKind, Mode, Secrecy

ROOM, PREMISES = "room", "premises"

IN_THE_ROOM: Final = {Mode.READING: "R03"}
"""Modes of use whose items stay in the room, by the rule that says so."""
IN_THE_ROOM_BY_SECRECY: Final = {Secrecy.CONFIDENTIAL: "R07"}
"""Secrecies whose items stay in the room unless they are shared, which is a request of its own (R65)."""


class Taken(NamedTuple):
    """How an item that is out was taken: for what, and whether under an authority."""

    mode: Mode
    entitled: bool


class Leaving(NamedTuple):
    """What leaving is: lawful without an alarm, else the alarm and the rules broken."""

    alarm: AlarmKind | None = None
    rules: tuple[str, ...] = ()


def judge_leaving(item: ItemFacts, taken: Taken | None, leaves: str, outside_kinds: Collection[ItemKind]) -> Leaving:
    """Judge an item that passes an exit; `taken` is None when no loan of it is open, `outside_kinds` are the policy's.

    An approval does not say whether its item goes outside, so what may go at all may go under any (R04).
    """
    if item.custody.state != CustodyState.HELD or taken is None or not taken.entitled:
        return Leaving(AlarmKind.TAKEN_WITHOUT_APPROVAL, ("R01",))
    by_mode = IN_THE_ROOM.get(taken.mode)
    by_secrecy = None if taken.mode == Mode.SHARING else IN_THE_ROOM_BY_SECRECY.get(item.secrecy)
    confined = tuple(rule for rule in (by_mode, by_secrecy) if rule is not None)
    if confined:
        return Leaving(AlarmKind.READING_ROOM_ITEM_LEFT_ROOM, confined)
    if leaves == ROOM or item.kind in outside_kinds:
        return Leaving()
    return Leaving(AlarmKind.TAKEN_WITHOUT_APPROVAL, ("R04",))
