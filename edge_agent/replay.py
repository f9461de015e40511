"""`guiwei edge replay FILE SETTINGS`: run a station on a recording, without devices, broker or server.

1. The station is the real one, on an outbox of its own that is thrown away; only what it is plugged into is not there.
2. Time is the recording's, faster if asked; it waits where the recorded station gave a command or asked the server, so
   that an answer never comes before its question.
3. What the server answered is said again, signed with a key made for this run.
"""

from __future__ import annotations

import json
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from contract.codec import chain, decode_batch, decode_event, encode, seal
from contract.messages import MAX_EVENTS, AccessRequested, Denied, Event, Grant, Reason, Receipt
from contract.signing import open_envelope, public_hex
from edge_agent.clock import Clock
from edge_agent.devices.base import (
    BadgeRead,
    Dialect,
    FrameError,
    Heard,
    Listener,
    SettingsError,
    Source,
    SourceEvent,
    SourceState,
    UnreachableError,
)
from edge_agent.link import Arrived, LinkDown, LinkEvent, LinkUp, Wire
from edge_agent.outbox import Outbox
from edge_agent.parts import MOST_BYTES
from edge_agent.plugs import Plugs
from edge_agent.recording import LINK, NOT_SAID, Answered, Head, Line, Told, read_recording
from edge_agent.settings import BrokerTable, DeviceTable, Settings
from edge_agent.station import Station

PATIENCE_S = 2.0
"""Real seconds that the recording waits for a command or question of the station; then it goes on without."""
SETTLE_S, LONGEST_SETTLE_S = 1.0, 30.0
"""Seconds of the recording's time the station is given at the end: at least, and at most until it has come to rest."""
POLL_S = 0.005
Show = Callable[[int, str, SourceEvent | Event], None]
"""Told of everything that is read and written: microseconds since the start, who, what."""


class ReplayClock(Clock):
    """Time that began when the recording did, and may run faster."""

    def __init__(self, started_us: int, speed: float) -> None:
        super().__init__()
        self._started_us, self._speed = started_us, speed
        self._began = time.monotonic()

    def real_mono(self) -> float:
        """Give seconds since the start."""
        return (time.monotonic() - self._began) * self._speed

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


class ReplayPlugs(Plugs):
    """What a station is plugged into when it runs on a recording."""

    def __init__(self, head: Head, lines: Iterator[Line], key: Ed25519PrivateKey, speed: float, show: Show) -> None:
        self.replayed = ReplayClock(head.started_us, speed)
        self.stop: Callable[[], None] = lambda: None
        self.at_rest: Callable[[], bool] = lambda: True
        self._lines, self._key, self._speed, self._show = lines, key, speed, show
        self._sources: dict[str, ReplaySource] = {}
        self._link: ReplayLink
        self._late = 0.0
        self._player = threading.Thread(target=self._play, name="replay", daemon=True)

    def clock(self, file: str) -> Clock:
        """Give the recording's time."""
        del file
        return self.replayed

    def sources(
        self, devices: Sequence[DeviceTable], dialects: Mapping[str, Dialect], listener: Listener
    ) -> dict[str, Source]:
        """Give devices that say again what they said."""

        def heard(name: str, event: SourceEvent) -> None:
            self._show(self.replayed.mono_us(), name, event)
            listener(name, event)

        self._sources = {device.name: ReplaySource(device, dialects[device.name], heard) for device in devices}
        return dict(self._sources)

    def link(self, station: str, boot: str, broker: BrokerTable, inbox: Callable[[LinkEvent], None]) -> Wire:
        """Give a broker and server that answer as the recorded ones did."""
        del boot, broker
        self._link = ReplayLink(station, self._key, self.replayed, inbox)
        self._link.begin = self._player.start
        self._link.show = lambda event: self._show(self.replayed.mono_us(), "station", event)
        return self._link

    def show_unsent(self, data: Path, station: str) -> None:
        """Show what the station wrote and could not send."""
        outbox = Outbox(data, station)
        while rows := outbox.rows(self._link.shown + 1, MAX_EVENTS, MOST_BYTES):
            for row in rows:
                self._link.shown = row.seq
                self._link.show(decode_event(row.body))
        outbox.close()

    def _play(self) -> None:
        """Go through the recording, then let the station come to rest and stop it."""
        try:
            given = dict.fromkeys(self._sources, 0)
            for line in self._lines:
                self._wait_until(line.at_us / 1e6 + self._late)
                if line.who == LINK:
                    if line.kind == "answer":
                        self._let_catch_up(lambda: self._link.asked is not None)
                    self._link.play(line)
                elif line.kind == "write":
                    given[line.who] += 1
                    source, number = self._sources[line.who], given[line.who]
                    self._let_catch_up(lambda: source.commands >= number)  # noqa: B023 (called at once)
                else:
                    self._sources[line.who].play(line, self.replayed.real_mono())
            end = self.replayed.real_mono()
            self._wait_until(end + SETTLE_S)
            while not self.at_rest() and self.replayed.real_mono() < end + LONGEST_SETTLE_S:
                time.sleep(POLL_S)
        finally:
            self.stop()

    def _wait_until(self, moment: float) -> None:
        left = (moment - self.replayed.real_mono()) / self._speed
        if left > 0:
            time.sleep(left)

    def _let_catch_up(self, done: Callable[[], bool]) -> None:
        """Wait for what the recorded station had done by now; what follows comes so much later."""
        began, until = self.replayed.real_mono(), time.monotonic() + PATIENCE_S
        while not done() and time.monotonic() < until:
            time.sleep(POLL_S)
        self._late += self.replayed.real_mono() - began


def run_again(path: Path, settings: Settings, show: Show, speed: float = 1.0) -> None:
    """Run a station on a recording (SettingsError: not one, or not of a station with these devices)."""
    head, lines = read_recording(path)
    known = {device.name: device.family for device in settings.devices}
    strange = [name for name, kept in head.devices.items() if known.get(name) != kept.family]
    if strange:
        raise SettingsError(f"{path}: the settings have no such device of that family: {', '.join(strange)}")
    server = Ed25519PrivateKey.generate()
    plugs = ReplayPlugs(head, lines, server, speed, show)
    with tempfile.TemporaryDirectory(prefix="guiwei-replay-") as name:
        folder = Path(name)
        (folder / "key").write_text(Ed25519PrivateKey.generate().private_bytes_raw().hex())
        table = replace(
            settings.station,
            data=str(folder / "data"),
            state=str(folder / "state.json"),
            key_file=str(folder / "key"),
            server_key=public_hex(server),
        )
        station = Station(replace(settings, station=table), plugs)
        plugs.stop = station.stop
        plugs.at_rest = lambda: not _said(folder / "state.json").get("busy", True)
        station.run()
        plugs.show_unsent(Path(table.data), table.name)


def _said(state: Path) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(state.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said


def line_of(at_us: int, who: str, what: SourceEvent | Event) -> bytes:
    """Write what was read or written as a line of JSON."""
    body: Any = msgspec.json.decode(encode(what)) if isinstance(what, Event) else msgspec.to_builtins(what)
    return msgspec.json.encode({"at": round(at_us / 1e6, 3), "who": who, **body})
