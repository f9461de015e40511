"""Feedback from staff and customers (R63): taken in, assigned, answered; and lessons that were learnt (R64)."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from sqlmodel import col, or_, select

from server.domain.duties import day_end, local_date
from server.domain.feedback import FeedbackFacts, judge_answer, judge_assign
from server.domain.words import DutyKind
from server.service.context import Reading, Writing
from server.service.errors import NotFoundError, lawful
from server.service.inputs import Input, Text, Username
from server.service.lending.notices import holders_of, tell
from server.service.lookups import known, person_facts, person_named, person_of, usernames
from server.service.oversight import duties
from server.service.paging import paged
from server.service.shapes import Page, Shape, moment, moment_or_none
from server.store.tables import Feedback, Lesson

DAY_US = 86_400_000_000
Words = Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)]


class NewFeedback(Input):
    text: Words
    source: Literal["staff", "customer"] = "staff"
    customer: Text = ""


class NewAssignment(Input):
    to: Username


class NewAnswer(Input):
    answer: str = Field(max_length=4000)


class NewLesson(Input):
    text: Words
    measure: str = Field(default="", max_length=4000)


class FeedbackView(Shape):
    id: int
    source: str
    customer: str
    text: str
    state: str
    overdue: bool
    given_by: str
    given_at: str
    due_at: str
    assigned_to: str | None
    closed_by: str | None
    closed_at: str | None
    answer: str


class LessonView(Shape):
    id: int
    text: str
    measure: str
    at: str
    by: str


def give(work: Writing, asked: NewFeedback) -> FeedbackView:
    """Take feedback in; its answer becomes a duty."""
    due_us = day_end(local_date(work.now_us + work.policy.oversight.answer_days * DAY_US, work.zone), work.zone)
    row = Feedback(**asked.model_dump(), given_by_id=work.viewer.id, given_us=work.now_us, due_us=due_us)
    work.session.add(row)
    work.session.flush()
    duties.open_duty(work.uow, DutyKind.FEEDBACK_ANSWER, str(row.id), due_us, work.now_us)
    work.ledger("feedback_given", feedback=row.id, source=row.source)
    tell(work, holders_of(work.session, work.policy.oversight.answered_by), "feedback_given", str(row.id))
    return feedback_views(work, [row])[0]


def assign(work: Writing, number: int, asked: NewAssignment) -> FeedbackView:
    """Say who answers it."""
    row, by = _stored(work, number), person_facts(person_of(work.session, work.viewer.id))
    lawful(judge_assign(work.policy.oversight, by, _facts(row)))
    person = person_named(work.session, asked.to)
    row.assigned_to_id, row.assigned_us = person.id, work.now_us
    work.session.add(row)
    work.ledger("feedback_assigned", feedback=row.id, to=person.pseudonym)
    tell(work, [known(person.id)], "feedback_assigned", str(row.id))
    return feedback_views(work, [row])[0]


def answer(work: Writing, number: int, asked: NewAnswer) -> FeedbackView:
    """Close it with an answer; who gave it is told."""
    row, by = _stored(work, number), person_facts(person_of(work.session, work.viewer.id))
    lawful(judge_answer(work.policy.oversight, by, _facts(row), asked.answer))
    row.closed_us, row.closed_by_id, row.answer = work.now_us, work.viewer.id, asked.answer.strip()
    work.session.add(row)
    work.ledger("feedback_closed", feedback=row.id)
    duties.fulfil(work, DutyKind.FEEDBACK_ANSWER, str(row.id), f"feedback {row.id}")
    tell(work, [row.given_by_id], "feedback_closed", str(row.id))
    return feedback_views(work, [row])[0]


def list_feedback(look: Reading, open_only: bool, before: int | None, limit: int) -> Page[FeedbackView]:
    """List feedback, the newest first: everybody's, or what one gave or is to answer."""
    query = select(Feedback).order_by(col(Feedback.id).desc()).limit(limit + 1)
    if not look.viewer.sees_all:
        query = query.where(or_(Feedback.given_by_id == look.viewer.id, Feedback.assigned_to_id == look.viewer.id))
    if open_only:
        query = query.where(col(Feedback.closed_us).is_(None))
    if before is not None:
        query = query.where(col(Feedback.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: feedback_views(look, rows))


def feedback_views(look: Reading, rows: list[Feedback]) -> list[FeedbackView]:
    """Give feedback as it is shown."""
    ids = (n for row in rows for n in (row.given_by_id, row.assigned_to_id, row.closed_by_id))
    people = usernames(look.session, ids)
    return [
        FeedbackView(
            id=known(row.id),
            source=row.source,
            customer=row.customer,
            text=row.text,
            state="closed" if row.closed_us else "assigned" if row.assigned_to_id else "given",
            overdue=row.closed_us is None and row.due_us < look.now_us,
            given_by=people.get(row.given_by_id, ""),
            given_at=moment(row.given_us, look.zone),
            due_at=moment(row.due_us, look.zone),
            assigned_to=people.get(row.assigned_to_id),
            closed_by=people.get(row.closed_by_id),
            closed_at=moment_or_none(row.closed_us, look.zone),
            answer=row.answer,
        )
        for row in rows
    ]


def learn(work: Writing, asked: NewLesson) -> LessonView:
    """Record what was learnt (R64)."""
    row = Lesson(text=asked.text, measure=asked.measure, at_us=work.now_us, by_id=work.viewer.id)
    work.session.add(row)
    work.session.flush()
    work.ledger("lesson_recorded", lesson=row.id)
    return lesson_views(work, [row])[0]


def list_lessons(look: Reading, before: int | None, limit: int) -> Page[LessonView]:
    """List lessons, the newest first."""
    query = select(Lesson).order_by(col(Lesson.id).desc()).limit(limit + 1)
    if before is not None:
        query = query.where(col(Lesson.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: lesson_views(look, rows))


def lesson_views(look: Reading, rows: list[Lesson]) -> list[LessonView]:
    """Give lessons as they are shown."""
    people = usernames(look.session, (row.by_id for row in rows))
    return [
        LessonView(
            id=known(row.id),
            text=row.text,
            measure=row.measure,
            at=moment(row.at_us, look.zone),
            by=people.get(row.by_id, ""),
        )
        for row in rows
    ]


def _facts(row: Feedback) -> FeedbackFacts:
    return FeedbackFacts(row.assigned_to_id, row.closed_us is not None)


def _stored(work: Writing, number: int) -> Feedback:
    """Find it; what is not one's own business is not there."""
    row = work.session.get(Feedback, number)
    mine = row is not None and work.viewer.id in (row.given_by_id, row.assigned_to_id)
    if row is None or not (work.viewer.sees_all or mine):
        raise NotFoundError("feedback", number)
    return row
