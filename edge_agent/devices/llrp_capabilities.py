"""What an LLRP reader can do, from its answer to GET_READER_CAPABILITIES: its maker, antennas, powers, channels."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from edge_agent.devices import llrp_tables as t
from edge_agent.devices.base import DeviceReply, ReaderInfo, Reading
from edge_agent.devices.llrp_wire import WireError, parameters


@dataclass
class Capabilities:
    """What the reader says; empty where it does not say."""

    maker: int | None = None
    model: int = 0
    firmware: str = ""
    antennas: int = 0
    gpis: int = 0
    gpos: int = 0
    country: int = 0
    hop_table: int = 1
    powers: dict[int, float] = field(default_factory=dict)
    """Index -> dBm."""
    channels: list[int] = field(default_factory=list)
    """Frequencies in kHz."""

    def power_index(self, dbm: float) -> int | None:
        """Give the index of the strongest power that is not above `dbm`, else of the weakest; None: it lists none."""
        fitting = {index: power for index, power in self.powers.items() if power <= dbm}
        if fitting:
            return max(fitting, key=lambda index: fitting[index])
        return min(self.powers, key=lambda index: self.powers[index], default=None)

    def outside(self, region: str) -> str:
        """Say why the reader must not be used in this region; empty when all its channels lie inside."""
        first, last = t.BANDS[region]
        strange = [khz for khz in self.channels if not first <= khz <= last]
        if not self.channels:
            return f"region {region}: the reader does not tell its channels; set its region with its maker's tool"
        if strange:
            return f"region {region}: the reader's channel {strange[0]} kHz lies outside; set it with its maker's tool"
        return ""

    def readings(self) -> list[Reading]:
        """Give it as readings."""
        heard: list[Reading] = []
        if self.maker is not None:
            heard.append(ReaderInfo("maker", f"{t.MAKERS.get(self.maker, 'enterprise')} ({self.maker})"))
            heard.append(ReaderInfo("hardware", f"model {self.model}, {self.antennas} antennas, {self.gpis} inputs"))
            heard.append(ReaderInfo("software", self.firmware))
        if self.powers or self.channels:
            powers, channels = list(self.powers.values()), self.channels
            heard.append(
                DeviceReply(
                    "regulatory",
                    {
                        "country": self.country,
                        "lowest_dbm": min(powers, default=None),
                        "highest_dbm": max(powers, default=None),
                        "lowest_khz": min(channels, default=None),
                        "highest_khz": max(channels, default=None),
                    },
                )
            )
        return heard


def capabilities(body: bytes) -> Capabilities:
    """Read the body of the answer (WireError: it is not one)."""
    found = Capabilities()
    for kind, value in parameters(body):
        if kind == t.GENERAL:
            _general(found, value)
        elif kind == t.REGULATORY:
            found.country = int.from_bytes(value[:2], "big")
            for inner, band in parameters(value, 4):
                if inner == t.UHF_BAND:
                    _band(found, band)
    return found


def _general(found: Capabilities, body: bytes) -> None:
    found.antennas, _, found.maker, found.model, size = struct.unpack_from(">HHIIH", body)
    found.firmware = body[14 : 14 + size].decode("utf-8", "backslashreplace").rstrip("\0")
    for kind, value in parameters(body, 14 + size):
        if kind == t.GPIO:
            found.gpis, found.gpos = struct.unpack_from(">HH", value)


def _band(found: Capabilities, body: bytes) -> None:
    for kind, value in parameters(body):
        if kind == t.POWER_LEVEL:
            index, hundredths = struct.unpack_from(">Hh", value)
            found.powers[index] = hundredths / 100
        elif kind == t.FREQUENCIES:
            for inner, table in parameters(value, 1):
                _channels(found, inner, table)


def _channels(found: Capabilities, kind: int, table: bytes) -> None:
    """Read a hop table (id, reserved, count, kHz...) or the fixed table (count, kHz...)."""
    if kind not in (t.HOP_TABLE, t.FIXED_TABLE):
        return
    head = 2 if kind == t.HOP_TABLE else 0
    (count,) = struct.unpack_from(">H", table, head)
    listed = table[head + 2 : head + 2 + 4 * count]
    if len(listed) < 4 * count:
        raise WireError(f"{count} frequencies in a table that holds {len(listed) // 4}")
    if head:
        found.hop_table = table[0]
    found.channels += [khz for (khz,) in struct.iter_unpack(">I", listed)]
