"""The policy sheet's section on lending, copies, seals, what customers entrust, and key sets (R08 R11-R14 R16-R21)."""

from collections.abc import Mapping
from dataclasses import dataclass

from server.domain.words import Role


@dataclass(frozen=True)
class Rung:
    """One step of the ladder of an overdue loan: how late it is, and who is told besides the borrower."""

    hours_late: int
    tell: frozenset[Role]


@dataclass(frozen=True)
class Copying:
    """Copies (R12, R13): who registers and takes them back; whether a standing copy may be kept."""

    registered_by: frozenset[Role]
    standing: bool


@dataclass(frozen=True)
class SealBook:
    """The seal register (R17): who keeps it, records, supervises and explains, and what a use must show."""

    kept_by: frozenset[Role]
    recorded_by: frozenset[Role]
    supervised_by: frozenset[Role]
    explained_by: frozenset[Role]
    use_record_required: bool
    photo_required: bool


@dataclass(frozen=True)
class Entrusting:
    """Customers' seals and originals (R19): who receives and hands back, and how early the mandate's end is told."""

    by: frozenset[Role]
    remind_days: int


@dataclass(frozen=True)
class KeyRing:
    """Key sets (R21): their names with the posts that may hold each, and the window a declaration must fall in."""

    sets: Mapping[str, frozenset[Role]]
    told: frozenset[Role]
    declare_before_minutes: int
    declare_after_minutes: int


@dataclass(frozen=True)
class Lending:
    """Everything from a loan's reminders to its end."""

    remind_before_minutes: tuple[int, ...]
    ladder: tuple[Rung, ...]
    lost_declared_by: frozenset[Role]
    concluded_by: frozenset[Role]
    search_days: int
    repair_days: int
    calendar_days_ahead: int
    copies: Copying
    seals: SealBook
    entrusted: Entrusting
    keys: KeyRing


def gaps(lending: Lending) -> list[str]:
    """Say what the section leaves open or contradicts."""
    found = [
        f"lending.{name}: must be at least 1"
        for name, value in (
            ("search_days", lending.search_days),
            ("repair_days", lending.repair_days),
            ("calendar_days_ahead", lending.calendar_days_ahead),
            ("keys.declare_after_minutes", lending.keys.declare_after_minutes),
        )
        if value < 1
    ]
    late = [rung.hours_late for rung in lending.ladder]
    if not late or late != sorted(set(late)) or late[0] < 0:
        found.append("lending.ladder: needs rungs whose hours_late rise, the first not below 0")
    if any(minutes < 1 for minutes in lending.remind_before_minutes):
        found.append("lending.remind_before_minutes: each must be at least 1")
    if len(lending.keys.sets) < 2:
        found.append("lending.keys.sets: a cabinet has two key sets (R21); name both")
    for name, posts in (
        ("concluded_by", lending.concluded_by),
        ("copies.registered_by", lending.copies.registered_by),
        ("seals.supervised_by", lending.seals.supervised_by),
        ("entrusted.by", lending.entrusted.by),
    ):
        if not posts:
            found.append(f"lending.{name}: empty; nobody could do it")
    return found
