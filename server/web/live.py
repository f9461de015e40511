"""Tells every open page what has changed, at once: one `change` event per commit that touched something shown.

The ledger is the one thing that grows with every act, so its highest number is the cursor. A commit in this process
wakes the watcher (`poke`); commits of other processes are found by a poll ten times a second.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from server.service.changes import Seen, look
from server.store.unit_of_work import Database

POLL_SECONDS = 0.1
BACKLOG = 100  # changes a slow reader may be behind before it is told to look at everything again

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed: which topics, and how far the ledger goes now."""

    topics: tuple[str, ...]
    cursor: int


EVERYTHING = ("all",)


class Live:
    """Fans changes out to the open streams of one process."""

    def __init__(self, database: Database, poll_seconds: float = POLL_SECONDS) -> None:
        self._database = database
        self._poll = poll_seconds
        self._queues: set[asyncio.Queue[Change | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.closed = False
        self.seen: Seen | None = None
        """How far the watcher has looked; None before its first look."""

    def poke(self) -> None:
        """Have the watcher look now; may be called from any thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just ended: nobody is watching any more
                loop.call_soon_threadsafe(self._woken.set)

    async def start(self) -> None:
        """Begin to watch; belongs to the app's lifespan."""
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self.closed, self.seen = False, None
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """End every stream and stop watching."""
        self.close()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._loop = None

    def close(self) -> None:
        """End every open stream, so that the server can stop; to be called on the loop's own thread."""
        self.closed = True
        for queue in tuple(self._queues):
            _offer(queue, None)

    def tell(self, change: Change) -> None:
        """Hand a change to every open stream."""
        for queue in self._queues:
            _offer(queue, change)

    async def changes(self, heartbeat: float) -> AsyncIterator[Change | None]:
        """Give changes as they come, and None when `heartbeat` seconds passed without one."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue(BACKLOG)
        self._queues.add(queue)
        try:
            while not self.closed:
                try:
                    async with asyncio.timeout(heartbeat):
                        change = await queue.get()
                except TimeoutError:
                    yield None
                    continue
                if change is None:
                    return
                yield change
        finally:
            self._queues.discard(queue)

    async def _watch(self) -> None:
        """Look again and again until closed.

        `asyncio.timeout` and not `wait_for`: before Python 3.12 that one may swallow the cancellation that stops us.
        """
        while not self.closed:
            self._woken.clear()
            try:
                topics, now = await asyncio.to_thread(self._look, self.seen)
            except SQLAlchemyError as error:
                log.warning("live_look_failed", error=type(error).__name__)
            else:
                if topics:
                    self.tell(Change(topics, now.entry))
                if self.seen is not None and now.entry != self.seen.entry:
                    self._woken.set()  # there may be more than one look gives
                self.seen = now
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll):
                    await self._woken.wait()

    def _look(self, seen: Seen | None) -> tuple[tuple[str, ...], Seen]:
        with self._database.read() as session:
            return look(session, seen)


def _offer(queue: asyncio.Queue[Change | None], change: Change | None) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        if change is not None:
            change = Change(EVERYTHING, change.cursor)
    queue.put_nowait(change)
