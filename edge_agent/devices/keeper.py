"""Keep a port open on a thread of its own: open, serve, and open again when it is lost; once for all sources.

1. One thread per port owns the port and the dialects on it; listeners are called on it.
2. Wrong settings end the thread in state `fault`; what cannot be reached now is tried again, at longer intervals.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import Generic, Protocol, TypeVar

import serial

from edge_agent.devices.base import SettingsError, SourceState, UnreachableError

RETRY_FIRST, RETRY_LAST = 0.1, 5.0
CHUNK = 4096
MOST_WAITING = 64
"""Commands that may wait for a device which does not keep up."""


class Closable(Protocol):
    """What is opened can be closed."""

    def close(self) -> None:
        """Let go."""


P = TypeVar("P", bound=Closable)


class Keeper(Generic[P]):
    """Keep one port open until closed."""

    def __init__(self, name: str, target: str) -> None:
        self.name, self.target = name, target
        self.state = SourceState("offline", "not started")
        self._closing = threading.Event()
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name=f"device-{name}", daemon=True)

    def start(self) -> None:
        """Begin; events go to the listener from now on."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and return when nothing will be reported any more."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _wake(self) -> None:
        os.write(self._wake_write, b"\0")

    # -- what a source says ---------------------------------------------------------------------------------------

    def _open(self) -> P:
        """Open the port (SettingsError, UnreachableError)."""
        raise NotImplementedError

    def _serve(self, port: P) -> None:
        """Read and write until closing, or until the port is to be opened anew."""
        raise NotImplementedError

    def _tell(self, state: SourceState) -> None:
        """Report a change of state."""
        raise NotImplementedError

    def _opened(self) -> None:
        """Learn that the port is open; where the device must answer first, the source says itself when it is online."""
        self._change(SourceState("online", self.target))

    def _lost(self) -> None:
        """Learn that the port was lost."""

    def _ended(self) -> None:
        """Learn that the port was closed, for whatever reason."""

    # -- on the source's thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._keep()
            self.state = self.state if self.state.state == "fault" else SourceState("offline", "closed")
        except Exception as error:
            self.state = SourceState("fault", f"the program failed: {error!r}")  # a listener raised; never look alive
            raise

    def _keep(self) -> None:
        """Open, serve, and open again until closing."""
        wait = RETRY_FIRST
        while not self._closing.is_set():
            try:
                port = self._open()
            except SettingsError as error:
                self._change(SourceState("fault", str(error)))
                return
            except UnreachableError as error:
                self._change(SourceState("offline", str(error)))
                self._closing.wait(wait)
                wait = min(wait * 2, RETRY_LAST)
                continue
            wait = RETRY_FIRST
            try:
                self._opened()
                self._serve(port)
            except (serial.SerialException, OSError) as error:
                self._lost()
                self._change(SourceState("offline", f"{self.target}: {error}"))
                self._closing.wait(RETRY_FIRST)
            finally:
                port.close()
                self._ended()

    def _change(self, state: SourceState) -> None:
        if state.state != self.state.state or self.state.why == "not started":
            self.state = state
            self._tell(state)


class Commanded(Keeper[P]):
    """A keeper whose device takes commands, which its thread sends."""

    def __init__(self, name: str, target: str) -> None:
        super().__init__(name, target)
        self._outgoing: deque[bytes] = deque()

    def write(self, data: bytes) -> None:
        """Queue one command (UnreachableError: not online, or the device does not keep up)."""
        if self.state.state != "online" or self._closing.is_set():
            raise UnreachableError(f"{self.name}: {self.state.state}: {self.state.why}")
        if len(self._outgoing) >= MOST_WAITING:
            raise UnreachableError(f"{self.name}: {MOST_WAITING} commands are already waiting")
        self._outgoing.append(data)
        self._wake()
