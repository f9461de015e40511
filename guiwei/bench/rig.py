"""One cabinet on emulated air: the station's own `Cabinet` with wires, journal and outbox, in story time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, log
from pathlib import Path
from typing import NamedTuple

import numpy as np

from contract.codec import decode_event
from contract.messages import DoorClosed
from edge_agent.cabinet import Cabinet
from edge_agent.clock import Clock
from edge_agent.devices.base import LockState, TagSeen
from edge_agent.doors import Phase
from edge_agent.ear import REPEATS
from edge_agent.journal import Journal
from edge_agent.outbox import Outbox
from edge_agent.settings import Channel, DoorTable
from edge_agent.vigil import LOOK_EVERY
from guiwei.bench.air import Air, margin_for

NEIGHBOURS = 30
TICK_S = 0.05
OPEN_S = 4.0
LEAST_CLOSED_S = 8.0
LONG_US = 2**60


@dataclass(frozen=True)
class Setting:
    """One point of the curve."""

    rate: float
    tags: int
    antennas: int = 1
    per_second: float = 1100.0

    @property
    def name(self) -> str:
        """Name it as in the figures."""
        return f"{self.rate:.2f}/{self.tags}/{self.antennas}/{self.per_second:.0f}"

    @property
    def rounds(self) -> int:
        """How many rounds independent misses would need for one wrong tag in a thousand sessions."""
        return ceil(log(1000 * self.tags) / -log(1 - self.rate))

    @property
    def closed_s(self) -> float:
        """How long the door stays closed between two sessions: long enough for one look of the vigil."""
        return max(LEAST_CLOSED_S, 1.2 * LOOK_EVERY * REPEATS * self.tags * self.antennas / self.per_second)


class Said(NamedTuple):
    """What the station says; tags by number."""

    taken: set[int]
    put: set[int]
    """What has left and come since last asked."""
    unread: set[int]
    there: set[int]
    """What is unread, and what is believed to be there."""


class Nobody:
    """A session that nobody has."""

    def door_opened(self, session: str, now: float) -> None:
        """Hear nothing."""

    door_settled = door_lost = door_opened


class Rig:
    """One door of a station on emulated air."""

    def __init__(self, setting: Setting, folder: Path, seed: int) -> None:
        self.setting, tags = setting, setting.tags + NEIGHBOURS
        rng = np.random.default_rng(seed)
        self.air = Air(rng, tags, setting.antennas, margin_for(setting.rate), setting.per_second)
        self.air.put_outside(np.arange(setting.tags, tags), near=True)
        self.epcs = [f"E2{number:022X}" for number in range(tags)]
        self.number = {epc: number for number, epc in enumerate(self.epcs)}
        self.outbox = Outbox(folder, "bench")
        lock, contact = Channel(device="lock", channel=1), Channel(device="lock", channel=13)
        table = DoorTable(door=1, lock=lock, contact=contact, readers=["reader"])
        self.cabinet = Cabinet([table], Journal(self.outbox, Clock()), lambda _: 0.0, lambda *_, **__: None)
        self.cabinet.eyes, self.cabinet.overhear = Nobody(), lambda *_: None
        self.door = self.cabinet.doors[1]
        self.rounds: list[tuple[float, set[int]]] = []
        """What each round since the closing read, and when it ended."""
        self.read_until = self.outbox.last
        self.close()
        self.listen(3 * setting.closed_s)
        self.said()

    def open(self) -> None:
        """Open the door and hold it open."""
        until = self.air.now + OPEN_S
        while self.air.now < until:
            self.air.now += 0.5
            self._wires(closed=False)
            self.cabinet.tick(self.air.now, LONG_US)

    def close(self, longest: float = 60.0) -> float:
        """Close it and wait until it is settled; give the seconds that took."""
        self.rounds.clear()
        self._wires(closed=True)
        took = self.listen(longest, until_settled=True)
        assert took is not None, "never settled"
        return took

    def _wires(self, *, closed: bool) -> None:
        now = self.air.now
        self.cabinet.lock_state("lock", LockState(board=1, lock=1, closed=True), now)
        self.cabinet.lock_state("lock", LockState(board=1, lock=13, closed=closed), now)

    def listen(self, seconds: float, *, until_settled: bool = False) -> float | None:
        """Let the reader work behind the closed door; give the moment everything was settled, if it was."""
        began, tick = self.air.now, self.air.now
        for reads in self.air.listen(seconds):
            self.rounds.append((self.air.now, {read.tag for read in reads}))
            for at, tag, antenna, rssi in reads:
                if at >= tick:
                    self.cabinet.tick(at, LONG_US)
                    self.cabinet.lock_state("lock", LockState(board=1, lock=1, closed=True), at)
                    self.cabinet.lock_state("lock", LockState(board=1, lock=13, closed=True), at)
                    tick = at + TICK_S
                seen = TagSeen(epc=self.epcs[tag], antenna=antenna + 1, rssi=round(rssi))
                self.cabinet.tag_reading("reader", at, seen)
                if until_settled and self.door.phase is Phase.IDLE:
                    self.air.now = at
                    return at - began
        return None

    def said(self) -> Said:
        """Give what was written about closings since last asked, and what is believed now."""
        taken: set[str] = set()
        put: set[str] = set()
        for row in self.outbox.rows(self.read_until + 1, 1000, 10**9):
            self.read_until = row.seq
            event = decode_event(row.body)
            if isinstance(event, DoorClosed):
                taken |= {seen.epc for seen in event.taken}
                put |= {seen.epc for seen in event.put}
        known, unread = self.door.memory.known(), self.door.memory.unread()
        return Said(*map(self._numbers, (taken, put, unread, known - unread)))

    def _numbers(self, epcs: Iterable[str]) -> set[int]:
        return {self.number[epc] for epc in epcs}
