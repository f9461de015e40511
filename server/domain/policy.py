"""The company's rules as one frozen table, loaded from a TOML policy sheet: complete, or refused with every problem.

Law 1: a rule that differs from company to company is data here, never a condition in a handler.
Law 2: what the sheet does not allow is refused.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from itertools import product

from server.domain.duties import DutyRow
from server.domain.duties import gaps as duty_gaps
from server.domain.office import Office
from server.domain.policy_disposal import Backups, Destruction, Retention
from server.domain.policy_disposal import gaps as disposal_gaps
from server.domain.policy_keeping import Keeping, keeping_gaps
from server.domain.policy_lending import Lending
from server.domain.policy_lending import gaps as lending_gaps
from server.domain.policy_oversight import Oversight, oversight_gaps
from server.domain.policy_people import InformationRules, PeopleRules
from server.domain.policy_requests import (
    ApprovalRow,
    ApprovalTable,
    FilingRule,
    RequestRules,
    approval_gaps,
    request_gaps,
)
from server.domain.reasons import Code, reason
from server.domain.sheet import SheetError, build
from server.domain.verdicts import Reason
from server.domain.words import DutyKind, ItemKind, Mode, Role, Secrecy, Task


@dataclass(frozen=True)
class SecrecyRule:
    """In which modes items of one secrecy level may be used, and the rule that says so."""

    rule: str
    modes: frozenset[Mode]
    restricted: bool
    """Whether an unlawful taking of such an item also breaks this rule."""


@dataclass(frozen=True)
class DueRow:
    """A limit on how long an item may be out: `hours` from its taking, or 0 for close of business."""

    rule: str
    secrecy: frozenset[Secrecy]
    modes: frozenset[Mode]
    hours: int
    replaceable: bool
    """Whether a due moment of the approval's own replaces this limit, even by a later one."""


@dataclass(frozen=True)
class Registration:
    """Standing registrations (R09): by whom, for which posts, for what."""

    by: frozenset[Role]
    posts: frozenset[Role]
    secrecy: frozenset[Secrecy]
    modes: frozenset[Mode]


@dataclass(frozen=True)
class Orders:
    """Duty orders (R02): by whom and for which tasks."""

    by: frozenset[Role]
    tasks: frozenset[Task]


@dataclass(frozen=True)
class SealUse:
    """What a request for seal use must name (R17)."""

    require_documents: bool
    require_impressions: bool


@dataclass(frozen=True)
class Returns:
    """Who checks completeness on return (R11)."""

    checked_by: frozenset[Role]


@dataclass(frozen=True)
class Handovers:
    """Handing on (R14): who may record it besides the holder, and what needs a witness."""

    recorded_by: frozenset[Role]
    witness_kinds: frozenset[ItemKind]


@dataclass(frozen=True)
class AccessRule:
    """When a badge alone does not do and the PIN must be given; whether a PIN can cry for help."""

    pin_for_kinds: frozenset[ItemKind]
    pin_for_secrecy: frozenset[Secrecy]
    two_persons_for_secrecy: frozenset[Secrecy] = frozenset()
    second_person_by: frozenset[Role] = frozenset(Role)
    second_person_seconds: int = 60
    """Such items open for nobody alone: so long before, somebody else of these posts has shown a badge there."""
    duress_pin: bool = False
    """The PIN with its last digit one higher (after 9 comes 0) opens as ever and sets a silent alarm."""
    offline_hours: int = 0
    offline_most: int = 50
    """Stations hold so many grants for so long, for when the server cannot be asked; 0 hours: none."""
    alarm_before: time = time.min
    alarm_after: time = time.max
    alarm_off_days: bool = False
    """Openings before, after, or on days the office is closed are granted as ever, and told."""
    foreign_badges: int = 3
    foreign_minutes: int = 10
    """So many badges nobody ever had, shown at one cabinet within so long, are told; 0: none are."""


