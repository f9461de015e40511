"""Speak OSDP to the readers of one RS-485 line through libosdp, on a thread of its own.

1. With a key only the secure channel is believed: a reader that answers without it is a fault, never a downgrade.
2. The source is online when every reader of the line is; a reader that is missing does not silence the others.
3. libosdp leaves a reader alone for five minutes after an error, also after a status question it refuses; here it is
   asked back after two seconds, and a reader that went away over a status question is not asked it again.
4. Keys typed make a PIN when `#` ends them; `*` or ten seconds without a key begin anew. No PIN, no key is logged.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import serial

from edge_agent.devices.base import (
    CodeRead,
    FrameError,
    Heard,
    Listener,
    ProtocolError,
    Reading,
    SettingsError,
    SourceState,
    UnreachableError,
)
from edge_agent.devices.cards import Held
from edge_agent.devices.keeper import CHUNK, Keeper
from edge_agent.devices.osdp import Osdp, OsdpSettings, card, card_text, inputs, keys, local_status
from edge_agent.devices.ports import Port, open_port

BEAT = 0.01
"""Seconds between two turns of the state machine; the standard allows 50 ms."""
PATIENCE = 3.0
"""Seconds without a word from a reader, or without its secure channel, after which this is reported."""
RETRY = 2.0
"""Seconds after which a reader that is not there is asked back."""
BETWEEN_KEYS = 10.0
KEY_BYTES = 16


class OsdpSource(Keeper[serial.SerialBase]):
    """Read the readers of one line until closed."""

    def __init__(self, name: str, dialect: Osdp, target: str, listener: Listener) -> None:
        super().__init__(name, target)
        self.settings = dialect.settings
        self._ear = dialect
        self._listener = listener
        self._held = Held(dialect.absence)
        self._typed: dict[int, tuple[str, float]] = {}
        self._spoke: dict[int, float] = {}
        self._heard_at = 0.0
        self._asked: set[int] = set()
        self._answered: set[int] = set()

    def write(self, data: bytes) -> None:
        """Refuse: what is said to a reader is libosdp's business (UnreachableError: not even there)."""
        if self.state.state != "online":
            raise UnreachableError(f"{self.name}: {self.state.state}: {self.state.why}")
        raise ProtocolError(f"{self.name}: OSDP readers take no bytes from outside ({len(data)} bytes)")

    # -- on the source's thread -----------------------------------------------------------------------------------

    def _open(self) -> serial.SerialBase:
        self._osdp = _library()
        self._keys = read_keys(self.settings)
        return open_port(self.target, self.settings.baud)

    def _opened(self) -> None:
        """Say nothing yet: the readers must answer first."""

    def _tell(self, state: SourceState) -> None:
        self._listener(self.name, state)

    def _ended(self) -> None:
        self._ear.silence()
        self._typed.clear()

    def _serve(self, port: Port) -> None:
        line = _line(self._osdp, port, self._hear)
        panel = self._panel(line)
        missing_since = retry_at = time.monotonic()
        self._asked, self._answered = set(), set()
        self._spoke = dict.fromkeys(self.settings.addresses, missing_since)
        while not self._closing.wait(BEAT):
            panel.ctx.refresh()
            if line.broken is not None:
                raise line.broken
            now = time.monotonic()
            self._spoke |= dict.fromkeys(self._ear.spoke, now)
            self._ear.spoke.clear()
            missing = self._missing(panel, now)
            self._events(panel, missing, now)
            self._ask(panel, missing)
            if not missing:
                missing_since = retry_at = now
                self._change(SourceState("online", self.target))
                continue
            if now - missing_since >= PATIENCE:
                self._change(self._why(missing, now))
            if now - retry_at >= RETRY:
                retry_at = now
                self._call_back(panel, missing)

    def _panel(self, line: Any) -> Any:
        osdp = self._osdp
        readers = [
            osdp.PDInfo(
                address,
                line,
                scbk=self._keys.get(address),
                flags=[osdp.LibFlag.EnforceSecure] if self._keys else [],
                name=f"reader-{address}",
            )
            for address in self.settings.addresses
        ]
        return osdp.ControlPanel(readers, log_level=osdp.LogLevel.Emergency)

    def _missing(self, panel: Any, now: float) -> list[int]:
        """Name the readers that are silent, or not through the secure channel although there is a key."""
        there = panel.ctx.status() & (panel.ctx.sc_status() if self._keys else -1)
        return [
            address
            for n, address in enumerate(self.settings.addresses)
            if not there >> n & 1 or now - self._spoke[address] >= PATIENCE
        ]

    def _why(self, missing: list[int], now: float) -> SourceState:
        speaking = [address for address in missing if now - self._spoke[address] < PATIENCE]
        if self._keys and speaking:
            why = f"reader {speaking[0]} answers, but not through the secure channel; is its key the one in key_file?"
            return SourceState("fault", f"{self.target}: {why}")
        return SourceState("offline", f"{self.target}: no answer from reader {missing[0]}")

    def _call_back(self, panel: Any, missing: list[int]) -> None:
        """Begin anew with readers that are not there."""
        numbers = [self.settings.addresses.index(address) for address in missing]
        for n in numbers:
            panel.ctx.disable_pd(n)
        panel.ctx.refresh()
        panel.ctx.refresh()
        for n in numbers:
            panel.ctx.enable_pd(n)

    def _ask(self, panel: Any, missing: list[int]) -> None:
        """Ask each reader that has just come for its tamper contact; changes it then tells by itself."""
        for n, address in enumerate(self.settings.addresses):
            if address in missing:
                self._asked -= self._answered & {n}
            elif n not in self._asked:
                self._asked.add(n)
                local = self._osdp.StatusReportType.Local
                panel.ctx.submit_command(n, {"command": self._osdp.Command.Status, "type": local, "report": b""})

    # -- what readers say -----------------------------------------------------------------------------------------

    def _hear(self, data: bytes) -> bytes:
        """Take bytes from the line; give the whole frames, since libosdp loses those that come in pieces."""
        now = time.monotonic()
        torn = self._ear.silence() if not data and now - self._heard_at >= self._ear.pause else []
        for event in torn + self._ear.feed(data):
            if isinstance(event, FrameError):
                self._listener(self.name, event)
        self._heard_at = now if data else self._heard_at
        whole = bytes(self._ear.whole)
        self._ear.whole.clear()
        return whole

    def _events(self, panel: Any, missing: list[int], now: float) -> None:
        for n, address in enumerate(self.settings.addresses):
            while (event := panel.get_event(address, timeout=-1)) is not None:
                if address not in missing:
                    for heard in self._meaning(n, event, now):
                        if not self._held.still(heard, now):
                            self._listener(self.name, heard)

    def _meaning(self, n: int, event: dict[str, Any], now: float) -> list[Heard]:
        osdp, kind = self._osdp, event["event"]
        if kind == osdp.Event.CardRead:
            text = event["format"] == osdp.CardFormat.ASCII
            return [card_text(event["data"]) if text else card(event["length"], event["data"])]
        if kind == osdp.Event.KeyPress:
            return list(self._type(n, keys(event["data"]), now))
        if kind == osdp.Event.Status:
            self._answered.add(n)
            meanings = {osdp.StatusReportType.Local: local_status, osdp.StatusReportType.Input: inputs}
            return meanings[event["type"]](n + 1, event["report"]) if event["type"] in meanings else []
        return []

    def _type(self, n: int, pressed: str, now: float) -> list[Reading]:
        """Collect keys of one reader; give the PINs that are complete."""
        typed, at = self._typed.pop(n, ("", now))
        if now - at > BETWEEN_KEYS:
            typed = ""
        *ended, rest = (typed + pressed).split("#")
        self._typed[n] = (rest.rpartition("*")[2], now)
        return [CodeRead(pin) for pin in (one.rpartition("*")[2] for one in ended) if pin]


