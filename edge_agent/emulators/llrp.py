"""An LLRP reader with antenna fields and GPI inputs, written from the LLRP 1.0.1 document: specs, reports, events.

It serves one client, speaks first, starts an Immediate ROSpec when it is enabled, and answers a DELETE of specs that do
not exist with an error, as some readers do.
"""

from __future__ import annotations

import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from edge_agent.emulators.llrp_specs import ROSpec, Specs, Transponder, Trigger
from edge_agent.emulators.llrp_words import (
    FIELD_ERROR,
    NOT_SUPPORTED,
    OK,
    abilities,
    attempt,
    event,
    inside,
    long_form,
    status,
    whole,
)
from edge_agent.emulators.pty_device import IDLE, Faults
from edge_agent.emulators.tcp_device import TcpDevice

BURST_S = 0.01
"""Seconds between two bursts of reports; 0 sends each report by itself."""


@dataclass
class Setup:
    """What a client set; lost with the power."""

    keepalive_s: float = 0.0
    events: set[int] = field(default_factory=set)
    ports_on: set[int] = field(default_factory=set)


class LlrpEmulator(TcpDevice):
    """One reader; `put` and `take` move tags in its fields, `miss_rate` is the share of reads that fail."""

    def __init__(
        self,
        port: int = 0,
        *,
        antennas: int = 4,
        miss_rate: float = 0.0,
        per_second: float = 1100.0,
        burst_s: float = BURST_S,
        strict: bool = True,
        faults: Faults | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.antennas = antennas
        self.miss_rate = miss_rate
        self.per_second = per_second
        self._strict = strict
        self._burst_s = burst_s
        self.field: dict[str, Transponder] = {}
        self.gpi: dict[int, bool] = dict.fromkeys(range(1, 5), False)
        self.reads = 0
        """Tag reads reported so far."""
        self.acknowledged = 0
        self.commands: deque[int] = deque(maxlen=64)
        """The types of the last messages a client sent, polls for the inputs left out."""
        self.keeps_alive = True
        """Whether keepalives are sent at all."""
        self._scheme = "llrps" if tls else "llrp"
        self._from_client, self._number = bytearray(), 0
        self._air: Iterator[Transponder] = iter(())
        self._owed = self._since = self._kept_at = 0.0
        self.reset()
        super().__init__(port, faults, tls)

    @property
    def url(self) -> str:
        """Where a station finds it."""
        return f"{self._scheme}://localhost:{self.port}"

    # -- the world ------------------------------------------------------------------------------------------------

    def put(self, epc: str, *, rssi: int = -50, tid: str = "E280110520001234567890AB", antenna: int = 1) -> None:
        """Bring a tag into an antenna's field."""
        with self.lock:
            self.field[epc.upper()] = Transponder(bytes.fromhex(epc), rssi, bytes.fromhex(tid), antenna)

    def take(self, epc: str) -> None:
        """Take a tag out of the fields."""
        with self.lock:
            self.field.pop(epc.upper(), None)

    def level(self, port: int, *, high: bool) -> None:
        """Set an input's level; what is triggered by it starts or stops."""
        with self.lock:
            self.gpi[port] = high
            self._tell(1, long_form(248, struct.pack(">HB", port, 0x80 * high)))
            for spec in self.specs.rospecs.values():
                if spec.running and _fires(spec.stop, 2, port, high):
                    self._stop(spec)
                elif spec.enabled and not spec.running and _fires(spec.start, 3, port, high):
                    self._start(spec)

    def break_antenna(self, antenna: int) -> None:
        """Cut an antenna's cable."""
        with self.lock:
            self._tell(8, long_form(255, struct.pack(">BH", 0, antenna)))

    def end_rospec(self) -> None:
        """End what runs, as a reader may by itself."""
        with self.lock:
            for spec in self.specs.rospecs.values():
                self._stop(spec)

    @property
    def reading(self) -> bool:
        """Tell whether a ROSpec runs."""
        return any(spec.running for spec in self.specs.rospecs.values())

    def reset(self) -> None:
        """Forget what a client set."""
        self.setup = Setup()
        self.specs = Specs(self.antennas, self._start, self._stop, strict=self._strict)
        self._from_client.clear()

    # -- by itself ------------------------------------------------------------------------------------------------

    def connected(self) -> None:
        """Speak first."""
        self._from_client.clear()
        self._kept_at = time.monotonic()
        self._send(63, attempt(0))

    def refuse(self, link: socket.socket) -> None:
        """Serve one client only, and tell it that another one came."""
        link.sendall(whole(63, 0, attempt(2)))
        self._send(63, attempt(4))

    def tick(self) -> float:
        """Send keepalives and the reports that are due."""
        now, wait = time.monotonic(), IDLE
        if self._link is not None and self.setup.keepalive_s and self.keeps_alive:
            if now - self._kept_at >= self.setup.keepalive_s:
                self._kept_at = now
                self._send(62)
            wait = self._kept_at + self.setup.keepalive_s - now
        spec = next((spec for spec in self.specs.rospecs.values() if spec.running), None)
        if spec is None:
            return wait
        self._owed = min(self._owed + (now - self._since) * self.per_second, self.per_second)
        self._since = now
        self._listen(spec)
        return min(wait, max(self._burst_s, 1 / self.per_second))

    def _listen(self, spec: ROSpec) -> None:
        """Read as many tags as are due, and report every so many."""
        heard = b""
        rounds = 0
        while self._owed >= 1 and rounds < 2:
            tag = next(self._air, None)
            if tag is None:
                rounds += 1
                self._air = iter(self._round(spec))
                continue
            rounds = 0
            self._owed -= 1
            self.reads += 1
            spec.waiting.append(tag.report(spec, self.specs.accessspecs.values()))
            if spec.every and len(spec.waiting) >= spec.every:
                heard += self._whole(61, *spec.waiting)
                spec.waiting.clear()
        if heard:
            self.send(heard)

    def _round(self, spec: ROSpec) -> list[Transponder]:
        listening = range(1, self.antennas + 1) if 0 in spec.antennas else spec.antennas
        return [
            tag
            for tag in self.field.values()
            if tag.antenna in listening and self.faults.rng.random() >= self.miss_rate
        ]

    # -- specs ----------------------------------------------------------------------------------------------------

    def _start(self, spec: ROSpec) -> None:
        spec.running, self._since, self._owed = True, time.monotonic(), 0.0
        self._tell(2, long_form(249, struct.pack(">BLL", 0, spec.number, 0)))
        self.wake()

    def _stop(self, spec: ROSpec) -> None:
        if not spec.running:
            return
        spec.running = False
        spec.enabled = spec.enabled and spec.start.kind != 1
        if spec.waiting:
            self._send(61, *spec.waiting)
            spec.waiting.clear()
        self._tell(2, long_form(249, struct.pack(">BLL", 1, spec.number, 0)))

    def _tell(self, kind: int, content: bytes) -> None:
        """Send an event, if the client wants events of its kind."""
        if kind in self.setup.events:
            self._send(63, event(time.time_ns() // 1000, content))

    # -- commands -------------------------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """Carry out each whole command."""
        self._from_client += data
        while len(self._from_client) >= 10:
            head, size, number = struct.unpack(">HLL", self._from_client[:10])
            if not 10 <= size <= 1 << 20:
                self.hang_up()
                return
            if len(self._from_client) < size:
                return
            body = bytes(self._from_client[10:size])
            del self._from_client[:size]
            self._obey(head & 0x3FF, number, body)

    def _whole(self, kind: int, *content: bytes) -> bytes:
        self._number += 1
        return whole(kind, self._number, *content)

    def _send(self, kind: int, *content: bytes) -> None:
        self.send(self._whole(kind, *content))

    def _obey(self, kind: int, number: int, body: bytes) -> None:
        if (kind, body[2:3]) != (2, b"\x09"):
            self.commands.append(kind)
        if kind == 72:
            self.acknowledged += 1
        elif kind == 60:
            self._send(61)
        elif kind == 14:
            self.send(whole(4, number, status()))
            self.hang_up()
        elif kind != 64:
            try:
                content = self._answer(kind, body)
            except (LookupError, ValueError, struct.error) as error:
                content = status(FIELD_ERROR, repr(error))
            known = content is not None
            self.send(whole(kind + 10 if known else 100, number, content or status(NOT_SUPPORTED)))

    def _answer(self, kind: int, body: bytes) -> bytes | None:
        """Carry out a command and give the body of its answer, None for one that the reader does not know."""
        match kind:
            case 1:
                return status() + abilities(self.antennas, len(self.gpi))
            case 2:
                return status() + self._config(body)
            case 3:
                return status(self._set_config(body))
            case 20 | 21 | 22 | 23 | 24 | 25 | 40 | 41 | 42 | 43:
                return status(*self.specs.command(kind, body))
            case _:
                return None

    def _config(self, body: bytes) -> bytes:
        _, wanted, _, _ = struct.unpack(">HBHH", body[:7])
        antennas = b"".join(long_form(221, struct.pack(">BHH", 0x80, n + 1, 600)) for n in range(self.antennas))
        ports = b"".join(
            long_form(225, struct.pack(">HBB", port, 0x80 * (port in self.setup.ports_on), high))
            for port, high in self.gpi.items()
        )
        return {0: long_form(218, b"\0\0\x08\0\x16\x25\xff\xfe\x11\x22\x33") + antennas + ports, 9: ports}.get(
            wanted, b""
        )

    def _set_config(self, body: bytes) -> int:
        given = inside(body[1:])
        for value in given.get(220, []):
            kind, period = struct.unpack(">BL", value)
            self.setup.keepalive_s, self._kept_at = period / 1000 * kind, time.monotonic()
        for value in given.get(244, []):
            wanted = [struct.unpack(">HB", state) for state in inside(value)[245]]
            self.setup.events = {kind for kind, on in wanted if on & 0x80}
        for value in given.get(225, []):
            port, on, _ = struct.unpack(">HBB", value)
            if port not in self.gpi:
                return FIELD_ERROR
            (self.setup.ports_on.add if on & 0x80 else self.setup.ports_on.discard)(port)
        self.wake()
        return OK


def _fires(trigger: Trigger, kind: int, port: int, high: bool) -> bool:
    return (trigger.kind, trigger.port, trigger.high) == (kind, port, high)
