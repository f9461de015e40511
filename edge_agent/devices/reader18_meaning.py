"""What a whole Reader18/288M frame means: tags in both layouts, replies, failures, and commands from the host's side.

1. Command and reply share one shape: a frame is a reply if its status and data fit one, else a command.
2. A layout is taken as known only when the other one cannot explain the bytes; what both explain is an error.
3. Tags without an EPC are believed only where nothing else explains the bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from edge_agent.devices import layout
from edge_agent.devices.base import (
    CommandSeen,
    DeviceFault,
    DeviceReply,
    FieldValue,
    FrameError,
    Heard,
    MemoryRead,
    ReaderInfo,
    RoundDone,
    TagSeen,
)
from edge_agent.devices.reader18_settings import Known, Reader18Settings
from edge_agent.devices.reader18_tables import (
    ANTENNA,
    BAND_NAMES,
    BANDS,
    BROADCAST,
    COMMANDS,
    HEARTBEAT,
    INFO,
    INVENTORY,
    MORE,
    NO_TAG,
    OF_A_ROUND,
    PUSHED,
    READ,
    SINGLE,
    STATISTICS,
    STATUSES,
    TAG_ERROR,
    TAG_ERRORS,
    fits_status,
)
from edge_agent.devices.tags import SHORTEST, counted

TID_BYTES = 12
PHASE_BYTES = 7
TYPE_R18 = 0x09
_BEAT: layout.Layout = (("packet", 32), ("antenna", 8), ("tags", 32))


class Tag(NamedTuple):
    """One tag of a list; antenna and RSSI only in 288m."""

    epc: bytes
    tid: bytes = b""
    antenna: int = 1
    rssi: int | None = None


def meaning(frame: bytes, at: int, settings: Reader18Settings, known: Known) -> list[Heard]:
    """Give the readings of a frame whose length and CRC are right, or why its content is not."""
    if _is_command(frame, settings):
        return [_command(frame)]
    code, status, data = frame[2], frame[3], frame[4:-2]
    if code == PUSHED:
        return _pushed(status, data, at, frame[1], settings, known)
    if code in (INVENTORY, SINGLE) and status in STATUSES:
        if status == NO_TAG:
            return [RoundDone()]
    elif code in (INVENTORY, SINGLE) and status in OF_A_ROUND:
        return _round(status, data, at, frame[1], settings, known)
    if status in STATUSES or code in (INVENTORY, SINGLE) or (status and code in COMMANDS):
        return [_failure(code, status, data)]
    if code == READ:
        return [MemoryRead(known.reading, "", data.hex().upper())]
    if code == INFO:
        return _info(data, known)
    command = COMMANDS.get(code)
    fields = layout.read(command.reply, data) if command and command.reply is not None else None
    told: dict[str, FieldValue] = {"address": frame[1], "ok": not status}
    return [DeviceReply(_name(code), told | (fields if fields is not None else {"raw": data.hex().upper()}))]


# -- command or reply ---------------------------------------------------------------------------------------------


def _is_command(frame: bytes, settings: Reader18Settings) -> bool:
    if len(frame) == 5 or frame[1] == BROADCAST:
        return True
    code, status, data = frame[2], frame[3], frame[4:-2]
    reply = fits_status(code, status) and _fits_reply(code, status, data, settings)
    if reply and settings.sent_by == "reader":
        return False
    return code not in COMMANDS or _parameters(code, frame[3:-2]) is not None


def _fits_reply(code: int, status: int, data: bytes, settings: Reader18Settings) -> bool:
    if code in (INVENTORY, SINGLE) and status not in STATUSES:
        return not data or status == STATISTICS or bool(_readable(data, settings))
    if code == PUSHED or code not in COMMANDS:
        return True
    if status:
        return len(data) == (1 if status == TAG_ERROR else 0) or status == ANTENNA
    if code == READ:
        return bool(data) and not len(data) % 2
    reply = COMMANDS[code].reply
    return reply is None or layout.read(reply, data) is not None


def _command(frame: bytes) -> CommandSeen:
    code, data = frame[2], frame[3:-2]
    fields = _parameters(code, data) if code in COMMANDS else None
    told: dict[str, FieldValue] = {"address": frame[1]}
    return CommandSeen(_name(code), told | (fields if fields is not None else {"raw": data.hex().upper()}))


def _parameters(code: int, data: bytes) -> dict[str, FieldValue] | None:
    if code == READ:
        return _read_parameters(data)
    found = (layout.read(form, data) for form in COMMANDS[code].forms)
    return next((fields for fields in found if fields is not None), None)


def _read_parameters(data: bytes) -> dict[str, FieldValue] | None:
    """Read `ENum EPC Mem WordPtr Num Pwd4 [MaskAdr MaskLen]`."""
    end = 1 + 2 * data[0] if data else 0
    if not data or data[0] > 15 or len(data) not in (end + 7, end + 9):
        return None
    return {
        "epc": data[1:end].hex().upper(),
        "memory": data[end],
        "start": data[end + 1],
        "words": data[end + 2],
        "access_password": data[end + 3 : end + 7].hex().upper(),
    }


def _name(code: int) -> str:
    return COMMANDS[code].name if code in COMMANDS else f"command_{code:02x}"


# -- tags -----------------------------------------------------------------------------------------------------------


def _tags_r18(data: bytes, _antennas: int, shortest: int) -> list[Tag] | None:
    """Read `Num (Len EPC)*`; None when it does not fit to the byte."""
    tags, at = [], 1
    while at < len(data):
        size = data[at]
        if size < shortest or size % 2 or size > 62:
            return None
        tags.append(Tag(data[at + 1 : at + 1 + size]))
        at += 1 + size
    return tags if at == len(data) and len(tags) == data[0] else None


def _tags_288m(data: bytes, antennas: int, shortest: int) -> list[Tag] | None:
    """Read `Ant Num (Len EPC RSSI)*`; None when it does not fit to the byte."""
    antenna = _antenna(data[0], antennas)
    if antenna is None or len(data) < 2:
        return None
    tags, at = [], 2
    while at < len(data):
        tag, length = _block(data[at:], antenna, shortest)
        if tag is None:
            return None
        tags.append(tag)
        at += length
    return tags if at == len(data) and len(tags) == data[1] else None


def _block(data: bytes, antenna: int, shortest: int = SHORTEST) -> tuple[Tag | None, int]:
    """Read `Len EPC RSSI`: bit 7 of Len says that a TID ends the EPC, bit 6 that phase and frequency follow."""
    size, with_tid, with_phase = data[0] & 0x3F, data[0] & 0x80, data[0] & 0x40
    length = 1 + size + 1 + (PHASE_BYTES if with_phase else 0)
    least = TID_BYTES + shortest if with_tid else shortest
    if size < least or size % 2 or len(data) < length:
        return None, 0
    end = 1 + size - (TID_BYTES if with_tid else 0)
    return Tag(data[1:end], data[end : 1 + size], antenna, data[1 + size]), length


def _antenna(byte: int, antennas: int) -> int | None:
    """Give the antenna's number: one bit of a byte, or above 8 antennas a number from 0; None when it is neither."""
    if antennas > 8:
        return byte + 1 if byte < 16 else None
    return byte.bit_length() if byte and not byte & (byte - 1) else None


