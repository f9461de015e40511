"""Training (R44): recorded per person with its expiry, and asked for where the sheet says that an act needs it."""

from pydantic import AwareDatetime
from sqlmodel import col, select

from server.domain.words import DutyKind
from server.service.context import Reading, Writing
from server.service.errors import ForbiddenError, InvalidError
from server.service.inputs import Input, Name, Text, Username, micros, micros_or_none
from server.service.lookups import known, person_named, usernames
from server.service.oversight.duties import fulfil, open_duty
from server.service.paging import paged
from server.service.people.rights import ADMINS, AUDITORS, LEADERS, OFFICE
from server.service.shapes import Page, Shape, moment, moment_or_none
from server.store.tables import Training


class NewTraining(Input):
    """What somebody was taught; without `expires` it counts for ever."""

    person: Username
    subject: Name
    held: AwareDatetime | None = None
    expires: AwareDatetime | None = None
    note: Text = ""


class TrainingView(Shape):
    id: int
    person: str
    subject: str
    held_at: str
    expires_at: str | None
    valid: bool
    note: str


def record_training(work: Writing, asked: NewTraining) -> TrainingView:
    """Record a training; that it must be renewed is a duty from now on."""
    person = person_named(work.session, asked.person)
    row = Training(
        person_id=known(person.id),
        subject=asked.subject,
        held_us=micros_or_none(asked.held) or work.now_us,
        expires_us=None if asked.expires is None else micros(asked.expires),
        note=asked.note,
        by_id=work.viewer.id,
    )
    if row.expires_us is not None and row.expires_us <= row.held_us:
        raise InvalidError("training_over", "expires must be later than held")
    work.session.add(row)
    work.session.flush()
    fulfil(work, DutyKind.TRAINING_RENEWAL, person.username, asked.subject)
    if row.expires_us is not None:
        open_duty(work.uow, DutyKind.TRAINING_RENEWAL, person.username, row.expires_us, work.now_us)
    work.ledger("training_recorded", person=person.pseudonym, subject=row.subject, expires_us=row.expires_us)
    return _views(work, [row])[0]


def list_training(look: Reading, username: str | None, before: int | None, limit: int) -> Page[TrainingView]:
    """List training records, the newest first: everybody's for those who watch over people, else one's own."""
    query = select(Training).order_by(col(Training.id).desc()).limit(limit + 1)
    everybody = look.viewer.role in OFFICE | LEADERS | ADMINS | AUDITORS
    if username is not None:
        person = person_named(look.session, username)
        if not everybody and person.id != look.viewer.id:
            raise ForbiddenError("not_your_business", "only the records office and the person see somebody's training")
        query = query.where(Training.person_id == person.id)
    elif not everybody:
        query = query.where(Training.person_id == look.viewer.id)
    if before is not None:
        query = query.where(col(Training.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: _views(look, rows))


def _views(look: Reading, rows: list[Training]) -> list[TrainingView]:
    people = usernames(look.session, (row.person_id for row in rows))
    return [
        TrainingView(
            id=known(row.id),
            person=people[row.person_id],
            subject=row.subject,
            held_at=moment(row.held_us, look.zone),
            expires_at=moment_or_none(row.expires_us, look.zone),
            valid=row.expires_us is None or row.expires_us > look.now_us,
            note=row.note,
        )
        for row in rows
    ]
