"""Who may do what: one table from acts to roles, and the person who asks.

A right to an act is not yet a right to an object: what somebody sees of it, each use case decides by `sees_all`,
`sees_title` and whose the object is; what a rule allows, the domain decides.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from server.domain.policy import Policy
from server.domain.scopes import EVERYTHING, Scope
from server.domain.words import Role, Secrecy

ALL: Final = frozenset(Role)
ADMINS: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
AUDITORS: Final = frozenset({Role.INTERNAL_AUDITOR, Role.GUEST_AUDITOR})
BUSINESS: Final = ALL - ADMINS - AUDITORS
OFFICE: Final = frozenset({Role.RECORDS_MANAGER, Role.ARCHIVIST, Role.KEEPER})
LEADERS: Final = frozenset({Role.HEAD_OF_OFFICE, Role.DEPUTY_GENERAL_MANAGER, Role.GENERAL_MANAGER})
ARCHIVE: Final = frozenset({Role.RECORDS_MANAGER, Role.ARCHIVIST})


class Act(StrEnum):
    """What can be done; every route names one."""

    OWN = "own"  # one's own sign-in, notices, live changes
    SEE_OVERVIEW = "see_overview"
    FIND_ITEMS = "find_items"
    KEEP_ITEMS = "keep_items"  # take in, re-tag, print labels
    SEE_MOVEMENTS = "see_movements"
    REQUEST = "request"
    DECIDE = "decide"  # approve or refuse, in one's own right or a delegate's
    SEE_REQUESTS = "see_requests"
    REGISTER = "register"  # the archivist's standing rule; whose it is, the sheet says
    ORDER = "order"  # duty orders; whose they are, the sheet says
    HAND_OVER = "hand_over"
    CHECK = "check"
    SEE_LOANS = "see_loans"
    SEE_ALARMS = "see_alarms"
    ACT_ON_ALARMS = "act_on_alarms"
    RESOLVE_CASES = "resolve_cases"
    COUNT = "count"
    SEE_COUNTS = "see_counts"
    FIND_PEOPLE = "find_people"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_STATIONS = "manage_stations"
    SEE_LEDGER = "see_ledger"
    SEE_QUARANTINE = "see_quarantine"
    SIGN_COUNTS = "sign_counts"  # sign a stocktake's differences off
    SEE_DISPOSALS = "see_disposals"  # retention, appraisals, holds, the destruction register
    SET_RETENTION = "set_retention"
    APPRAISE = "appraise"  # and hold back
    FILE_DESTRUCTION = "file_destruction"
    DECIDE_DESTRUCTION = "decide_destruction"  # review, approve, refuse
    APPOINT_WITNESS = "appoint_witness"
    ATTEND_DESTRUCTION = "attend_destruction"  # carry out or witness what one is named for
    SEE_BACKUPS = "see_backups"
    TAKE_BACKUP = "take_backup"
    IMPORT = "import"  # by the list what one may enter one by one
    EXPORT = "export"  # take a list or a report away as a file
    SEE_OVERSIGHT = "see_oversight"  # check-ups and lessons
    SEE_REPORTS = "see_reports"  # of the whole company: not for guests, whose rights are narrowed
    CHECK_UP = "check_up"  # inspect, drill, assess risks, respond to an incident
    SEE_FEEDBACK = "see_feedback"  # one's own; everybody's for those who see all
    GIVE_FEEDBACK = "give_feedback"
    MAKE_REPORTS = "make_reports"  # have a list or statistics made and kept
    SEE_DUTIES = "see_duties"  # what is due by when; a department manager sees the department's own
    REVIEW_RIGHTS = "review_rights"
    CLEAR_PEOPLE = "clear_people"
    SEE_TRAINING = "see_training"
    KEEP_TRAINING = "keep_training"
    SEE_BREACHES = "see_breaches"
    KEEP_BREACHES = "keep_breaches"
    SEE_LOOKS = "see_looks"  # who looked at, was refused, or took out which records

    SEE_RECORDS = "see_records"  # an item's contents, changes, filing and attachments, as far as the item is shown
    ATTACH = "attach"  # to what one keeps or has asked for
    SEE_KEEPING = "see_keeping"  # record numbers, filing, reviews, collections (departments: what they handed in)
    HAND_IN = "hand_in"  # what a department gives to a collection
    SEE_CUSTOMERS = "see_customers"
    KEEP_CUSTOMERS = "keep_customers"
    UNMASK = "unmask"  # whose duty needs a sensitive field the sheet says
    ASK_CREDIT = "ask_credit"  # to see or change a grade or credit file
    DECIDE_CREDIT = "decide_credit"
    CLAIM = "claim"  # say that what one borrowed is back, or that it is lost
    CONCLUDE = "conclude"  # end a search, explain a seal's count
    REPAIR = "repair"
    COPY = "copy"  # register copies, take them back
    SEE_SEALS = "see_seals"
    KEEP_SEALS = "keep_seals"
    USE_SEALS = "use_seals"  # enter impressions in the register
    SEE_ENTRUSTED = "see_entrusted"
    ENTRUST = "entrust"
    SEE_KEYS = "see_keys"
    KEEP_KEYS = "keep_keys"
    DECLARE_KEY = "declare_key"


RIGHTS: Final[dict[Act, frozenset[Role]]] = {
    Act.OWN: ALL,
    Act.SEE_OVERVIEW: ALL,
    Act.FIND_ITEMS: ALL - {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN},
    Act.KEEP_ITEMS: ARCHIVE,
    Act.SEE_MOVEMENTS: BUSINESS | AUDITORS | {Role.AUDIT_ADMIN},
    Act.REQUEST: BUSINESS,
    Act.DECIDE: BUSINESS,
    Act.SEE_REQUESTS: BUSINESS | AUDITORS,
    Act.REGISTER: BUSINESS,
    Act.ORDER: BUSINESS,
    Act.HAND_OVER: BUSINESS,
    Act.CHECK: OFFICE,
    Act.SEE_LOANS: BUSINESS | AUDITORS,
    Act.SEE_ALARMS: OFFICE | LEADERS | AUDITORS | ADMINS,
    Act.ACT_ON_ALARMS: OFFICE | LEADERS | {Role.SECURITY_ADMIN},
    Act.RESOLVE_CASES: ARCHIVE | LEADERS,
    Act.COUNT: OFFICE,
    Act.SEE_COUNTS: OFFICE | LEADERS | AUDITORS,
    Act.FIND_PEOPLE: BUSINESS | AUDITORS | {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN},
    Act.MANAGE_PEOPLE: frozenset({Role.SECURITY_ADMIN}),
    Act.MANAGE_STATIONS: frozenset({Role.SYSTEM_ADMIN}),
    Act.SEE_LEDGER: frozenset({Role.INTERNAL_AUDITOR, Role.AUDIT_ADMIN, Role.RECORDS_MANAGER, Role.GENERAL_MANAGER}),
    Act.SIGN_COUNTS: ARCHIVE | LEADERS,
    Act.SEE_DISPOSALS: OFFICE | LEADERS | AUDITORS,
    Act.SET_RETENTION: ARCHIVE,
    Act.APPRAISE: ARCHIVE | LEADERS,
    Act.FILE_DESTRUCTION: ARCHIVE,
    Act.DECIDE_DESTRUCTION: ARCHIVE | LEADERS,
    Act.APPOINT_WITNESS: LEADERS,
    Act.ATTEND_DESTRUCTION: BUSINESS | {Role.INTERNAL_AUDITOR},
    Act.TAKE_BACKUP: ARCHIVE | {Role.SYSTEM_ADMIN},
    Act.SEE_BACKUPS: ARCHIVE | {Role.INTERNAL_AUDITOR, Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN},
    Act.SEE_QUARANTINE: ARCHIVE | {Role.INTERNAL_AUDITOR, Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN},
    Act.IMPORT: ARCHIVE | {Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN},
    Act.EXPORT: ARCHIVE | LEADERS | {Role.INTERNAL_AUDITOR},
    Act.SEE_OVERSIGHT: OFFICE | LEADERS | AUDITORS,
    Act.SEE_REPORTS: OFFICE | LEADERS | {Role.INTERNAL_AUDITOR},
    Act.CHECK_UP: OFFICE | LEADERS,
    Act.SEE_FEEDBACK: BUSINESS | AUDITORS,
    Act.GIVE_FEEDBACK: BUSINESS,
    Act.MAKE_REPORTS: ARCHIVE | LEADERS,
    Act.SEE_DUTIES: OFFICE | LEADERS | AUDITORS | {Role.SECURITY_ADMIN, Role.DEPARTMENT_MANAGER},
    Act.REVIEW_RIGHTS: LEADERS | {Role.DEPARTMENT_MANAGER, Role.SECURITY_ADMIN, Role.RECORDS_MANAGER},
    Act.CLEAR_PEOPLE: frozenset({Role.SECURITY_ADMIN}),
    Act.SEE_TRAINING: BUSINESS | {Role.INTERNAL_AUDITOR, Role.SECURITY_ADMIN},
    Act.KEEP_TRAINING: ARCHIVE | {Role.SECURITY_ADMIN},
    Act.SEE_BREACHES: BUSINESS | {Role.INTERNAL_AUDITOR, Role.AUDIT_ADMIN, Role.SECURITY_ADMIN},
    Act.KEEP_BREACHES: frozenset({Role.RECORDS_MANAGER, Role.SECURITY_ADMIN}) | LEADERS,
    Act.SEE_LOOKS: frozenset({Role.INTERNAL_AUDITOR, Role.AUDIT_ADMIN, Role.SECURITY_ADMIN, Role.RECORDS_MANAGER}),
    Act.SEE_RECORDS: BUSINESS | AUDITORS,
    Act.ATTACH: BUSINESS,
    Act.SEE_KEEPING: OFFICE | LEADERS | AUDITORS | {Role.DEPARTMENT_MANAGER, Role.DIRECTOR},
    Act.HAND_IN: ARCHIVE | LEADERS | {Role.DEPARTMENT_MANAGER, Role.DIRECTOR},
    Act.SEE_CUSTOMERS: BUSINESS | {Role.INTERNAL_AUDITOR},
    Act.KEEP_CUSTOMERS: ARCHIVE,
    Act.UNMASK: BUSINESS,
    Act.ASK_CREDIT: BUSINESS | {Role.INTERNAL_AUDITOR},
    Act.DECIDE_CREDIT: ARCHIVE | LEADERS,
    Act.CLAIM: BUSINESS,
    Act.CONCLUDE: ARCHIVE | LEADERS,
    Act.REPAIR: OFFICE,
    Act.COPY: OFFICE,
    Act.SEE_SEALS: BUSINESS | AUDITORS,
    Act.KEEP_SEALS: BUSINESS,
    Act.USE_SEALS: BUSINESS,
    Act.SEE_ENTRUSTED: OFFICE | LEADERS | AUDITORS,
    Act.ENTRUST: ARCHIVE,
    Act.SEE_KEYS: OFFICE | LEADERS | AUDITORS,
    Act.KEEP_KEYS: ARCHIVE | LEADERS,
    Act.DECLARE_KEY: BUSINESS,
}

RULES: Final[dict[Act, tuple[str, ...]]] = {
    Act.REQUEST: ("R09",),
    Act.DECIDE: ("R09", "R10"),
    Act.HAND_OVER: ("R14",),
    Act.REGISTER: ("R02", "R09"),
    Act.ORDER: ("R02", "R54"),
    Act.CHECK: ("R11",),
    Act.ACT_ON_ALARMS: ("R22",),
    Act.COUNT: ("R50",),
    Act.SIGN_COUNTS: ("R50",),
    Act.SET_RETENTION: ("R51",),
    Act.APPRAISE: ("R51",),
    Act.FILE_DESTRUCTION: ("R52", "R54"),
    Act.DECIDE_DESTRUCTION: ("R52", "R54"),
    Act.APPOINT_WITNESS: ("R53", "R54"),
    Act.ATTEND_DESTRUCTION: ("R53", "R54"),
    Act.SEE_BACKUPS: ("R39",),
    Act.TAKE_BACKUP: ("R39",),
    Act.EXPORT: ("R22",),
    Act.MANAGE_PEOPLE: ("R41",),
    Act.REVIEW_RIGHTS: ("R42",),
    Act.CLEAR_PEOPLE: ("R43",),
    Act.KEEP_TRAINING: ("R44",),
    Act.KEEP_BREACHES: ("R45",),
    Act.HAND_IN: ("R33",),
    Act.KEEP_CUSTOMERS: ("R37",),
    Act.UNMASK: ("R38",),
    Act.ASK_CREDIT: ("R37",),
    Act.DECIDE_CREDIT: ("R37",),
    Act.REPAIR: ("R16",),
    Act.COPY: ("R12",),
    Act.ENTRUST: ("R19",),
    Act.KEEP_KEYS: ("R21",),
}
"""The rules that say, beside R40, whose an act is."""


def whose(act: Act, policy: Policy) -> frozenset[Role]:
    """Give the roles whose an act is, as its refusal names them: the sheet's where the sheet says it."""
    by_sheet = {Act.ORDER: policy.orders.by, Act.REGISTER: policy.registration.by}
    return by_sheet.get(act, RIGHTS[act])


