"""What every page has in common: its reader, its look at the database, its act, and errors shown as pages.

A use case that will not act raises; a page either says so beside the form (`explain`) or the whole page becomes the
error, with the same status as the API gives.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from server.service.changes import look
from server.service.context import Reading
from server.service.errors import RefusedError, ServiceError
from server.service.page_views import Names
from server.web.auth import MySignIn, find_current
from server.web.deps import Given
from server.web.problems import STATUS, NotSignedInError, WrongTokenError, told

from .i18n import N_, SOURCE
from .refusals import IN_SHORT, PLAIN
from .render import Page

T = TypeVar("T")

DIGITS = 9
"""A number of more is none that a record has; an address that names one leads nowhere."""
FAILED = N_("That did not work")
SAYINGS = {
    403: N_("This is not open to you"),
    404: N_("There is nothing here"),
    409: N_("That is not possible now"),
    413: N_("That is more than can be sent at once"),
    422: N_("Something in the form is not right"),
    429: N_("Too many tries; wait a little"),
}


class PageRoute(APIRoute):
    """A route whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler so that what it raises is shown; who is not signed in is sent to do so."""
        handle = super().get_route_handler()

        async def shown(request: Request) -> Response:
            try:
                return await handle(request)
            except NotSignedInError:
                raise
            except ServiceError as error:
                return error_page(request, status_of(error), error)
            except RequestValidationError as error:
                nowhere = any(each["loc"][0] == "path" for each in error.errors())
                return error_page(request, 404 if nowhere else 422, None)
            except (DataError, OverflowError):
                if not any(part.isdecimal() and len(part) > DIGITS for part in request.path_params.values()):
                    raise
                return error_page(request, 404, None)
            except HTTPException as error:
                return error_page(request, error.status_code, None)

        return shown


def page_router() -> APIRouter:
    """Make a topic's router of pages."""
    return APIRouter(route_class=PageRoute, default_response_class=Response)


def status_of(error: ServiceError) -> int:
    """Give the status that the API gives for the same error."""
    if isinstance(error, WrongTokenError):
        return 403
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def explain(page: Page, error: ServiceError) -> int:
    """Say on a page why something was not done, a rule's refusal with every reason; give the answer's status."""
    reasons = [told(reason, page.locale) for reason in error.reasons] if isinstance(error, RefusedError) else []
    page.note("bad", _why(page, error), reasons)
    return status_of(error)


def _why(page: Page, error: ServiceError) -> str:
    if error.code in PLAIN:
        return page.text(PLAIN[error.code])
    if page.language == SOURCE:
        return error.detail
    return page.text(IN_SHORT.get(error.code) or SAYINGS.get(status_of(error), FAILED))


def error_page(request: Request, status: int, error: ServiceError | None, known: bool = True) -> Response:
    """Show an error as a page of its own; when the server itself failed (not `known`), without asking it who reads."""
    found = find_current(request) if known else None
    page = Page(request, found[0] if found else None)
    heading = page.text(SAYINGS.get(status, FAILED))
    if error:
        explain(page, error)
    return page.render("error.html", status, heading=heading, phrase=f"{status} {HTTPStatus(status).phrase}")


async def _page(request: Request, signed_in: MySignIn) -> Page:
    return Page(request, signed_in)


Shown = Annotated[Page, Depends(_page)]


@dataclass(frozen=True, slots=True)
class Seen(Reading):
    """A look at the database by a page's reader, in the page's language, with names for what it shows."""

    page: Page
    names: Names

    def show(self, template: str, about: Iterable[BaseModel] = (), status: int = 200, **values: Any) -> Response:
        """Render a page about these answers."""
        since = look(self.session, None)[1].entry
        return self.page.render(template, status, names=self.names.about(about), since=since, **values)


async def _seen(deps: Given, page: Shown, signed_in: MySignIn) -> AsyncIterator[Seen]:
    viewer = replace(signed_in.viewer, locale=page.language)
    with deps.database.read() as session:
        names = Names(Reading(session, deps.clock.wall_us(), deps.policy, viewer, deps.settings.zone))
        look = names.look
        yield Seen(look.session, look.now_us, look.policy, look.viewer, look.zone, page, names)


Look = Annotated[Seen, Depends(_seen)]
"""Reading is done inline: the queries are quick, a thread would cost more than they do."""


def go(address: str) -> RedirectResponse:
    """Send the browser on after a form."""
    return RedirectResponse(address, 303)


def own_address(address: str) -> str:
    """Give the address if it is a path of ours, else the first page: no link sends anybody elsewhere."""
    parts = urlsplit(address)
    ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return address if ours and "\\" not in address and address.isprintable() else "/"