class Calendar(StrEnum):
    """How time is counted: as it passes, or on office days only."""

    CLOCK = "clock"
    OFFICE = "office"


@dataclass(frozen=True)
class AlarmRung:
    """One step of the ladder of an alarm nobody takes on: after how long, in which calendar, who is told, and whether
    it is an alarm of its own by then.
    """

    after_minutes: int
    calendar: Calendar
    tell: frozenset[Role]
    alarm: bool


@dataclass(frozen=True)
class Alarms:
    """What is alarmed and when, and how what nobody takes on climbs."""

    not_taken: bool
    overdue_hard_days: int
    station_offline_minutes: int
    ladder: tuple[AlarmRung, ...] = ()


@dataclass(frozen=True)
class Stocktakes:
    """When a silent place may be believed: fewer passes than this prove nothing."""

    least_passes: int
    signed_by: frozenset[Role]
    """Who signs the differences off; never who counted."""


@dataclass(frozen=True)
class Policy:
    """All the rules that are data; `digest` names the sheet they came from."""

    name: str
    office: Office
    secrecy: Mapping[Secrecy, SecrecyRule]
    modes: Mapping[Mode, frozenset[ItemKind]]
    approval: tuple[ApprovalRow, ...]
    filing: Mapping[str, FilingRule]
    due: tuple[DueRow, ...]
    registration: Registration
    orders: Orders
    delegates: Mapping[Role, frozenset[Role]]
    seal_use: SealUse
    returns: Returns
    handovers: Handovers
    access: AccessRule
    alarms: Alarms
    stocktakes: Stocktakes
    retention: Retention
    destruction: Destruction
    backups: Backups
    duty: tuple[DutyRow, ...]
    oversight: Oversight
    requests: RequestRules
    people: PeopleRules
    information: InformationRules
    keeping: Keeping
    lending: Lending
    digest: str = ""

    def mode_reasons(self, kind: ItemKind, secrecy: Secrecy, mode: Mode, item: str = "") -> list[Reason]:
        """Say why an item of this kind and secrecy may not be used in this mode: [] when it may."""
        return [
            reason(code, item, rule=rule, **params)
            for rule, code, params in self._blocked.get((kind, secrecy, mode), ())
        ]

    def secrecy_reasons(self, secrecy: Secrecy, item: str = "") -> list[Reason]:
        """Say which secrecy rule an unlawful taking also breaks."""
        row = self.secrecy[secrecy]
        if not row.restricted:
            return []
        code = Code.SECRECY_NEVER if row.modes <= {Mode.DUTY} else Code.SECRECY_NEEDS_APPROVAL
        return [reason(code, item, rule=row.rule, secrecy=secrecy)]

    def approval_row(
        self,
        secrecy: Secrecy,
        mode: Mode,
        category: str = "",
        grade: str = "",
        post: Role | None = None,
        kind: ItemKind | None = None,
    ) -> ApprovalRow | None:
        """Find the first row for this; None means that nobody can approve it."""
        return self._approvals.find(secrecy, mode, category, grade, post, kind)

    def duty_row(self, kind: DutyKind) -> DutyRow:
        """Find how a kind of duty is kept."""
        return next(row for row in self.duty if row.kind == kind)

    @cached_property
    def approver_roles(self) -> frozenset[Role]:
        """Every post that can approve something."""
        return frozenset(role for row in self.approval for step in row.chain for role in step.approvers | step.instead)

    @cached_property
    def _approvals(self) -> ApprovalTable:
        return ApprovalTable(self.approval)

    @cached_property
    def _blocked(self) -> dict[tuple[ItemKind, Secrecy, Mode], list[tuple[str, Code, dict[str, str]]]]:
        table: dict[tuple[ItemKind, Secrecy, Mode], list[tuple[str, Code, dict[str, str]]]] = {}
        for kind, secrecy, mode in product(ItemKind, Secrecy, Mode):
            found: list[tuple[str, Code, dict[str, str]]] = []
            if kind not in self.modes[mode]:
                found.append(("R03", Code.MODE_NOT_FOR_KIND, {"mode": mode, "kind": kind}))
            row = self.secrecy[secrecy]
            if mode not in row.modes:
                never = row.modes <= {Mode.DUTY}
                code = Code.SECRECY_NEVER if never else Code.SECRECY_NOT_IN_MODE
                found.append((row.rule, code, {"secrecy": secrecy} if never else {"secrecy": secrecy, "mode": mode}))
            if found:
                table[(kind, secrecy, mode)] = found
        return table


