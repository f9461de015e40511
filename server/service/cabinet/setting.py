"""Set and clear alarms while a batch of events is judged; the alarm's life after that is in `alarms`.

The rows are written together at the end of the batch; the ledger says at once what was set, and by which entry.
"""

from server.domain.alarms import cause_key
from server.domain.custody import ItemFacts
from server.domain.words import AlarmKind, Severity
from server.service.cabinet.work import Heard, Work


def set_alarm(
    work: Work,
    heard: Heard,
    kind: AlarmKind,
    severity: Severity,
    *,
    about: tuple[object, ...],
    evidence: int,
    person_id: int | None = None,
    item: ItemFacts | None = None,
    door: int | None = None,
    session: str | None = None,
) -> None:
    """Set the alarm whose cause is `about`, or repeat it; `evidence` is the number of the entry that shows it."""
    cause = cause_key(kind, *about)
    work.effects.set_alarm(
        {
            "kind": str(kind),
            "severity": str(severity),
            "cause": cause,
            "person_id": person_id,
            "item_id": None if item is None else item.id,
            "station": heard.station,
            "door": door,
            "session": session,
            "occurred_us": heard.occurred_us,
            "set_us": work.now_us,
            "late_us": heard.late_us,
            "evidence": [evidence],
            "is_news": heard.id in about,  # nothing from before can be about what happens only now
        }
    )
    body = {
        "alarm_kind": kind,
        "cause": cause,
        "severity": severity,
        "person": work.pseudonym(person_id),
        "item": None if item is None else item.code,
        "door": door,
        "evidence": evidence,
    }
    work.record(heard, "alarm_set", {key: value for key, value in body.items() if value is not None})


def clear_alarm(work: Work, heard: Heard, kind: AlarmKind, *, about: tuple[object, ...]) -> None:
    """Say that the cause of an alarm is over; it stays open until somebody has concluded it."""
    cause = cause_key(kind, *about)
    work.effects.clear_alarm(cause, heard.occurred_us)
    work.record(heard, "alarm_cleared", {"alarm_kind": kind, "cause": cause})
