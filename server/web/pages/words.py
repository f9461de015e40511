"""How each word of the record is shown: a text, an icon and a tone, so that no status is told by colour alone.

Texts come from where the word has its home: the vocabulary (`server.domain.wordings`), the alarms' sentences
(`server.notify.wording`), and for what only pages show, the catalogs of `i18n/`.
Tones: good, warn, bad, open (a person must resolve it), info, plain. Icons: the ids in `static/icons.svg`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from server.domain.alarms import severity_of
from server.domain.wordings import WORDS
from server.domain.words import AlarmKind
from server.notify.wording import alarm_text

from .i18n import N_, translations
from .words_keeping import KEEPING


@dataclass(frozen=True, slots=True)
class Word:
    """One word as people see it."""

    text: str
    tone: str = "plain"
    icon: str = "minus"


Table = Mapping[str, Word]

VERDICTS: Table = {
    "as_approved": Word(N_("Taken as approved"), "good", "out"),
    "without_approval": Word(N_("Taken without approval"), "bad", "alert"),
    "wrong_item": Word(N_("Wrong item taken"), "bad", "alert"),
    "extra": Word(N_("Extra item taken"), "bad", "alert"),
    "not_taken": Word(N_("Approved, not taken"), "plain", "minus"),
    "unattributed": Word(N_("Gone, nobody named"), "open", "ask"),
    "returned": Word(N_("Returned"), "good", "back"),
    "returned_by_other": Word(N_("Returned by another"), "warn", "swap"),
    "returned_wrong_place": Word(N_("Returned to the wrong place"), "warn", "alert"),
    "returned_unnamed": Word(N_("Returned, nobody named"), "open", "ask"),
    "unexpected": Word(N_("Came in, not recorded as out"), "open", "ask"),
    "unknown_tag": Word(N_("Unknown tag"), "warn", "ask"),
    "unread": Word(N_("Not read"), "open", "dim"),
}
LAWFUL: Table = {
    "yes": Word(N_("Lawful"), "good", "check"),
    "no": Word(N_("Unlawful"), "bad", "cross"),
    "accepted": Word(N_("Accepted"), "warn", "minus"),
    "unresolved": Word(N_("Unresolved"), "open", "ask"),
}
CUSTODY: Table = {
    "place": Word(N_("In its cabinet"), "good", "cabinet"),
    "held": Word(N_("With a person"), "info", "person"),
    "incident": Word(N_("Unaccounted for"), "open", "ask"),
    "gone": Word(N_("No longer kept"), "plain", "minus"),
}
SEVERITIES: Table = {
    "notice": Word(N_("Notice"), "plain", "minus"),
    "warning": Word(N_("Warning"), "warn", "alert"),
    "serious": Word(N_("Serious"), "bad", "alert"),
    "critical": Word(N_("Critical"), "bad", "alert"),
}
CASES: Table = {
    "unexpected": Word(N_("Came in, not recorded as out"), "open", "ask"),
    "out_while_out": Word(N_("Left while recorded as out"), "open", "ask"),
    "two_places": Word(N_("Seen in two places"), "open", "ask"),
    "time_uncertain": Word(N_("Time uncertain"), "open", "clock"),
    "station_gap": Word(N_("Gap in a cabinet's watch"), "open", "silent"),
    "late_change": Word(N_("Late event changes the past"), "open", "clock"),
}
INCIDENTS: Table = {
    "door_forced": Word(N_("Door forced"), "bad", "lock"),
    "door_opened_by_mechanical_key": Word(N_("Door opened with a mechanical key"), "bad", "lock"),
    "door_opened_without_session": Word(N_("Door opened with nobody signed in"), "bad", "lock"),
    "station_gap": Word(N_("Gap in a cabinet's watch"), "open", "silent"),
    "item_lost": Word(N_("Lost by its borrower"), "bad", "cross"),
}
RESULTS: Table = {
    "expected": Word(N_("Still to be found"), "plain", "clock"),
    "found": Word(N_("Found"), "good", "check"),
    "missing": Word(N_("Missing"), "bad", "cross"),
    "unread": Word(N_("Not read"), "open", "dim"),
    "misplaced": Word(N_("In the wrong place"), "warn", "swap"),
    "unknown": Word(N_("Unknown tag"), "warn", "ask"),
    "on_loan": Word(N_("On loan"), "info", "out"),
    "on_loan_but_here": Word(N_("On loan, but here"), "open", "ask"),
    "duplicate": Word(N_("Seen twice"), "warn", "swap"),
    "unaccounted": Word(N_("Unaccounted for"), "open", "ask"),
}
DESTRUCTIONS: Table = {
    "filed": Word(N_("To be reviewed"), "warn", "clock"),
    "reviewed": Word(N_("To be approved"), "warn", "clock"),
    "approved": Word(N_("Approved, not done yet"), "info", "check"),
    "refused": Word(N_("Refused"), "bad", "cross"),
    "withdrawn": Word(N_("Withdrawn"), "plain", "minus"),
    "destroyed": Word(N_("Destroyed"), "plain", "check"),
}
BACKUPS: Table = {
    "good": Word(N_("Whole"), "good", "check"),
    "failed": Word(N_("Failed"), "bad", "cross"),
}
STEPS: Table = {
    "review": Word(N_("Reviewed")),
    "approve": Word(N_("Approved")),
    "refuse": Word(N_("Refused")),
    "withdraw": Word(N_("Withdrawn")),
    "destroy": Word(N_("Destroyed")),
}
OUTCOMES: Table = {
    "extend": Word(N_("Keep it longer")),
    "keep": Word(N_("Keep it for ever")),
    "destroy": Word(N_("It may be destroyed")),
}
STOCKTAKES: Table = {
    "open": Word(N_("Counting"), "info", "count"),
    "closed": Word(N_("Closed"), "plain", "check"),
    "signed": Word(N_("Signed off"), "good", "check"),
}
DECISIONS: Table = {
    "approve": Word(N_("Approved"), "good", "check"),
    "approved": Word(N_("Approved"), "good", "check"),
    "refuse": Word(N_("Refused"), "bad", "cross"),
    "refused": Word(N_("Refused"), "bad", "cross"),
}
LINES: Table = {
    "open": Word(N_("May be taken"), "info", "clock"),
    "reserved": Word(N_("About to be taken"), "info", "out"),
    "consumed": Word(N_("Taken"), "good", "check"),
    "void": Word(N_("Void"), "plain", "cross"),
}
DELEGATIONS: Table = {
    "to_come": Word(N_("To come"), "info", "clock"),
    "in_force": Word(N_("In force"), "good", "check"),
    "over": Word(N_("Over"), "plain", "minus"),
    "revoked": Word(N_("Revoked"), "plain", "cross"),
}
EMERGENCIES: Table = {
    "waiting": Word(N_("To be approved afterwards"), "warn", "clock"),
    "late": Word(N_("Not approved in time"), "bad", "alert"),
    "approved": Word(N_("Approved afterwards"), "good", "check"),
    "disapproved": Word(N_("Was no emergency"), "bad", "cross"),
}
EVENTS: Table = {
    "checked": Word(N_("Checked and complete"), "good", "check"),
}
OPENINGS: Table = {
    "declared": Word(N_("Declared"), "good", "check"),
    "waiting": Word(N_("To be declared"), "warn", "clock"),
    "undeclared": Word(N_("Not declared"), "bad", "alert"),
}
DETAILS: Table = {
    "verdict": Word(N_("Verdict")),
    "epc": Word(N_("Tag")),
    "entry": Word(N_("Ledger entry")),
}
DUTY_STATES: Table = {
    "open": Word(N_("To be done"), "info", "clock"),
    "overdue": Word(N_("Overdue"), "bad", "alert"),
    "fulfilled": Word(N_("Fulfilled"), "good", "check"),
    "dropped": Word(N_("Dropped"), "plain", "minus"),
}
LOOKED: Table = {
    "looked": Word(N_("Looked at"), "plain", "search"),
    "refused": Word(N_("Refused"), "warn", "cross"),
    "exported": Word(N_("Taken out"), "info", "out"),
    "outside_duty": Word(N_("Looked at without a duty"), "bad", "alert"),
}
REVIEWS: Table = {
    "confirmed": Word(N_("Confirmed"), "good", "check"),
    "withdrawn": Word(N_("Rights withdrawn"), "bad", "cross"),
}
POINTS: Table = {
    "open": Word(N_("Not answered"), "plain", "clock"),
    "ok": Word(N_("In order"), "good", "check"),
    "fault": Word(N_("At fault"), "bad", "alert"),
}
OWN: Mapping[str, Table] = {
    "look": LOOKED,
    "review": REVIEWS,
    "duty_state": DUTY_STATES,
    "point": POINTS,
    "verdict": VERDICTS,
    "lawful": LAWFUL,
    "custody": CUSTODY,
    "severity": SEVERITIES,
    "case": CASES,
    "incident": INCIDENTS,
    "result": RESULTS,
    "stocktake": STOCKTAKES,
    "destruction": DESTRUCTIONS,
    "step": STEPS,
    "backup": BACKUPS,
    "outcome": OUTCOMES,
    "decision": DECISIONS,
    "event": EVENTS,
    "delegation": DELEGATIONS,
    "line": LINES,
    "emergency": EMERGENCIES,
    "detail": DETAILS,
    **{group: {name: Word(*row) for name, row in rows.items()} for group, rows in KEEPING.items()},
    "opening": OPENINGS,
}
"""The words whose texts are the catalogs'."""

