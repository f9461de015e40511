"""What surrounds a look at records: whose access stands, what their rights reach, and what is kept of it (R22 R61)."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from server.domain.scopes import entry_reasons
from server.domain.words import Role
from server.service.errors import NotFoundError, RefusedError
from server.service.people import information, reach
from server.service.people.information import What
from server.service.people.rights import ASKED_OF_AUDITORS, WHOLE, Act, Viewer
from server.store.narrowing import narrow
from server.web.deps import Deps


@dataclass(frozen=True, slots=True)
class Watch:
    """One request by one person."""

    request: Request
    deps: Deps
    viewer: Viewer

    async def admit(self, act: Act) -> None:
        """Raise RefusedError or NotFoundError for what this person's rights do not reach; keep what is to be kept."""
        viewer, reads = self.viewer, self.request.method in ("GET", "HEAD")
        changes = not reads and act not in ASKED_OF_AUDITORS
        now_us = self.deps.clock.wall_us()
        whole = act in WHOLE or reach.KINDS.get(reach.noun_of(self._path), reach.NOTHING).whole
        if against := entry_reasons(viewer.role, viewer.scope, now_us, whole, changes):
            await self.note(What.REFUSED)
            raise RefusedError(against)
        for what in await self._found(reads):
            await self.note(what)
            if what == What.REFUSED:
                raise NotFoundError(*(self._named or ("thing", "")))

    async def note(self, what: What) -> None:
        """Keep what this person did, named by the address they asked for."""
        await run_in_threadpool(self._note, what)

    async def _found(self, reads: bool) -> list[What]:
        """Say what is to be kept of this request: nothing, for most of them."""
        viewer, named = self.viewer, self._named
        found = [What.LOOKED] if reads and viewer.role == Role.GUEST_AUDITOR else []
        if named is not None and (viewer.scope.limits or (reads and named[0] == "items")):
            with self.deps.database.read() as session:
                found = [*found, *self._about(session, *named, reads)]
        return found

    def _about(self, session: Session, noun: str, key: str, reads: bool) -> list[What]:
        deps, viewer = self.deps, self.viewer
        narrow(session, viewer.scope, viewer.id)
        if reach.beyond_reach(session, viewer, noun, key):
            return [What.REFUSED]
        opened = reads and noun == "items"
        outside = opened and information.outside_duty(session, deps.policy, viewer, key, deps.clock.wall_us())
        return [What.OUTSIDE_DUTY] if outside else []

    @property
    def _named(self) -> tuple[str, str] | None:
        return reach.named_in(self._path, self.request.path_params)

    @property
    def _path(self) -> str:
        return str(self.request.scope["route"].path)

    def _note(self, what: What) -> None:
        deps, about = self.deps, f"{self.request.method} {self.request.url.path}"[:300]
        now_us = deps.clock.wall_us()
        with deps.database.read() as session:
            if what in _ONCE and information.just_noted(session, self.viewer, what, about, now_us):
                return
        with deps.database.begin() as uow:
            information.note(uow, deps.policy, self.viewer, what, about, now_us)


_ONCE = frozenset({What.LOOKED, What.OUTSIDE_DUTY})
