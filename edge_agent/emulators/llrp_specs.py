"""The specs a client adds to an LLRP reader: what is read, when, and what is told of it; as LLRP 1.0.1 has them."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from edge_agent.emulators.llrp_words import FIELD_ERROR, INVALID, OK, inside, long_form, short_form


@dataclass
class Trigger:
    """Starts or stops a ROSpec: 0 by command only, 1 at once (or after a time), 2 periodic (or by GPI), 3 by GPI."""

    kind: int
    port: int = 0
    high: bool = False


@dataclass
class ROSpec:
    """A ROSpec as the client added it."""

    number: int
    start: Trigger
    stop: Trigger
    antennas: tuple[int, ...]
    every: int
    content: int
    enabled: bool = False
    running: bool = False
    waiting: list[bytes] = field(default_factory=list)
    """Tag reports not sent yet."""


def read_rospec(body: bytes) -> ROSpec:
    """Read the body of an ADD_ROSPEC (ValueError, LookupError, struct.error: it is none)."""
    spec = inside(body)[177][0]
    parts = inside(spec[6:])
    boundary = inside(parts[178][0])
    (start,), (stop,) = boundary[179], boundary[182]
    listen = parts[183][0]
    (count,) = struct.unpack(">H", listen[:2])
    report = parts[237][0]
    (content,) = struct.unpack(">H", inside(report[3:])[238][0][:2])
    return ROSpec(
        number=struct.unpack(">L", spec[:4])[0],
        start=_trigger(start[0], start[1:]),
        stop=_trigger(stop[0], stop[5:]),
        antennas=struct.unpack(f">{count}H", listen[2 : 2 + 2 * count]),
        every=struct.unpack(">H", report[1:3])[0],
        content=content,
    )


def _trigger(kind: int, rest: bytes) -> Trigger:
    for value in inside(rest).get(181, []):
        port, level = struct.unpack(">HB", value[:3])
        return Trigger(kind, port, level >= 0x80)
    return Trigger(kind)


@dataclass
class AccessSpec:
    """A read of every tag's memory, as the client added it."""

    number: int
    op: int
    bank: int
    first: int
    words: int
    enabled: bool = False

    def result(self, memory: bytes) -> bytes:
        """Give the result of reading a tag's bank."""
        part = memory[2 * self.first : 2 * (self.first + self.words) if self.words else None]
        if len(part) < 2 * self.words:
            return long_form(349, struct.pack(">BHH", 1, self.op, 0))
        return long_form(349, struct.pack(">BHH", 0, self.op, len(part) // 2), part)


def read_accessspec(body: bytes) -> AccessSpec:
    """Read the body of an ADD_ACCESSSPEC."""
    spec = inside(body)[207][0]
    command = inside(spec[12:])[209][0]
    op, _, bank, first, words = struct.unpack(">HLBHH", inside(command)[341][0])
    return AccessSpec(struct.unpack(">L", spec[:4])[0], op, bank >> 6, first, words)


@dataclass
class Transponder:
    """A tag: EPC, TID, strength, and the antenna whose field it lies in."""

    epc: bytes
    rssi: int
    tid: bytes
    antenna: int

    def report(self, spec: ROSpec, accesses: Iterable[AccessSpec]) -> bytes:
        """Write a TagReportData with what the content selector asks for."""
        now_us = time.time_ns() // 1000
        if len(self.epc) == 12:
            content = short_form(13, "12s", self.epc)
        else:
            content = long_form(241, struct.pack(">H", 8 * len(self.epc)), self.epc)
        for bit, kind, shape, value in (
            (15, 9, "L", spec.number),
            (12, 1, "H", self.antenna),
            (10, 6, "b", self.rssi),
            (9, 2, "Q", now_us),
            (8, 4, "Q", now_us),
            (7, 8, "H", 1),
        ):
            if spec.content >> bit & 1:
                content += short_form(kind, shape, value)
        results = (access.result(self.tid if access.bank == 2 else b"") for access in accesses if access.enabled)
        return long_form(240, content, *results)


class Specs:
    """All specs of one reader; `start` and `stop` turn a ROSpec's reading on and off."""

    def __init__(
        self, antennas: int, start: Callable[[ROSpec], None], stop: Callable[[ROSpec], None], *, strict: bool
    ) -> None:
        self.rospecs: dict[int, ROSpec] = {}
        self.accessspecs: dict[int, AccessSpec] = {}
        self._antennas, self._start, self._stop, self._strict = antennas, start, stop, strict

    def command(self, kind: int, body: bytes) -> tuple[int, str]:
        """Carry out one command about specs; give the status."""
        if kind == 20:
            return self._add(body)
        if kind == 40:
            access = read_accessspec(body)
            self.accessspecs[access.number] = access
            return OK, ""
        (number,) = struct.unpack(">L", body[:4])
        specs: dict[int, ROSpec] | dict[int, AccessSpec] = self.accessspecs if kind >= 40 else self.rospecs
        meant = [spec for spec in specs.values() if number in (0, spec.number)]
        if not meant:
            return (FIELD_ERROR, "no such spec") if self._strict or number else (OK, "")
        for spec in meant:
            if isinstance(spec, ROSpec):
                self._manage(kind, spec)
            elif kind == 41:
                del self.accessspecs[spec.number]
            else:
                spec.enabled = kind == 42
        return OK, ""

    def _add(self, body: bytes) -> tuple[int, str]:
        spec = read_rospec(body)
        if spec.number in self.rospecs or spec.number == 0:
            return FIELD_ERROR, "there is such a ROSpec already"
        if any(antenna > self._antennas for antenna in spec.antennas):
            return INVALID, "no such antenna"
        self.rospecs[spec.number] = spec
        return OK, ""

    def _manage(self, kind: int, spec: ROSpec) -> None:
        """Delete (21), start (22), stop (23), enable (24) or disable (25) a ROSpec."""
        if kind in (21, 23, 25):
            self._stop(spec)
        if kind == 21:
            del self.rospecs[spec.number]
        elif kind in (24, 25):
            spec.enabled = kind == 24
        if kind == 22 or (kind == 24 and spec.start.kind == 1):
            self._start(spec)