LOOKS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "request": {
        "filed": ("warn", "clock"),
        "approved": ("good", "check"),
        "refused": ("bad", "cross"),
        "withdrawn": ("plain", "minus"),
        "expired": ("plain", "clock"),
        "out": ("info", "out"),
        "returned": ("warn", "back"),
        "closed": ("plain", "check"),
        "discrepancy": ("bad", "alert"),
        "claimed_returned": ("open", "ask"),
        "lost": ("bad", "cross"),
    },
    "life": {
        "out": ("info", "out"),
        "overdue": ("bad", "clock"),
        "overdue_hard": ("bad", "clock"),
        "escalated": ("bad", "alert"),
        "claimed_returned": ("open", "ask"),
        "lost": ("bad", "cross"),
        "returned": ("warn", "back"),
        "discrepancy": ("bad", "alert"),
        "checked": ("info", "check"),
        "repair": ("warn", "clock"),
        "closed": ("plain", "check"),
    },
    "search": {
        "claimed": ("open", "ask"),
        "lost": ("bad", "cross"),
        "found": ("good", "check"),
        "withdrawn": ("plain", "minus"),
        "concluded": ("plain", "check"),
    },
    "key_set": {},
    "alarm_state": {"set": ("bad", "bell"), "acknowledged": ("warn", "person"), "closed": ("plain", "check")},
    "secrecy": {
        "top_secret": ("bad", "lock"),
        "confidential": ("bad", "lock"),
        "secret": ("warn", "lock"),
        "ordinary": ("plain", "minus"),
    },
    "subject": {},
    "method": {},
    "condition": {
        "good": ("good", "check"),
        "worn": ("warn", "alert"),
        "damaged": ("bad", "alert"),
        "incomplete": ("bad", "alert"),
    },
    "mode": {},
    "task": {},
    "kind": {},
    "role": {},
    "duty": {},
    "check": {},
    "authority": {
        "approval": ("info", "check"),
        "standing": ("info", "check"),
        "order": ("info", "check"),
        "inspection": ("info", "check"),
        "emergency": ("bad", "alert"),
    },
}
"""The words of the vocabulary: their texts are the domain's; here is only how they look."""

