"""The verdict on every item when a door has settled: taken, put in, unread or left (R02 R03 R18; the verdict table).

Law 1: a person is named only when the door stood open for their session.
Law 2: one item, one judgement; one cause, one alarm; every reason is given.
"""

import msgspec

from server.domain.alarms import SEVERITY, VERDICTS
from server.domain.authorities import LineFacts, line_reasons
from server.domain.custody import Custody, ItemFacts, held_by, in_place, unaccounted
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Reason
from server.domain.words import AlarmKind, CaseKind, Cause, CustodyState, Direction, Legality, Severity, Verdict


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tag the station settled on, and the item it is bound to, if to any."""

    epc: str
    item: ItemFacts | None = None


class SettleFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """One door's closing. Items as they were recorded before it; `incident_id` 0 when it is not numbered yet.

    `lines`: the person's lines, spent and future ones too, at least for items whose current place is this door and for
    the items taken (others are passed over). Those that `session` has reserved count as chosen.
    """

    station: str
    door: int
    cause: Cause
    occurred_us: int
    person_id: int | None = None
    session: str | None = None
    lines: tuple[LineFacts, ...] = ()
    taken: tuple[Seen, ...] = ()
    put: tuple[Seen, ...] = ()
    unread: tuple[Seen, ...] = ()
    incident_id: int = 0


class Judgement(msgspec.Struct, frozen=True):
    """What is said of one item (or unknown tag), and what follows from it.

    `line_id` is consumed when `verdict` is as_approved, released when `release`. `custody` is None when nothing is
    said about it. `person_id` is who is answerable for the act, or nobody.
    """

    item_id: int | None
    epc: str
    direction: Direction
    verdict: Verdict
    lawful: Legality
    reasons: tuple[Reason, ...] = ()
    line_id: int | None = None
    custody: Custody | None = None
    alarms: tuple[tuple[AlarmKind, Severity], ...] = ()
    case: CaseKind | None = None
    release: bool = False
    person_id: int | None = None


def settle(policy: Policy, facts: SettleFacts) -> tuple[Judgement, ...]:
    """Judge every item of one door's closing: the taken, then the put in, then the unread, then what was left."""
    person = facts.person_id if facts.cause == Cause.SESSION else None
    gone = {seen.item.id for seen in facts.taken if seen.item is not None}
    in_force, against = _sort_lines(policy, facts, person, gone)
    unsure = {seen.item.id for seen in facts.unread if seen.item is not None}
    stayed = in_force.keys() - gone - unsure
    judged = [_take(policy, facts, person, seen, in_force, against, bool(stayed)) for seen in _once(facts.taken)]
    judged += [_put(facts, person, seen) for seen in _once(facts.put)]
    judged += [_unread(person, seen, in_force) for seen in _once(facts.unread)]
    judged += [
        _left(policy, person, line)
        for item_id, line in in_force.items()
        if item_id in stayed and line.session is not None and line.session == facts.session
    ]
    return tuple(judged)


def _once(seen: tuple[Seen, ...]) -> tuple[Seen, ...]:
    """Drop the second tag of an item that was already named."""
    if len(seen) < 2:
        return seen
    return tuple({(one.item.id if one.item else one.epc): one for one in reversed(seen)}.values())[::-1]


def _sort_lines(
    policy: Policy, facts: SettleFacts, person: int | None, gone: set[int]
) -> tuple[dict[int, LineFacts], dict[int, list[Reason]]]:
    """Divide the lines for what is or was here: in force by item (the chosen first), and why others are not."""
    in_force: dict[int, LineFacts] = {}
    against: dict[int, list[Reason]] = {}
    if person is None:
        return in_force, against
    for line in facts.lines:
        item_id, custody = line.item.id, line.item.custody
        if item_id not in gone and (custody.door != facts.door or custody.station != facts.station):
            continue
        found = line_reasons(policy, line, person, facts.occurred_us, facts.session)
        if found:
            against.setdefault(item_id, []).extend(found)
        elif item_id not in in_force or in_force[item_id].session is None:
            in_force[item_id] = line
    return in_force, against


def _take(
    policy: Policy,
    facts: SettleFacts,
    person: int | None,
    seen: Seen,
    in_force: dict[int, LineFacts],
    against: dict[int, list[Reason]],
    something_stayed: bool,
) -> Judgement:
    item = seen.item
    if item is None:
        return _unknown(seen, Direction.OUT, person)
    case, found = _out_of_record(facts, item)
    if person is None:
        custody = unaccounted(facts.incident_id, facts.occurred_us)
        found.append(reason(Code.NOBODY_NAMED, item.code))
        return _judgement(Verdict.UNATTRIBUTED, item, seen, Direction.OUT, found, custody=custody, case=case)
    custody = held_by(person, facts.occurred_us)
    line = in_force.get(item.id)
    if line is not None:
        found.append(reason(Code.AUTHORITY_IN_FORCE, item.code, authority=line.authority))
        return _judgement(
            Verdict.AS_APPROVED, item, seen, Direction.OUT, found, person, custody=custody, line_id=line.id, case=case
        )
    found += against.get(item.id) or [reason(Code.NOT_NAMED_IN_AUTHORITY if in_force else Code.NO_AUTHORITY, item.code)]
    found += policy.secrecy_reasons(item.secrecy, item.code)
    verdict = Verdict.WITHOUT_APPROVAL if not in_force else Verdict.WRONG_ITEM if something_stayed else Verdict.EXTRA
    return _judgement(verdict, item, seen, Direction.OUT, found, person, custody=custody, case=case)


