"""The pages people look at: server-rendered, usable without scripts, kept live by one event that says "look again"."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from server.web.auth import SAFE, routes_of
from server.web.problems import NotSignedInError

from . import (
    alarms,
    backups,
    care,
    cases,
    customers,
    delegations,
    disposal,
    duties,
    emergencies,
    home,
    imports,
    items,
    lending,
    live,
    loans,
    people,
    records,
    reports,
    requests,
    rights,
    rules,
    scan,
    seals,
    signin,
    stations,
    stocktake_signing,
    stocktakes,
    trail,
)
from .render import STATIC
from .routing import error_page

TOPICS = (
    home,
    scan,
    items,
    records,
    customers,
    requests,
    delegations,
    emergencies,
    loans,
    lending,
    seals,
    alarms,
    cases,
    stocktakes,
    stocktake_signing,
    disposal,
    backups,
    imports,
    stations,
    people,
    rights,
    duties,
    care,
    reports,
    trail,
    rules,
    signin,
    live,
)
FOREVER = "public, max-age=31536000, immutable"


def _all() -> APIRouter:
    every = APIRouter()
    for topic in TOPICS:
        every.include_router(topic.router)
    return every


router = _all()


class KeptFiles(StaticFiles):
    """Static files; one asked for with its hash never changes and may be kept."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve a file."""
        answer = await super().get_response(path, scope)
        if scope["query_string"].startswith(b"v=") and answer.status_code == 200:
            answer.headers["Cache-Control"] = FOREVER
        return answer


def add_pages(app: FastAPI) -> None:
    """Give an app its pages and their files, and have a browser's errors be pages too; the API's stay as they are."""
    app.include_router(router, include_in_schema=False)
    app.mount("/static", KeptFiles(directory=STATIC), name="static")
    app.add_exception_handler(NotSignedInError, _sign_in_again(app.exception_handlers[NotSignedInError]))
    for kind in (HTTPException, DataError, OverflowError, Exception):
        app.add_exception_handler(kind, _as_page(app.exception_handlers[kind]))


def _as_page(answer: Any) -> Callable[[Request, Exception], Response]:
    def shown(request: Request, error: Exception) -> Response:
        plain: Response = answer(request, error)
        known = plain.status_code < 500
        return error_page(request, plain.status_code, None, known=known) if _wants_page(request) else plain

    return shown


def _sign_in_again(answer: Any) -> Callable[[Request, Exception], Response]:
    def shown(request: Request, error: Exception) -> Response:
        if request.method in SAFE or "HX-Request" in request.headers or not _wants_page(request):
            plain: Response = answer(request, error)
            return plain
        return signin.sign_in_again(request, _form_page(request))

    return shown


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def _form_page(request: Request) -> str:
    """Give the page that a form was on; when that was a form's answer, the nearest page above its address."""
    came = urlsplit(request.headers.get("referer", ""))
    pages = [route.path_regex for route in routes_of([router]) if "GET" in (route.methods or ())]
    path, query = (came.path, came.query) if came.netloc == request.url.netloc else (request.url.path, "")
    while path and not any(page.match(path) for page in pages):
        path, query = path.rpartition("/")[0], ""
    return (path or "/") + (f"?{query}" if query else "")