def _library() -> Any:
    """Import libosdp (SettingsError: not installed, or the other package of the same name is)."""
    try:
        import osdp
    except ImportError:
        raise SettingsError("OSDP readers need the extra osdp: uv sync --locked --extra osdp") from None
    if not hasattr(osdp, "PDInfo"):
        raise SettingsError("the package osdp is installed where libosdp is needed: remove it, install the extra osdp")
    return osdp


def _line(osdp: Any, port: Port, hear: Callable[[bytes], bytes]) -> Any:
    """Make libosdp's channel of a port; what goes wrong is kept, since nothing may be raised through C."""

    class Line(osdp.Channel):  # type: ignore[misc]
        broken: Exception | None = None
        waiting = b""

        def read(self, most: int) -> bytes:
            try:
                self.waiting += hear(port.read(CHUNK))
            except Exception as error:
                self.broken = error
            data, self.waiting = self.waiting[:most], self.waiting[most:]
            return data

        def write(self, data: bytes) -> int:
            try:
                port.write(bytes(data))
            except Exception as error:
                self.broken = error
            return len(data)

        def flush(self) -> None:
            self.waiting = b""

    return Line()


def read_keys(settings: OsdpSettings) -> dict[int, bytes]:
    """Read the key file (SettingsError names the line, never the key); nothing when no file is set."""
    if not settings.key_file:
        return {}
    path, found = Path(settings.key_file), dict[int, bytes]()
    try:
        lines = path.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"osdp: key_file {path}: {error}") from None
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            reader, key = int(words[0]), bytes.fromhex(" ".join(words[1:]))
        except ValueError:
            raise SettingsError(f"osdp: key_file {path}, line {number}: should be `address key`") from None
        if len(key) != KEY_BYTES:
            raise SettingsError(f"osdp: key_file {path}, line {number}: a key has 32 hex digits")
        found[reader] = key
    for address in settings.addresses:
        if address not in found:
            raise SettingsError(f"osdp: key_file {path}: no key for reader {address}")
    return found
