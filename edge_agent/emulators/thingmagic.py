"""A ThingMagic module of the Nano kind: reads by itself once started, tells each tag with its metadata, obeys set-up.

As the maker's public library has it: a module without a region has its radio off; what is set is lost with the power.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from edge_agent.emulators.pty_device import IDLE, Faults, PtyDevice

TABLE = [0x1021 * n for n in range(8)] + [0x8108 + 0x1021 * n for n in range(8)]
"""The library's sixteen constants, for one half-byte each."""
KNOWN_REGIONS = (0x04, 0x05, 0x06, 0x08, 0x09, 0x0B, 0x0C, 0x0D, 0xFF)
NO_COMMAND, TOO_MUCH_POWER, NO_REGION = 0x0101, 0x0103, 0x010B
NO_TAG, RADIO_OFF = 0x0400, 0x0405
MOST_POWER = 2700
ALIVE_EVERY = 1.0


def checksum(data: bytes) -> bytes:
    """Give the library's CRC: half a byte at a time is shifted in at the low end."""
    value = 0xFFFF
    for byte in data:
        for half in (byte >> 4, byte & 0x0F):
            value = ((value << 4 | half) ^ TABLE[value >> 12]) & 0xFFFF
    return value.to_bytes(2, "big")


@dataclass
class Tag:
    """A transponder before one antenna port."""

    epc: bytes
    rssi: int = -50
    port: int = 1
    tid: bytes = bytes.fromhex("E28011052000000000000000")


@dataclass
class Setup:
    """What has been set; lost with the power."""

    region: int = 0
    power: int = 1500
    ports: bytes = b"\x01\x01"
    reading: bool = False


class ThingMagicEmulator(PtyDevice):
    """One module; `put` and `take` move tags in its field."""

    def __init__(
        self,
        path: Path,
        *,
        region: int = 0x06,
        every: float = 0.02,
        miss_rate: float = 0.0,
        faults: Faults | None = None,
    ) -> None:
        self.field: dict[str, Tag] = {}
        self.miss_rate = miss_rate
        self._region, self._every = region, every
        self.setup, self._from_host = Setup(), bytearray()
        self._last = 0.0
        super().__init__(path, faults)

    def put(self, epc: str, *, rssi: int = -50, port: int = 1) -> None:
        """Bring a tag into the field."""
        with self.lock:
            self.field[epc.upper()] = Tag(bytes.fromhex(epc), rssi, port)
        self.wake()

    def take(self, epc: str) -> None:
        """Take a tag out of the field."""
        with self.lock:
            self.field.pop(epc.upper(), None)

    def fault(self, status: int) -> None:
        """Report trouble while reading, such as 0504 or 0505."""
        with self.lock:
            self._reply(0x22, status)

    def reset(self) -> None:
        """Come up anew: with the region it was sold with, not reading."""
        self.setup = Setup(self._region)
        self._from_host.clear()

    def tick(self) -> float:
        """Tell each tag that is seen, or once a second that there is none."""
        if not self.setup.reading:
            return IDLE
        seen = [
            tag
            for tag in self.field.values()
            if self.faults.rng.random() >= self.miss_rate and tag.port in self.setup.ports
        ]
        now = time.monotonic()
        if seen:
            self.send(b"".join(self._frame(0x22, 0, self._record(tag)) for tag in seen))
            self._last = now
        elif now - self._last >= ALIVE_EVERY:
            self._reply(0x22, NO_TAG)
            self._last = now
        return self._every

    def _record(self, tag: Tag) -> bytes:
        """Lay a tag out as the library's comment on its answer does, byte for byte."""
        word = (len(tag.epc) // 2 << 11).to_bytes(2, "big") + tag.epc
        told = word + bytes(2)
        return (
            bytes.fromhex("10001b01ff01")
            + bytes((1, tag.rssi & 0xFF, tag.port << 4 | tag.port))
            + bytes.fromhex("0e1640" + "00000127" + "0000" + "05" + "0000" + "0f")
            + (len(told) * 8).to_bytes(2, "big")
            + told
        )

    # -- commands -------------------------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """Carry out each whole command."""
        self._from_host += data
        while (start := self._from_host.find(0xFF)) >= 0:
            del self._from_host[:start]
            if len(self._from_host) < 2 or len(self._from_host) < self._from_host[1] + 5:
                return
            size = self._from_host[1] + 5
            frame = bytes(self._from_host[:size])
            if checksum(frame[1:-2]) == frame[-2:]:
                del self._from_host[:size]
                self._obey(frame[2], frame[3:-2])
            else:
                del self._from_host[0]
        self._from_host.clear()

    def _frame(self, command: int, status: int, data: bytes = b"") -> bytes:
        body = bytes((len(data), command)) + status.to_bytes(2, "big") + data
        return b"\xff" + body + checksum(body)

    def _reply(self, command: int, status: int, data: bytes = b"") -> None:
        self.send(self._frame(command, status, data))

    def _obey(self, command: int, given: bytes) -> None:
        setup = self.setup
        if command == 0x2F:
            start = given[2:3] == b"\x01"
            setup.reading = start and setup.region != 0
            self._reply(command, RADIO_OFF if start and not setup.region else 0)
            self._last = time.monotonic()
            self.wake()
        elif command == 0x28:
            self._memory(given)
        elif command == 0x97 and given[0] not in KNOWN_REGIONS:
            self._reply(command, NO_REGION)
        elif command == 0x92 and int.from_bytes(given, "big") > MOST_POWER:
            self._reply(command, TOO_MUCH_POWER)
        elif command in (0x91, 0x92, 0x93, 0x97, 0x9A):
            match command:
                case 0x91:
                    setup.ports = given[1:]
                case 0x92:
                    setup.power = int.from_bytes(given, "big")
                case 0x97:
                    setup.region = given[0]
            self._reply(command, 0)
        else:
            answers = {
                0x03: bytes.fromhex("12121300" + "30000002" + "20160414" + "01070006" + "00000010"),
                0x62: b"\0" + setup.power.to_bytes(2, "big"),
                0x67: bytes((setup.region,)),
                0x71: bytes(KNOWN_REGIONS),
            }
            self._reply(command, 0 if command in answers else NO_COMMAND, answers.get(command, b""))

    def _memory(self, given: bytes) -> None:
        """Read words of the TID of the first tag."""
        start, words = int.from_bytes(given[3:7], "big"), given[7]
        tag = next(iter(self.field.values()), None)
        if tag is None or given[2] != 2:
            self._reply(0x28, NO_TAG)
        else:
            self._reply(0x28, 0, tag.tid[2 * start : 2 * (start + words)])
