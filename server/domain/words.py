"""The vocabulary: every word that is stored, sent or shown, each in one enumeration.

All are `StrEnum`s: equal to, and hashing as, the plain string they stand for.
"""

from enum import StrEnum


class Secrecy(StrEnum):
    """密级, from the strictest down."""

    TOP_SECRET = "top_secret"  # noqa: S105
    CONFIDENTIAL = "confidential"
    SECRET = "secret"  # noqa: S105
    ORDINARY = "ordinary"


class Mode(StrEnum):
    """How an item may be used; an authority for one does not cover another (R03)."""

    READING = "reading"
    LOAN = "loan"
    PHOTOCOPY = "photocopy"
    SEAL_USE = "seal_use"
    DUTY = "duty"
    SHARING = "sharing"
    TRANSFER = "transfer"


class ItemKind(StrEnum):
    """What sort of thing an item is."""

    FILE = "file"
    BOX = "box"
    DOCUMENT = "document"
    COPY = "copy"
    SEAL = "seal"
    KEY = "key"


class Role(StrEnum):
    """A person's post or duty."""

    REQUESTER = "requester"
    DEPARTMENT_MANAGER = "department_manager"
    DIRECTOR = "director"
    RECORDS_MANAGER = "records_manager"
    ARCHIVIST = "archivist"
    HEAD_OF_OFFICE = "head_of_office"
    DEPUTY_GENERAL_MANAGER = "deputy_general_manager"
    GENERAL_MANAGER = "general_manager"
    KEEPER = "keeper"
    INTERNAL_AUDITOR = "internal_auditor"
    GUEST_AUDITOR = "guest_auditor"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


class AuthorityKind(StrEnum):
    """What entitles a person to an item (R02)."""

    APPROVAL = "approval"
    STANDING = "standing"
    ORDER = "order"
    INSPECTION = "inspection"
    """A duty order to look and to count: it opens the door, and nothing may leave by it."""
    EMERGENCY = "emergency"


class LineState(StrEnum):
    """One item of an authority: free, promised to a session, used, or withdrawn."""

    OPEN = "open"
    RESERVED = "reserved"
    CONSUMED = "consumed"
    VOID = "void"


class Task(StrEnum):
    """What a duty order is for."""

    STOCK_IN = "stock_in"
    STOCK_OUT = "stock_out"
    MOVE = "move"
    REPAIR = "repair"
    STOCKTAKE = "stocktake"
    INSPECTION = "inspection"
    DESTRUCTION = "destruction"


class RequestState(StrEnum):
    """A request as stored; `expired` is computed from its window and never stored."""

    FILED = "filed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class LoanState(StrEnum):
    """What became of an item that was taken."""

    OUT = "out"
    RETURNED = "returned"
    CLOSED = "closed"
    DISCREPANCY = "discrepancy"
    CLAIMED_RETURNED = "claimed_returned"
    LOST = "lost"


class CustodyState(StrEnum):
    """The three ways to answer for an item; it is in exactly one of them (R18)."""

    PLACE = "place"
    HELD = "held"
    INCIDENT = "incident"


class Cause(StrEnum):
    """Why a door stood open, as the station says."""

    SESSION = "session"
    FORCED = "forced"
    MECHANICAL_KEY = "mechanical_key"
    NO_SESSION = "no_session"
    GAP = "gap"


class IncidentKind(StrEnum):
    """An act nobody is named for: the alarm of its opening, or a time the station cannot know."""

    DOOR_FORCED = "door_forced"
    DOOR_OPENED_BY_MECHANICAL_KEY = "door_opened_by_mechanical_key"
    DOOR_OPENED_WITHOUT_SESSION = "door_opened_without_session"
    STATION_GAP = "station_gap"
    ITEM_LOST = "item_lost"


class Direction(StrEnum):
    """Which way an item went, if it did."""

    OUT = "out"
    IN = "in"
    NONE = "none"


class Verdict(StrEnum):
    """What is said of one item when a door has settled."""

    AS_APPROVED = "as_approved"
    WITHOUT_APPROVAL = "without_approval"
    WRONG_ITEM = "wrong_item"
    EXTRA = "extra"
    NOT_TAKEN = "not_taken"
    UNATTRIBUTED = "unattributed"
    RETURNED = "returned"
    RETURNED_BY_OTHER = "returned_by_other"
    RETURNED_WRONG_PLACE = "returned_wrong_place"
    RETURNED_UNNAMED = "returned_unnamed"
    UNEXPECTED = "unexpected"
    UNKNOWN_TAG = "unknown_tag"
    UNREAD = "unread"


