"""Who is asking: a session cookie with a CSRF token, or a bearer token; and the gate that every route has.

Law 1: every route declares its act by `**gate(Act.…)` or says that it is `public`; `check_gates` refuses an app with
       a route that does neither.
Law 2: what changes something and came with a cookie carries the sign-in's own csrf token.
"""

import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from server.domain.people import role_reasons
from server.domain.scopes import entry_reasons
from server.service.errors import ForbiddenError
from server.service.people.information import What
from server.service.people.rights import AUDITORS, RULES, Act, Viewer, whose
from server.service.people.sign_in import SignedIn, find_sign_in
from server.web.deps import deps_of
from server.web.live import Change
from server.web.problems import NotSignedInError, WrongTokenError, locale_of
from server.web.watch import Watch

COOKIE: Final = "guiwei_session"
LOOK_SECONDS: Final = 15.0
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
PUBLIC: Final = "public"
DECLARED: Final = "x-act"
EXPORTS: Final = "x-export"


async def current_sign_in(request: Request) -> SignedIn:
    """Give the sign-in of this request; raises NotSignedInError, or WrongTokenError for a forged form."""
    found = find_current(request)
    if found is None:
        raise NotSignedInError
    signed_in, by_cookie = found
    if by_cookie and request.method not in SAFE:
        await _check_token(request, signed_in.csrf)
    request.state.locale = signed_in.viewer.locale
    return signed_in


def find_current(request: Request) -> tuple[SignedIn, bool] | None:
    """Give the sign-in this request belongs to and whether a cookie said so, or None."""
    deps = deps_of(request)
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
    if not token:
        return None
    with deps.database.read() as session:
        found = find_sign_in(session, token, deps.clock.real_wall_us())
    return (found, scheme.lower() != "bearer") if found else None


async def while_signed_in(request: Request, changes: AsyncIterator[Change | None]) -> AsyncIterator[Change | None]:
    """Tell somebody of changes until their sign-in is over, looked at every LOOK_SECONDS."""
    looked = time.monotonic()
    async for change in changes:
        if time.monotonic() - looked >= LOOK_SECONDS:
            if await run_in_threadpool(find_current, request) is None:
                return
            looked = time.monotonic()
        yield change


async def current_person(request: Request, signed_in: Annotated[SignedIn, Depends(current_sign_in)]) -> Viewer:
    """Give the person who asks, as a reader of the language they asked in."""
    return replace(signed_in.viewer, locale=locale_of(request))


Me = Annotated[Viewer, Depends(current_person)]
MySignIn = Annotated[SignedIn, Depends(current_sign_in)]


class Gate:
    """Lets through whose role includes the act, whose access stands, and whose rights reach what is named."""

    def __init__(self, act: Act) -> None:
        self.act = act

    async def __call__(self, request: Request, viewer: Me) -> None:
        """Raise ForbiddenError naming the roles that may, RefusedError, or NotFoundError for what is out of reach."""
        watch = Watch(request, deps_of(request), viewer)
        if not viewer.may(self.act):
            await watch.note(What.REFUSED)
            may = whose(self.act, deps_of(request).policy)
            detail = f"{viewer.role} may not {self.act}; those who may: {', '.join(sorted(may))} (R40)"
            reasons = role_reasons(viewer.role, may, RULES.get(self.act, ()))
            changes = viewer.role in AUDITORS and request.method not in SAFE
            more = entry_reasons(viewer.role, viewer.scope, 0, changes=True) if changes else ()
            raise ForbiddenError("not_your_role", detail, (*reasons, *more))
        if self.act != Act.OWN:
            await watch.admit(self.act)


def gate(act: Act, export: bool = False) -> dict[str, Any]:
    """Declare what a route's caller must be entitled to: `@router.get("/x", **gate(Act.X))`; `export` says that it
    gives records out in bulk, which it then keeps by `information.taken_out` (R22).
    """
    declared: dict[str, Any] = {DECLARED: act.value} | ({EXPORTS: True} if export else {})
    return {"dependencies": [Depends(Gate(act))], "openapi_extra": declared}


def public() -> dict[str, Any]:
    """Declare that a route is for anybody, signed in or not."""
    return {"openapi_extra": {DECLARED: PUBLIC}}


def check_gates(routers: Iterable[APIRouter]) -> None:
    """Raise RuntimeError naming the routes that declare nothing."""
    bare = [
        f"{sorted(route.methods or ())} {route.path}"
        for route in routes_of(routers)
        if DECLARED not in (route.openapi_extra or {})
    ]
    if bare:
        raise RuntimeError(f"routes without gate() or public(): {', '.join(bare)}")


def routes_of(routers: Iterable[APIRouter]) -> Iterator[APIRoute]:
    """Give every route of the routers and of those included in them."""
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield route
            elif isinstance(inner := getattr(route, "original_router", None), APIRouter):
                yield from routes_of([inner])


def set_cookie(response: Response, signed_in: SignedIn, secure: bool) -> None:
    """Give the browser its sign-in."""
    response.set_cookie(COOKIE, signed_in.token, httponly=True, samesite="lax", secure=secure, path="/")


def drop_cookie(response: Response) -> None:
    """Take the browser's sign-in away."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


async def _check_token(request: Request, csrf: str) -> None:
    given: object = request.headers.get("x-csrf-token")
    if given is None and request.headers.get("content-type", "").startswith(FORMS):
        given = (await request.form()).get("csrf")
    if given != csrf:
        raise WrongTokenError
