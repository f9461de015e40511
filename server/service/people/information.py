"""Looking at records is watched (R22 R61): a guest's every look, refusals, exports, and looks that no duty explains.

Each is kept and recorded; when there are too many by one person within the sheet's hours, an alarm is set.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlmodel import Session, col, func, or_, select

from server.domain.alarms import cause_key
from server.domain.policy import Policy
from server.domain.policy_people import InformationRules
from server.domain.words import AlarmKind, RequestState
from server.service.cabinet.alarms import Alarming, set_alarm
from server.service.context import Reading, Writing
from server.service.lookups import known, usernames
from server.service.paging import paged
from server.service.people.rights import SEES_SECRETS, Viewer
from server.service.shapes import Page, Shape, moment
from server.store.tables import Alarm, Item, RecordLook, Request, RequestItem
from server.store.unit_of_work import UnitOfWork

HOUR_US: Final = 3_600_000_000
MINUTE_US: Final = 60_000_000


class What(StrEnum):
    """What somebody did, or tried to do, with records."""

    LOOKED = "looked"
    REFUSED = "refused"
    EXPORTED = "exported"
    OUTSIDE_DUTY = "outside_duty"


@dataclass(frozen=True, slots=True)
class Watch:
    """When it is too much: which field of the sheet says so, and which alarm tells of it."""

    limit: str
    alarm: AlarmKind


WATCHES: Final = {
    What.REFUSED: Watch("refusals", AlarmKind.RECORD_ACCESS_REFUSED_REPEATEDLY),
    What.EXPORTED: Watch("exports", AlarmKind.UNUSUAL_EXPORT),
    What.OUTSIDE_DUTY: Watch("outside_duty_views", AlarmKind.RECORD_VIEWED_OUTSIDE_DUTY),
}


class LookView(Shape):
    id: int
    person: str
    what: str
    about: str
    at: str


def just_noted(session: Session, viewer: Viewer, what: What, about: str, now_us: int) -> bool:
    """Say whether the same was kept within the last minute: a page that keeps itself up to date is one look."""
    recent = (RecordLook.person_id == viewer.id, RecordLook.what == what, RecordLook.at_us > now_us - MINUTE_US)
    return session.exec(select(RecordLook.id).where(*recent, RecordLook.about == about).limit(1)).first() is not None


def taken_out(work: Writing, what: str, of: str, **more: object) -> None:
    """Keep and record, in one entry, that somebody takes records away in bulk, and how much of them (R22)."""
    more = {"what": what, **({"of": of} if of else {}), **more}
    about = f"{what} {of}".strip()[:300]
    note(work.uow, work.policy, work.viewer, What.EXPORTED, about, work.now_us, **more)


def note(
    uow: UnitOfWork, policy: Policy, viewer: Viewer, what: What, about: str, now_us: int, /, **more: object
) -> None:
    """Keep and record what somebody did with records; set the alarm when it was too much."""
    uow.session.add(RecordLook(person_id=viewer.id, what=what, about=about, at_us=now_us))
    uow.session.flush()
    entry = uow.ledger(f"record_{what}", now_us, {"by": viewer.pseudonym, "about": about, **more})
    watch = WATCHES.get(what)
    if watch is None or _within(uow.session, policy.information, viewer.id, what, now_us) < getattr(
        policy.information, watch.limit
    ):
        return
    cause = cause_key(watch.alarm, viewer.id)
    set_alarm(uow, Alarming(watch.alarm, cause, now_us, person_id=viewer.id, evidence=(entry,)), now_us)


def outside_duty(session: Session, policy: Policy, viewer: Viewer, code: str, now_us: int) -> bool:
    """Say whether somebody who may know a watched item opens its record without any business with it."""
    rules = policy.information
    if viewer.role not in SEES_SECRETS or viewer.role in rules.on_duty:
        return False
    item = session.exec(select(Item).where(Item.code == code)).first()
    if item is None or item.secrecy not in rules.watched or item.custody.person_id == viewer.id:
        return False
    asked = select(RequestItem.request_id).where(RequestItem.item_id == item.id)
    open_now: Any = col(Request.state).in_([RequestState.FILED, RequestState.APPROVED]) & (Request.until_us > now_us)
    mine = or_(col(Request.applicant_id) == viewer.id, col(Request.filed_by_id) == viewer.id, open_now)
    request = session.exec(select(Request.id).where(col(Request.id).in_(asked), mine).limit(1)).first()
    alarm = select(Alarm.id).where(Alarm.item_id == item.id, col(Alarm.closed_us).is_(None)).limit(1)
    return request is None and session.exec(alarm).first() is None


def list_looks(look: Reading, person: int | None, before: int | None, limit: int) -> Page[LookView]:
    """List who looked at, was refused or took out what, the newest first."""
    query = select(RecordLook).order_by(col(RecordLook.id).desc()).limit(limit + 1)
    if person is not None:
        query = query.where(RecordLook.person_id == person)
    if before is not None:
        query = query.where(col(RecordLook.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: _views(look, rows))


def _views(look: Reading, rows: list[RecordLook]) -> list[LookView]:
    people = usernames(look.session, (row.person_id for row in rows))
    return [
        LookView(
            id=known(row.id),
            person=people[row.person_id],
            what=row.what,
            about=row.about,
            at=moment(row.at_us, look.zone),
        )
        for row in rows
    ]


def _within(session: Session, rules: InformationRules, person_id: int, what: What, now_us: int) -> int:
    """Count what somebody did within the sheet's hours; of looks, how many different records."""
    counted = func.count(col(RecordLook.about).distinct()) if what == What.OUTSIDE_DUTY else func.count()
    since = now_us - rules.window_hours * HOUR_US
    query = select(counted).select_from(RecordLook)
    same = (RecordLook.person_id == person_id, RecordLook.what == what, RecordLook.at_us > since)
    return session.exec(query.where(*same)).one()
