"""Signing in and out, and who one is."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from server.service.cabinet import alarms
from server.service.people import sign_in
from server.service.people.people import person_view
from server.service.people.rights import Act
from server.service.shapes import Done, PersonView, SignInView
from server.web.auth import MySignIn, drop_cookie, gate, public, set_cookie
from server.web.deps import Deps, Given

router = APIRouter(prefix="/api/v1", tags=["sign-in"])


class Credentials(BaseModel):
    """A name and a password."""

    model_config = ConfigDict(extra="forbid")
    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256, repr=False)


class Door:
    """The way in: checks the password, counts failures, and alarms when there are too many."""

    def __init__(self, request: Request, deps: Given) -> None:
        self._deps: Deps = deps
        self._tries: sign_in.Tries = request.app.state.tries

    async def enter(self, username: str, password: str) -> sign_in.SignedIn:
        """Sign somebody in; raises WrongSignInError or TooManyTriesError."""
        now = self._deps.clock.real_mono()
        keys = (f"name:{username}",)
        self._tries.check(keys, now)
        last = self._tries.failed(keys, now)  # counted before it is looked at: so are tries made at the same time
        return await run_in_threadpool(self._enter, username, password, keys, last)

    def _enter(self, username: str, password: str, keys: tuple[str, ...], last: bool) -> sign_in.SignedIn:
        deps = self._deps
        try:
            with deps.database.read() as session:
                viewer = sign_in.check_password(session, username, password)
        except sign_in.WrongSignInError:
            if last:
                with deps.database.begin() as uow:
                    alarms.failed_sign_ins(uow, username, deps.clock.wall_us())
            raise
        self._tries.succeeded(keys[0])
        with deps.database.begin() as uow:
            return sign_in.sign_in(uow, viewer, deps.clock.wall_us(), deps.clock.real_wall_us())


Entering = Annotated[Door, Depends()]


@router.post("/sign-in", **public())
async def enter(body: Credentials, door: Entering, deps: Given, response: Response) -> SignInView:
    """Sign in: the token goes into a cookie for browsers, and into the answer for programs."""
    signed_in = await door.enter(body.username, body.password)
    set_cookie(response, signed_in, deps.settings.secure)
    return SignInView(token=signed_in.token, csrf=signed_in.csrf, person=person_view(signed_in.viewer))


@router.post("/sign-out", **gate(Act.OWN))
async def leave(mine: MySignIn, deps: Given, response: Response) -> Done:
    """Sign out; the token is worth nothing from now on."""

    def forget() -> None:
        with deps.database.begin() as uow:
            sign_in.sign_out(uow, mine.token)

    await asyncio.to_thread(forget)
    drop_cookie(response)
    return Done()


@router.get("/me", **gate(Act.OWN))
async def me(mine: MySignIn) -> PersonView:
    """Say who is signed in."""
    return person_view(mine.viewer)
