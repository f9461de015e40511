"""Who may open which doors of a cabinet, here and now (R02 R20; "Who may open a door")."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from server.domain.authorities import LineFacts, line_reasons
from server.domain.custody import ItemFacts, Place
from server.domain.people import PersonFacts
from server.domain.policy import AccessRule, Policy
from server.domain.reasons import Code, reason
from server.domain.scopes import EVERYTHING, Scope, Thing, entry_reasons, outside
from server.domain.training import TrainingFacts, training_reasons
from server.domain.verdicts import Reason, Refused
from server.domain.words import AuthorityKind, CustodyState, RequestState, TrainedAct


@dataclass(frozen=True, slots=True)
class Scanned:
    """A code scanned in the session and the item it belongs to, if to any."""

    code: str
    item: ItemFacts | None = None


@dataclass(frozen=True, slots=True)
class AskedFor:
    """An item of a request of this person that gave no authority, so that the refusal can say so."""

    item: ItemFacts
    state: RequestState


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person's rights reach (R40) and what they were taught (R44); categories by item."""

    scope: Scope = EVERYTHING
    training: tuple[TrainingFacts, ...] = ()
    categories: Mapping[int, str] = field(default_factory=dict)

    def thing(self, item: ItemFacts, cabinet: str) -> Thing:
        """Give an item behind a door of a cabinet, as limits are judged."""
        return Thing(item.department, self.categories.get(item.id, ""), item.secrecy, cabinet)


ANY_RIGHTS: Final = Rights()
DUTIES: Final = (AuthorityKind.ORDER, AuthorityKind.INSPECTION)


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """Somebody at a station: their lines (spent and future ones too), what they hold, what they scanned.

    `person` is None for a badge nobody knows. `pin` is None when none was given, else whether it was right.
    """

    person: PersonFacts | None
    station: str
    now_us: int
    session: str = ""
    lines: tuple[LineFacts, ...] = ()
    held: tuple[ItemFacts, ...] = ()
    scanned: tuple[Scanned, ...] = ()
    asked: tuple[AskedFor, ...] = ()
    pin: bool | None = None
    rights: Rights = ANY_RIGHTS
    beside: tuple[PersonFacts, ...] = ()
    """Others who showed their badges at this station just before."""


@dataclass(frozen=True, slots=True)
class Access:
    """The doors that open, each with the lines it reserves; `why` says for each door what it opens for."""

    doors: dict[int, tuple[LineFacts, ...]] = field(default_factory=dict)
    why: tuple[tuple[int, str, str], ...] = ()
    """(door, take | return | duty, item code)"""
    reasons: tuple[Reason, ...] = ()
    """What does not open, although something else does."""


def may_open(policy: Policy, facts: AccessFacts) -> Access | Refused:
    """Open every door this person has a lawful reason for; else refuse with all the reasons."""
    person = facts.person
    barred = _who_reasons(policy, facts)
    if person is None or barred:
        return Refused(tuple(barred))
    lines: dict[int, dict[int, LineFacts]] = {}
    why: list[tuple[int, str, str]] = []
    against: list[Reason] = []
    for line in sorted(facts.lines, key=_best_first):
        found = line_reasons(policy, line, person.id, facts.now_us, facts.session, to_open=True)
        found += _right_reasons(policy, facts, person, line)
        doors = _doors_of(line, facts.station)
        if found or not doors:
            against += found or [_elsewhere(line.item)]
            continue
        for door in doors:
            lines.setdefault(door, {}).setdefault(line.item.id, line)
            why.append((door, "duty" if line.authority in DUTIES else "take", line.item.code))
    for item, refusal in _returns(policy, facts):
        if refusal is not None:
            against.append(refusal)
        elif item is not None and item.home is not None:
            lines.setdefault(item.home[1], {})
            why.append((item.home[1], "return", item.code))
    if lines:
        return Access({door: tuple(lines[door].values()) for door in sorted(lines)}, tuple(why), tuple(against))
    return Refused(tuple(dict.fromkeys([*against, *_asked_reasons(facts)])) or (reason(Code.NO_AUTHORITY),))


