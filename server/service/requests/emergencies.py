"""Emergencies (R02): two persons take what must be saved, at once; who could have approved says so afterwards.

Flagged for ever: an emergency's row and its authority's kind stay what they are, whatever is said of it.
"""

from msgspec import to_builtins
from pydantic import Field
from sqlmodel import Session, col, or_, select, update

from contract.secrets import credential_of
from server.domain import emergencies
from server.domain.alarms import cause_key
from server.domain.emergencies import AfterwardsFacts, EmergencyFacts
from server.domain.verdicts import Lawful, Refused
from server.domain.words import AlarmKind, AuthorityKind, LineState, Mode
from server.service.cabinet.alarms import Alarming, clear_alarm, set_alarm
from server.service.context import Reading, Writing
from server.service.errors import NotFoundError, lawful
from server.service.inputs import Codes, Hex, Input, Text, Username
from server.service.lending.notices import holders_of, tell
from server.service.lookups import (
    codes,
    item_facts,
    items_coded,
    known,
    person_facts,
    person_named,
    person_of,
    usernames,
)
from server.service.paging import paged
from server.service.requests.authority import give
from server.service.requests.delegations import delegations_to, given_now
from server.service.requests.request_facts import marks_of
from server.service.shapes import Page, Shape, moment, moment_or_none
from server.store.tables import Alarm, Authority, Badge, Emergency, Item, Line
from server.store.unit_of_work import UnitOfWork


class NewEmergency(Input):
    """What is taken, why, and who else is there: they show it with their badge or their password."""

    items: Codes
    other: Username
    purpose: Text
    badge: Hex | None = None
    password: str = Field(default="", max_length=256, repr=False)


class EmergencyView(Shape):
    """An emergency; `state` is waiting, late, approved or disapproved."""

    id: int
    person: str
    other: str
    proof: str
    purpose: str
    items: list[str]
    at: str
    until_at: str
    decide_by: str
    state: str
    decided_at: str | None
    approver: str | None
    delegation: int | None
    note: str
    flagged: bool = True


def use(work: Writing, asked: NewEmergency, site: str, password_right: bool) -> EmergencyView:
    """Give two persons present what they must take, at once."""
    session = work.session
    by, other = person_of(session, work.viewer.id), person_named(session, asked.other)
    items = items_coded(session, asked.items)
    badge = session.get(Badge, credential_of(site, asked.badge)) if asked.badge else None
    by_badge = badge is not None and badge.active and badge.person_id == other.id
    facts = EmergencyFacts(
        by=person_facts(by),
        other=person_facts(other),
        items=tuple(item_facts(item) for item in items),
        purpose=asked.purpose,
        proof="badge" if by_badge else "password" if password_right else "",
        now_us=work.now_us,
        marks=marks_of(session, items),
    )
    lawful(emergencies.judge_emergency(work.policy, facts))
    row = _open(work, facts)
    entry = work.ledger(
        "emergency_used",
        emergency=row.id,
        authority=row.authority_id,
        other=other.pseudonym,
        items=asked.items,
        purpose=asked.purpose,
        decide_by_us=row.decide_by_us,
        policy=work.policy.digest,
        facts=to_builtins(facts),
    )
    _tell(work, row, facts, entry)
    return emergency_views(work, [row])[0]


def _open(work: Writing, facts: EmergencyFacts) -> Emergency:
    """Give the authority, and keep what it was given for."""
    until_us, decide_by_us = emergencies.window(work.policy, work.now_us)
    authority = Authority(
        kind=AuthorityKind.EMERGENCY,
        person_id=facts.by.id,
        mode=Mode.DUTY,
        purpose=facts.purpose,
        given_by_id=facts.other.id,
        from_us=work.now_us,
        until_us=until_us,
    )
    give(work.session, authority, [item.id for item in facts.items])
    row = Emergency(
        authority_id=known(authority.id),
        by_id=facts.by.id,
        other_id=facts.other.id,
        proof=facts.proof,
        purpose=facts.purpose,
        at_us=work.now_us,
        decide_by_us=decide_by_us,
    )
    work.session.add(row)
    work.session.flush()
    return row


def _tell(work: Writing, row: Emergency, facts: EmergencyFacts, entry: int) -> None:
    """Alarm it, and tell the other person and those who may approve it afterwards."""
    kind, first = AlarmKind.EMERGENCY_OPEN_USED, facts.items[0].id
    fact = Alarming(kind, cause_key(kind, row.id), work.now_us, row.by_id, first, evidence=(entry,))
    set_alarm(work.uow, fact, work.now_us)
    tell(work, [row.other_id], "emergency_used", str(row.id))
    posts = emergencies.posts_afterwards(work.policy, facts)
    tell(work, set(holders_of(work.session, posts)) - {row.other_id}, "emergency_waits", str(row.id))


def judge(look: Reading, number: int) -> Lawful | Refused:
    """Say whether this person may approve or disapprove this emergency now."""
    return emergencies.judge_afterwards(look.policy, _afterwards(look, _visible(look, number)))


