"""What an LLRP tag report says: EPC of any length, antenna, strength, moments, and what was read of its memory."""

from __future__ import annotations

import struct

from edge_agent.devices import llrp_tables as t
from edge_agent.devices.base import DeviceFault, DeviceReply, MemoryRead, Reading, TagReported
from edge_agent.devices.llrp_wire import WireError, parameters
from edge_agent.devices.tags import LONGEST, SHORTEST

TID_CLASSES = (0xE0, 0xE2, 0xE3)
"""First byte of a transponder's identity (ISO/IEC 15963): such a read is its TID."""


def tag(body: bytes) -> list[Reading]:
    """Read one tag of a report (WireError: it is none): the tag, and what else was read of it or failed."""
    found: dict[int, bytes] = {}
    reads: list[bytes] = []
    finer: int | None = None
    for kind, value in parameters(body):
        if kind == t.C1G2_READ_RESULT:
            reads.append(value)
        elif kind != t.CUSTOM:
            found[kind] = value
        elif value[:8] == struct.pack(">II", t.IMPINJ, t.IMPINJ_TID):
            reads.append(b"\0\0\0" + value[8:])
        elif value[:8] == struct.pack(">II", t.IMPINJ, t.IMPINJ_RSSI) and len(value) >= 10:
            finer = int.from_bytes(value[8:10], "big", signed=True)
    epc = _epc(found)
    if len(epc) < 2 * SHORTEST:  # a tag may be written so; it must not hide the others of its report
        return [DeviceReply("blank_tag", {"antenna": _number(found, t.ANTENNA), "epc": epc})]
    pc = found[t.PC].hex().upper() if t.PC in found else None
    tid, others = _memory(reads, epc, pc)
    rssi = _number(found, t.RSSI, signed=True) if finer is None else finer / 100
    seen = TagReported(
        epc=epc,
        antenna=_number(found, t.ANTENNA) or 1,
        rssi=rssi,
        pc=pc,
        tid=tid,
        first_seen_us=_number(found, t.FIRST_UTC),
        last_seen_us=_number(found, t.LAST_UTC),
        count=_number(found, t.COUNT),
    )
    return [seen, *others]


def _epc(found: dict[int, bytes]) -> str:
    if t.EPC_96 in found:
        return found[t.EPC_96].hex().upper()
    data = found.get(t.EPC_DATA, b"")
    if len(data) < 2:
        raise WireError("tag report without an EPC")
    size = (int.from_bytes(data[:2], "big") + 7) // 8
    if size > LONGEST:
        raise WireError(f"EPC of {size} bytes, longer than any tag's")
    if len(data) < 2 + size:
        raise WireError(f"EPC of {size} bytes in a parameter that holds {len(data) - 2}")
    return data[2 : 2 + size].hex().upper()


def _number(found: dict[int, bytes], kind: int, *, signed: bool = False) -> int | None:
    return int.from_bytes(found[kind], "big", signed=signed) if kind in found else None


def _memory(reads: list[bytes], epc: str, pc: str | None) -> tuple[str | None, list[Reading]]:
    """Tell the TID from what was read of a tag beside its EPC, and give what else was read or failed."""
    tid: str | None = None
    others: list[Reading] = []
    for read in reads:
        if len(read) < 5 and read[:1] in (b"", b"\0"):
            raise WireError(f"read result of {len(read)} bytes, at least 5 are due")
        if read[0]:
            what = t.TAG_RESULTS.get(read[0], f"result {read[0]}")
            others.append(DeviceFault(read[0], f"read: {what}", pc, epc))
            continue
        size = 2 * int.from_bytes(read[3:5], "big")
        data = read[5 : 5 + size]
        if len(data) < size:
            raise WireError(f"read result of {size} bytes in a parameter that holds {len(data)}")
        if data and data[0] in TID_CLASSES:
            tid = data.hex().upper()
        else:
            others.append(MemoryRead(epc, pc or "", data.hex().upper()))
    return tid, others
