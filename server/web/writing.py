"""How a route reads and how it writes: one unit of work per request, and an answer kept under its Idempotency-Key.

A POST that carries an Idempotency-Key is carried out once: its answer is kept in the same transaction, and the same
key with the same body gets it again; with another body it is refused.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from server.service.answers import find_answer, keep_answer
from server.service.context import Reading, Writing
from server.service.errors import RefusedError
from server.store.unit_of_work import UnitOfWork
from server.web.auth import FORMS, Me
from server.web.deps import Given

V = TypeVar("V", bound=BaseModel)


async def _reading(deps: Given, viewer: Me) -> AsyncIterator[Reading]:
    with deps.database.read() as session:
        yield Reading(session, deps.clock.wall_us(), deps.policy, viewer, deps.settings.zone)


Look = Annotated[Reading, Depends(_reading)]
"""A read-only look at the database, run inline: the queries are quick, a thread would cost more than they do."""


class Acting:
    """Carries out one writing use case in a unit of work, off the event loop."""

    def __init__(self, request: Request, deps: Given, viewer: Me) -> None:
        self._request = request
        self._deps = deps
        self._viewer = viewer

    async def __call__(self, model: type[V], work: Callable[[Writing], V], keyed: bool = True) -> V:
        """Do `work` and give what it says, or what it said when the same Idempotency-Key came before.

        `keyed` is False for a body that is read as it comes, and can be read only once.
        """
        form = self._request.headers.get("content-type", "").startswith(FORMS)  # its body has been read, and is gone
        key = "" if form or not keyed else self._request.headers.get("idempotency-key", "")[:200]
        body = await self._request.body() if key else b""
        asked = hashlib.sha256(f"{self._request.method} {self._request.url.path}\n".encode() + body).hexdigest()
        return await run_in_threadpool(self._carry_out, model, work, key, asked)

    def _carry_out(self, model: type[V], work: Callable[[Writing], V], key: str, asked: str) -> V:
        try:
            with self._deps.database.begin() as uow:
                writing = self._writing(uow)
                if key and (kept := find_answer(writing, key, asked)) is not None:
                    return model.model_validate_json(kept)
                said = work(writing)
                if key:
                    keep_answer(writing, key, asked, said.model_dump_json())
                return said
        except RefusedError as refused:
            if refused.then is not None:
                with self._deps.database.begin() as uow:
                    refused.then(self._writing(uow))
            raise

    def _writing(self, uow: UnitOfWork) -> Writing:
        deps = self._deps
        return Writing(uow.session, deps.clock.wall_us(), deps.policy, self._viewer, deps.settings.zone, uow)


Do = Annotated[Acting, Depends()]