def _right_reasons(policy: Policy, facts: AccessFacts, person: PersonFacts, line: LineFacts) -> list[Reason]:
    """Say what a person's rights (R40) and training (R44) have against taking here; what is held may come back."""
    rights = facts.rights
    acts = (TrainedAct.OPEN_CABINET, *(act for act in TrainedAct if str(act) == str(line.mode)))
    return [
        *outside(rights.scope, rights.thing(line.item, facts.station), line.item.code),
        *training_reasons(policy.people, person.role, acts, rights.training, facts.now_us),
        *_alone_reasons(policy.access, facts, person, line.item),
    ]


def _alone_reasons(rule: AccessRule, facts: AccessFacts, person: PersonFacts, item: ItemFacts) -> list[Reason]:
    """Say that an item opens for nobody alone, when nobody else is there."""
    if item.secrecy not in rule.two_persons_for_secrecy:
        return []
    if any(one.active and one.id != person.id and one.role in rule.second_person_by for one in facts.beside):
        return []
    return [reason(Code.SECOND_PERSON_NEEDED, item.code, seconds=str(rule.second_person_seconds))]


def _who_reasons(policy: Policy, facts: AccessFacts) -> list[Reason]:
    if facts.person is None:
        return [reason(Code.BADGE_UNKNOWN)]
    found = [] if facts.person.active else [reason(Code.PERSON_INACTIVE)]
    found += entry_reasons(facts.person.role, facts.rights.scope, facts.now_us) if facts.rights.scope.until_us else []
    if facts.pin is False:
        found.append(reason(Code.PIN_WRONG))
    needed = any(line.item.kind in policy.access.pin_for_kinds for line in facts.lines)
    needed = needed or any(line.item.secrecy in policy.access.pin_for_secrecy for line in facts.lines)
    if needed and facts.pin is None:
        found.append(reason(Code.PIN_NEEDED))
    return found


def _best_first(line: LineFacts) -> tuple[bool, int, int]:
    """Prefer what is already promised to a session, then what lapses first."""
    return (line.session is None, line.until_us, line.id)


def _doors_of(line: LineFacts, station: str) -> tuple[int, ...]:
    """Say behind which doors of this station the item is; an order also opens where it belongs (stock-in)."""
    places: list[Place | None] = [line.item.custody.place]
    if line.authority in DUTIES:
        places.append(line.item.home)
    return tuple(sorted({place[1] for place in places if place is not None and place[0] == station}))


def _elsewhere(item: ItemFacts) -> Reason:
    place = item.custody.place
    if place is None:
        return reason(Code.ITEM_OUT, item.code)
    return reason(Code.ITEM_ELSEWHERE, item.code, place=f"{place[0]}/{place[1]}")


def _returns(policy: Policy, facts: AccessFacts) -> list[tuple[ItemFacts | None, Reason | None]]:
    """List what may be brought back here: (item, None), and what may not: (item, why)."""
    found: list[tuple[ItemFacts | None, Reason | None]] = [
        (item, None) for item in facts.held if item.home is not None and item.home[0] == facts.station
    ]
    for scan in facts.scanned:
        item = scan.item
        if item is None:
            found.append((None, reason(Code.CODE_UNKNOWN, scan.code)))
        elif item.home is None or item.home[0] != facts.station:
            place = "" if item.home is None else f"{item.home[0]}/{item.home[1]}"
            found.append((item, reason(Code.BELONGS_ELSEWHERE, item.code, place=place)))
        elif item.custody.state != CustodyState.PLACE:
            found.append((item, None))
        elif all(line.item.id != item.id for line in facts.lines):
            found += [
                (item, r)
                for r in (reason(Code.NO_AUTHORITY, item.code), *policy.secrecy_reasons(item.secrecy, item.code))
            ]
    return found


_ASKED = {
    RequestState.FILED: Code.REQUEST_NOT_DECIDED,
    RequestState.REFUSED: Code.REQUEST_REFUSED,
    RequestState.WITHDRAWN: Code.REQUEST_WITHDRAWN,
}


def _asked_reasons(facts: AccessFacts) -> list[Reason]:
    return [reason(_ASKED[asked.state], asked.item.code) for asked in facts.asked if asked.state in _ASKED]
