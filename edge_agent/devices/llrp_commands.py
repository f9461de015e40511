"""What the station asks of an LLRP reader, as messages: its ROSpec, the access spec that reads TIDs, and set-up."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from edge_agent.devices import llrp_tables as t
from edge_agent.devices.base import ProtocolError
from edge_agent.devices.llrp_capabilities import Capabilities
from edge_agent.devices.llrp_settings import LlrpSettings
from edge_agent.devices.llrp_wire import message, tlv

ROSPEC_ID, ACCESSSPEC_ID, TID_OP = 1, 1, 1
INVENTORY_ID, GEN2 = 1, 1
REPORT_CONTENT = 0x1780
"""Antenna, peak RSSI, first and last seen, count: bits 12, 10, 9, 8, 7 of the selector."""
EVERYTHING = 0
GPI_LEVELS = 9
BY_COMMAND, IMMEDIATE, BY_GPI = 0, 1, 3
STOP_NEVER, STOP_BY_GPI = 0, 2
ROUND_OVER, ROUND_MS = 1, 10_000
N_TAGS_OR_END = 2
TAGS_AT_ONCE = 32
TID_BANK = 2


class Manner(NamedTuple):
    """How the ROSpec reads: with the Gen2 session set, by command and not by itself, in one endless round."""

    gen2: bool = True
    by_hand: bool = False
    endless: bool = True


AS_SET = Manner()


def command(name: str, body: bytes = b"", number: int = 0, version: int = 1) -> bytes:
    """Write any command of the table (ProtocolError: no such command)."""
    if name not in t.CODES:
        raise ProtocolError(f"no LLRP command '{name}'")
    return message(t.CODES[name], body, number=number, version=version)


def spec(number: int) -> bytes:
    """Give the body of a command about one spec; 0 is all of them."""
    return struct.pack(">I", number)


def get_config(requested: int = EVERYTHING) -> bytes:
    """Give the body that asks for the configuration, of all antennas and ports."""
    return struct.pack(">HBHH", 0, requested, 0, 0)


def keepalive(settings: LlrpSettings) -> bytes:
    """Give the body that asks for keepalives."""
    return b"\0" + tlv(t.KEEPALIVE_SPEC, struct.pack(">BI", 1, settings.keepalive_ms))


def watch(events: Iterable[int]) -> bytes:
    """Give the body that asks for events of these kinds."""
    states = [tlv(t.NOTIFICATION, struct.pack(">HB", event, 0x80)) for event in events]
    return b"\0" + tlv(t.NOTIFICATIONS, *states)


def inputs_used(settings: LlrpSettings) -> int:
    """Give the highest GPI port that something hangs on; 0 for none."""
    return settings.gpi_ports if settings.start == "immediate" else max(settings.gpi_ports, settings.trigger_port)


def inputs(settings: LlrpSettings) -> bytes:
    """Give the body that switches on the GPI ports in use."""
    ports = range(1, inputs_used(settings) + 1)
    return b"\0" + b"".join(tlv(t.GPI_STATE, struct.pack(">HBB", port, 0x80, 0)) for port in ports)


def rospec(settings: LlrpSettings, can: Capabilities, manner: Manner = AS_SET) -> bytes:
    """Give the body that adds the ROSpec: when to read, on which antennas, how strongly, and what to report."""
    inventory = tlv(t.INVENTORY, struct.pack(">HB", INVENTORY_ID, GEN2), _antennas(settings, can, manner))
    ports = struct.pack(f">H{len(settings.antennas)}H", len(settings.antennas), *settings.antennas)
    over = struct.pack(">BI", STOP_NEVER, 0) if manner.endless else struct.pack(">BI", ROUND_OVER, ROUND_MS)
    listen = tlv(t.AISPEC, ports, tlv(t.AI_STOP, over), inventory)
    content = tlv(t.CONTENT, struct.pack(">H", REPORT_CONTENT))
    report = tlv(t.REPORT_SPEC, struct.pack(">BH", N_TAGS_OR_END, settings.report_every), content)
    return tlv(t.ROSPEC, struct.pack(">IBB", ROSPEC_ID, 0, 0), _boundary(settings, manner), listen, report)


def _boundary(settings: LlrpSettings, manner: Manner) -> bytes:
    """Say when reading starts and stops: at once (or on command) and never, or with the contact of the trigger port."""
    if manner.by_hand or settings.start == "immediate":
        start = struct.pack(">B", BY_COMMAND if manner.by_hand else IMMEDIATE)
        return tlv(t.BOUNDARY, tlv(t.START, start), tlv(t.STOP, struct.pack(">BI", STOP_NEVER, 0)))
    closed_high = settings.gpi_closed == "high"
    opens, closes = (
        tlv(t.GPI_TRIGGER, struct.pack(">HBI", settings.trigger_port, 0x80 if high else 0, 0))
        for high in (not closed_high, closed_high)
    )
    return tlv(
        t.BOUNDARY,
        tlv(t.START, struct.pack(">B", BY_GPI), opens),
        tlv(t.STOP, struct.pack(">BI", STOP_BY_GPI, 0), closes),
    )


def _antennas(settings: LlrpSettings, can: Capabilities, manner: Manner) -> bytes:
    """Set power and session for all antennas, where they are set."""
    content = b""
    index = can.power_index(settings.power_dbm) if settings.power_dbm else None
    if index is not None:
        content += tlv(t.TRANSMITTER, struct.pack(">HHH", can.hop_table, 1, index))
    if manner.gen2 and settings.session != "reader":
        session = struct.pack(">BHI", int(settings.session[1]) << 6, TAGS_AT_ONCE, 0)
        content += tlv(t.C1G2_INVENTORY, b"\0", tlv(t.C1G2_SINGULATION, session))
    return tlv(t.ANTENNA_CONFIG, struct.pack(">H", 0), content) if content else b""


def tid_spec(settings: LlrpSettings) -> bytes:
    """Give the body that adds the access spec: read the TID of every tag the ROSpec finds."""
    head = struct.pack(">IHBBI", ACCESSSPEC_ID, 0, GEN2, 0, ROSPEC_ID)
    every_tag = tlv(t.C1G2_TAG_SPEC, tlv(t.C1G2_TARGET, struct.pack(">BHHH", 1 << 6 | 1 << 5, 0, 0, 0)))
    read = tlv(t.C1G2_READ, struct.pack(">HIBHH", TID_OP, 0, TID_BANK << 6, 0, settings.tid_words))
    stop = tlv(t.ACCESS_STOP, struct.pack(">BH", 0, 0))
    report = tlv(t.ACCESS_REPORT, b"\0")
    return tlv(t.ACCESSSPEC, head, stop, tlv(t.ACCESS_COMMAND, every_tag, read), report)