def load_policy(text: str) -> Policy:
    """Make the policy of this TOML text, or raise a SheetError that lists everything wrong with it."""
    try:
        table: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SheetError([f"not TOML: {error}"]) from error
    policy = build(Policy, table | {"digest": sha256(text.encode()).hexdigest()})
    problems = _gaps(policy)
    if problems:
        raise SheetError(problems)
    return policy


def _gaps(policy: Policy) -> list[str]:
    """Say what the sheet leaves open or contradicts."""
    found = [f"secrecy.{level}: missing; every level needs its row" for level in Secrecy if level not in policy.secrecy]
    found += [f"modes.{mode}: missing; every mode needs its kinds" for mode in Mode if mode not in policy.modes]
    found += approval_gaps(policy.approval, policy.filing) + request_gaps(policy.requests)
    if not found:
        found += [
            f"approval: no row says who approves {mode} of {secrecy} items; add one or take it from secrecy.{secrecy}"
            for secrecy, rule in policy.secrecy.items()
            for mode in sorted(rule.modes - {Mode.DUTY})
            if policy.approval_row(secrecy, mode) is None
        ]
    days = policy.office.weekdays
    if not days or not days <= set(range(1, 8)):
        found.append("office.weekdays: needs days from 1 (Monday) to 7")
    both = policy.office.holidays & policy.office.extra_workdays
    found += [f"office: {day} is both a holiday and a workday" for day in sorted(both)]
    if policy.alarms.overdue_hard_days < 1 or policy.alarms.station_offline_minutes < 1:
        found.append("alarms: overdue_hard_days and station_offline_minutes must be at least 1")
    if not 0 <= policy.access.offline_hours <= 24 or not 1 <= policy.access.offline_most <= 200:
        found.append("access: offline_hours must be from 0 to 24, offline_most from 1 to 200")
    if policy.access.second_person_seconds < 1:
        found.append("access.second_person_seconds: needs at least 1")
    if policy.access.foreign_badges < 0 or policy.access.foreign_minutes < 1:
        found.append("access: foreign_badges must be at least 0, foreign_minutes at least 1")
    if policy.access.alarm_before >= policy.access.alarm_after:
        found.append("access.alarm_before: must be earlier than alarm_after")
    if any(rung.after_minutes < 1 or not rung.tell for rung in policy.alarms.ladder):
        found.append("alarms.ladder: each rung needs after_minutes of at least 1 and somebody to tell")
    found += disposal_gaps(policy.retention, policy.destruction, policy.backups)
    if policy.people.guest_days < 1 or min(_limits(policy)) < 1:
        found.append("people.guest_days and the limits of information must be at least 1")
    if not any(row.hours == 0 and row.secrecy == set(Secrecy) and row.modes == set(Mode) for row in policy.due):
        found.append("due: needs one row with hours = 0 for all secrecy levels and modes, so that everything is due")
    found += keeping_gaps(policy.keeping)
    found += lending_gaps(policy.lending)
    return found + duty_gaps(policy.duty) + oversight_gaps(policy.oversight)


def _limits(policy: Policy) -> tuple[int, ...]:
    rules = policy.information
    return rules.window_hours, rules.outside_duty_views, rules.refusals, rules.exports