def decide(work: Writing, number: int, act: str, note: str = "") -> EmergencyView:
    """Approve or disapprove an emergency afterwards; what a disapproved one still entitles to is void."""
    row = _visible(work, number)
    facts = _afterwards(work, row)
    said = lawful(emergencies.judge_afterwards(work.policy, facts))
    row.said = "approved" if act == "approve" else "disapproved"
    row.decided_us, row.decided_by_id, row.note = work.now_us, work.viewer.id, note
    row.delegation_id = said.basis[0] if said.basis else None
    work.session.add(row)
    if row.said == "disapproved":
        _void(work, row)
    work.ledger(
        f"emergency_{row.said}",
        emergency=row.id,
        delegation=row.delegation_id,
        note=note,
        policy=work.policy.digest,
        facts=to_builtins(facts),
    )
    clear_alarm(work.uow, cause_key(AlarmKind.EMERGENCY_NOT_APPROVED, row.id), work.now_us)
    tell(work, [row.by_id, row.other_id], "emergency_decided", str(row.id))
    return emergency_views(work, [row])[0]


def _void(work: Writing, row: Emergency) -> None:
    """Withdraw what it still entitles to, also what a session has reserved: taking it from now on is unlawful."""
    unused = col(Line.state).in_((LineState.OPEN, LineState.RESERVED))
    lines = update(Line).where(col(Line.authority_id) == row.authority_id, unused)
    work.session.exec(lines.values(state=LineState.VOID))


def late(session: Session, after_us: int, now_us: int) -> list[Emergency]:
    """Give the emergencies whose time to be approved ended since `after_us` without anything said."""
    query = select(Emergency).where(col(Emergency.decided_us).is_(None), Emergency.decide_by_us < now_us)
    return list(session.exec(query.where(Emergency.decide_by_us >= after_us).order_by(col(Emergency.id))))


def told(session: Session, rows: list[Emergency]) -> set[int]:
    """Give those of the emergencies that were alarmed already, whatever became of the alarm."""
    causes = {cause_key(AlarmKind.EMERGENCY_NOT_APPROVED, row.id): known(row.id) for row in rows}
    return {causes[cause] for cause in session.exec(select(Alarm.cause).where(col(Alarm.cause).in_(list(causes))))}


def alarm_late(uow: UnitOfWork, row: Emergency, now_us: int) -> None:
    """Alarm that nobody approved an emergency in time."""
    kind = AlarmKind.EMERGENCY_NOT_APPROVED
    set_alarm(uow, Alarming(kind, cause_key(kind, row.id), row.decide_by_us, person_id=row.by_id), now_us)


def list_emergencies(look: Reading, before: int | None, limit: int) -> Page[EmergencyView]:
    """List the emergencies that are this person's business, the newest first."""
    query = select(Emergency).order_by(col(Emergency.id).desc()).limit(limit + 1)
    if not _sees_every(look):
        query = query.where(or_(Emergency.by_id == look.viewer.id, Emergency.other_id == look.viewer.id))
    if before is not None:
        query = query.where(col(Emergency.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: emergency_views(look, rows))


def get_emergency(look: Reading, number: int) -> EmergencyView:
    """Show one emergency to those whose business it is."""
    return emergency_views(look, [_visible(look, number)])[0]


def emergency_views(look: Reading, rows: list[Emergency]) -> list[EmergencyView]:
    """Give emergencies as they are shown."""
    session = look.session
    numbers = [row.authority_id for row in rows]
    until = dict(session.exec(select(Authority.id, Authority.until_us).where(col(Authority.id).in_(numbers))).all())
    lines = list(session.exec(select(Line).where(col(Line.authority_id).in_(numbers)).order_by(col(Line.id))))
    names = codes(session, (line.item_id for line in lines))
    people = usernames(session, (n for row in rows for n in (row.by_id, row.other_id, row.decided_by_id)))
    return [
        EmergencyView(
            id=known(row.id),
            person=people[row.by_id],
            other=people[row.other_id],
            proof=row.proof,
            purpose=row.purpose,
            items=[names[line.item_id] for line in lines if line.authority_id == row.authority_id],
            at=moment(row.at_us, look.zone),
            until_at=moment(until[row.authority_id], look.zone),
            decide_by=moment(row.decide_by_us, look.zone),
            state=row.said or ("late" if look.now_us > row.decide_by_us else "waiting"),
            decided_at=moment_or_none(row.decided_us, look.zone),
            approver=people.get(row.decided_by_id),
            delegation=row.delegation_id,
            note=row.note,
        )
        for row in rows
    ]


def _afterwards(look: Reading, row: Emergency) -> AfterwardsFacts:
    session = look.session
    items = list(
        session.exec(select(Item).join(Line).where(Line.authority_id == row.authority_id).order_by(col(Item.id)))
    )
    emergency = EmergencyFacts(
        by=person_facts(person_of(session, row.by_id)),
        other=person_facts(person_of(session, row.other_id)),
        items=tuple(item_facts(item) for item in items),
        purpose=row.purpose,
        proof=row.proof,
        now_us=row.at_us,
        marks=marks_of(session, items),
    )
    return AfterwardsFacts(
        emergency=emergency,
        approver=person_facts(person_of(session, look.viewer.id)),
        now_us=look.now_us,
        is_decided=row.decided_us is not None,
        delegations=delegations_to(session, look.viewer.id),
    )


def _sees_every(look: Reading) -> bool:
    roles = look.policy.approver_roles | look.policy.requests.emergencies.approvers
    return look.viewer.sees_all or look.viewer.role in roles or bool(given_now(look))


def _visible(look: Reading, number: int) -> Emergency:
    row = look.session.get(Emergency, number)
    if row is None or not (_sees_every(look) or look.viewer.id in (row.by_id, row.other_id)):
        raise NotFoundError("emergency", number)
    return row