ALARM_ICONS: Mapping[str, str] = {
    "door": "lock",
    "lock": "lock",
    "overdue": "clock",
    "same": "clock",
    "hour": "clock",
    "clock": "clock",
    "returned": "swap",
    "item": "dim",
    "unknown": "ask",
    "station": "silent",
    "login": "person",
    "repeated": "person",
    "inactive": "person",
    "self": "person",
    "rights": "person",
}
"""By the first word of an alarm's kind."""

ALARM_TONES: Mapping[str, str] = {"notice": "plain", "warning": "warn", "serious": "bad", "critical": "bad"}


def word(group: str, name: str, language: str) -> Word:
    """Say how a word is shown; one that is not in the tables is shown as it is, so that nothing is hidden."""
    if group == "alarm":
        return _alarm(name, language)
    if group in OWN:
        found = OWN[group].get(name)
        return Word(translations(language).gettext(found.text), found.tone, found.icon) if found else _raw(name)
    if name not in WORDS:
        return _raw(name)
    chinese, english = WORDS[name]
    return Word(chinese if language == "zh" else _capital(english), *LOOKS[group].get(name, ("plain", "minus")))


def _alarm(kind: str, language: str) -> Word:
    severity = severity_of(AlarmKind(kind)) if kind in set(AlarmKind) else "warning"
    text = alarm_text(kind, None, None, "", language)
    return Word(text, ALARM_TONES[severity], ALARM_ICONS.get(kind.split("_")[0], "alert"))


def _raw(name: str) -> Word:
    return Word(name.replace("_", " "), "plain", "ask")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
