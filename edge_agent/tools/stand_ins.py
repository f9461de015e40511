"""What stands in for a station's clock, devices, broker and server when it runs on a recording."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.codec import chain, decode_batch, decode_event, seal
from contract.messages import AccessRequested, Denied, Event, Grant, Reason, Receipt
from contract.signing import open_envelope
from edge_agent.clock import Clock
from edge_agent.devices.base import BadgeRead, Dialect, FrameError, Heard, Listener, SourceState, UnreachableError
from edge_agent.link import Arrived, LinkDown, LinkEvent, LinkUp
from edge_agent.settings import DeviceTable
from edge_agent.tools.recording import NOT_SAID, Answered, Line, Told


class ReplayClock(Clock):
    """Time that began when the recording did and may run faster; it stands still where it is held."""

    def __init__(self, started_us: int, speed: float) -> None:
        super().__init__()
        self._started_us, self._speed = started_us, speed
        self._began = time.monotonic()
        self._stood_still = 0.0
        self._lock = threading.Lock()
        self._held: float | None = None

    def hold(self, moment: float | None) -> None:
        """Let no time pass beyond this moment (seconds since the start), or let it go on; it never jumps."""
        with self._lock:
            self._now()
            self._held = moment

    def real_mono(self) -> float:
        """Give seconds since the start."""
        with self._lock:
            return self._now()

    def _now(self) -> float:
        now = (time.monotonic() - self._began) * self._speed - self._stood_still
        if self._held is not None and now > self._held:
            self._stood_still += now - self._held
            return self._held
        return now

    def mono_us(self) -> int:
        """Give microseconds since the start."""
        return int(self.real_mono() * 1e6)

    def wall_us(self) -> int:
        """Give what the recorded station's clock would have shown."""
        return self._started_us + self.mono_us()


class ReplaySource:
    """A device that says again what it said."""

    def __init__(self, device: DeviceTable, dialect: Dialect, listener: Listener) -> None:
        self.name, self.dialect = device.name, dialect
        self.commands = 0
        self._listener = listener
        self._state = SourceState("offline", "not started")
        self._present: dict[Heard, float] = {}

    def start(self) -> None:
        """Wait for the recording."""

    def close(self) -> None:
        """Say nothing any more."""

    def write(self, data: bytes) -> None:
        """Count a command (UnreachableError: the device was not there)."""
        del data
        if self._state.state != "online":
            raise UnreachableError(f"{self.name}: {self._state.state}: {self._state.why}")
        self.commands += 1

    def play(self, line: Line, now: float) -> None:
        """Do what the device did."""
        match line.kind:
            case "state":
                self._state = msgspec.json.decode(line.what, type=SourceState)
                self._listener(self.name, self._state)
            case "said":
                self._listener(self.name, msgspec.json.decode(line.what, type=Told))
            case "bad":
                self._listener(self.name, FrameError(msgspec.json.decode(line.what, type=int), NOT_SAID))
            case "in":
                self._report(self.dialect.feed(bytes.fromhex(msgspec.json.decode(line.what, type=str))), now)
            case "silence":
                self._report(self.dialect.silence(), now)
            case "greeting":
                self.dialect.greeting()
            case "prompt":
                self.dialect.prompt()

    def _report(self, heard: list[Heard], now: float) -> None:
        for event in heard:
            if isinstance(event, BadgeRead) and self.dialect.absence:
                last, self._present[event] = self._present.get(event), now
                if last is not None and now - last < self.dialect.absence:
                    continue
            self._listener(self.name, event)


class ReplayLink:
    """A broker and a server that take everything in, and answer as the recorded ones did."""

    def __init__(self, station: str, key: Ed25519PrivateKey, clock: Clock, inbox: Callable[[LinkEvent], None]) -> None:
        self._station, self._key, self._clock, self._inbox = station, key, clock, inbox
        self.begin: Callable[[], None] = lambda: None
        self.show: Callable[[Event], None] = lambda _: None
        self.shown = 0
        self.asked: AccessRequested | None = None

    def start(self) -> None:
        """Begin with the recording: everything else is in place by now."""
        self.begin()

    def close(self) -> None:
        """Nothing is left to do."""

    def publish(self, payload: bytes) -> None:
        """Take a batch in, and send its receipt."""
        batch = decode_batch(open_envelope(payload)[1])
        for raw in batch.events:
            event = decode_event(raw)
            if event.seq > self.shown:
                self.shown = event.seq
                self.show(event)
                if isinstance(event, AccessRequested):
                    self.asked = event
        receipt = Receipt(
            v=1, station=self._station, epoch=batch.epoch, upto=batch.first + len(batch.events) - 1,
            head=chain(batch)[-1], gaps=[], server_us=self._clock.wall_us(), echo_mono_us=batch.sent_mono_us,
        )  # fmt: skip
        self._inbox(Arrived("receipt", seal(self._key, receipt), False))

    def play(self, line: Line) -> None:
        """Do what broker and server did."""
        match line.kind:
            case "up":
                self._inbox(LinkUp())
            case "down":
                self._inbox(LinkDown("as recorded"))
            case "answer" if self.asked is not None:
                said = msgspec.json.decode(line.what, type=Answered)
                self._inbox(Arrived("grants", seal(self._key, self._answer(self.asked, said)), False))
                self.asked = None

    def _answer(self, asked: AccessRequested, said: Answered) -> Grant | Denied:
        about: dict[str, Any] = {
            "v": 1, "station": self._station, "session": asked.session, "challenge": asked.challenge,
            "person": "recorded",
        }  # fmt: skip
        if said.doors:
            moment = self._clock.wall_us()
            return Grant(
                **about, grant=secrets.token_hex(16), doors=said.doors, items=[], issued_us=moment, ttl_ms=30000
            )
        return Denied(**about, reasons=[Reason(rule=rule, code=code, item=item) for rule, code, item in said.reasons])
