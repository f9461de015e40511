"""What a whole M100 frame means: tag notices, errors, replies, and commands heard from the host's side."""

from __future__ import annotations

import binascii
from typing import Annotated, Literal

import msgspec

from edge_agent.devices import layout
from edge_agent.devices.base import (
    CommandSeen,
    DeviceFault,
    DeviceReply,
    FrameError,
    Heard,
    MemoryRead,
    ReaderInfo,
    Reading,
    RoundDone,
    TagSeen,
)
from edge_agent.devices.m100_tables import (
    COMMANDS,
    INFO_KINDS,
    NO_TAG,
    REPLIES,
    STATUS_REPLY,
    TAG_REPLIES,
    error_meaning,
)
from edge_agent.devices.tags import counted

COMMAND, REPLY, NOTICE = 0, 1, 2
Region = Literal["", "china_920_925", "us", "europe", "china_840_845", "korea"]


class M100Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one reader."""

    framing: Annotated[
        Literal["auto", "bb", "aa"],
        msgspec.Meta(description="BB..7E or AA..DD; auto understands both and asks in both until the reader answers"),
    ] = "auto"
    region: Annotated[Region, msgspec.Meta(description="Radio region set on opening; empty leaves it alone")] = ""
    power_dbm: Annotated[
        float, msgspec.Meta(ge=0, le=33, description="Transmit power set on opening; 0 leaves it alone")
    ] = 0
    check_crc: Annotated[
        bool, msgspec.Meta(description="Refuse tag notices whose tag CRC is wrong; first see that the reader sends it")
    ] = False
    antenna: Annotated[int, msgspec.Meta(ge=1, le=64, description="Number given to this reader's antenna")] = 1


def meaning(frame: bytes, at: int, settings: M100Settings) -> Heard:
    """Give the reading of a frame whose framing and sum are right, or why its content is not."""
    kind, code, body = frame[1], frame[2], frame[5:-2]
    if kind == COMMAND:
        return _read_command(code, body)
    if code == 0xFF:
        return _read_error(body, at)
    if kind == NOTICE and code == 0x22:
        return _read_tag(body, at, settings)
    if code == 0x39:
        return _read_memory(body, at)
    if code in TAG_REPLIES:
        return _read_tag_reply(code, body, at)
    return _read_reply(code, body)


def _read_command(code: int, body: bytes) -> Reading:
    name, shape = COMMANDS.get(code, (f"command_{code:02x}", None))
    fields = layout.read(shape, body) if shape is not None else None
    return CommandSeen(name, fields if fields is not None else {"raw": body.hex().upper()})


def _read_tag(body: bytes, at: int, settings: M100Settings) -> Heard:
    size = 2 * (body[1] >> 3) if len(body) >= 5 else 0
    if len(body) < 5 or len(body) - 5 != size:
        return FrameError(at, f"tag notice of {len(body)} bytes, its PC tells of an EPC of {size}")
    if settings.check_crc and (binascii.crc_hqx(body[1:-2], 0xFFFF) ^ 0xFFFF) != int.from_bytes(body[-2:], "big"):
        return FrameError(at, f"tag notice with a wrong tag CRC {body[-2:].hex().upper()}")
    rssi = body[0] - 256 if body[0] > 127 else body[0]
    epc, pc = body[3:-2].hex().upper(), body[1:3].hex().upper()
    return counted(TagSeen(epc=epc, antenna=settings.antenna, rssi=rssi, pc=pc))


def _read_error(body: bytes, at: int) -> Heard:
    if not body:
        return FrameError(at, "error notice without a code")
    if body[0] == NO_TAG:
        return RoundDone()
    if len(body) == 1:
        return DeviceFault(body[0], error_meaning(body[0]))
    tag = _split_tag(body[1:])
    if tag is None or tag[2]:
        return FrameError(at, f"error {body[0]:02X} ({error_meaning(body[0])}) with a PC and EPC of wrong length")
    return DeviceFault(body[0], error_meaning(body[0]), pc=tag[0], epc=tag[1])


def _split_tag(body: bytes) -> tuple[str, str, bytes] | None:
    """Split UL, PC, EPC (UL bytes together) and what follows; None when the lengths do not agree."""
    if len(body) < 3 or body[0] < 2 or len(body) < 1 + body[0]:
        return None
    end = 1 + body[0]
    return body[1:3].hex().upper(), body[3:end].hex().upper(), body[end:]


def _read_memory(body: bytes, at: int) -> Heard:
    tag = _split_tag(body)
    if tag is None:
        return FrameError(at, "read reply: its PC and EPC do not fit its length")
    return MemoryRead(epc=tag[1], pc=tag[0], data=tag[2].hex().upper())


def _read_tag_reply(code: int, body: bytes, at: int) -> Heard:
    name, tag = COMMANDS[code][0], _split_tag(body)
    if tag is None or len(tag[2]) != 1:
        return FrameError(at, f"{name} reply: its PC, EPC and status do not fit its length")
    return DeviceReply(name, {"ok": tag[2] == b"\0", "pc": tag[0], "epc": tag[1]})


def _read_reply(code: int, body: bytes) -> Reading:
    name = COMMANDS[code][0] if code in COMMANDS else f"command_{code:02x}"
    shapes = REPLIES.get(code, STATUS_REPLY if code in COMMANDS else ())
    fields = next((found for shape in shapes if (found := layout.read(shape, body)) is not None), None)
    if fields is None:
        return DeviceReply(name, {"raw": body.hex().upper()})
    if code == 0x03:
        kind = int(str(fields["kind"]))
        return ReaderInfo(INFO_KINDS.get(kind, f"kind {kind}"), str(fields["text"]))
    if "status" in fields:
        return DeviceReply(name, {"ok": fields["status"] == 0})
    return DeviceReply(name, fields)