READERS = {"r18": _tags_r18, "288m": _tags_288m}


def _readable(data: bytes, settings: Reader18Settings) -> dict[str, list[Tag]]:
    """Give the tags by each layout that may be meant and explains every byte."""
    chosen = READERS if settings.layout == "auto" else {settings.layout: READERS[settings.layout]}
    for shortest in (SHORTEST, 0):
        found = {name: read(data, settings.antennas, shortest) for name, read in chosen.items()}
        if any(tags is not None for tags in found.values()):
            break
    return {name: tags for name, tags in found.items() if tags is not None}


def _settle(found: dict[str, list[Tag]], settings: Reader18Settings, known: Known) -> list[Tag] | str:
    """Choose among the layouts that fit, learning when only one does; say what is wrong when it cannot be told."""
    if not found:
        wanted = "any layout" if settings.layout == "auto" else f"layout {settings.layout}"
        return f"list of tags does not fit {wanted}"
    if len(found) > 1 and known.layout is None:
        return "list of tags fits both layouts; set layout = r18 or 288m"
    name = known.layout if known.layout in found else next(iter(found))
    known.layout = "r18" if name == "r18" else "288m"
    return found[known.layout]


def _round(status: int, data: bytes, at: int, address: int, settings: Reader18Settings, known: Known) -> list[Heard]:
    if status == STATISTICS:
        return [DeviceReply("statistics", {"address": address, "raw": data.hex().upper()})]
    tags = _settle(_readable(data, settings), settings, known) if data else []
    if isinstance(tags, str):
        return [FrameError(at, tags)]
    heard: list[Heard] = [*_seen(tags, address, settings, known)]
    return heard if status == MORE else [*heard, RoundDone()]


