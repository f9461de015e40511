"""Key sets (R21): who may hold which, and which declaration explains which opening by a mechanical key."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.policy_lending import KeyRing
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Refused, answer

MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration that explains no opening yet; `used_us` is when the key is said to be used."""

    id: int
    station: str
    used_us: int
    declared_us: int


@dataclass(frozen=True, slots=True)
class Opened:
    """An opening by a mechanical key that nothing explains yet."""

    incident: int
    station: str
    at_us: int


def judge_holding(policy: Policy, key_set: str, holder: PersonFacts) -> Lawful | Refused:
    """Say whether this person may hold this key set."""
    posts = policy.lending.keys.sets[key_set]
    if holder.role in posts and holder.active:
        return Lawful()
    return Refused((reason(Code.KEY_HOLDER_POST, set=key_set, roles=",".join(sorted(posts))),))


def judge_declaration(policy: Policy, why: str, used_us: int, now_us: int) -> Lawful | Refused:
    """Say whether the use of a key may be declared now: with a reason, and not too late or too early."""
    ring = policy.lending.keys
    found = [] if why.strip() else [reason(Code.KEY_REASON_MISSING)]
    if not -ring.declare_after_minutes * MINUTE_US <= used_us - now_us <= ring.declare_before_minutes * MINUTE_US:
        found.append(reason(Code.KEY_USE_OUTSIDE_WINDOW))
    return answer(found)


def match(ring: KeyRing, opened: Iterable[Opened], declared: Iterable[Declared]) -> list[tuple[Opened, Declared]]:
    """Pair each opening with the nearest declaration of its cabinet in the window; a declaration explains one."""
    before, after = ring.declare_before_minutes * MINUTE_US, ring.declare_after_minutes * MINUTE_US
    left = {one.id: one for one in declared}
    pairs: list[tuple[Opened, Declared]] = []
    for opening in sorted(opened, key=lambda one: (one.at_us, one.incident)):
        fits = [
            one
            for one in left.values()
            if one.station == opening.station and -before <= one.declared_us - opening.at_us <= after
        ]
        if fits:
            best = min(fits, key=lambda one: (abs(one.used_us - opening.at_us), one.id))
            pairs.append((opening, left.pop(best.id)))
    return pairs


def is_undeclared(ring: KeyRing, opened: Opened, now_us: int) -> bool:
    """Say whether the window for declaring an opening is over."""
    return now_us - opened.at_us > ring.declare_after_minutes * MINUTE_US
