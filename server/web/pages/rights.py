"""Reviews of rights, one's own notices, and who looked at which records."""

from typing import Annotated, Literal

from fastapi import Form, Response

from server.service.errors import ServiceError
from server.service.lending import notices
from server.service.lookups import person_named
from server.service.people import information, reviews
from server.service.people.reviews import NewReview, RightsView
from server.service.people.rights import Act
from server.service.shapes import Done
from server.web.auth import gate
from server.web.writing import Do

from .routing import Look, explain, go, page_router

ROWS = 50
router = page_router()


@router.get("/rights", **gate(Act.REVIEW_RIGHTS))
async def rights_list(look: Look, show: Literal["due", "all"] = "all", after: str | None = None) -> Response:
    """List the rights one may review."""
    return _shown(look, show, after)


@router.post("/rights/{username}/review", **gate(Act.REVIEW_RIGHTS))
async def review(
    look: Look,
    act: Do,
    username: str,
    said: Annotated[Literal["confirmed", "withdrawn"], Form()],
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Confirm somebody's rights, or withdraw them."""
    asked = NewReview(said=said, note=note)
    try:
        await act(RightsView, lambda work: reviews.review(work, username, asked))
    except ServiceError as error:
        return _shown(look, "all", None, explain(look.page, error))
    return go("/rights")


@router.get("/notices", **gate(Act.OWN))
async def notice_list(look: Look, after: int | None = None) -> Response:
    """List one's own notices, the newest first."""
    page = notices.list_notices(look, after, ROWS)
    return look.show("notices.html", rows=page.rows, next=page.next)


@router.post("/notices/{number}/read", **gate(Act.OWN))
async def read(act: Do, number: int) -> Response:
    """Say that one has read a notice."""
    await act(Done, lambda work: notices.mark_read(work, number))
    return go("/notices")


@router.get("/looks", **gate(Act.SEE_LOOKS))
async def look_list(look: Look, person: str | None = None, after: int | None = None) -> Response:
    """List who looked at, was refused, or took out which records."""
    number = person_named(look.session, person).id if person else None
    page = information.list_looks(look, number, after, ROWS)
    return look.show("looks.html", page.rows, rows=page.rows, next=page.next)


def _shown(look: Look, show: str, after: str | None, status: int = 200) -> Response:
    page = reviews.list_rights(look, show == "due", after, ROWS)
    return look.show("rights.html", page.rows, status, rows=page.rows, next=page.next, show=show)
