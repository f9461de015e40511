"""Watch one PC/SC reader on a thread of its own and read the UID of each card that comes."""

from __future__ import annotations

import threading
import time
from typing import Any

from edge_agent.devices.base import (
    DeviceFault,
    Listener,
    ProtocolError,
    SettingsError,
    SourceState,
    UnreachableError,
)
from edge_agent.devices.cards import Held
from edge_agent.devices.pcsc import GET_UID, Pcsc

LOOK_MS = 200
"""Longest wait for a change; also how long closing may take."""
RETRY = 1.0
NO_CARD = 0
"""Code of the fault that a card could not be read."""


class PcscSource:
    """Read badges at one reader; `target` is its name or a part of it, `any` for the only one."""

    def __init__(self, name: str, dialect: Pcsc, target: str, listener: Listener) -> None:
        self.name, self.target = name, target
        self.state = SourceState("offline", "not started")
        self._dialect = dialect
        self._held = Held(dialect.absence)
        self._listener = listener
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"device-{name}", daemon=True)

    def start(self) -> None:
        """Begin; events go to the listener from now on."""
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Refuse: cards are asked when they come (UnreachableError: the reader is not even there)."""
        if self.state.state != "online":
            raise UnreachableError(f"{self.name}: {self.state.state}: {self.state.why}")
        raise ProtocolError(f"{self.name}: PC/SC readers take no bytes from outside ({len(data)} bytes)")

    def close(self) -> None:
        """Stop, and return when nothing will be reported any more."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    # -- on the source's thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._watch(_library())
            except SettingsError as error:
                self._change(SourceState("fault", str(error)))
                return
            except UnreachableError as error:
                self._change(SourceState("offline", str(error)))
                self._closing.wait(RETRY)

    def _watch(self, card: Any) -> None:
        """Follow one reader until closing (UnreachableError: no service, no such reader, or it went away)."""
        result, context = card.SCardEstablishContext(card.SCARD_SCOPE_USER)
        _need(card, result, "the service pcscd does not answer; is it installed and running?")
        try:
            reader = self._find(card, context)
            self._change(SourceState("online", reader))
            known, told = card.SCARD_STATE_UNAWARE, -1
            while not self._closing.is_set():
                result, states = card.SCardGetStatusChange(context, LOOK_MS, [(reader, known)])
                if result == card.SCARD_E_TIMEOUT:
                    continue
                _need(card, result, f"{reader}: gone")
                known = states[0][1]
                if known & (card.SCARD_STATE_UNKNOWN | card.SCARD_STATE_UNAVAILABLE | card.SCARD_STATE_IGNORE):
                    raise UnreachableError(f"{reader}: gone; is it plugged in?")
                turn = known >> 16  # counts how often a card came or went
                if known & card.SCARD_STATE_PRESENT and turn != told:
                    told = turn
                    self._read(card, context, reader)
        finally:
            card.SCardReleaseContext(context)

    def _find(self, card: Any, context: Any) -> str:
        result, readers = card.SCardListReaders(context, [])
        found = readers if result == card.SCARD_S_SUCCESS else []
        for reader in found:
            if self.target in ("", "any") or self.target in reader:
                return str(reader)
        known = f"there are: {', '.join(found)}" if found else "there is none"
        raise UnreachableError(f"no PC/SC reader named '{self.target}'; {known}")

    def _read(self, card: Any, context: Any, reader: str) -> None:
        """Ask the card that came for its UID; one taken away too early is a fault of the moment."""
        either = card.SCARD_PROTOCOL_T0 | card.SCARD_PROTOCOL_T1
        result, handle, protocol = card.SCardConnect(context, reader, card.SCARD_SHARE_SHARED, either)
        if result != card.SCARD_S_SUCCESS:
            self._report_unread(card, result)
            return
        try:
            result, reply = card.SCardTransmit(handle, protocol, list(GET_UID))
        finally:
            card.SCardDisconnect(handle, card.SCARD_LEAVE_CARD)
        if result != card.SCARD_S_SUCCESS:
            self._report_unread(card, result)
            return
        self._dialect.feed(GET_UID)
        for heard in self._dialect.feed(bytes(reply)):
            if not self._held.still(heard, time.monotonic()):
                self._listener(self.name, heard)

    def _report_unread(self, card: Any, result: int) -> None:
        why = str(card.SCardGetErrorMessage(result)).rstrip(". ")
        self._listener(self.name, DeviceFault(NO_CARD, f"the card could not be read ({why}); hold it there longer"))

    def _change(self, state: SourceState) -> None:
        if state.state != self.state.state or self.state.why == "not started":
            self.state = state
            self._listener(self.name, state)


def _library() -> Any:
    """Import pyscard's plain functions (SettingsError: not installed)."""
    try:
        from smartcard import scard
    except ImportError:
        raise SettingsError("PC/SC readers need the extra pcsc: uv sync --locked --extra pcsc") from None
    return scard


def _need(card: Any, result: int, otherwise: str) -> None:
    if result != card.SCARD_S_SUCCESS:
        raise UnreachableError(f"{otherwise} ({str(card.SCardGetErrorMessage(result)).rstrip('. ')})")