class Legality(StrEnum):
    """Whether what happened was lawful."""

    YES = "yes"
    NO = "no"
    ACCEPTED = "accepted"
    UNRESOLVED = "unresolved"


class CaseKind(StrEnum):
    """A contradiction that a person must resolve."""

    UNEXPECTED = "unexpected"
    OUT_WHILE_OUT = "out_while_out"
    TWO_PLACES = "two_places"
    TIME_UNCERTAIN = "time_uncertain"
    STATION_GAP = "station_gap"
    LATE_CHANGE = "late_change"


class Severity(StrEnum):
    """How bad an alarm is, from the least up."""

    NOTICE = "notice"
    WARNING = "warning"
    SERIOUS = "serious"
    CRITICAL = "critical"


class AlarmState(StrEnum):
    """How far an alarm has been dealt with."""

    SET = "set"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Bucket(StrEnum):
    """What the record says of an item when a stocktake opens."""

    EXPECTED = "expected"
    ON_LOAN = "on_loan"
    UNACCOUNTED = "unaccounted"


class StocktakeResult(StrEnum):
    """What a stocktake found of one item or mark."""

    FOUND = "found"
    MISSING = "missing"
    UNREAD = "unread"
    MISPLACED = "misplaced"
    UNKNOWN = "unknown"
    ON_LOAN = "on_loan"
    ON_LOAN_BUT_HERE = "on_loan_but_here"
    DUPLICATE = "duplicate"


class Via(StrEnum):
    """What saw a thing during a stocktake."""

    RFID = "rfid"
    SCANNER = "scanner"
    HANDHELD = "handheld"


class AlarmKind(StrEnum):
    """Every alarm the product can set."""

    DOOR_OPENED_WITHOUT_SESSION = "door_opened_without_session"
    DOOR_OPENED_BY_MECHANICAL_KEY = "door_opened_by_mechanical_key"
    SPARE_KEY_USE_UNDECLARED = "spare_key_use_undeclared"
    DOOR_FORCED = "door_forced"
    DOOR_LEFT_OPEN = "door_left_open"
    DOOR_NOT_LATCHED_AFTER_SESSION = "door_not_latched_after_session"
    REPEATED_FAILED_LOGIN = "repeated_failed_login"
    LOGIN_WITH_FOREIGN_CREDENTIAL = "login_with_foreign_credential"
    DURESS_CODE = "duress_code"
    ACCESS_OUTSIDE_SCHEDULE = "access_outside_schedule"
    EMERGENCY_OPEN_USED = "emergency_open_used"
    TAKEN_WITHOUT_APPROVAL = "taken_without_approval"
    TAKEN_EXTRA = "taken_extra"
    WRONG_ITEM_TAKEN = "wrong_item_taken"
    APPROVED_BUT_NOT_TAKEN = "approved_but_not_taken"
    OVERDUE_SOFT = "overdue_soft"
    OVERDUE_HARD = "overdue_hard"
    SAME_DAY_ORIGINAL_NOT_RETURNED = "same_day_original_not_returned"
    HOUR_LIMIT_EXCEEDED = "hour_limit_exceeded"
    READING_ROOM_ITEM_LEFT_ROOM = "reading_room_item_left_room"
    NEVER_LEND_ITEM_ABSENT = "never_lend_item_absent"
    RETURNED_WRONG_SLOT = "returned_wrong_slot"
    RETURNED_WRONG_CABINET = "returned_wrong_cabinet"
    RETURNED_BY_OTHER_PERSON = "returned_by_other_person"
    RETURNED_INCOMPLETE = "returned_incomplete"
    COPY_NOT_RETURNED = "copy_not_returned"
    ITEM_UNDETECTABLE = "item_undetectable"
    UNKNOWN_TAG_IN_CABINET = "unknown_tag_in_cabinet"
    DUPLICATE_TAG = "duplicate_tag"
    TAG_SWAPPED_OR_CLONED = "tag_swapped_or_cloned"
    STATION_OFFLINE = "station_offline"
    MAINS_LOST = "mains_lost"
    ON_BATTERY = "on_battery"
    LOCK_FAULT = "lock_fault"
    LOCK_FEEDBACK_MISMATCH = "lock_feedback_mismatch"
    READER_FAULT = "reader_fault"
    ANTENNA_SILENT = "antenna_silent"
    SCANNER_FAULT = "scanner_fault"
    BADGE_READER_FAULT = "badge_reader_fault"
    ENCLOSURE_TAMPER = "enclosure_tamper"
    CLOCK_JUMP = "clock_jump"
    OUTBOX_FULL = "outbox_full"
    DISK_LOW = "disk_low"
    CERTIFICATE_ENDING = "certificate_ending"
    CERTIFICATE_NEARLY_OVER = "certificate_nearly_over"
    STATION_CHAIN_BROKEN = "station_chain_broken"
    EVENT_QUARANTINED = "event_quarantined"
    RECORD_ACCESS_REFUSED_REPEATEDLY = "record_access_refused_repeatedly"
    UNUSUAL_EXPORT = "unusual_export"
    RECORD_VIEWED_OUTSIDE_DUTY = "record_viewed_outside_duty"
    SELF_APPROVAL_BLOCKED = "self_approval_blocked"
    RIGHTS_CHANGED = "rights_changed"
    INACTIVE_BADGE = "inactive_badge"
    ALARM_UNACKNOWLEDGED = "alarm_unacknowledged"
    LEDGER_CHECK_FAILED = "ledger_check_failed"
    BACKUP_FAILED = "backup_failed"
    BACKUP_OVERDUE = "backup_overdue"
    EMERGENCY_NOT_APPROVED = "emergency_not_approved"
    ITEM_LOST = "item_lost"
    SEAL_USED_BEYOND_APPROVAL = "seal_used_beyond_approval"


