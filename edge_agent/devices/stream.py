"""A Source over a serial port: framing by pauses, half-duplex turns, absence; once for all families.

1. What was queued when the port is lost is dropped: a lock must not fire late.
2. After a FrameError of a family that asks for it the port is closed and opened again, which drops late bytes.
"""

from __future__ import annotations

import os
import select
import time

from edge_agent.devices.base import Dialect, FrameError, Heard, Listener, SourceState
from edge_agent.devices.cards import Held
from edge_agent.devices.keeper import CHUNK, Commanded
from edge_agent.devices.ports import Port, open_port

IDLE = 30.0
"""Longest sleep when nothing is due; bytes and commands wake it at once."""


class StreamSource(Commanded[Port]):
    """Read one device on a serial port and write to it until closed."""

    def __init__(
        self, name: str, dialect: Dialect, url: str, listener: Listener, *, baudrate: int | None = None
    ) -> None:
        super().__init__(name, url)
        self.dialect = dialect
        self.url = url
        self.baudrate = baudrate or dialect.baudrate
        self._listener = listener
        self._last_byte = self._last_act = self._free_at = 0.0
        self._held = Held(dialect.absence)

    # -- on the source's thread -----------------------------------------------------------------------------------

    def _open(self) -> Port:
        port: Port = open_port(self.url, self.baudrate)
        return port

    def _tell(self, state: SourceState) -> None:
        self._listener(self.name, state)

    def _lost(self) -> None:
        self._outgoing.clear()

    def _ended(self) -> None:
        self._report(self.dialect.silence())

    def _serve(self, port: Port) -> None:
        """Read and write until closing, or until the family wants its port opened anew."""
        self._last_byte = self._last_act = self._free_at = time.monotonic()
        self._outgoing.extendleft(reversed(self.dialect.greeting()))
        while not self._closing.is_set():
            self._send(port)
            ready, _, _ = select.select([port.fileno(), self._wake_read], [], [], self._sleep())
            if self._wake_read in ready:
                os.read(self._wake_read, CHUNK)
            now = time.monotonic()
            heard: list[Heard] = []
            if port.fileno() in ready:
                self._last_byte = self._last_act = now
                heard = self.dialect.feed(port.read(CHUNK))
            elif self.dialect.unparsed and now - self._last_byte >= self.dialect.pause:
                heard = self.dialect.silence()
            if heard:
                self._free_at = now
                self._report(heard)
                if self.dialect.reopen_after_error and any(isinstance(event, FrameError) for event in heard):
                    return

    def _send(self, port: Port) -> None:
        """Write what is due: a queued command first, else the prompt after its silence; one per turn."""
        now = time.monotonic()
        while now >= self._free_at:
            if self._outgoing:
                command = self._outgoing.popleft()
            elif self.dialect.prompt_after is not None and now - self._last_act >= self.dialect.prompt_after:
                command = self.dialect.prompt()
            else:
                return
            port.write(command)
            self._last_act = now
            self._free_at = now + (self.dialect.turn or 0)

    def _sleep(self) -> float:
        """Seconds until something is due by itself."""
        now = time.monotonic()
        due = [now + IDLE]
        if self.dialect.unparsed:
            due.append(self._last_byte + self.dialect.pause)
        if self._outgoing:
            due.append(self._free_at)
        if self.dialect.prompt_after is not None:
            due.append(max(self._free_at, self._last_act + self.dialect.prompt_after))
        return max(0.0, min(due) - now)

    def _report(self, heard: list[Heard]) -> None:
        for event in heard:
            if not self._held.still(event, time.monotonic()):
                self._listener(self.name, event)