def _out_of_record(facts: SettleFacts, item: ItemFacts) -> tuple[CaseKind | None, list[Reason]]:
    """Say whether an item left a door where the record did not have it."""
    custody = item.custody
    if custody.door == facts.door and custody.station == facts.station:
        return None, []
    case = CaseKind.TWO_PLACES if custody.state == CustodyState.PLACE else CaseKind.OUT_WHILE_OUT
    return case, [reason(Code.NOT_RECORDED_HERE, item.code)]


def _put(facts: SettleFacts, person: int | None, seen: Seen) -> Judgement:
    """Judge a return by the first row that fits: not out, wrong place, nobody, holder, another."""
    item = seen.item
    if item is None:
        return _unknown(seen, Direction.IN, person)
    here = (facts.station, facts.door)
    astray = item.home is not None and item.home != here
    recorded_out = item.custody.state != CustodyState.PLACE
    found: list[Reason] = []
    if not recorded_out:
        found.append(reason(Code.NOT_RECORDED_OUT, item.code))
    if astray and item.home is not None:
        found.append(reason(Code.RETURNED_ELSEWHERE, item.code, place=f"{item.home[0]}/{item.home[1]}"))
    if person is None:
        found.append(reason(Code.RETURNED_BY_NOBODY, item.code))
    elif recorded_out and item.custody.person_id != person:
        found.append(reason(Code.RETURNED_FOR_ANOTHER, item.code))
    alarm = None
    if not recorded_out:
        verdict = Verdict.UNEXPECTED
    elif astray:
        verdict = Verdict.RETURNED_WRONG_PLACE
        same_cabinet = item.home is not None and item.home[0] == facts.station
        alarm = AlarmKind.RETURNED_WRONG_SLOT if same_cabinet else AlarmKind.RETURNED_WRONG_CABINET
    elif person is None:
        verdict = Verdict.RETURNED_UNNAMED
    else:
        verdict = Verdict.RETURNED if item.custody.person_id == person else Verdict.RETURNED_BY_OTHER
    custody = in_place(facts.station, facts.door, facts.occurred_us)
    return _judgement(verdict, item, seen, Direction.IN, found, person, custody=custody, alarm=alarm)


def _unread(person: int | None, seen: Seen, in_force: dict[int, LineFacts]) -> Judgement:
    item = seen.item
    code, line = (seen.epc, None) if item is None else (item.code, in_force.get(item.id))
    found = [reason(Code.NOT_READ, code)]
    line_id = None if line is None else line.id
    return _judgement(Verdict.UNREAD, item, seen, Direction.NONE, found, person, line_id=line_id)


def _left(policy: Policy, person: int | None, line: LineFacts) -> Judgement:
    alarm = AlarmKind.APPROVED_BUT_NOT_TAKEN if policy.alarms.not_taken else None
    seen, found = Seen("", line.item), [reason(Code.LEFT_BEHIND, line.item.code)]
    return _judgement(
        Verdict.NOT_TAKEN, line.item, seen, Direction.NONE, found, person, line_id=line.id, alarm=alarm, release=True
    )


def _unknown(seen: Seen, direction: Direction, person: int | None) -> Judgement:
    return _judgement(Verdict.UNKNOWN_TAG, None, seen, direction, [reason(Code.TAG_NOT_BOUND, seen.epc)], person)


def _judgement(
    verdict: Verdict,
    item: ItemFacts | None,
    seen: Seen,
    direction: Direction,
    reasons: list[Reason],
    person: int | None = None,
    *,
    custody: Custody | None = None,
    line_id: int | None = None,
    alarm: AlarmKind | None = None,
    case: CaseKind | None = None,
    release: bool = False,
) -> Judgement:
    """Fill in what the verdict table says; an alarm or case given here is the more particular one."""
    lawful, usual_alarm, usual_case = VERDICTS[verdict]
    alarm = alarm or usual_alarm
    return Judgement(
        None if item is None else item.id,
        seen.epc,
        direction,
        verdict,
        lawful,
        tuple(reasons),
        line_id,
        custody,
        () if alarm is None else ((alarm, SEVERITY[alarm]),),
        case or usual_case,
        release,
        person,
    )
