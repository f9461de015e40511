"""An M100/R200 UHF reader with an antenna field: tags come and go, reads may miss, commands are answered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.emulators.pty_device import IDLE, Faults, PtyDevice

BATCH = 0.01
"""Seconds between two bursts of notices."""
OK = b"\0"


@dataclass
class Tag:
    """A transponder: banks of bytes, RSSI in dBm where it lies."""

    epc: bytes
    rssi: int = -50
    tid: bytes = bytes.fromhex("E280110500000000")
    user: bytes = bytes(16)
    password: bytes = bytes(4)

    @property
    def pc(self) -> bytes:
        """Give the protocol control word: the EPC's length in words, shifted by 11."""
        return (len(self.epc) // 2 << 11).to_bytes(2, "big")

    def bank(self, number: int) -> bytes:
        """Give a memory bank as the air protocol lays it out."""
        word = self.pc + self.epc
        return {0: bytes(4) + self.password, 1: crc16(word) + word, 2: self.tid, 3: self.user}[number]


def crc16(data: bytes) -> bytes:
    """Give the tag's own CRC-16 (ISO/IEC 13239: polynomial 1021, preset FFFF, inverted)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return (crc ^ 0xFFFF).to_bytes(2, "big")


@dataclass
class Setup:
    """What the set-up commands set; lost with the power."""

    region: int = 1
    channel: int = 0
    power: bytes = (2600).to_bytes(2, "big")
    query: bytes = bytes.fromhex("1020")
    select: bytes = bytes.fromhex("01000000206000")
    demodulator: bytes = bytes.fromhex("020600B0")
    idle: int = 0
    asleep: bool = False


@dataclass
class Poll:
    """A multi poll under way."""

    rounds: int = 0
    frames: Iterator[bytes] = field(default_factory=lambda: iter(()))
    owed: float = 0.0
    since: float = 0.0


class M100Emulator(PtyDevice):
    """One reader; `put` and `take` move tags in its field, `miss_rate` is the share of reads that fail."""

    def __init__(
        self,
        path: Path,
        *,
        framing: str = "bb",
        miss_rate: float = 0.0,
        per_second: float = 400.0,
        regions: tuple[int, ...] = (1, 2, 3, 4, 6),
        faults: Faults | None = None,
    ) -> None:
        self._header, self._end = {"bb": (0xBB, 0x7E), "aa": (0xAA, 0xDD)}[framing]
        self.field: dict[str, Tag] = {}
        self.miss_rate = miss_rate
        self.per_second = per_second
        self._regions = regions
        self._setup, self._poll, self._from_host = Setup(), Poll(), bytearray()
        super().__init__(path, faults)

    def put(self, epc: str, *, rssi: int = -50, tid: str | None = None) -> None:
        """Bring a tag into the field."""
        tag = Tag(bytes.fromhex(epc), rssi)
        with self.lock:
            if tid is not None:
                tag.tid = bytes.fromhex(tid)
            self.field[epc.upper()] = tag

    def take(self, epc: str) -> None:
        """Take a tag out of the field."""
        with self.lock:
            self.field.pop(epc.upper(), None)

    @property
    def polling(self) -> bool:
        """Tell whether a multi poll is under way."""
        return self._poll.rounds > 0

    def reset(self) -> None:
        """Lose set-up and poll with the power."""
        self._setup, self._poll = Setup(), Poll()
        self._from_host.clear()

    # -- notices --------------------------------------------------------------------------------------------------

    def tick(self) -> float:
        """Send the notices due at the line's pace."""
        poll = self._poll
        if not poll.rounds:
            return IDLE
        now = time.monotonic()
        poll.owed = min(poll.owed + (now - poll.since) * self.per_second, self.per_second)
        poll.since = now
        burst = b""
        while poll.owed >= 1 and poll.rounds:
            frame = next(poll.frames, None)
            if frame is None:
                poll.rounds -= 1
                poll.frames = iter(self._round() if poll.rounds else ())
                continue
            burst += frame
            poll.owed -= 1
        if burst:
            self.send(burst)
        return max(BATCH, 1 / self.per_second)

    def _round(self) -> list[bytes]:
        seen = [tag for tag in self.field.values() if self.faults.rng.random() >= self.miss_rate]
        return [self._notice(tag) for tag in seen] or [self._frame(1, 0xFF, b"\x15")]

    def _notice(self, tag: Tag) -> bytes:
        word = tag.pc + tag.epc
        return self._frame(2, 0x22, bytes((tag.rssi & 0xFF,)) + word + crc16(word))

    # -- commands -------------------------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """Carry out each whole command."""
        if self._setup.asleep:
            self._setup.asleep = False
            return
        self._from_host += data
        while (start := self._from_host.find(self._header)) >= 0:
            del self._from_host[:start]
            if len(self._from_host) < 7:
                return
            size = 7 + int.from_bytes(self._from_host[3:5], "big")
            if self._from_host[1] != 0 or size > 600:
                del self._from_host[0]
                continue
            if len(self._from_host) < size:
                return
            frame = bytes(self._from_host[:size])
            if frame[-1] == self._end and sum(frame[1:-2]) & 0xFF == frame[-2]:
                del self._from_host[:size]
                self._obey(frame[2], frame[5:-2])
            else:
                del self._from_host[0]
        self._from_host.clear()

    def _frame(self, kind: int, command: int, parameters: bytes) -> bytes:
        body = bytes((kind, command)) + len(parameters).to_bytes(2, "big") + parameters
        return bytes((self._header, *body, sum(body) % 256, self._end))

    def _obey(self, command: int, given: bytes) -> None:
        if command in (0x39, 0x49, 0x65, 0x82):
            self._access(command, given)
        elif command == 0x07 and given[:1] not in [bytes((region,)) for region in self._regions]:
            self.send(self._frame(1, 0xFF, b"\x0e"))
        elif command == 0x22:
            self.send(self._round()[0])
        elif command == 0x27:
            self._poll = Poll(int.from_bytes(given[1:3], "big") + 1, since=time.monotonic())
            self.wake()
        elif command != 0x11:
            answer = self._set_up(command, given)
            self.send(self._frame(1, 0xFF, b"\x17") if answer is None else self._frame(1, command, answer))

    def _set_up(self, command: int, given: bytes) -> bytes | None:
        """Give the answer to a set-up command, None when there is no such command."""
        setup = self._setup
        match command:
            case 0x03:
                texts = {0: b"M100 26dBm V1.0", 1: b"V2.3.5", 2: b"MagicRF"}
                return given[:1] + texts.get(given[0] if given else 0, b"")
            case 0x07:
                setup.region = given[0]
            case 0x0C:
                setup.select = given
            case 0x0E:
                setup.query = given
            case 0x17:
                setup.asleep = True
            case 0x1D:
                setup.idle = given[0]
            case 0x28:
                self._poll = Poll()
            case 0xAB:
                setup.channel = given[0]
            case 0xB6:
                setup.power = given
            case 0xF0:
                setup.demodulator = given
            case 0x12 | 0xAD:
                pass
            case _:
                return {
                    0x08: bytes((setup.region,)),
                    0x0B: setup.select,
                    0x0D: setup.query,
                    0x1A: given,
                    0xAA: bytes((setup.channel,)),
                    0xB7: setup.power,
                    0xF1: setup.demodulator,
                    0xF2: bytes((0, 19)) + bytes([0xF2] * 20),
                    0xF3: bytes((0, 19)) + bytes([0xBA] * 20),
                }.get(command)
        return given[:1] if command == 0x1D else OK

    # -- one tag's memory -----------------------------------------------------------------------------------------

    def _access(self, command: int, given: bytes) -> None:
        mask = self._setup.select[7:]
        tag = next((tag for tag in self.field.values() if not mask or tag.epc == mask), None)
        if tag is None:
            failed = {0x39: 0x09, 0x49: 0x10, 0x65: 0x12, 0x82: 0x13}[command]
            return self.send(self._frame(1, 0xFF, bytes((failed,))))
        word = tag.pc + tag.epc
        who = bytes((len(word),)) + word
        if given[:4] != tag.password:
            return self.send(self._frame(1, 0xFF, b"\x16" + who))
        if command not in (0x39, 0x49):
            return self.send(self._frame(1, command, who + OK))
        bank, start, words = given[4], int.from_bytes(given[5:7], "big"), int.from_bytes(given[7:9], "big")
        memory, first, last = tag.bank(bank), 2 * start, 2 * (start + words)
        if last > len(memory):
            return self.send(self._frame(1, 0xFF, (b"\xa3" if command == 0x39 else b"\xb3") + who))
        if command == 0x39:
            return self.send(self._frame(1, command, who + memory[first:last]))
        return self._write(tag, bank, memory[:first] + given[9:] + memory[last:], who)

    def _write(self, tag: Tag, bank: int, memory: bytes, who: bytes) -> None:
        if bank == 2:
            return self.send(self._frame(1, 0xFF, b"\xb4" + who))
        del self.field[tag.epc.hex().upper()]
        if bank == 1:
            tag.epc = memory[4 : 4 + 2 * (memory[2] >> 3)]
        elif bank == 3:
            tag.user = memory
        else:
            tag.password = memory[4:8]
        self.field[tag.epc.hex().upper()] = tag
        return self.send(self._frame(1, 0x49, who + OK))
