"""How long an item is kept, what is decided when that is over, and what stops its destruction (R51).

Law 1: nothing is destroyed because a period ended; it is proposed, and somebody decides.
Law 2: what the sheet says nothing about is kept for ever; a hold goes before everything else.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.domain.custody import ItemFacts
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.policy_disposal import CountsFrom
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import AppraisalOutcome, ItemKind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class KeptFacts:
    """One item and everything that bears on its destruction.

    `end_us` None: for ever. `outcome` is what the newest appraisal decided. `holds` are the reasons of the holds in
    force. `on_list` is the open destruction list it stands on. `gone` says how it left, "" while it is here.
    """

    item: ItemFacts
    end_us: int | None
    outcome: AppraisalOutcome | None = None
    holds: tuple[str, ...] = ()
    on_list: int | None = None
    gone: str = ""
    tagged: bool = True
    entrusted_by: str = ""
    """The customer whose it is, while it is entrusted to us."""


def end_of(policy: Policy, period: str, begun_us: int, zone: ZoneInfo) -> int | None:
    """Say from which moment on a period is over (µs); None when it never is."""
    years = policy.retention.periods.get(period, 0)
    if not years:
        return None
    begun = (_EPOCH + timedelta(microseconds=begun_us)).astimezone(zone).date()
    if policy.retention.counts_from == CountsFrom.NEXT_YEAR:
        begun = date(begun.year + 1, 1, 1)
    leap = begun.month == 2 and begun.day == 29  # a period begun on such a day ends on the first of March
    end = date(begun.year + years, 3, 1) if leap else begun.replace(year=begun.year + years)
    return (datetime.combine(end, time(), zone) - _EPOCH) // _MICROSECOND


def is_lighter(policy: Policy, item: ItemFacts) -> bool:
    """Say whether an item is a copy that goes without appraisal."""
    return item.kind == ItemKind.COPY and policy.destruction.copies_lighter


def obstacles(policy: Policy, kept: KeptFacts, now_us: int, zone: ZoneInfo) -> list[Reason]:
    """Say everything against destroying this item now."""
    code = kept.item.code
    if kept.gone:
        return [reason(Code.ITEM_LEFT_FOR_GOOD, code, how=kept.gone)]
    found = [reason(Code.UNDER_HOLD, code, why=why) for why in kept.holds]
    if kept.entrusted_by:
        found.append(reason(Code.NOT_OURS_TO_DESTROY, code, customer=kept.entrusted_by))
    if is_lighter(policy, kept.item):
        return found
    if kept.end_us is None:
        found.append(reason(Code.RETENTION_PERMANENT, code))
    elif kept.end_us > now_us:
        until = (_EPOCH + timedelta(microseconds=kept.end_us)).astimezone(zone).date()
        found.append(reason(Code.RETENTION_RUNNING, code, until=until.isoformat()))
    if kept.outcome != AppraisalOutcome.DESTROY:
        found.append(reason(Code.NOT_APPRAISED, code))
    return found


def judge_setting(policy: Policy, by: PersonFacts, item: ItemFacts, gone: str) -> Lawful | Refused:
    """Say whether somebody may set how long an item is kept."""
    found = _active(by)
    if by.role not in (posts := policy.retention.set_by):
        found.append(reason(Code.RETENTION_SET_BY, roles=",".join(sorted(posts))))
    if gone:
        found.append(reason(Code.ITEM_LEFT_FOR_GOOD, item.code, how=gone))
    return answer(found)


def judge_appraisal(policy: Policy, by: PersonFacts, kept: KeptFacts, outcome: AppraisalOutcome) -> Lawful | Refused:
    """Say whether somebody may decide this of an item; what is under a hold cannot be given up."""
    found = _active(by)
    if by.role not in (posts := policy.retention.appraised_by):
        found.append(reason(Code.APPRAISED_BY, roles=",".join(sorted(posts))))
    if kept.gone:
        found.append(reason(Code.ITEM_LEFT_FOR_GOOD, kept.item.code, how=kept.gone))
    if outcome == AppraisalOutcome.DESTROY:
        found += [reason(Code.UNDER_HOLD, kept.item.code, why=why) for why in kept.holds]
    return answer(found)


def judge_hold(policy: Policy, by: PersonFacts, gone: dict[str, str]) -> Lawful | Refused:
    """Say whether somebody may place or lift a hold; `gone` names the items that left, and how."""
    found = _active(by)
    if by.role not in (posts := policy.retention.held_by):
        found.append(reason(Code.HOLD_BY, roles=",".join(sorted(posts))))
    found += [reason(Code.ITEM_LEFT_FOR_GOOD, code, how=how) for code, how in gone.items()]
    return answer(found)


def code_used_up(code: str) -> Reason:
    """Say that a code or record number belonged to what is destroyed (R53)."""
    return reason(Code.CODE_OF_DESTROYED, code)


def tag_used_up(epc: str) -> Reason:
    """Say that a tag was on what is destroyed (R53)."""
    return reason(Code.TAG_OF_DESTROYED, epc)


def _active(by: PersonFacts) -> list[Reason]:
    return [] if by.active else [reason(Code.PERSON_INACTIVE)]
