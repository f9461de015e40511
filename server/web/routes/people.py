"""People: badges, posts and limits; reviews of rights, clearance, training, breaches, and who looked at what."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool

from server.service.inputs import NewBadge, NewPerson, Note
from server.service.lookups import person_named
from server.service.people import breaches, clearance, information, people, reviews, training
from server.service.people.breaches import BreachView, NewBreach, Outcome
from server.service.people.clearance import ClearanceView
from server.service.people.information import LookView
from server.service.people.people import ChangedPerson, PersonDetail, WithdrawnBadge
from server.service.people.reviews import NewReview, RightsView
from server.service.people.rights import Act
from server.service.people.scopes import NewScope
from server.service.people.training import NewTraining, TrainingView
from server.service.shapes import Done, Page, PersonView
from server.web.auth import gate
from server.web.deps import Given
from server.web.routes.common import Cursor, Limit, Number
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["people"])
After = Annotated[str | None, Query(max_length=64)]
Who = Annotated[str | None, Query(max_length=64, description="only about this person")]


@router.get("/people", **gate(Act.FIND_PEOPLE))
async def list_people(look: Look, after: After = None, limit: Limit = 100) -> Page[PersonView]:
    """List people by username."""
    return people.list_people(look, after, limit)


@router.post("/people", status_code=201, **gate(Act.MANAGE_PEOPLE))
async def add_person(body: NewPerson, do: Do, deps: Given) -> PersonView:
    """Take a person in, with the badges they carry."""
    row = await run_in_threadpool(
        people.new_person,
        body.username,
        body.name,
        body.role,
        body.department,
        body.locale,
        body.password,
        body.pin or "",
    )
    return await do(PersonView, lambda work: people.add_person(work, row, body.badges, deps.settings.site))


@router.get("/people/{username}", **gate(Act.FIND_PEOPLE))
async def get_person(username: str, look: Look) -> PersonDetail:
    """Show one person with the limits of their rights."""
    return people.get_person(look, username)


@router.patch("/people/{username}", **gate(Act.MANAGE_PEOPLE))
async def change_person(username: str, body: ChangedPerson, do: Do) -> PersonDetail:
    """Change somebody's post, department or standing, at once (R41)."""
    return await do(PersonDetail, lambda work: people.change_person(work, username, body))


@router.put("/people/{username}/scope", **gate(Act.MANAGE_PEOPLE))
async def narrow_person(username: str, body: NewScope, do: Do) -> PersonDetail:
    """Narrow somebody's rights by department, category, secrecy and cabinet, and in time (R40, R61)."""
    return await do(PersonDetail, lambda work: people.narrow_person(work, username, body))


@router.post("/people/{username}/badges", status_code=201, **gate(Act.MANAGE_PEOPLE))
async def add_badge(username: str, body: NewBadge, do: Do, deps: Given) -> Done:
    """Give a person a badge."""
    return await do(Done, lambda work: people.add_badge(work, username, body.badge, deps.settings.site))


@router.post("/people/{username}/badges/withdraw", **gate(Act.MANAGE_PEOPLE))
async def withdraw_badges(username: str, body: WithdrawnBadge, do: Do, deps: Given) -> PersonDetail:
    """Withdraw a badge, or all of somebody's; it opens nothing any more."""
    return await do(PersonDetail, lambda work: people.withdraw_badges(work, username, body, deps.settings.site))


@router.get("/people/{username}/clearance", **gate(Act.CLEAR_PEOPLE))
async def get_clearance(username: str, look: Look) -> ClearanceView:
    """Say what stands against clearing a leaver (R43)."""
    return clearance.clearance_of(look, username)


@router.post("/people/{username}/clearance", **gate(Act.CLEAR_PEOPLE))
async def clear_person(username: str, body: Note, do: Do) -> ClearanceView:
    """Clear a leaver: every right, badge and session is withdrawn (R43)."""
    return await do(ClearanceView, lambda work: clearance.clear(work, username, body.note))


@router.get("/rights", **gate(Act.REVIEW_RIGHTS))
async def list_rights(look: Look, due: bool = False, after: After = None, limit: Limit = 100) -> Page[RightsView]:
    """List the rights one may review, and which reviews are due (R42)."""
    return reviews.list_rights(look, due, after, limit)


@router.post("/rights/{username}/review", **gate(Act.REVIEW_RIGHTS))
async def review_rights(username: str, body: NewReview, do: Do) -> RightsView:
    """Confirm or withdraw somebody's rights (R42)."""
    return await do(RightsView, lambda work: reviews.review(work, username, body))


@router.get("/training", **gate(Act.SEE_TRAINING))
async def list_training(
    look: Look, person: Who = None, before: Cursor = None, limit: Limit = 100
) -> Page[TrainingView]:
    """List training records (R44)."""
    return training.list_training(look, person, before, limit)


@router.post("/training", status_code=201, **gate(Act.KEEP_TRAINING))
async def record_training(body: NewTraining, do: Do) -> TrainingView:
    """Record what somebody was taught, and until when it counts (R44)."""
    return await do(TrainingView, lambda work: training.record_training(work, body))


@router.get("/breaches", **gate(Act.SEE_BREACHES))
async def list_breaches(look: Look, person: Who = None, before: Cursor = None, limit: Limit = 100) -> Page[BreachView]:
    """List breaches with their outcome (R45)."""
    return breaches.list_breaches(look, person, before, limit)


@router.post("/breaches", status_code=201, **gate(Act.KEEP_BREACHES))
async def record_breach(body: NewBreach, do: Do) -> BreachView:
    """Record a breach against who answers for it, by hand or from a concluded alarm (R45)."""
    return await do(BreachView, lambda work: breaches.record_breach(work, body))


@router.post("/breaches/{number}/conclude", **gate(Act.KEEP_BREACHES))
async def conclude_breach(number: Number, body: Outcome, do: Do) -> BreachView:
    """Close a breach with its outcome (R45)."""
    return await do(BreachView, lambda work: breaches.conclude_breach(work, number, body.outcome))


@router.get("/looks", **gate(Act.SEE_LOOKS))
async def list_looks(look: Look, person: Who = None, before: Cursor = None, limit: Limit = 100) -> Page[LookView]:
    """List who looked at, was refused, or took out which records (R22, R61)."""
    number = None if person is None else person_named(look.session, person).id
    return information.list_looks(look, number, before, limit)
