"""Alarms (R22): which fact sets which, how grave it is, and the life of one from set to closed. Tables only.

Law 1: one cause sets one alarm; the cause is a key, unique among the alarms that are not closed.
Law 2: an alarm is closed with a conclusion or not at all; severity never falls.
"""

from server.domain import office
from server.domain.policy import AlarmRung, Calendar, Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Refused, answer
from server.domain.words import AlarmKind, AlarmState, CaseKind, Cause, IncidentKind, Legality, Severity, Verdict

K = AlarmKind
MINUTE_US = 60_000_000
N, W, S, C = Severity.NOTICE, Severity.WARNING, Severity.SERIOUS, Severity.CRITICAL

SEVERITY: dict[AlarmKind, Severity] = {
    K.DOOR_OPENED_WITHOUT_SESSION: C,
    K.DOOR_OPENED_BY_MECHANICAL_KEY: S,
    K.SPARE_KEY_USE_UNDECLARED: S,
    K.DOOR_FORCED: C,
    K.DOOR_LEFT_OPEN: W,
    K.DOOR_NOT_LATCHED_AFTER_SESSION: W,
    K.REPEATED_FAILED_LOGIN: W,
    K.LOGIN_WITH_FOREIGN_CREDENTIAL: S,
    K.DURESS_CODE: C,
    K.ACCESS_OUTSIDE_SCHEDULE: W,
    K.EMERGENCY_OPEN_USED: C,
    K.TAKEN_WITHOUT_APPROVAL: C,
    K.TAKEN_EXTRA: S,
    K.WRONG_ITEM_TAKEN: S,
    K.APPROVED_BUT_NOT_TAKEN: N,
    K.OVERDUE_SOFT: W,
    K.OVERDUE_HARD: S,
    K.SAME_DAY_ORIGINAL_NOT_RETURNED: S,
    K.HOUR_LIMIT_EXCEEDED: S,
    K.READING_ROOM_ITEM_LEFT_ROOM: C,
    K.NEVER_LEND_ITEM_ABSENT: C,
    K.RETURNED_WRONG_SLOT: N,
    K.RETURNED_WRONG_CABINET: W,
    K.RETURNED_BY_OTHER_PERSON: W,
    K.RETURNED_INCOMPLETE: S,
    K.COPY_NOT_RETURNED: W,
    K.ITEM_UNDETECTABLE: W,
    K.UNKNOWN_TAG_IN_CABINET: W,
    K.DUPLICATE_TAG: S,
    K.TAG_SWAPPED_OR_CLONED: C,
    K.STATION_OFFLINE: W,
    K.MAINS_LOST: W,
    K.ON_BATTERY: W,
    K.LOCK_FAULT: S,
    K.LOCK_FEEDBACK_MISMATCH: S,
    K.READER_FAULT: W,
    K.ANTENNA_SILENT: W,
    K.SCANNER_FAULT: N,
    K.BADGE_READER_FAULT: W,
    K.ENCLOSURE_TAMPER: C,
    K.CLOCK_JUMP: W,
    K.OUTBOX_FULL: S,
    K.DISK_LOW: W,
    K.CERTIFICATE_ENDING: W,
    K.CERTIFICATE_NEARLY_OVER: S,
    K.STATION_CHAIN_BROKEN: C,
    K.EVENT_QUARANTINED: C,
    K.RECORD_ACCESS_REFUSED_REPEATEDLY: W,
    K.UNUSUAL_EXPORT: S,
    K.RECORD_VIEWED_OUTSIDE_DUTY: S,
    K.SELF_APPROVAL_BLOCKED: W,
    K.RIGHTS_CHANGED: N,
    K.INACTIVE_BADGE: W,
    K.ALARM_UNACKNOWLEDGED: S,
    K.LEDGER_CHECK_FAILED: C,
    K.BACKUP_FAILED: S,
    K.BACKUP_OVERDUE: W,
    K.ITEM_LOST: S,
    K.SEAL_USED_BEYOND_APPROVAL: S,
    K.EMERGENCY_NOT_APPROVED: S,
}

OPENINGS: dict[Cause, tuple[AlarmKind | None, CaseKind | None, IncidentKind | None]] = {
    Cause.SESSION: (None, None, None),
    Cause.FORCED: (K.DOOR_FORCED, None, IncidentKind.DOOR_FORCED),
    Cause.MECHANICAL_KEY: (K.DOOR_OPENED_BY_MECHANICAL_KEY, None, IncidentKind.DOOR_OPENED_BY_MECHANICAL_KEY),
    Cause.NO_SESSION: (K.DOOR_OPENED_WITHOUT_SESSION, None, IncidentKind.DOOR_OPENED_WITHOUT_SESSION),
    Cause.GAP: (None, CaseKind.STATION_GAP, IncidentKind.STATION_GAP),
}
"""Why a door stood open: the alarm it sets, the case it opens, the incident its items come under."""

