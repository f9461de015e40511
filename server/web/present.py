"""A second person who is there beside who is signed in: shows it with their own password, wrong ones are counted."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from server.service.cabinet import alarms
from server.service.people import sign_in
from server.web.deps import Given


class Witnessing:
    """Checks the password of somebody who is not the one signed in; opens no sign-in."""

    def __init__(self, request: Request, deps: Given) -> None:
        self._deps = deps
        self._tries: sign_in.Tries = request.app.state.tries

    async def __call__(self, username: str, password: str) -> bool:
        """Say whether it is their password; raises TooManyTriesError. Checked before any transaction begins."""
        if not password:
            return False
        keys, now = (f"name:{username}",), self._deps.clock.real_mono()
        self._tries.check(keys, now)
        last = self._tries.failed(keys, now)  # counted before it is looked at: so are tries made at the same time
        return await run_in_threadpool(self._right, username, password, keys, last)

    def _right(self, username: str, password: str, keys: tuple[str, ...], last: bool) -> bool:
        deps = self._deps
        try:
            with deps.database.read() as session:
                sign_in.check_password(session, username, password)
        except sign_in.WrongSignInError:
            if last:
                with deps.database.begin() as uow:
                    alarms.failed_sign_ins(uow, username, deps.clock.wall_us())
            return False
        self._tries.succeeded(keys[0])
        return True


Present = Annotated[Witnessing, Depends()]
