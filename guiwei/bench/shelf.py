"""One cabinet on emulated air, and the estimator behind its door alone: no wires, journal or events, thrice as fast.

Passes are cut from whole rounds by the rule of `ear.py`; sweep, vigil and what is remembered are the station's own.
`rig.py` is the same with the whole `Cabinet`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import ceil, log
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from edge_agent.books import joined, settled
from edge_agent.door import Door
from edge_agent.ear import FEW, REPEATS, STEP_S, Ear, Pass, Seen, port
from edge_agent.settings import Channel, DoorTable
from edge_agent.vigil import LOOK_EVERY
from guiwei.bench.air import Air, margin_for

NEIGHBOURS = 30
OPEN_S = 4.0
LEAST_CLOSED_S = 7.0
DOOR = DoorTable(
    door=1, lock=Channel(device="lock", channel=1), contact=Channel(device="lock", channel=13), readers=["reader"]
)


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
        return self.antennas * ceil(log(1000 * self.tags) / -log(1 - self.rate))

    @property
    def closed_s(self) -> float:
        """How long the door stays closed between two sessions: long enough for one look of the vigil."""
        return max(LEAST_CLOSED_S, 1.1 * LOOK_EVERY * REPEATS * self.tags * self.antennas / self.per_second)


class Said(NamedTuple):
    """What the station says; tags by number."""

    taken: set[int]
    put: set[int]
    """What has left and come since last asked."""
    unread: set[int]
    there: set[int]
    """What is unread, and what is believed to be there."""


@dataclass(slots=True)
class Cut:
    """A pass under way."""

    begins: float
    pass_s: float
    ends: float = 0.0
    reads: int = 0
    pairs: int = 0
    seen: Pass = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ends = self.begins + self.pass_s

    @property
    def over(self) -> bool:
        """Tell whether the reader has repeated itself."""
        return self.pairs <= FEW or self.reads >= REPEATS * self.pairs

    def add(self, epcs: list[str], tags: list[int], rssi: list[int], name: str) -> None:
        """Count reads of one antenna."""
        self.reads += len(tags)
        for tag, strength in zip(tags, rssi, strict=True):
            epc = epcs[tag]
            seen = self.seen.get(epc)
            if seen is None:
                self.seen[epc] = Seen(epc, reads=1, rssi=strength, ports={name: strength})
                self.pairs += 1
                continue
            seen.reads += 1
            before = seen.ports.get(name)
            self.pairs += before is None
            if before is None or strength > before:
                seen.ports[name] = strength
            seen.rssi = strength if seen.rssi is None else max(seen.rssi, strength)


class Shelf:
    """One door on emulated air."""

    def __init__(self, setting: Setting, seed: int) -> None:
        self.setting, tags = setting, setting.tags + NEIGHBOURS
        rng = np.random.default_rng(seed)
        self.air = Air(rng, tags, setting.antennas, margin_for(setting.rate), setting.per_second)
        self.air.put_outside(np.arange(setting.tags, tags), near=True)
        self.epcs = [f"E2{number:022X}" for number in range(tags)]
        self.number = {epc: number for number, epc in enumerate(self.epcs)}
        self.pass_s = DOOR.presence.pass_ms / 1000
        self.door = self.make_door()
        self.ports = [port("reader", antenna + 1) for antenna in range(setting.antennas)]
        self.cut = Cut(0.0, self.pass_s)
        self.taken: set[str] = set()
        self.put: set[str] = set()
        self.rounds: list[tuple[float, set[int]]] = []
        """When each of the first rounds since the closing began, and what it read."""
        self.close()
        self.listen(3 * setting.closed_s)
        self.said()

    def make_door(self) -> Door:
        """Make the door as a station does."""
        return Door(DOOR, Ear(tuple(DOOR.readers), self.pass_s))

    def open(self) -> None:
        """Open the door and hold it open."""
        self.air.now += OPEN_S
        self.door.memory = self.door.doubted()

    def close(self) -> float:
        """Close it and wait until it is settled; give the seconds that took."""
        door, began = self.door, self.air.now
        look = door.look = door.new_look(frozenset(), began)
        self.cut = Cut(began + self.pass_s, self.pass_s)
        self.rounds.clear()
        last = began
        for at, heard in self._passes(60.0):
            if look.over(at):
                last = max(last, look.until)
                break
            look.hear(door.antennas, heard)
            last = at
            if look.over(at):
                break
        self.air.now = last
        found, memory = look.sweep.found(), door.memory
        if memory.contents is not None:
            self.taken, self.put = set(found.gone), set(found.came)
        door.memory = settled(door, memory, found)
        door.vigil.begin(door.memory.contents or {}, look.sweep.late())
        return self.air.now - began

    def listen(self, seconds: float) -> None:
        """Let the reader work behind the closed door."""
        door = self.door
        for _, heard in self._passes(seconds):
            change = door.vigil.hear(door.prior(door.memory, frozenset()), heard)
            if change.late:
                door.memory = replace(door.memory, lateness=door.memory.lateness.after(change.late))
            if change.came:
                door.memory = joined(door, change.came)
                self.put |= change.came.keys()
            door.mark(change.faded, unread=True)
            door.mark(change.back, unread=False)

    def _passes(self, seconds: float) -> Iterator[tuple[float, Pass]]:
        """Listen so long; give each pass and when it ended."""
        for heard in self.air.rounds(seconds):
            self.note(heard.at, heard.tags.tolist())
            rssi = np.round(heard.rssi).astype(int).tolist()
            tags, times = heard.tags.tolist(), heard.times
            done = int(np.searchsorted(times, self.cut.begins))
            while done < len(tags):
                until = int(np.searchsorted(times, self.cut.ends))
                self.cut.add(self.epcs, tags[done:until], rssi[done:until], self.ports[heard.antenna])
                done = max(done, until)
                if done == len(tags):
                    break
                at = float(times[done])
                if self.cut.over:
                    ended, self.cut = self.cut.seen, Cut(self.cut.ends, self.pass_s)
                    yield at, ended
                else:
                    self.cut.ends = at + STEP_S

    def note(self, at: float, tags: Iterable[int]) -> None:
        """Keep a round for the reference, if it is one of the first."""
        if len(self.rounds) < self.setting.rounds:
            self.rounds.append((at, set(tags)))

    def said(self) -> Said:
        """Give what was said since last asked, and what is believed now."""
        known, unread = self.door.memory.known(), self.door.memory.unread()
        return Said(*map(self.numbers, (*self.news(), unread, known - unread)))

    def news(self) -> tuple[set[str], set[str]]:
        """Give what is said to have left and come since last asked."""
        news, self.taken, self.put = (self.taken, self.put), set(), set()
        return news

    def numbers(self, epcs: Iterable[str]) -> set[int]:
        """Give the numbers of tags."""
        return {self.number[epc] for epc in epcs}

    def finish(self) -> None:
        """Nothing is open."""