class DutyKind(StrEnum):
    """What must be done by a moment, once or again and again."""

    UNRETURNED_LIST = "unreturned_list"
    HALF_YEARLY_STATISTICS = "half_yearly_statistics"
    YEARLY_STATISTICS = "yearly_statistics"
    EVALUATION = "evaluation"
    CABINET_INSPECTION = "cabinet_inspection"
    ENVIRONMENT_INSPECTION = "environment_inspection"
    RISK_REVIEW = "risk_review"
    EMERGENCY_DRILL = "emergency_drill"
    FEEDBACK_ANSWER = "feedback_answer"
    FORMAL_FILING = "formal_filing"
    QUARTERLY_COLLECTION = "quarterly_collection"
    YEARLY_COLLECTION = "yearly_collection"
    FILE_REVIEW = "file_review"
    CONTROL_PLAN_REVIEW = "control_plan_review"
    RIGHTS_REVIEW = "rights_review"
    TRAINING_RENEWAL = "training_renewal"
    STOCKTAKE_DUE = "stocktake_due"


class Condition(StrEnum):
    """How an item is, as whoever counts it sees it."""

    GOOD = "good"
    WORN = "worn"
    DAMAGED = "damaged"
    INCOMPLETE = "incomplete"


class AppraisalOutcome(StrEnum):
    """What an appraisal decides of an item whose retention is over."""

    EXTEND = "extend"
    KEEP = "keep"
    DESTROY = "destroy"


class DestructionState(StrEnum):
    """How far a destruction list has come."""

    FILED = "filed"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    DESTROYED = "destroyed"


class DestructionMethod(StrEnum):
    """How it is done."""

    SHREDDING = "shredding"
    BURNING = "burning"
    PULPING = "pulping"
    DEFACING = "defacing"


class Departure(StrEnum):
    """How an item leaves our control for good."""

    DESTROYED = "destroyed"
    HANDED_BACK = "handed_back"


class TrainedAct(StrEnum):
    """What a valid training record can be asked for (R44)."""

    OPEN_CABINET = "open_cabinet"
    READING = "reading"
    LOAN = "loan"
    PHOTOCOPY = "photocopy"
    SEAL_USE = "seal_use"
    DUTY = "duty"


class LendingState(StrEnum):
    """The one life of lending, from asking to closed; `LoanState` and `RequestState` are what is stored of it."""

    REQUESTED = "requested"
    APPROVED = "approved"
    READY = "ready"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OUT = "out"
    OVERDUE = "overdue"
    OVERDUE_HARD = "overdue_hard"
    ESCALATED = "escalated"
    CLAIMED_RETURNED = "claimed_returned"
    LOST = "lost"
    RETURNED = "returned"
    DISCREPANCY = "discrepancy"
    CHECKED = "checked"
    REPAIR = "repair"
    CLOSED = "closed"


class SearchState(StrEnum):
    """How far the search for a lent item has come."""

    CLAIMED = "claimed"
    LOST = "lost"
    FOUND = "found"
    WITHDRAWN = "withdrawn"
    CONCLUDED = "concluded"


class CheckKind(StrEnum):
    """What is gone through point by point."""

    CABINET_INSPECTION = "cabinet_inspection"
    ENVIRONMENT_INSPECTION = "environment_inspection"
    RISK_REVIEW = "risk_review"
    EMERGENCY_DRILL = "emergency_drill"
    INCIDENT_RESPONSE = "incident_response"


class PointResult(StrEnum):
    """How one point of a check-up was found."""

    OPEN = "open"
    OK = "ok"
    FAULT = "fault"
