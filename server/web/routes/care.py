"""Care of the store and of the rules: check-ups (R23, R24), feedback (R63), lessons (R64)."""

from typing import Literal

from fastapi import APIRouter

from server.domain.words import CheckKind
from server.service.inputs import Conclusion
from server.service.oversight import checkups, feedback
from server.service.oversight.checkups import Answers, CheckupView, NewCheckup
from server.service.oversight.feedback import FeedbackView, LessonView, NewAnswer, NewAssignment, NewFeedback, NewLesson
from server.service.people.rights import Act
from server.service.shapes import Page
from server.web.auth import gate
from server.web.routes.common import Cursor, Limit, Number
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["oversight"])


@router.get("/checkups", **gate(Act.SEE_OVERSIGHT))
async def list_checkups(
    look: Look,
    kind: CheckKind | None = None,
    state: Literal["open", "all"] = "all",
    before: Cursor = None,
    limit: Limit = 100,
) -> Page[CheckupView]:
    """List inspections, drills, assessments of risks and responses to incidents, the newest first."""
    return checkups.list_checkups(look, kind, state == "open", before, limit)


@router.post("/checkups", status_code=201, **gate(Act.CHECK_UP))
async def record_checkup(body: NewCheckup, do: Do) -> CheckupView:
    """Record one, every point answered; a response to an incident opens with its list."""
    return await do(CheckupView, lambda work: checkups.record(work, body))


@router.get("/checkups/{number}", **gate(Act.SEE_OVERSIGHT))
async def get_checkup(number: Number, look: Look) -> CheckupView:
    """Show one."""
    return checkups.get_checkup(look, number)


@router.post("/checkups/{number}/answers", **gate(Act.CHECK_UP))
async def answer_points(number: Number, body: Answers, do: Do) -> CheckupView:
    """Answer points of one that is open."""
    return await do(CheckupView, lambda work: checkups.answer_points(work, number, body))


@router.post("/checkups/{number}/close", **gate(Act.CHECK_UP))
async def close_checkup(number: Number, body: Conclusion, do: Do) -> CheckupView:
    """Close one with what was done."""
    return await do(CheckupView, lambda work: checkups.close(work, number, body.conclusion))


@router.get("/feedback", **gate(Act.SEE_FEEDBACK))
async def list_feedback(
    look: Look, state: Literal["open", "all"] = "all", before: Cursor = None, limit: Limit = 100
) -> Page[FeedbackView]:
    """List feedback, the newest first: one's own, or everybody's for those who see all."""
    return feedback.list_feedback(look, state == "open", before, limit)


@router.post("/feedback", status_code=201, **gate(Act.GIVE_FEEDBACK))
async def give_feedback(body: NewFeedback, do: Do) -> FeedbackView:
    """Take in what somebody of the company or a customer has to say."""
    return await do(FeedbackView, lambda work: feedback.give(work, body))


@router.post("/feedback/{number}/assign", **gate(Act.GIVE_FEEDBACK))
async def assign_feedback(number: Number, body: NewAssignment, do: Do) -> FeedbackView:
    """Say who answers it."""
    return await do(FeedbackView, lambda work: feedback.assign(work, number, body))


@router.post("/feedback/{number}/answer", **gate(Act.GIVE_FEEDBACK))
async def answer_feedback(number: Number, body: NewAnswer, do: Do) -> FeedbackView:
    """Close it with an answer."""
    return await do(FeedbackView, lambda work: feedback.answer(work, number, body))


@router.get("/lessons", **gate(Act.SEE_OVERSIGHT))
async def list_lessons(look: Look, before: Cursor = None, limit: Limit = 100) -> Page[LessonView]:
    """List what was learnt, the newest first."""
    return feedback.list_lessons(look, before, limit)


@router.post("/lessons", status_code=201, **gate(Act.MAKE_REPORTS))
async def record_lesson(body: NewLesson, do: Do) -> LessonView:
    """Record what was learnt and what is done about it (R64)."""
    return await do(LessonView, lambda work: feedback.learn(work, body))
