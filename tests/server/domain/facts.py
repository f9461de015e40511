"""Short ways to make the facts that the domain's tests judge. Monday 2 March 2026, 09:00 in Shanghai, is NINE."""

import dataclasses
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from server.domain.authorities import LineFacts
from server.domain.custody import Custody, ItemFacts, Place, held_by, in_place
from server.domain.people import PersonFacts
from server.domain.policy import Policy, load_policy
from server.domain.verdicts import Lawful, Reason, Refused
from server.domain.words import AuthorityKind, ItemKind, LineState, Mode, Role, Secrecy

ZONE = "Asia/Shanghai"
SHEET = (Path(__file__).parents[3] / "server/policies/default.toml").read_text(encoding="utf-8")
POLICY: Policy = load_policy(SHEET)
HOUR = 3_600_000_000

T = TypeVar("T")


def replace(fact: T, **changes: Any) -> T:
    """Give a fact with other values; those that every event makes are structs, the others dataclasses."""
    change: Any = msgspec.structs.replace if isinstance(fact, msgspec.Struct) else dataclasses.replace
    changed: T = change(fact, **changes)
    return changed


def at(text: str) -> int:
    """Read a moment of the site's own clock, as 2026-03-02T09:00, in µs."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp()) * 1_000_000


NINE = at("2026-03-02T09:00")

WANG = PersonFacts(1, Role.REQUESTER, "sales")
LI = PersonFacts(2, Role.DEPARTMENT_MANAGER, "sales")
ZHAO = PersonFacts(3, Role.HEAD_OF_OFFICE, "office")
CHEN = PersonFacts(4, Role.ARCHIVIST, "office")
GM = PersonFacts(5, Role.GENERAL_MANAGER)
DEPUTY = PersonFacts(6, Role.DEPUTY_GENERAL_MANAGER)
RECORDS = PersonFacts(7, Role.RECORDS_MANAGER, "office")
DIRECTOR = PersonFacts(8, Role.DIRECTOR, "sales")
HU = PersonFacts(9, Role.DEPARTMENT_MANAGER, "legal")


def item(
    number: int = 1,
    kind: ItemKind = ItemKind.FILE,
    secrecy: Secrecy = Secrecy.ORDINARY,
    home: Place | None = ("a", 1),
    custody: Custody | None = None,
) -> ItemFacts:
    """Make an item called f<number>, in its home unless said otherwise."""
    where = custody or (in_place(*home) if home else held_by(99))
    return ItemFacts(number, f"f{number}", kind, secrecy, home, where)


def line(
    number: int,
    of: ItemFacts,
    person: int = 1,
    mode: Mode = Mode.LOAN,
    from_us: int = NINE - HOUR,
    until_us: int = NINE + 8 * HOUR,
    state: LineState = LineState.OPEN,
    session: str | None = None,
    authority: AuthorityKind = AuthorityKind.APPROVAL,
) -> LineFacts:
    """Make a line for an item, in force at NINE unless said otherwise."""
    return LineFacts(number, of, person, authority, mode, from_us, until_us, state, session)


def said(reasons: tuple[Reason, ...]) -> set[tuple[str, str]]:
    """Say which (rule, code) are among the reasons."""
    return {(reason.rule, str(reason.code)) for reason in reasons}


def refusals(answer: Lawful | Refused) -> set[tuple[str, str]]:
    """Say why something was refused; it must have been."""
    assert isinstance(answer, Refused), "should have been refused"
    return said(answer.reasons)


def rules(answer: Lawful | Refused) -> set[str]:
    """Say by which rules something was refused; it must have been."""
    return {rule for rule, _ in refusals(answer)}
