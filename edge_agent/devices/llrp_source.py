"""The Source of an LLRP reader: connects, carries the conversation on, and begins it again after 1 to 60 seconds.

`llrp_session.py` says what is said; here are only the socket, the thread and the waiting. A reader that hangs up twice
in a row on the same question is not asked that one again, until a conversation with it fails in another way.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import ssl
import time

from edge_agent.devices.base import (
    FrameError,
    Heard,
    Listener,
    SettingsError,
    SourceState,
    UnreachableError,
)
from edge_agent.devices.keeper import Commanded
from edge_agent.devices.llrp import Llrp
from edge_agent.devices.llrp_link import connect
from edge_agent.devices.llrp_session import Session, SessionError

RETRY_FIRST, RETRY_LAST = 1.0, 60.0
CHUNK = 65536
SEND_S = 2.0
YOUNG_S = 10.0
"""A connection that ends later than so long after its beginning ended for another reason than a question."""
FAREWELL_S = 0.5


class LlrpSource(Commanded[socket.socket]):
    """Read one reader until closed."""

    def __init__(self, name: str, dialect: Llrp, url: str, listener: Listener) -> None:
        super().__init__(name, url)
        self.dialect = dialect
        self._listener = listener
        self._last_byte = 0.0
        self._spared: set[str] = set()
        self._hung_up_on = ""

    # -- on the source's thread -----------------------------------------------------------------------------------

    def _keep(self) -> None:
        """Connect, converse, and begin again until closing; a reader that hangs up at once is left alone for longer."""
        wait = RETRY_FIRST
        while not self._closing.is_set():
            try:
                link = connect(self.target, self.dialect.settings)
            except SettingsError as error:
                self._change(SourceState("fault", str(error)))
                return
            except UnreachableError as error:
                self._change(SourceState("offline", str(error)))
            else:
                spared = len(self._spared)
                wait = RETRY_FIRST if self._one_connection(link) or len(self._spared) > spared else wait
            if self._closing.wait(wait):
                return
            wait = min(wait * 2, RETRY_LAST)

    def _one_connection(self, link: socket.socket) -> bool:
        """Converse until the end; tell whether the reader was online."""
        began = time.monotonic()
        session = Session(self.dialect.settings, began, self._spared)
        with link:
            link.settimeout(SEND_S)
            try:
                self._converse(link, session)
                self._bid_farewell(link, session)
            except (SessionError, OSError) as error:
                young = time.monotonic() - began < YOUNG_S
                self._learn(session, hung_up=isinstance(error, OSError) and young)
                self._outgoing.clear()
                self._report(self.dialect.silence())
                self._change(SourceState("offline", f"{self.target}: {error}"))
        return session.online

    def _learn(self, session: Session, *, hung_up: bool) -> None:
        """Take the second hanging-up on one question for the reader's inability to bear it."""
        question = session.unanswered if hung_up else ""
        if question and question == self._hung_up_on:
            self._spared.add(question)
        elif not question and not session.online:
            self._spared.clear()
        self._hung_up_on = question

    def _change(self, state: SourceState) -> None:
        if state != self.state:
            self.state = state
            self._listener(self.name, state)

    def _converse(self, link: socket.socket, session: Session) -> None:
        """Read and write until closing (SessionError, OSError: the connection is over)."""
        self._last_byte = time.monotonic()
        while not self._closing.is_set():
            now = time.monotonic()
            self._say(link, session, now)
            watched: list[socket.socket | int] = [link, self._wake_read]
            ready, _, _ = select.select(watched, [], [], self._sleep(session, now))
            if self._wake_read in ready:
                os.read(self._wake_read, CHUNK)
            now = time.monotonic()
            if link in ready:
                self._last_byte = now
                self._hear(_received(link), session, now)
            elif self.dialect.begun and now - self._last_byte >= self.dialect.pause:
                raise SessionError("a message was begun and not continued")

    def _say(self, link: socket.socket, session: Session, now: float) -> None:
        """Send what is due (OSError: the reader takes nothing more; what it said before it hung up was heard)."""
        try:
            for message in session.tick(now):
                link.sendall(message)
            while self._outgoing:
                link.sendall(self._outgoing.popleft())
        except OSError:
            while data := _received(link):
                self._hear(data, session, now)
            raise

    def _sleep(self, session: Session, now: float) -> float:
        due = session.due()
        if self.dialect.begun:
            due = min(due, self._last_byte + self.dialect.pause)
        return max(0.0, due - now)

    def _hear(self, data: bytes, session: Session, now: float) -> None:
        for cut in self.dialect.messages(data):
            if isinstance(cut, FrameError):
                self._report([cut])
                raise SessionError(cut.what)
            heard = session.hear(cut, now)
            if session.online:
                self._change(SourceState("online", self.target))
            self._report(heard)

    def _report(self, heard: list[Heard]) -> None:
        for event in heard:
            self._listener(self.name, event)

    def _bid_farewell(self, link: socket.socket, session: Session) -> None:
        """Let the reader go in good order, so that it is free for the next client at once."""
        link.settimeout(FAREWELL_S)
        until = time.monotonic() + FAREWELL_S
        with contextlib.suppress(OSError):
            for message in session.farewell():
                link.sendall(message)
            while link.recv(CHUNK) and time.monotonic() < until:
                pass


def _received(link: socket.socket) -> bytes:
    """Take what has come (OSError: the connection ended)."""
    try:
        data = link.recv(CHUNK)
    except ssl.SSLWantReadError:
        return b""
    except TimeoutError:  # TLS: a record whose rest has not come yet
        return b""
    while data and isinstance(link, ssl.SSLSocket) and link.pending():
        data += link.recv(CHUNK)
    if not data:
        raise ConnectionResetError("the reader closed the connection")
    return data
