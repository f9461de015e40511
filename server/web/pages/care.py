"""Check-ups and feedback: what was looked at and found, what is still open, and what people have to say."""

from typing import Annotated, Literal

from fastapi import Form, Request, Response
from pydantic import ValidationError

from server.domain.words import CheckKind
from server.service.cabinet import stations
from server.service.errors import ServiceError
from server.service.oversight import checkups, feedback
from server.service.oversight.checkups import Answers, CheckupView, NewCheckup
from server.service.oversight.feedback import FeedbackView, NewAnswer, NewAssignment, NewFeedback
from server.service.people.rights import Act
from server.web.auth import gate
from server.web.writing import Do

from .forms import refused
from .i18n import N_
from .routing import Look, explain, go, page_router

ROWS = 30
FIELDS = {
    "station": N_("Cabinet"),
    "alarm": N_("Number of the alarm, if there is one"),
    "points": N_("Points"),
    "note": N_("Note"),
    "text": N_("What you have to say"),
    "customer": N_("Customer, if it is a customer's"),
    "to": N_("Assign to (user name)"),
    "answer": N_("Answer"),
}
router = page_router()


@router.get("/checkups", **gate(Act.SEE_OVERSIGHT))
async def checkup_list(
    look: Look, show: Literal["all", "open"] = "all", new: CheckKind | None = None, after: int | None = None
) -> Response:
    """List check-ups, with the form for a new one of a kind."""
    return _checkups(look, show, new, after)


@router.post("/checkups", **gate(Act.CHECK_UP))
async def record_checkup(look: Look, act: Do, request: Request, kind: Annotated[CheckKind, Form()]) -> Response:
    """Record a check-up, every point answered."""
    form = await request.form()
    try:
        points = _points(form, look.policy.oversight.checklists[kind])
        about = {"station": form.get("station") or None, "alarm": form.get("alarm") or None}
        note = str(form.get("note", "")).strip()
        asked = NewCheckup.model_validate({"kind": kind, **about, "points": points, "note": note})
        made = await act(CheckupView, lambda work: checkups.record(work, asked))
    except (ValidationError, ServiceError) as error:
        return _checkups(look, "all", kind, None, refused(look, error, FIELDS))
    return go(f"/checkups/{made.id}")


@router.get("/checkups/{number}", **gate(Act.SEE_OVERSIGHT))
async def one_checkup(look: Look, number: int) -> Response:
    """Show one check-up with its points."""
    return _checkup(look, number)


@router.post("/checkups/{number}/answers", **gate(Act.CHECK_UP))
async def answer_points(look: Look, act: Do, number: int, request: Request) -> Response:
    """Answer points of one that is open."""
    form = await request.form()
    listed = [point.point for point in checkups.get_checkup(look, number).points]
    try:
        asked = Answers.model_validate({"points": _points(form, listed)})
        await act(CheckupView, lambda work: checkups.answer_points(work, number, asked))
    except (ValidationError, ServiceError) as error:
        return _checkup(look, number, refused(look, error, FIELDS))
    return go(f"/checkups/{number}")


@router.post("/checkups/{number}/close", **gate(Act.CHECK_UP))
async def close_checkup(look: Look, act: Do, number: int, conclusion: Annotated[str, Form()] = "") -> Response:
    """Close one with what was done."""
    try:
        await act(CheckupView, lambda work: checkups.close(work, number, conclusion.strip()[:2000]))
    except ServiceError as error:
        return _checkup(look, number, explain(look.page, error))
    return go(f"/checkups/{number}")


@router.get("/feedback", **gate(Act.SEE_FEEDBACK))
async def feedback_list(look: Look, show: Literal["open", "all"] = "open", after: int | None = None) -> Response:
    """List feedback, with the form to give some."""
    return _feedback(look, show, after)


@router.post("/feedback", **gate(Act.GIVE_FEEDBACK))
async def give_feedback(
    look: Look,
    act: Do,
    text: Annotated[str, Form()] = "",
    customer: Annotated[str, Form()] = "",
) -> Response:
    """Take feedback in; with a customer's name it is the customer's."""
    try:
        source: Literal["staff", "customer"] = "customer" if customer.strip() else "staff"
        asked = NewFeedback(text=text, source=source, customer=customer)
        await act(FeedbackView, lambda work: feedback.give(work, asked))
    except ValidationError as error:
        return _feedback(look, "open", None, refused(look, error, FIELDS))
    return go("/feedback")


@router.post("/feedback/{number}/{step}", **gate(Act.GIVE_FEEDBACK))
async def answer_feedback(
    look: Look,
    act: Do,
    number: int,
    step: Literal["assign", "answer"],
    to: Annotated[str, Form()] = "",
    answer: Annotated[str, Form()] = "",
) -> Response:
    """Assign feedback to somebody, or close it with an answer."""
    try:
        if step == "assign":
            person = NewAssignment(to=to.strip())
            await act(FeedbackView, lambda work: feedback.assign(work, number, person))
        else:
            said = NewAnswer(answer=answer.strip())
            await act(FeedbackView, lambda work: feedback.answer(work, number, said))
    except (ValidationError, ServiceError) as error:
        return _feedback(look, "open", None, refused(look, error, FIELDS))
    return go("/feedback")


def _points(form: object, listed: tuple[str, ...] | list[str]) -> list[dict[str, str]]:
    """Read the answers of a form: `r0`, `n0` are the result and the note of the first point."""
    get = form.get  # type: ignore[attr-defined]
    given = ((point, str(get(f"r{n}", "")), str(get(f"n{n}", "")).strip()[:500]) for n, point in enumerate(listed))
    return [{"point": point, "result": said, "note": note} for point, said, note in given if said]


def _checkups(look: Look, show: str, new: CheckKind | None, after: int | None, status: int = 200) -> Response:
    page = checkups.list_checkups(look, None, show == "open", after, ROWS)
    return look.show(
        "checkups.html",
        page.rows,
        status,
        rows=page.rows,
        next=page.next,
        show=show,
        new=new if look.viewer.may(Act.CHECK_UP) else None,
        kinds=list(CheckKind),
        points=look.policy.oversight.checklists[new] if new else (),
        stations=stations.list_stations(look).rows,
    )


def _checkup(look: Look, number: int, status: int = 200) -> Response:
    view = checkups.get_checkup(look, number)
    return look.show("checkup.html", [view], status, c=view)


def _feedback(look: Look, show: str, after: int | None, status: int = 200) -> Response:
    page = feedback.list_feedback(look, show == "open", after, ROWS)
    assigns = look.viewer.role in look.policy.oversight.answered_by
    return look.show("feedback.html", page.rows, status, rows=page.rows, next=page.next, show=show, assigns=assigns)
