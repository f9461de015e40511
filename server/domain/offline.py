"""Grants that a station holds for when the server cannot be asked (R02 R20): what for, and how a use is judged.

Law 1: nothing is held that the badge alone would not open now; what needs a PIN or two persons is not, for only the
       server knows PINs and who came before.
Law 2: seals, and what is confidential or top secret, are never held, whatever the sheet says.
Law 3: a grant that was over, withdrawn or used names nobody: what it opened is an incident.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import msgspec
from msgspec import structs

from server.domain.access import Access, AccessFacts, may_open
from server.domain.authorities import LineFacts
from server.domain.custody import ItemFacts
from server.domain.policy import AccessRule, Policy
from server.domain.words import AuthorityKind, ItemKind, LineState, Secrecy

SECRECIES: Final = (Secrecy.SECRET, Secrecy.ORDINARY)
HOUR_US: Final = 3_600_000_000
MOST_HELD: Final = 200
"""So many are sent to one station at most, whatever the sheet says."""


def may_be_held(rule: AccessRule, item: ItemFacts) -> bool:
    """Say whether an item may be opened for by a grant that was given in advance."""
    return (
        item.secrecy in SECRECIES
        and item.kind != ItemKind.SEAL
        and item.kind not in rule.pin_for_kinds
        and item.secrecy not in rule.pin_for_secrecy
        and item.secrecy not in rule.two_persons_for_secrecy
    )


def to_hold(policy: Policy, asks: AccessFacts) -> dict[int, tuple[LineFacts, ...]]:
    """Give the doors a person might open here by what is entitled now, each with the lines for what is behind it.

    A line that is promised to a session counts as free: until its thing is taken it stands for the next time too.
    """
    free = tuple(
        structs.replace(line, state=LineState.OPEN, session=None) if line.state == LineState.RESERVED else line
        for line in asks.lines
        if may_be_held(policy.access, line.item) and line.authority != AuthorityKind.EMERGENCY
    )
    answer = may_open(policy, replace(asks, lines=free, held=(), scanned=(), asked=(), pin=None)) if free else None
    if not isinstance(answer, Access):
        return {}
    behind = {
        door: tuple(line for line in lines if line.item.custody.place == (asks.station, door))
        for door, lines in answer.doors.items()
    }
    return {door: lines for door, lines in behind.items() if lines}


def ends_us(rule: AccessRule, lines: Iterable[LineFacts], now_us: int) -> int:
    """Say until when a grant for these lines lasts."""
    return min(now_us + rule.offline_hours * HOUR_US, *(line.until_us for line in lines))


class UseFacts(msgspec.Struct, frozen=True):
    """A grant as it was given, and the use that a station tells of."""

    station: str
    door: int
    person_id: int
    until_us: int
    ended_us: int | None
    """When it was withdrawn."""
    used_by: str | None
    """The session that used it before."""
    at_station: str
    at_door: int
    by_id: int | None
    session: str
    at_us: int


def faults_of(use: UseFacts) -> tuple[str, ...]:
    """List what is wrong with the use of a grant; nothing: whoever used it may be named."""
    checks = {
        "another_station": use.station != use.at_station,
        "another_door": use.door != use.at_door,
        "another_person": use.person_id != use.by_id,
        "over": use.at_us >= use.until_us,
        "withdrawn": use.ended_us is not None and use.ended_us <= use.at_us,
        "used_before": use.used_by is not None and use.used_by != use.session,
    }
    return tuple(fault for fault, is_so in checks.items() if is_so)
