"""What a company may want otherwise about requests: who files, who approves in how many steps, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from server.domain.words import ItemKind, Mode, Role, Secrecy


@dataclass(frozen=True)
class ApprovalStep:
    """One of the decisions a request needs: anybody in these posts; `instead` when such a post asks or files."""

    approvers: frozenset[Role]
    instead: frozenset[Role] = frozenset()

    def posts(self, involved: frozenset[Role]) -> frozenset[Role]:
        """Give the posts that may decide when these posts ask and file."""
        return self.approvers | self.instead if involved & self.approvers else self.approvers


@dataclass(frozen=True)
class ApprovalRow:
    """Who may approve requests of these secrecy levels and modes, in one step or in several, in their order.

    `categories`, `grades`, `posts` (the applicant's) and `kinds` (the item's) narrow the row; left out: any.
    """

    rule: str
    secrecy: frozenset[Secrecy]
    modes: frozenset[Mode]
    filing: str
    approvers: frozenset[Role] = frozenset()
    instead: frozenset[Role] = frozenset()
    steps: tuple[ApprovalStep, ...] = ()
    categories: frozenset[str] = frozenset()
    grades: frozenset[str] = frozenset()
    posts: frozenset[Role] = frozenset()
    kinds: frozenset[ItemKind] = frozenset()
    also: frozenset[str] = frozenset()
    """Other rules whose approval it is; whoever may not approve is told these, too."""

    @cached_property
    def chain(self) -> tuple[ApprovalStep, ...]:
        """Every step of the row, in order."""
        return self.steps or (ApprovalStep(self.approvers, self.instead),)

    def fits(self, category: str, grade: str, post: Role | None, kind: ItemKind | None) -> bool:
        """Say whether the row's conditions hold for an item and who asks for it."""
        return (
            (not self.categories or category in self.categories)
            and (not self.grades or grade in self.grades)
            and (not self.posts or post in self.posts)
            and (not self.kinds or kind in self.kinds)
        )


@dataclass(frozen=True)
class FilingRule:
    """Who may file: for themselves, for their own department's people, for anybody else."""

    rule: str
    for_self: frozenset[Role]
    for_department: frozenset[Role]
    for_anyone: frozenset[Role]


@dataclass(frozen=True)
class Photocopies:
    """What a request for a photocopy must name (R12)."""

    require_pages: bool


@dataclass(frozen=True)
class Sharing:
    """What may go outside when records are shared (R04 R65)."""

    outside_kinds: frozenset[ItemKind]


@dataclass(frozen=True)
class Renewals:
    """How often a loan may be renewed, and whether still when it is overdue."""

    most: int
    when_overdue: bool


@dataclass(frozen=True)
class Holds:
    """How long an item that is back is kept for the first in its queue."""

    keep_hours: int


@dataclass(frozen=True)
class Emergencies:
    """The emergency act (R02): by whom, how the second person shows to be present, for how long, and what follows.

    `approvers` decide afterwards where no one post could have approved everything that was taken.
    """

    by: frozenset[Role]
    proofs: frozenset[str]
    minutes: int
    approve_within_hours: int
    approvers: frozenset[Role]


@dataclass(frozen=True)
class RequestRules:
    """The sections about requests."""

    photocopies: Photocopies
    sharing: Sharing
    renewals: Renewals
    holds: Holds
    emergencies: Emergencies


class ApprovalTable:
    """The rows by secrecy and mode; the first that fits decides."""

    def __init__(self, rows: tuple[ApprovalRow, ...]) -> None:
        self._rows: dict[tuple[Secrecy, Mode], list[ApprovalRow]] = {}
        for row in rows:
            for key in product(row.secrecy, row.modes):
                self._rows.setdefault(key, []).append(row)

    def find(
        self,
        secrecy: Secrecy,
        mode: Mode,
        category: str = "",
        grade: str = "",
        post: Role | None = None,
        kind: ItemKind | None = None,
    ) -> ApprovalRow | None:
        """Find the first row for this; None means that nobody can approve it."""
        rows = self._rows.get((secrecy, mode), ())
        return next((row for row in rows if row.fits(category, grade, post, kind)), None)


PROOFS = frozenset({"badge", "password"})
"""How the second person of an emergency may show to be there."""


def approval_gaps(rows: tuple[ApprovalRow, ...], filing: Mapping[str, FilingRule]) -> list[str]:
    """Say what is wrong with the rows of the approval table."""
    found = []
    for n, row in enumerate(rows):
        if row.filing not in filing:
            found.append(f"approval[{n}].filing: there is no filing.{row.filing}; there are {', '.join(filing)}")
        if row.steps and (row.approvers or row.instead):
            found.append(f"approval[{n}]: give approvers (one step) or steps, not both")
        found += [
            f"approval[{n}].{f'steps[{m}].' if row.steps else ''}approvers: empty; nobody could approve"
            for m, step in enumerate(row.chain)
            if not step.approvers
        ]
    return found


def request_gaps(rules: RequestRules) -> list[str]:
    """Say what the sections about requests contradict."""
    found = []
    emergencies = rules.emergencies
    if rules.renewals.most < 0 or rules.holds.keep_hours < 0:
        found.append("requests: renewals.most and holds.keep_hours must be 0 or more")
    if emergencies.minutes < 1 or emergencies.approve_within_hours < 1:
        found.append("requests.emergencies: minutes and approve_within_hours must be at least 1")
    if emergencies.by and not emergencies.approvers:
        found.append("requests.emergencies.approvers: empty; nobody could approve afterwards")
    unknown = emergencies.proofs - PROOFS
    if unknown or not emergencies.proofs:
        found.append(f"requests.emergencies.proofs: needs some of {', '.join(sorted(PROOFS))}")
    return found