def _seen(tags: Sequence[Tag], address: int, settings: Reader18Settings, known: Known) -> list[Heard]:
    """Give the readings of a list of tags; what was asked for as TIDs is read memory, not an EPC."""
    if known.tids:
        return [MemoryRead("", "", tag.epc.hex().upper()) for tag in tags]
    place = settings.addresses.index(address) if address in settings.addresses else 0
    first = settings.antenna + place * settings.antennas
    return [
        counted(
            TagSeen(
                epc=tag.epc.hex().upper(),
                antenna=first + tag.antenna - 1,
                rssi=None if tag.rssi is None else tag.rssi + settings.rssi_offset,
                tid=tag.tid.hex().upper() or None,
            )
        )
        for tag in tags
    ]


def _pushed(status: int, data: bytes, at: int, address: int, settings: Reader18Settings, known: Known) -> list[Heard]:
    """Read what a reader sends unasked: a tag (r18: its EPC alone; 288m: `Ant Len EPC RSSI`) or a heartbeat."""
    if status == HEARTBEAT:
        fields = layout.read(_BEAT, data) or {"raw": data.hex().upper()}
        return [DeviceReply("heartbeat", {"address": address} | fields)]
    if status:
        return [_failure(PUSHED, status, data)]
    found: dict[str, list[Tag]] = {}
    if settings.layout != "288m" and data and not len(data) % 2:
        found["r18"] = [Tag(data)]
    antenna = _antenna(data[0], settings.antennas) if len(data) > 3 and settings.layout != "r18" else None
    if antenna is not None:
        tag, length = _block(data[1:], antenna)
        if tag is not None and length == len(data) - 1:
            found["288m"] = [tag]
    tags = _settle(found, settings, known)
    return [FrameError(at, f"pushed {tags}")] if isinstance(tags, str) else _seen(tags, address, settings, known)


# -- other replies ----------------------------------------------------------------------------------------------------


def _failure(code: int, status: int, data: bytes) -> DeviceFault:
    what = STATUSES.get(status, f"status {status:02X}")
    if status == TAG_ERROR and data:
        what = f"{what}: {TAG_ERRORS.get(data[0], f'error {data[0]:02X}')}"
    return DeviceFault(status, f"{_name(code)}: {what}" if code else what)


def _info(data: bytes, known: Known) -> list[Heard]:
    fields = layout.read(COMMANDS[INFO].reply or (), data)
    if fields is None:
        return [DeviceReply("get_info", {"raw": data.hex().upper()})]
    if data[2] == TYPE_R18:
        known.layout = known.layout or "r18"
    number = data[4] >> 6 << 2 | data[5] >> 6
    region = BAND_NAMES.get(number, f"band {number}")
    told: dict[str, FieldValue] = {
        "type": data[2],
        "protocols": data[3],
        "region": region,
        "power_dbm": data[6],
        "scan_time_ms": data[7] * 100,
    }
    if region in BANDS:
        band = BANDS[region]
        told["min_mhz"] = round(band.first + (data[5] & 0x3F) * band.step, 3)
        told["max_mhz"] = round(band.first + (data[4] & 0x3F) * band.step, 3)
    return [ReaderInfo("software", f"{data[0]}.{data[1]:02d}"), DeviceReply("get_info", told)]
