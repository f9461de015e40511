"""Counting (R50): what a stocktake expected against what it saw, what each difference is, and who signs it off.

Law 1: `missing` needs a place that was really looked at; what nobody could have seen is `unread`.
Law 2: a thing seen is believed over the record; the difference is a result, never a silent correction.
Law 3: who counted or explained never signs off.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from server.domain.custody import Place
from server.domain.people import PersonFacts
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Refused, answer
from server.domain.words import Bucket, Condition, StocktakeResult, Via

AGREES = frozenset({StocktakeResult.FOUND, StocktakeResult.ON_LOAN})
"""Results that agree with the record."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One item in scope as recorded when the stocktake opened; its place is its home when it is out."""

    item_id: int
    station: str
    door: int
    bucket: Bucket = Bucket.EXPECTED
    tagged: bool = True
    astray: bool = False
    """Recorded away from where it belongs: found there, it is still misplaced."""


@dataclass(frozen=True, slots=True)
class Sighted:
    """One thing seen; `mark` is its EPC or code, `item_id` None when nothing is bound to it."""

    mark: str
    item_id: int | None
    station: str
    door: int
    via: Via = Via.RFID


@dataclass(frozen=True, slots=True)
class Counted:
    """The result for one item, or for one unknown mark; `seen_at` are the places it was seen in."""

    result: StocktakeResult
    item_id: int | None
    mark: str
    place: Place | None
    seen_at: tuple[Place, ...] = ()


def count(
    expected: Iterable[Expected], sightings: Iterable[Sighted], passes: Mapping[Place, int], least_passes: int
) -> tuple[Counted, ...]:
    """Give one result per item in scope, per item seen that was not in scope, and per unknown mark.

    `passes`: how often the readers listened at each place swept. A place where a scanner or handheld saw something was
    looked at by a person.
    """
    seen: dict[int, set[Place]] = defaultdict(set)
    unknown: dict[str, set[Place]] = defaultdict(set)
    looked_at: set[Place] = set()
    for sight in sightings:
        place = (sight.station, sight.door)
        if sight.item_id is None:
            unknown[sight.mark].add(place)
        else:
            seen[sight.item_id].add(place)
        if sight.via != Via.RFID:
            looked_at.add(place)
    swept = {place for place, times in passes.items() if times >= least_passes}
    results = []
    for line in expected:
        places = tuple(sorted(seen.pop(line.item_id, ())))
        result = _result(line, places, swept, looked_at)
        results.append(Counted(result, line.item_id, "", (line.station, line.door), places))
    for item_id, found in sorted(seen.items()):
        result = StocktakeResult.DUPLICATE if len(found) > 1 else StocktakeResult.MISPLACED
        results.append(Counted(result, item_id, "", None, tuple(sorted(found))))
    results += [
        Counted(StocktakeResult.UNKNOWN, None, mark, None, tuple(sorted(places)))
        for mark, places in sorted(unknown.items())
    ]
    return tuple(results)


def is_difference(result: str, condition: str) -> bool:
    """Say whether a line is to be explained: number or condition does not agree with the record."""
    return result not in AGREES or condition not in ("", Condition.GOOD)


def judge_signing(
    policy: Policy, by: PersonFacts, counters: frozenset[int], unexplained: Iterable[str]
) -> Lawful | Refused:
    """Say whether somebody may sign differences off: a second person, and each of them explained."""
    found = [] if by.active else [reason(Code.PERSON_INACTIVE)]
    if by.role not in policy.stocktakes.signed_by:
        found.append(reason(Code.SIGNED_BY, roles=",".join(sorted(policy.stocktakes.signed_by))))
    if by.id in counters:
        found.append(reason(Code.SIGNED_BY_COUNTER))
    return answer(found + [reason(Code.DIFFERENCE_UNEXPLAINED, mark) for mark in unexplained])


def _result(line: Expected, places: tuple[Place, ...], swept: set[Place], looked_at: set[Place]) -> StocktakeResult:
    place = (line.station, line.door)
    if len(places) > 1:
        return StocktakeResult.DUPLICATE
    if places and line.bucket != Bucket.EXPECTED:
        return StocktakeResult.ON_LOAN_BUT_HERE
    if places:
        return StocktakeResult.FOUND if place in places and not line.astray else StocktakeResult.MISPLACED
    if line.bucket == Bucket.ON_LOAN:
        return StocktakeResult.ON_LOAN
    if line.bucket == Bucket.UNACCOUNTED or place in looked_at or (line.tagged and place in swept):
        return StocktakeResult.MISSING
    return StocktakeResult.UNREAD
