"""People: the list, and one person with what they hold."""

from fastapi import Response

from server.service import page_views, people
from server.service.errors import ForbiddenError
from server.service.lookups import person_named
from server.service.rights import Act
from server.web.auth import gate

from .routing import Look, page_router

ROWS = 50
router = page_router()


@router.get("/people", **gate(Act.FIND_PEOPLE))
async def people_list(look: Look, after: str | None = None) -> Response:
    """List people by user name."""
    page = people.list_people(look, after, ROWS)
    return look.show("people.html", rows=page.rows, next=page.next)


@router.get("/people/{username}", **gate(Act.FIND_PEOPLE))
async def one_person(look: Look, username: str) -> Response:
    """Show one person, and what they hold to those whose business it is."""
    person = person_named(look.session, username)
    try:
        held = page_views.held_by(look, person, ROWS)
    except ForbiddenError:
        held = None
    return look.show("person.html", held or (), p=people.person_view(person), loans=held)
