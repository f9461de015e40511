"""The 8A/80 lock boards' wire: heads and codes, settings, sealing and numbering, and why bytes are refused."""

from __future__ import annotations

from functools import reduce
from operator import xor
from typing import Annotated, Literal

import msgspec

from edge_agent.devices.base import FrameError, Heard, ProtocolError

OPEN, QUERY, BULK_OPEN, HOLD_ON, HOLD_OFF, REPORT, FIRMWARE = 0x8A, 0x80, 0x90, 0x9A, 0x9B, 0x81, 0x82
HEADS = {OPEN, QUERY, BULK_OPEN, HOLD_ON, HOLD_OFF, REPORT, FIRMWARE}
YES, NO, ASK, ASK_FIRMWARE = 0x11, 0x00, 0x33, 0x22
CODES = {
    OPEN: {YES, NO},
    QUERY: {YES, NO, ASK},
    HOLD_ON: {YES, NO},
    HOLD_OFF: {YES, NO},
    REPORT: {YES, NO},
    FIRMWARE: {YES, NO, ASK_FIRMWARE},
}
"""What the fourth byte of a five-byte frame may be."""
MAX_LOCK = 64
MAX_BOARD = 32
MAX_STATE_BYTES = 8
LONGEST = MAX_STATE_BYTES + 4
"""Bytes of the longest frame."""
MAX_WAITING = 256
EMERGENCY = "EMERGENCY"
PULSE = 0.4
"""Seconds: boards power a lock for 300 ms unless told otherwise."""


class Lock8ASettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one bus of boards; feedback and byte_order must be proven at commissioning."""

    feedback: Annotated[
        Literal["closing", "opening"],
        msgspec.Meta(description="What 11 (or a bit 1) means: closing = the lock is closed, opening = it is open"),
    ] = "closing"
    byte_order: Annotated[
        Literal["high_first", "low_first"],
        msgspec.Meta(
            description="Order of the state bytes of a query-all reply: locks 17-24 first, or locks 1-8 first"
        ),
    ] = "high_first"
    report_head: Annotated[
        Literal["any", "81", "82"], msgspec.Meta(description="Head of unsolicited reports, where the board sends them")
    ] = "any"
    state_bytes: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=MAX_STATE_BYTES,
            description="State bytes in a query-all reply; 0 takes any number from 2 (one byte looks like a query)",
        ),
    ] = 0
    channels: Annotated[
        int, msgspec.Meta(ge=0, le=MAX_LOCK, description="Locks to report from a query-all reply; 0 reports every bit")
    ] = 0
    boards: Annotated[
        tuple[int, ...], msgspec.Meta(description="Board addresses asked in turn for their lock states")
    ] = (1,)
    poll_ms: Annotated[
        int, msgspec.Meta(ge=0, le=60000, description="Pause between two query-all questions; 0 asks for nothing")
    ] = 200
    pause_ms: Annotated[
        int,
        msgspec.Meta(
            ge=2, le=1000, description="Silence that ends a frame: 5 on the wire, more behind a USB adapter's own delay"
        ),
    ] = 30
    sent_by: Annotated[
        Literal["board", "host"], msgspec.Meta(description="Whose bytes are heard; matters for 8A..11, which both send")
    ] = "board"


def seal(*content: int) -> bytes:
    return bytes((*content, reduce(xor, content)))


def board_number(board: int) -> int:
    if not 1 <= board <= MAX_BOARD:
        raise ProtocolError(f"boards are numbered 1 to {MAX_BOARD}, not {board}")
    return board


def lock_number(lock: int, highest: int = MAX_LOCK) -> int:
    if not 1 <= lock <= highest:
        why = " (0 would open every lock)" if lock == 0 else ""
        raise ProtocolError(f"locks are numbered 1 to {highest}, not {lock}{why}")
    return lock


def refuse(run: bytes, at: int, *, noise_allowed: bool) -> list[Heard]:
    """Say why a run of bytes is no frame; a few bytes of line noise before a good frame are usual and not reported."""
    if not run or (noise_allowed and len(run) < 5 and not HEADS & set(run)):
        return []
    if run[0] not in HEADS:
        return [FrameError(at, f"{len(run)} bytes that begin no frame: {run[:8].hex()}")]
    if len(run) < 5:
        return [FrameError(at, f"frame cut short: {len(run)} of at least 5 bytes", rest=run.hex())]
    stated, due = run[-1], reduce(xor, run[:-1])
    if stated != due:
        return [FrameError(at, f"checksum {stated:02X}, should be {due:02X}")]
    return [FrameError(at, f"checksum right, content unknown: {run[:16].hex()}")]
