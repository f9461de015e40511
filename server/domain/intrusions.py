"""What is remarked on at a cabinet though no door opens wrongly: strange badges, unusual hours, tags that are not ours.

Law 1: a tag's own number (TID) is burnt in; whatever answers under the EPC of a bound tag with another one is not it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from server.domain.custody import Place
from server.domain.office import is_office_day
from server.domain.policy import AccessRule, Policy
from server.domain.words import AlarmKind, Mode, Secrecy, StocktakeResult

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_outside_schedule(policy: Policy, moment_us: int, zone: str) -> bool:
    """Say whether an opening at this moment is to be told of: too early, too late, or not on an office day."""
    rule, at = policy.access, (_EPOCH + timedelta(microseconds=moment_us)).astimezone(ZoneInfo(zone))
    too_early_or_late = not rule.alarm_before <= at.time() <= rule.alarm_after
    return too_early_or_late or (rule.alarm_off_days and not is_office_day(policy.office, at.date()))


def are_too_strange(rule: AccessRule, shown: int) -> bool:
    """Say whether so many badges that nobody has ever had, at one cabinet within the time, are to be told of."""
    return 0 < rule.foreign_badges <= shown


def is_another_tag(bound_tid: str | None, read_tid: str | None) -> bool:
    """Say whether what was read is not the tag that was bound; of a TID fewer words may be read than were noted."""
    if not bound_tid or not read_tid:
        return False
    bound, read = bound_tid.upper(), read_tid.upper()
    return not (bound.startswith(read) or read.startswith(bound))


def is_never_lent(policy: Policy, secrecy: Secrecy) -> bool:
    """Say whether items of this secrecy are for nobody's use (R06): only duty may move them."""
    return policy.secrecy[secrecy].modes <= {Mode.DUTY}


def counted_alarm(
    policy: Policy, result: StocktakeResult, secrecy: Secrecy, tags_seen_at: Iterable[frozenset[Place]]
) -> AlarmKind | None:
    """Say which alarm the result of a count sets: one tag in two places, or nobody's to take and not there."""
    if any(len(places) > 1 for places in tags_seen_at):
        return AlarmKind.DUPLICATE_TAG
    absent = result == StocktakeResult.MISSING and is_never_lent(policy, secrecy)
    return AlarmKind.NEVER_LEND_ITEM_ABSENT if absent else None
