"""A station: composition, and the one loop that everything happens on.

1. Devices and link only put into the queue; the loop takes one thing after the other, then lets time pass.
2. When the outbox cannot be written nothing is unlocked; once it can be again, no door is trusted unseen.
3. SIGTERM ends the loop; what is remembered is written, the broker is told, within two seconds.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import msgspec

from contract.codec import open_command
from contract.errors import ContractError
from contract.messages import CertificateIssued, HeldGrants, SessionEnded, StationStarted
from edge_agent import wording
from edge_agent.cabinet import Cabinet
from edge_agent.desk import Desk
from edge_agent.devices.base import (
    BadgeRead,
    CodeRead,
    DeviceFault,
    FrameError,
    LockState,
    RoundDone,
    SourceEvent,
    SourceState,
    TagSeen,
    UnlockReply,
)
from edge_agent.exits import Exits
from edge_agent.health import Health
from edge_agent.inputs import Inputs
from edge_agent.journal import Journal
from edge_agent.link import Arrived, Delivered, LinkDown, LinkEvent, LinkUp
from edge_agent.load import Load
from edge_agent.outbox import Outbox, OutboxError
from edge_agent.plugs import Plugs
from edge_agent.renewal import Renewal, with_renewed
from edge_agent.settings import Channel, DeviceTable, Settings
from edge_agent.state import StateFile, busy, describe
from edge_agent.sweeps import Sweeps
from edge_agent.unlock import Outcome, fire
from edge_agent.uplink import OlderImageError, Uplink
from edge_agent.visit import SessionMemory
from edge_agent.watchdog import Watchdog
from edge_agent.wording import Screen

log = logging.getLogger("guiwei.station")
VERSION = "0.1"
TICK_S = 0.02
MOST_AT_ONCE = 1000
ALIVE_S = 30.0
"""How often it is written down that the station is watching; a gap is told to begin at the last such moment."""
PRUNE_S = 3600.0


class Stop(msgspec.Struct, frozen=True):
    """End the loop."""


class Alive(msgspec.Struct, frozen=True):
    """When the station last watched, on its wall clock."""

    wall_us: int


class Station:
    """One cabinet's agent."""

    def __init__(self, settings: Settings, plugs: Plugs | None = None) -> None:
        self.settings = settings
        self._plugs = plugs or Plugs()
        table = settings.station
        key, server_key = settings.station_key(), settings.server_key()
        self._queue: SimpleQueue[tuple[float, str, SourceEvent | LinkEvent | Stop]] = SimpleQueue()
        self._clock = self._plugs.clock(table.clock_file)
        self._outbox = Outbox(Path(table.data), table.name, limit_mb=table.outbox_mb)
        self._journal = Journal(self._outbox, self._clock)
        self._screen = Screen()
        self._load = Load()
        self._health = Health(self._journal, settings.devices)
        self._cabinet = Cabinet(settings.doors, self._journal, self._fire, self._health.change)
        self._inputs = Inputs(settings.inputs, self._health.change)
        self._desk = Desk(settings, self._journal, self._cabinet, self._screen)
        self._cabinet.eyes = self._desk
        self._sweeps = Sweeps(self._cabinet, self._journal)
        self._exits = Exits(settings.devices, self._journal)
        broker = with_renewed(settings.broker, Path(table.data))
        self._renewal = Renewal(table.name, broker, self._journal, self._health.change)
        self._link = self._plugs.link(table.name, self._journal.boot, broker, self._from_link)
        self._uplink = Uplink(table.name, key, server_key, self._journal, self._link)
        self._state = StateFile(Path(table.state))
        self._devices: dict[str, DeviceTable] = {device.name: device for device in settings.devices}
        self._dialects = {device.name: self._plugs.dialect(device) for device in settings.devices}
        self._sources = self._plugs.sources(settings.devices, self._dialects, self._from_device)
        self.watchdog = Watchdog()
        self._left_open_us = int(settings.session.left_open_seconds * 1_000_000)
        self._next_alive = self._next_prune = self._next_tick = 0.0
        self._stirred = True

    # -- called on other threads --------------------------------------------------------------------------------------

    def _from_device(self, name: str, event: SourceEvent) -> None:
        self._queue.put((self._clock.real_mono(), name, event))

    def _from_link(self, event: LinkEvent) -> None:
        self._queue.put((self._clock.real_mono(), "", event))

    def has_heard(self) -> bool:
        """Say whether everything that was put into the queue has been taken out of it; safe on any thread."""
        return self._queue.empty()

    def stop(self) -> None:
        """Ask the loop to end; safe in a signal handler and on any thread."""
        self._queue.put((self._clock.real_mono(), "", Stop()))

    # -- the loop -----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Work until stopped."""
        try:
            self._begin()
            self.watchdog.ready()
            for source in self._sources.values():
                source.start()
            self._link.start()
            while self._take_what_came():
                self._tick_if_due(self._clock.real_mono())
                self.watchdog.turned(time.monotonic())
        finally:
            self._end()

    def _begin(self) -> None:
        """Write down that the station started, and that what it was doing is void."""
        cut_off = self._desk.interrupted()
        alive = self._journal.recall("alive", Alive)
        self._cabinet.watched_until(alive.wall_us if alive else None)
        with self._journal.entry() as entry:
            doors = {str(number): "unknown" for number in self._cabinet.doors}
            entry.write(StationStarted, version=VERSION, doors=doors, interrupted=[cut_off] if cut_off else [])
            if cut_off:
                entry.write(SessionEnded, session=cut_off, why="interrupted")
            entry.keep("session", SessionMemory())

    def _take_what_came(self) -> bool:
        """Handle what is queued; False when the station is to stop."""
        try:
            came = self._queue.get(timeout=TICK_S)
            self._load.waited(self._clock.real_mono() - came[0])
            for _ in range(MOST_AT_ONCE):
                at, name, event = came
                if isinstance(event, Stop):
                    return False
                self._guarded(lambda: self._handle(at, name, event))  # noqa: B023 (called at once)
                came = self._queue.get_nowait()
        except Empty:
            pass
        return True

    def _guarded(self, act: Callable[[], object]) -> None:
        """Do something that writes; when it cannot be written, lock."""
        try:
            act()
        except OutboxError as error:
            log.error("locked: %s", error)
            self._health.cannot_write(error)
            self._screen.show(wording.LOCKED)

    def _tick_if_due(self, now: float) -> None:
        """Let time pass at once after whatever is not a tag, else every `TICK_S`: tags come by the thousand."""
        if self._stirred or now >= self._next_tick:
            self._stirred, self._next_tick = False, now + TICK_S
            self._tick(now)

    def _tick(self, now: float) -> None:
        """Let time pass for every part, then write the state."""
        was_full = self._health.full
        self._load.tick(now)
        for act in (
            lambda: self._cabinet.tick(now, self._left_open_us),
            lambda: self._inputs.tick(now),
            lambda: self._desk.tick(now),
            lambda: self._sweeps.tick(now),
            lambda: self._exits.tick(now),
            lambda: self._health.tick(now, self._outbox.confirmed),
            lambda: self._renewal.tick(now),
            lambda: self._keep_house(now),
            lambda: self._uplink.pump(now),
        ):
            self._guarded(act)
        self._desk.locked = self._health.full
        if was_full and not self._health.full:
            self._guarded(lambda: self._cabinet.blind(now))
            self._screen.show(wording.IDLE)
        self._state.write(self.describe(), self._clock.wall_us())

    def _keep_house(self, now: float) -> None:
        if self._health.full:
            return
        if now >= self._next_alive:
            self._next_alive = now + ALIVE_S
            with self._journal.entry() as entry:
                entry.keep("alive", Alive(self._clock.wall_us()))
        if now >= self._next_prune:
            self._next_prune = now + PRUNE_S
            self._outbox.prune(self._clock.wall_us())

    def _end(self) -> None:
        """Write down what was learnt, tell the broker, let go of everything."""
        self.watchdog.stopping()
        for source in self._sources.values():
            source.close()
        self._guarded(self._remember)
        self._link.close()
        self._state.write(self.describe() | {"link": "down"}, self._clock.wall_us())
        self._outbox.close()

    def _remember(self) -> None:
        with self._journal.entry() as entry:
            entry.keep("alive", Alive(self._clock.wall_us()))
            for door in self._cabinet.doors.values():
                entry.keep(f"door/{door.number}", door.learned())

    # -- what came ----------------------------------------------------------------------------------------------------

    def _handle(self, at: float, name: str, event: SourceEvent | LinkEvent) -> None:
        self._stirred = self._stirred or not isinstance(event, TagSeen | RoundDone)
        match event:
            case TagSeen() if name in self._exits:
                self._exits.hear(name, event, at)
            case TagSeen() | RoundDone():
                self._load.read(name, event)
                self._cabinet.tag_reading(name, at, event)
            case LockState():
                self._cabinet.lock_state(name, event, at)
                self._inputs.hear(name, event, at)
            case UnlockReply():
                self._cabinet.unlock_reply(name, event)
            case BadgeRead():
                self._desk.badge(event.card, at)
            case CodeRead() if self._devices[name].role == "keypad":
                self._desk.pin(event.text, at)
            case CodeRead():
                self._desk.code(event.text, event.symbology or "", at)
            case SourceState():
                log.info("device %s %s %s", name, event.state, event.why)
                self._health.device_state(name, event, at)
            case DeviceFault(epc=None):  # those of single tags come by the thousand
                log.warning("device %s reports fault %d: %s", name, event.code, event.what)
            case FrameError():
                log.warning("device %s: %s at byte %d", name, event.what, event.at)
            case LinkUp():
                log.info("link up")
                self._uplink.connected()
            case LinkDown():
                log.info("link down: %s", event.why)
                self._uplink.disconnected()
            case Delivered(ok=False):
                self._uplink.refused(at)
            case Arrived():
                self._arrived(event, at)

    def _arrived(self, message: Arrived, now: float) -> None:
        match message.channel:
            case "receipt" if not message.retained:
                self._receipt(message.payload, now)
            case "grants":
                self._desk.answered(message.payload, retained=message.retained, now=now)
            case "command" if not message.retained:
                self._command(message.payload)

    def _receipt(self, payload: bytes, now: float) -> None:
        try:
            self._uplink.receipt(payload, now)
        except OlderImageError as error:
            log.warning("restored from an older image, a new epoch begins: %s", error)
            self._cabinet.begin_epoch(now)
            self._health.begin_epoch()
            self._uplink.begin_epoch()

    def _command(self, payload: bytes) -> None:
        try:
            command = open_command(self.settings.server_key(), payload)
        except ContractError:
            return
        if command.station != self.settings.station.name:
            return
        if isinstance(command, CertificateIssued):
            log.info("certificate %s", "renewed" if self._renewal.take(command) else "not this station's next one")
        elif isinstance(command, HeldGrants):
            self._desk.drawer.take(payload, command)
        else:
            self._sweeps.order(command)

    def _fire(self, channel: Channel) -> float | Outcome:
        if self._health.full:
            return "refused"
        return fire(self._sources[channel.device].write, self._dialects[channel.device], channel)

    # -- who looks ----------------------------------------------------------------------------------------------------

    def describe(self) -> dict[str, Any]:
        """Say everything about the station as it is now."""
        outbox, absent = self._outbox, self._health.absent(self._clock.real_mono())
        return {
            "station": self.settings.station.name,
            "boot": self._journal.boot,
            "pid": os.getpid(),
            "link": "down" if self._journal.offline else "up",
            "epoch": outbox.epoch,
            "seq": outbox.last,
            "confirmed": outbox.confirmed,
            "unsent": outbox.last - outbox.confirmed,
            "witness": outbox.witness,
            "busy": busy(self._desk, self._cabinet, absent) or self._sweeps.busy,
            "apart_s": self._health.apart_s,
            "devices": dict(self._health.devices),
            "conditions": (conditions := self._health.conditions()),
            "load": self._load.shown,
            "screen": [*self._screen.lines, *wording.troubles(conditions)],
            **describe(self._desk, self._cabinet),
        }