WHOLE: Final = frozenset({Act.SEE_LEDGER, Act.SEE_QUARANTINE, Act.SEE_BACKUPS})
"""Acts that show everything or nothing: not for somebody whose rights are narrowed."""

ASKED_OF_AUDITORS: Final = frozenset({Act.OWN, Act.ATTEND_DESTRUCTION, Act.ASK_CREDIT})
"""What an auditor does beside reading: their own notices, being a witness, asking to see a credit file."""


SEES_ALL: Final = OFFICE | LEADERS | AUDITORS | {Role.AUDIT_ADMIN}
SEES_SECRETS: Final = OFFICE | LEADERS | {Role.INTERNAL_AUDITOR}


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in person who asks, and the language they read."""

    id: int
    username: str
    name: str
    role: Role
    department: str
    pseudonym: str
    locale: str = "zh"
    scope: Scope = EVERYTHING

    def may(self, act: Act) -> bool:
        """Say whether this person's role includes the act."""
        return self.role in RIGHTS[act]

    @property
    def sees_all(self) -> bool:
        """Say whether other people's requests, loans and movements are this person's business."""
        return self.role in SEES_ALL

    def sees_title(self, secrecy: str, involved_id: int | None = None) -> bool:
        """Say whether the title of an item of this secrecy may be shown to this person (its holder always may)."""
        return secrecy == Secrecy.ORDINARY or self.role in SEES_SECRETS or involved_id == self.id
