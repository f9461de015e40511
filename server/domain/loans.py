"""Lending: when a taken item is due (R05 R08), whether it is late, and the check that ends a loan (R11)."""

from dataclasses import dataclass

from server.domain import office
from server.domain.alarms import SEVERITY, cause_key
from server.domain.lending import OUT_STATES, loan_life
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Reason, Refused
from server.domain.words import AlarmKind, ItemKind, LoanState, Mode, Secrecy, Severity

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
OWN = "approval"
"""The due rule of a loan whose authority names its own due moment."""

LOAN_LIFE: tuple[tuple[LoanState, str, LoanState], ...] = loan_life()
"""(state, act, next state) as stored: the part of `lending.LENDING_LIFE` that a loan goes through."""

_NEXT = {(state, act): after for state, act, after in LOAN_LIFE}
_LATE_ALARM = {"R05": AlarmKind.SAME_DAY_ORIGINAL_NOT_RETURNED, "R08": AlarmKind.HOUR_LIMIT_EXCEEDED}


@dataclass(frozen=True, slots=True)
class LoanFacts:
    """One loan as recorded; moments are µs.

    `silent_since_us`: since when nothing was heard from the cabinet it belongs in; None while that is heard.
    """

    id: int
    state: LoanState
    due_us: int
    due_rule: str
    person_id: int
    item_id: int
    silent_since_us: int | None = None
    mode: Mode = Mode.LOAN
    kind: ItemKind = ItemKind.FILE


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """What somebody found when they checked a returned item; None: not counted.

    `keeps_open` is what keeps the loan open although everything is there: copies out, open repairs, and a seal's
    register that does not agree with the approval (R17), which is a discrepancy.
    """

    by: PersonFacts
    state: LoanState
    item: str
    complete: bool
    expected_parts: int = 1
    expected_pages: int = 0
    parts: int | None = None
    pages: int | None = None
    keeps_open: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """The loan's state after the check; a shortfall keeps it open and sets the alarm.

    `owed` is what is still missing: parts, pages, or 1 of something said but not counted.
    """

    state: LoanState
    reasons: tuple[Reason, ...] = ()
    alarm: AlarmKind | None = None
    owed: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class LateAlarm:
    """An alarm that a late loan sets; `cause` is the same as long as it is the same lateness."""

    kind: AlarmKind
    severity: Severity
    cause: str


def due_moment(
    policy: Policy, secrecy: Secrecy, mode: Mode, taken_us: int, authority_due_us: int | None, zone: str
) -> tuple[int, str]:
    """Find the due moment (µs) and the rule it comes from; the earliest wins, firm limits first."""
    limits: list[tuple[int, bool, str]] = [] if authority_due_us is None else [(authority_due_us, True, OWN)]
    for row in policy.due:
        if secrecy not in row.secrecy or mode not in row.modes or (row.replaceable and authority_due_us is not None):
            continue
        if row.hours:
            limits.append((taken_us + row.hours * HOUR_US, row.replaceable, row.rule))
        else:
            limits.append((office.close_of_business(policy.office, taken_us, zone), row.replaceable, row.rule))
    due_us, _, rule = min(limits)
    return due_us, rule


def is_overdue(loan: LoanFacts, now_us: int) -> bool:
    """Say whether an item is still out after its due moment; claiming that it is back does not bring it back."""
    return loan.state in OUT_STATES and now_us > loan.due_us


def overdue_alarms(policy: Policy, loan: LoanFacts, now_us: int) -> tuple[LateAlarm, ...]:
    """Say which alarm a late loan sets now: none, or exactly one, by the rule its due moment comes from.

    None while its cabinet has been silent since before the due moment: it is unknown, not unreturned.
    """
    if not is_overdue(loan, now_us) or (loan.silent_since_us is not None and loan.silent_since_us <= loan.due_us):
        return ()
    kind = _late_kind(policy, loan, now_us)
    return (LateAlarm(kind, SEVERITY[kind], cause_key(kind, "loan", loan.id)),)


def judge_check(policy: Policy, facts: CheckFacts) -> Checked | Refused:
    """Close the loan when everything is there, else keep it open as a discrepancy (R11)."""
    refused = []
    if facts.by.role not in policy.returns.checked_by or not facts.by.active:
        refused.append(reason(Code.CHECKED_BY, roles=",".join(sorted(policy.returns.checked_by))))
    if (facts.state, "check_complete") not in _NEXT:
        refused.append(reason(Code.LOAN_NOT_RETURNED, state=facts.state))
    if refused:
        return Refused(tuple(refused))
    short, owed = _shortfall(facts)
    if short:
        after = _NEXT[(facts.state, "check_short")]
        return Checked(after, tuple(short), AlarmKind.RETURNED_INCOMPLETE, owed)
    if any(kept.rule == "R17" for kept in facts.keeps_open):
        return Checked(_NEXT[(facts.state, "check_short")], facts.keeps_open)
    after = _NEXT[(facts.state, "check_complete")]
    return Checked(after, facts.keeps_open) if facts.keeps_open else Checked(_NEXT[(after, "close")])


def next_state(state: LoanState, act: str) -> LoanState:
    """Read the table; `KeyError` when the act cannot be done in this state."""
    return _NEXT[(state, act)]


def _late_kind(policy: Policy, loan: LoanFacts, now_us: int) -> AlarmKind:
    """Choose the alarm: what it is (a copy), then how it was to be used, then the rule its due moment comes from."""
    if loan.kind == ItemKind.COPY:
        return AlarmKind.COPY_NOT_RETURNED
    if loan.mode == Mode.READING and loan.due_rule != "R08":
        return AlarmKind.READING_ROOM_ITEM_LEFT_ROOM
    hard = now_us - loan.due_us > policy.alarms.overdue_hard_days * DAY_US
    return _LATE_ALARM.get(loan.due_rule, AlarmKind.OVERDUE_HARD if hard else AlarmKind.OVERDUE_SOFT)


def _shortfall(facts: CheckFacts) -> tuple[list[Reason], tuple[tuple[str, int], ...]]:
    """Say what is missing, and how much of it is still owed."""
    counted = (
        (Code.PARTS_SHORT, "parts", facts.parts, facts.expected_parts),
        (Code.PAGES_SHORT, "pages", facts.pages, facts.expected_pages),
    )
    short = [(code, name, seen, all_of) for code, name, seen, all_of in counted if seen is not None and seen < all_of]
    found = [reason(code, facts.item, expected=str(all_of), seen=str(seen)) for code, _, seen, all_of in short]
    if found:
        return found, tuple((name, all_of - (seen or 0)) for _, name, seen, all_of in short)
    return ([], ()) if facts.complete else ([reason(Code.INCOMPLETE, facts.item)], (("unsaid", 1),))
