"""One cabinet on emulated air: the station's own `Cabinet` with wires, journal and outbox, in story time."""

from __future__ import annotations

from pathlib import Path

from contract.codec import decode_event
from contract.messages import DoorClosed
from edge_agent.cabinet import Cabinet
from edge_agent.clock import Clock
from edge_agent.devices.base import LockState, TagSeen
from edge_agent.door import Door
from edge_agent.doors import Phase
from edge_agent.journal import Journal
from edge_agent.outbox import Outbox
from guiwei.bench.shelf import DOOR, OPEN_S, Setting, Shelf

TICK_S = 0.05
LONG_US = 2**60


class Nobody:
    """A session that nobody has."""

    def door_opened(self, session: str, now: float) -> None:
        """Hear nothing."""

    door_settled = door_lost = door_opened


class Rig(Shelf):
    """One door of a station on emulated air: what it writes into its outbox is what it says."""

    def __init__(self, setting: Setting, seed: int, folder: Path) -> None:
        self.outbox = Outbox(folder, "bench")
        self.read_until = self.outbox.last
        super().__init__(setting, seed)

    def make_door(self) -> Door:
        """Make a station's doors."""
        self.cabinet = Cabinet([DOOR], Journal(self.outbox, Clock()), lambda _: 0.0, lambda *_, **__: None)
        self.cabinet.eyes, self.cabinet.overhear = Nobody(), lambda *_: None
        return self.cabinet.doors[1]

    def open(self) -> None:
        """Open the door and hold it open."""
        until = self.air.now + OPEN_S
        while self.air.now < until:
            self.air.now += 0.5
            self._wires(closed=False)
            self.cabinet.tick(self.air.now, LONG_US)

    def close(self) -> float:
        """Close it and wait until it is settled; give the seconds that took."""
        began = self.air.now
        self.rounds.clear()
        self._wires(closed=True)
        self._hear(60.0, until_settled=True)
        assert self.door.phase is Phase.IDLE, "never settled"
        return self.air.now - began

    def listen(self, seconds: float) -> None:
        """Let the reader work behind the closed door."""
        self._hear(seconds, until_settled=False)

    def _wires(self, *, closed: bool) -> None:
        now = self.air.now
        self.cabinet.lock_state("lock", LockState(board=1, lock=1, closed=True), now)
        self.cabinet.lock_state("lock", LockState(board=1, lock=13, closed=closed), now)

    def _hear(self, seconds: float, *, until_settled: bool) -> None:
        tick = self.air.now
        for reads in self.air.listen(seconds):
            self.note(self.air.now, (read.tag for read in reads))
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
                    return

    def news(self) -> tuple[set[str], set[str]]:
        """Give what was written about closings since last asked."""
        taken: set[str] = set()
        put: set[str] = set()
        for row in self.outbox.rows(self.read_until + 1, 1000, 10**9):
            self.read_until = row.seq
            event = decode_event(row.body)
            if isinstance(event, DoorClosed):
                taken |= {seen.epc for seen in event.taken}
                put |= {seen.epc for seen in event.put}
        return taken, put

    def finish(self) -> None:
        """Close the outbox."""
        self.outbox.close()
