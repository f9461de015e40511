"""Signing in and out, the reader's language, and the page of everything else on a phone."""

from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.concurrency import run_in_threadpool

from server.service.errors import ForbiddenError
from server.service.people.rights import Act
from server.service.people.sign_in import TooManyTriesError, WrongSignInError, sign_out
from server.web import languages
from server.web.auth import MySignIn, drop_cookie, find_current, gate, public, set_cookie
from server.web.deps import Deps, Given
from server.web.routes.sign_in import Entering

from .i18n import LANGUAGES
from .render import Page
from .routing import Shown, explain, go, own_address, page_router

YEAR_SECONDS = 365 * 86_400
router = page_router()


@router.get("/sign-in", **public())
async def sign_in_page(request: Request, next: str = "/") -> Response:  # noqa: A002 -- the query's own name
    """Ask for name and password; who is signed in already goes on."""
    if find_current(request):
        return go(own_address(next))
    return Page(request).render("signin.html", next=own_address(next), username="")


def sign_in_again(request: Request, back: str) -> Response:
    """Answer a form that was sent after the sign-in had ended: ask again, and lead back to the form's page."""
    page = Page(request)
    page.note("warn", page.text("Your sign-in had ended, so what you sent was not taken. Sign in and send it again."))
    return page.render("signin.html", 401, next=own_address(back), username="")


@router.post("/sign-in", **public())
async def do_sign_in(
    request: Request,
    deps: Given,
    door: Entering,
    username: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=256)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 -- the field's own name
) -> Response:
    """Sign in and go where one wanted to; a wrong password is said beside the form."""
    same_site(request)
    try:
        signed_in = await door.enter(username, password)
    except (WrongSignInError, TooManyTriesError) as error:
        page = Page(request)
        status = explain(page, error)
        return page.render("signin.html", status, next=own_address(next), username=username)
    answer = go(own_address(next))
    set_cookie(answer, signed_in, deps.settings.secure)
    return answer


@router.post("/sign-out", **gate(Act.OWN))
async def do_sign_out(deps: Given, mine: MySignIn) -> Response:
    """End this browser's sign-in."""
    await run_in_threadpool(_sign_out, deps, mine.token)
    answer = go("/sign-in")
    drop_cookie(answer)
    return answer


@router.post("/language", **public())
async def choose_language(
    request: Request, deps: Given, language: Annotated[str, Form()] = "", back: Annotated[str, Form()] = "/"
) -> Response:
    """Keep the reader's language in this browser and go back to the page."""
    same_site(request)
    answer = go(own_address(back))
    if language in LANGUAGES:
        answer.set_cookie(
            languages.COOKIE, language, max_age=YEAR_SECONDS, samesite="lax", httponly=True, secure=deps.settings.secure
        )
    return answer


@router.get("/more", **gate(Act.OWN))
async def more(page: Shown) -> Response:
    """Show the sections that do not fit on a phone's bar, the language and the way out."""
    return page.render("more.html")


def same_site(request: Request) -> None:
    """Refuse a form sent from another site, for the forms that come before there is a sign-in with a token."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForbiddenError("wrong_csrf_token", "this form was sent from another site")


def _sign_out(deps: Deps, token: str) -> None:
    with deps.database.begin() as uow:
        sign_out(uow, token)
