"""`guiwei edge replay FILE SETTINGS`: run a station on a recording, without devices, broker or server.

1. The station is the real one, on an outbox of its own that is thrown away; only what it is plugged into is not there.
2. Time is the recording's, faster if asked. It stands still while this machine is behind, and waits where the recorded
   station gave a command or asked the server: an answer never comes before its question.
3. What the server answered is said again, signed with a key made for this run.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from contract.codec import decode_event, encode
from contract.messages import MAX_EVENTS, Event
from contract.signing import public_hex
from edge_agent.clock import Clock
from edge_agent.devices.base import (
    Dialect,
    Listener,
    SettingsError,
    Source,
    SourceEvent,
)
from edge_agent.link import LinkEvent, Wire
from edge_agent.outbox import Outbox
from edge_agent.parts import MOST_BYTES
from edge_agent.plugs import Plugs
from edge_agent.settings import BrokerTable, DeviceTable, Settings
from edge_agent.state import read_state
from edge_agent.station import Station
from edge_agent.tools.recording import LINK, Head, Line, read_recording
from edge_agent.tools.stand_ins import ReplayClock, ReplayLink, ReplaySource

PATIENCE_S = 2.0
"""Real seconds that the recording waits for a command or question of the station; then it goes on without."""
SETTLE_S, LONGEST_SETTLE_S = 1.0, 30.0
"""Seconds of the recording's time the station is given at the end: at least, and at most until it has come to rest."""
POLL_S = 0.001
Show = Callable[[int, str, SourceEvent | Event], None]
"""Told of everything that is read and written: microseconds since the start, who, what."""


class ReplayPlugs(Plugs):
    """What a station is plugged into when it runs on a recording."""

    def __init__(self, head: Head, lines: Iterator[Line], key: Ed25519PrivateKey, speed: float, show: Show) -> None:
        self.replayed = ReplayClock(head.started_us, speed)
        self.stop: Callable[[], None] = lambda: None
        self.at_rest: Callable[[], bool] = lambda: True
        self.has_heard: Callable[[], bool] = lambda: True
        self._lines, self._key, self._speed, self._show = lines, key, speed, show
        self._sources: dict[str, ReplaySource] = {}
        self._link: ReplayLink
        self._late = 0.0
        self.failure = ""
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
                self._wait_for(self.has_heard)
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
            self.replayed.hold(None)
            while not self.at_rest() and self.replayed.real_mono() < end + LONGEST_SETTLE_S:
                time.sleep(POLL_S)
        except (SettingsError, ValueError, LookupError) as error:
            self.failure = str(error) or repr(error)
        finally:
            self.stop()

    def _wait_until(self, moment: float) -> None:
        """Let time pass until then, and not beyond: however late this runs, nothing happens too late."""
        self.replayed.hold(moment)
        while (left := (moment - self.replayed.real_mono()) / self._speed) > 0:
            time.sleep(left)

    def _let_catch_up(self, done: Callable[[], bool]) -> None:
        """Wait for what the recorded station had done by now; what follows comes so much later."""
        began = self.replayed.real_mono()
        self.replayed.hold(None)
        self._wait_for(done)
        self._late += self.replayed.real_mono() - began

    def _wait_for(self, done: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not done() and time.monotonic() < until:
            time.sleep(POLL_S)


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
        plugs.stop, plugs.has_heard = station.stop, station.has_heard
        plugs.at_rest = lambda: not read_state(folder / "state.json").get("busy", True)
        station.run()
        plugs.show_unsent(Path(table.data), table.name)
    if plugs.failure:
        raise SettingsError(f"{path}: cannot be replayed further: {plugs.failure}")


def line_of(at_us: int, who: str, what: SourceEvent | Event) -> bytes:
    """Write what was read or written as a line of JSON."""
    body: Any = msgspec.json.decode(encode(what)) if isinstance(what, Event) else msgspec.to_builtins(what)
    return msgspec.json.encode({"at": round(at_us / 1e6, 3), "who": who, **body})
