"""Breaches (R45): recorded against who answers for them, from a concluded alarm or by hand, closed by an outcome."""

from pydantic import AwareDatetime, Field
from sqlmodel import col, select

from server.domain.breaches import judge_breach, judge_outcome
from server.domain.words import AlarmState
from server.notify.wording import alarm_text
from server.service.cabinet.alarms import alarm_within_reach
from server.service.context import Reading, Writing
from server.service.errors import ConflictError, InvalidError, NotFoundError, lawful
from server.service.inputs import Input, Text, Username, micros_or_none
from server.service.lookups import known, person_named, person_of, usernames
from server.service.paging import paged
from server.service.people.rights import ADMINS, AUDITORS, LEADERS, OFFICE
from server.service.shapes import Page, Shape, moment, moment_or_none
from server.store.tables import Breach


class NewBreach(Input):
    """What somebody answers for; from an alarm, its person and its conclusion stand in for what is left out."""

    rule: str = Field(pattern=r"^R\d\d$")
    person: Username | None = None
    what: Text = ""
    outcome: Text = ""
    alarm: int | None = Field(default=None, ge=1)
    occurred: AwareDatetime | None = None


class Outcome(Input):
    outcome: Text = ""


class BreachView(Shape):
    id: int
    person: str
    rule: str
    what: str
    outcome: str
    alarm: int | None
    occurred_at: str
    recorded_at: str
    recorded_by: str
    closed_at: str | None


def record_breach(work: Writing, asked: NewBreach) -> BreachView:
    """Record a breach against the person who answers for it."""
    session = work.session
    alarm = None if asked.alarm is None else alarm_within_reach(work, asked.alarm)
    lawful(judge_breach(AlarmState(alarm.state) if alarm else None))
    if alarm is not None and session.exec(select(Breach.id).where(Breach.alarm_id == alarm.id)).first() is not None:
        raise ConflictError("breach_recorded", f"a breach is recorded for alarm {alarm.id} already")
    person = person_named(session, asked.person) if asked.person else None
    if person is None and alarm is not None and alarm.person_id is not None:
        person = person_of(session, alarm.person_id)
    what = asked.what or (alarm_text(alarm.kind, None, None, "", work.viewer.locale) if alarm else "")
    if person is None or not what:
        raise InvalidError("breach_of_nobody", "say whose breach it is and what was done: person, what")
    outcome = asked.outcome or (alarm.conclusion if alarm else "")
    row = Breach(
        person_id=known(person.id),
        alarm_id=alarm.id if alarm else None,
        rule=asked.rule,
        what=what,
        outcome=outcome,
        occurred_us=micros_or_none(asked.occurred) or (alarm.occurred_us if alarm else work.now_us),
        recorded_us=work.now_us,
        by_id=work.viewer.id,
        closed_us=work.now_us if outcome else None,
    )
    session.add(row)
    session.flush()
    work.ledger(
        "breach_recorded", breach=row.id, person=person.pseudonym, rule=row.rule, alarm=row.alarm_id, outcome=outcome
    )
    return _views(work, [row])[0]


def conclude_breach(work: Writing, number: int, outcome: str) -> BreachView:
    """Close a breach with its outcome."""
    row = work.session.get(Breach, number)
    if row is None:
        raise NotFoundError("breach", number)
    lawful(judge_outcome(outcome))
    row.outcome, row.closed_us = outcome, work.now_us
    work.session.add(row)
    work.ledger("breach_concluded", breach=number, outcome=outcome)
    return _views(work, [row])[0]


def list_breaches(look: Reading, username: str | None, before: int | None, limit: int) -> Page[BreachView]:
    """List breaches, the newest first: everybody's for those who watch over people, else one's own."""
    query = select(Breach).order_by(col(Breach.id).desc()).limit(limit + 1)
    if look.viewer.role not in OFFICE | LEADERS | ADMINS | AUDITORS:
        query = query.where(Breach.person_id == look.viewer.id)
    if username is not None:
        query = query.where(Breach.person_id == person_named(look.session, username).id)
    if before is not None:
        query = query.where(col(Breach.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: _views(look, rows))


def _views(look: Reading, rows: list[Breach]) -> list[BreachView]:
    people = usernames(look.session, (number for row in rows for number in (row.person_id, row.by_id)))
    return [
        BreachView(
            id=known(row.id),
            person=people[row.person_id],
            rule=row.rule,
            what=row.what,
            outcome=row.outcome,
            alarm=row.alarm_id,
            occurred_at=moment(row.occurred_us, look.zone),
            recorded_at=moment(row.recorded_us, look.zone),
            recorded_by=people[row.by_id],
            closed_at=moment_or_none(row.closed_us, look.zone),
        )
        for row in rows
    ]
