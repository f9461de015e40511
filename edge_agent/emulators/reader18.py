"""UHF readers of the Reader18 and 288M kind on one line: each has an address, a field of tags, and a set-up that stays.

As their manuals have it: new readers push what they see until told to answer only; what is set survives loss of power;
a command to another address, or with bytes missing, gets no answer at all; a wrong sum gets FE for command 00.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.emulators.pty_device import IDLE, Faults, PtyDevice

OK, DONE, MORE, NO_TAG, TAG_ERROR = 0x00, 0x01, 0x03, 0xFB, 0xFC
LENGTH, ILLEGAL, PARAMETER = 0xFD, 0xFE, 0xFF
PUSH_EVERY = 0.05
BANDS = {"r18": {0: 62, 1: 19, 2: 49, 3: 31}, "288m": {1: 19, 2: 49, 3: 31, 4: 14, 8: 19}}
"""The radio bands each kind takes, and the last channel of each."""
PER_FRAME = 12
"""Tags told in one frame; the others follow in further frames."""


def checksum(data: bytes) -> bytes:
    """Give the manuals' CRC: preset FFFF, polynomial 8408 shifted right, low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0x8408 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


@dataclass
class Tag:
    """A transponder before one antenna."""

    epc: bytes
    rssi: int = 0x60
    tid: bytes = bytes.fromhex("E28011052000000000000000")
    antenna: int = 1
    user: bytes = bytes(32)

    def bank(self, number: int) -> bytes:
        """Give a memory as the air protocol lays it out."""
        control = (len(self.epc) // 2 << 11).to_bytes(2, "big")
        return (bytes(8), bytes(2) + control + self.epc, self.tid, self.user)[number]


@dataclass
class Unit:
    """One reader of the line."""

    pushes: bool = False
    power: int = 30
    max_frequency: int = 0x31
    min_frequency: int = 0x80
    scan_time: int = 10
    field: dict[str, Tag] = field(default_factory=dict)


class Reader18Emulator(PtyDevice):
    """The readers of one line; `put` and `take` move tags in a reader's field."""

    def __init__(
        self,
        path: Path,
        *,
        kind: str = "r18",
        addresses: tuple[int, ...] = (0,),
        pushes: bool = False,
        miss_rate: float = 0.0,
        faults: Faults | None = None,
    ) -> None:
        self.kind, self.miss_rate = kind, miss_rate
        self.units = {address: Unit(pushes) for address in addresses}
        self._from_host = bytearray()
        self._next_push = 0.0
        super().__init__(path, faults)

    def put(self, epc: str, *, address: int | None = None, antenna: int = 1, tid: str | None = None) -> None:
        """Bring a tag into a reader's field (the first reader's if no address is given)."""
        tag = Tag(bytes.fromhex(epc), antenna=antenna)
        with self.lock:
            if tid is not None:
                tag.tid = bytes.fromhex(tid)
            self._unit(address).field[epc.upper()] = tag
        self.wake()

    def take(self, epc: str, *, address: int | None = None) -> None:
        """Take a tag out of a reader's field."""
        with self.lock:
            self._unit(address).field.pop(epc.upper(), None)

    def _unit(self, address: int | None) -> Unit:
        return self.units[next(iter(self.units)) if address is None else address]

    def reset(self) -> None:
        """Forget the half command that was under way; the set-up stays."""
        self._from_host.clear()

    def tick(self) -> float:
        """Push what the readers that were never told to be quiet see."""
        now = time.monotonic()
        if now >= self._next_push:
            self._next_push = now + PUSH_EVERY
            for address, unit in self.units.items():
                for tag in self._seen(unit) if unit.pushes else []:
                    self._reply(address, 0xEE, OK, self._pushed(tag))
        return PUSH_EVERY if any(unit.pushes for unit in self.units.values()) else IDLE

    def _pushed(self, tag: Tag) -> bytes:
        if self.kind == "r18":
            return tag.epc
        return bytes((1 << tag.antenna - 1, len(tag.epc))) + tag.epc + bytes((tag.rssi,))

    def _seen(self, unit: Unit) -> list[Tag]:
        return [tag for tag in unit.field.values() if self.faults.rng.random() >= self.miss_rate]

    # -- commands -------------------------------------------------------------------------------------------------

    def hushed(self) -> None:
        """Forget half a command, or what was meant for another device of the line."""
        self._from_host.clear()

    def received(self, data: bytes) -> None:
        """Carry out each whole command."""
        self._from_host += data
        while self._from_host and len(self._from_host) > self._from_host[0]:
            size = self._from_host[0] + 1
            frame = bytes(self._from_host[:size])
            del self._from_host[:size]
            if size < 5:
                continue
            for address in self.units if frame[1] == 0xFF else [frame[1]]:
                if address not in self.units:
                    continue
                if checksum(frame[:-2]) == frame[-2:]:
                    self._obey(address, self.units[address], frame[2], frame[3:-2])
                else:
                    self._reply(address, 0, ILLEGAL)

    def _reply(self, address: int, command: int, status: int, data: bytes = b"") -> None:
        body = bytes((len(data) + 5, address, command, status)) + data
        self.send(body + checksum(body))

    def _obey(self, address: int, unit: Unit, command: int, given: bytes) -> None:
        if command in (0x01, 0x0F) and not unit.pushes:
            self._inventory(address, unit, given)
        elif command == 0x02 and not unit.pushes:
            self._reply(address, command, *self._memory(unit, given))
        elif command == 0x21:
            numbers = (unit.max_frequency, unit.min_frequency, unit.power, unit.scan_time)
            kind = b"\x02\x36\x09\x02" if self.kind == "r18" else b"\x03\x10\x0c\x02"
            self._reply(address, command, OK, kind + bytes(numbers))
        elif not unit.pushes or command in (0x22, 0x25, 0x2F, 0x35, 0x76):
            status = self._set_up(unit, command, given)
            self._reply(address, 0 if status == ILLEGAL else command, status)

    def _set_up(self, unit: Unit, command: int, given: bytes) -> int:
        """Take one setting; give the status."""
        sizes = {0x22: 2, 0x25: 1, 0x2F: 1, {"r18": 0x35, "288m": 0x76}[self.kind]: 6 if self.kind == "r18" else 1}
        if command not in sizes:
            return ILLEGAL
        if len(given) != sizes[command]:
            return LENGTH
        match command:
            case 0x22:
                band = (given[0] & 0xC0) >> 4 | given[1] >> 6
                low, high = given[1] & 0x3F, given[0] & 0x3F
                if not low <= high <= BANDS[self.kind].get(band, -1):
                    return PARAMETER
                unit.max_frequency, unit.min_frequency = given
            case 0x25:
                unit.scan_time = given[0] if given[0] > 2 else 10
            case 0x2F:
                if given[0] > 30:
                    return PARAMETER
                unit.power = given[0]
            case _:
                unit.pushes = given[0] & 3 != 0
        return OK

    # -- rounds ---------------------------------------------------------------------------------------------------

    def _inventory(self, address: int, unit: Unit, given: bytes) -> None:
        if len(given) not in ({"r18": (0, 2), "288m": (2, 5, 9)}[self.kind]):
            self._reply(address, 0x01, LENGTH)
            return
        antenna = (given[-2] & 0x0F) + 1 if len(given) > 2 else 1
        tags = [tag for tag in self._seen(unit) if self.kind == "r18" or tag.antenna == antenna]
        if not tags and self.kind == "r18":
            self._reply(address, 0x01, NO_TAG)
            return
        groups = [tags[n : n + PER_FRAME] for n in range(0, len(tags), PER_FRAME)] or [[]]
        for number, group in enumerate(groups, 1):
            entries = b"".join(self._entries(group, given))
            head = bytes((len(group),)) if self.kind == "r18" else bytes((1 << antenna - 1, len(group)))
            self._reply(address, 0x01, DONE if number == len(groups) else MORE, head + entries)

    def _entries(self, tags: list[Tag], given: bytes) -> Iterator[bytes]:
        for tag in tags:
            if self.kind == "r18":
                told = tag.tid[2 * given[0] : 2 * (given[0] + given[1])] if given else tag.epc
                yield bytes((len(told),)) + told
            elif given[0] & 0x20:
                told = tag.epc + tag.tid[:12]
                yield bytes((len(told) | 0x80,)) + told + bytes((tag.rssi,))
            else:
                yield bytes((len(tag.epc),)) + tag.epc + bytes((tag.rssi,))

    def _memory(self, unit: Unit, given: bytes) -> tuple[int, bytes]:
        """Read words of the tag that is named; give status and data."""
        end = 1 + 2 * given[0] if given else 0
        if not given or len(given) != end + 7:
            return LENGTH, b""
        tag = unit.field.get(given[1:end].hex().upper())
        if tag is None:
            return NO_TAG, b""
        bank, start, words = given[end : end + 3]
        memory = tag.bank(bank) if bank < 4 else b""
        if not words or bank > 3:
            return PARAMETER, b""
        if 2 * (start + words) > len(memory):
            return TAG_ERROR, b"\x03"
        return OK, memory[2 * start : 2 * (start + words)]