VERDICTS: dict[Verdict, tuple[Legality, AlarmKind | None, CaseKind | None]] = {
    Verdict.AS_APPROVED: (Legality.YES, None, None),
    Verdict.WITHOUT_APPROVAL: (Legality.NO, K.TAKEN_WITHOUT_APPROVAL, None),
    Verdict.WRONG_ITEM: (Legality.NO, K.WRONG_ITEM_TAKEN, None),
    Verdict.EXTRA: (Legality.NO, K.TAKEN_EXTRA, None),
    Verdict.NOT_TAKEN: (Legality.YES, None, None),
    Verdict.UNATTRIBUTED: (Legality.UNRESOLVED, None, None),
    Verdict.RETURNED: (Legality.YES, None, None),
    Verdict.RETURNED_BY_OTHER: (Legality.ACCEPTED, K.RETURNED_BY_OTHER_PERSON, None),
    Verdict.RETURNED_WRONG_PLACE: (Legality.ACCEPTED, K.RETURNED_WRONG_CABINET, None),
    Verdict.RETURNED_UNNAMED: (Legality.ACCEPTED, None, None),
    Verdict.UNEXPECTED: (Legality.UNRESOLVED, None, CaseKind.UNEXPECTED),
    Verdict.UNKNOWN_TAG: (Legality.UNRESOLVED, K.UNKNOWN_TAG_IN_CABINET, None),
    Verdict.UNREAD: (Legality.UNRESOLVED, K.ITEM_UNDETECTABLE, None),
}
"""What each verdict means: its legality, the alarm it sets, the case it opens. Two alarms depend on
more: returned_wrong_place within one cabinet sets returned_wrong_slot; not_taken sets approved_but_not_taken where the
policy asks."""

ALARM_LIFE: tuple[tuple[AlarmState, str, AlarmState], ...] = (
    (AlarmState.SET, "repeat", AlarmState.SET),
    (AlarmState.SET, "acknowledge", AlarmState.ACKNOWLEDGED),
    (AlarmState.SET, "close", AlarmState.CLOSED),
    (AlarmState.ACKNOWLEDGED, "repeat", AlarmState.ACKNOWLEDGED),
    (AlarmState.ACKNOWLEDGED, "close", AlarmState.CLOSED),
)
"""(state, act, next state); what is not here cannot be done. The same cause after closing is a new alarm."""

_NEXT = {(state, act): after for state, act, after in ALARM_LIFE}


def alarm_for_opening(cause: Cause) -> AlarmKind | None:
    """Say which alarm an opening sets, if any."""
    return OPENINGS[cause][0]


def case_for_opening(cause: Cause) -> CaseKind | None:
    """Say which case an opening is for a person to resolve, if any."""
    return OPENINGS[cause][1]


def incident_for_opening(cause: Cause) -> IncidentKind | None:
    """Say under which kind of incident the items of an opening come; None when a person is answerable."""
    return OPENINGS[cause][2]


def severity_of(kind: AlarmKind) -> Severity:
    """Look up how grave an alarm is."""
    return SEVERITY[kind]


def rungs_reached(policy: Policy, set_us: int, now_us: int, zone: str) -> list[AlarmRung]:
    """Give the rungs of the ladder that an alarm set at this moment has reached while nobody took it on."""
    waited = {
        Calendar.CLOCK: now_us - set_us,
        Calendar.OFFICE: office.waited_us(policy.office, set_us, now_us, zone),
    }
    return [rung for rung in policy.alarms.ladder if waited[rung.calendar] >= rung.after_minutes * MINUTE_US]


def cause_key(kind: AlarmKind, *about: object) -> str:
    """Make the key of a cause: the alarm and what it is about (session and item, station and door, loan …)."""
    return ":".join([kind, *("" if part is None else str(part) for part in about)])


def judge_act(state: AlarmState, act: str, conclusion: str = "") -> Lawful | Refused:
    """Say whether an alarm may be acknowledged or closed; closing needs a conclusion."""
    found = [] if (state, act) in _NEXT else [reason(Code.ALARM_NOT_OPEN, state=state)]
    if act == "close" and not conclusion.strip():
        found.append(reason(Code.CONCLUSION_MISSING))
    return answer(found)


def next_state(state: AlarmState, act: str) -> AlarmState:
    """Read the table; `KeyError` when the act cannot be done in this state."""
    return _NEXT[(state, act)]
