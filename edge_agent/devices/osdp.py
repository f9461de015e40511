"""Family osdp: badge readers on RS-485 with OSDP 2, `53 ADDR LEN2 CTRL [security] CODE data CRC2`.

1. This reads frames of either side; it is the station's ear and `edge decode`. Speaking, with or without a secure
   channel, is libosdp's (osdp_source.py): the rules of the secure channel are not written a second time.
2. An encrypted payload is named and measured, never guessed; a key on the wire is never shown.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from edge_agent.devices.base import (
    TAMPER,
    BadgeRead,
    CodeRead,
    CommandSeen,
    DeviceFault,
    DeviceReply,
    FieldValue,
    Heard,
    LockState,
    SettingsError,
    read_settings,
)
from edge_agent.devices.cards import badge_of_bits, badge_of_uid
from edge_agent.devices.framed import Framed
from edge_agent.devices.osdp_tables import CAPABILITIES, COMMANDS, NAKS, REPLIES, SECRET

MARK, START = 0xFF, 0x53
HEAD, SHORTEST, LONGEST = 5, 7, 1440
REPLY, CRC, SECURED = 0x80, 0x04, 0x08
MAC_TYPES, ENCRYPTED = (0x15, 0x16, 0x17, 0x18), (0x17, 0x18)
MAC = 4
UID_BITS = (32, 56, 80)
POWER_FAILURE = 2


class OsdpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the readers on one line."""

    addresses: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=0, le=126)], ...],
        msgspec.Meta(
            description="Addresses of the readers on this line; the first one's contacts are board 1, and so on"
        ),
    ] = (0,)
    baud: Annotated[
        Literal[9600, 19200, 38400, 57600, 115200, 230400], msgspec.Meta(description="Speed the readers are set to")
    ] = 9600
    key_file: Annotated[
        str,
        msgspec.Meta(
            description="File with a line `address key` per reader (key: 32 hex digits); with it only the secure "
            "channel is believed"
        ),
    ] = ""
    absence_ms: Annotated[
        int,
        msgspec.Meta(
            ge=0, le=60000, description="A card held to the reader is reported again only after being away so long"
        ),
    ] = 1000


class Osdp(Framed):
    """Understand OSDP, both sides of it."""

    Settings: ClassVar[type[msgspec.Struct]] = OsdpSettings
    baudrate: ClassVar[int] = 9600
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = None
    pause: float = 0.1
    prompt_after: float | None = None
    least: ClassVar[int] = SHORTEST

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(OsdpSettings, "osdp", settings)
        if not self.settings.addresses or len(set(self.settings.addresses)) < len(self.settings.addresses):
            raise SettingsError("osdp: addresses: each reader once, and at least one")
        self.spoke: set[int] = set()
        """Addresses from which a whole reply came, in whatever words; for whoever wants to know and clears it."""
        self.whole = bytearray()
        """The bytes of the last whole frames; likewise."""
        super().__init__()

    @property
    def absence(self) -> float:
        """Seconds a card must be away."""
        return self.settings.absence_ms / 1000

    def greeting(self) -> list[bytes]:
        """Send nothing."""
        return []

    def prompt(self) -> bytes:
        """Send nothing."""
        return b""

    # -- frames -------------------------------------------------------------------------------------------------------

    def _measure(self) -> tuple[int, str | None]:
        buffer = self._buffer
        if buffer[0] == MARK:
            return 1, None
        if buffer[0] != START:
            return 1, f"byte {buffer[0]:02X} begins no frame"
        if len(buffer) < HEAD:
            return HEAD, None
        length = buffer[2] | buffer[3] << 8
        if not SHORTEST <= length <= LONGEST or buffer[4] & 0xF0:
            return HEAD, f"length {length} with control {buffer[4]:02X}"
        return length, None

    def _check(self, length: int) -> str | None:
        frame = bytes(self._buffer[:length])
        if frame[0] == MARK:
            return None
        if frame[4] & CRC:
            stated, due = int.from_bytes(frame[-2:], "little"), binascii.crc_hqx(frame[:-2], 0x1D0F)
            if stated != due:
                return f"CRC {stated:04X}, should be {due:04X}"
        elif sum(frame) & 0xFF:
            return f"checksum {frame[-1]:02X}, should be {-sum(frame[:-1]) & 0xFF:02X}"
        return None if _content(frame) else "no room for a command beside its security block"

    def _read(self, frame: bytes, at: int) -> Iterable[Heard]:  # noqa: ARG002 - a frame with a right sum has no error
        content = None if frame[0] == MARK else _content(frame)
        if content is None:
            return []
        code, data, security = content
        address = frame[1] & 0x7F
        about: dict[str, FieldValue] = {"address": address, "sequence": frame[4] & 3}
        if security:
            about["security"] = f"{security:02X}"
        if security in ENCRYPTED and data:
            about["encrypted"] = len(data)
            data = b""
        if not frame[1] & REPLY:
            return [_command(code, data, about)]
        self.spoke.add(address)
        self.whole = (self.whole + frame)[-LONGEST:]
        board = self.settings.addresses.index(address) + 1 if address in self.settings.addresses else 1
        return [DeviceReply(_name(code), about)] if "encrypted" in about else _reply(_name(code), data, about, board)


def _name(code: int) -> str:
    return REPLIES.get(code, f"reply_{code:02X}")


def _content(frame: bytes) -> tuple[int, bytes, int] | None:
    """Give code, data and kind of security block (0: none) of a frame; None when there is no room for a code."""
    start, end, kind = HEAD, len(frame) - (2 if frame[4] & CRC else 1), 0
    if frame[4] & SECURED:
        if frame[HEAD] < 2 or end <= HEAD + 1:
            return None
        kind = frame[HEAD + 1]
        start += frame[HEAD]
        end -= MAC if kind in MAC_TYPES else 0
    return (frame[start], frame[start + 1 : end], kind) if start < end else None


def _command(code: int, data: bytes, about: dict[str, FieldValue]) -> CommandSeen:
    name = COMMANDS.get(code, f"command_{code:02X}")
    if data and name not in SECRET:
        about["data"] = data.hex().upper()
    return CommandSeen(name, about)


def _reply(name: str, data: bytes, about: dict[str, FieldValue], board: int) -> list[Heard]:
    """Say what a reply in plain, or whose payload is plain, means."""
    if name == "raw" and len(data) >= 4 and len(data) - 4 == -(-int.from_bytes(data[2:4], "little") // 8) > 0:
        return [card(int.from_bytes(data[2:4], "little"), data[4:])]
    if name == "fmt" and len(data) > 3 and data[2] == len(data) - 3:
        return [card_text(data[3:])]
    if name == "keypad" and len(data) > 1 and data[1] == len(data) - 2:
        return [CodeRead(keys(data[2:]))]
    if name == "lstatr" and len(data) == 2:
        return local_status(board, data)
    if name == "istatr" and data:
        return inputs(board, data)
    if name == "nak" and data:
        return [DeviceFault(data[0], f"refused: {NAKS.get(data[0], 'error')}")]
    if name == "pdid" and len(data) == 12:
        about |= {
            "vendor": data[:3].hex().upper(),
            "model": f"{data[3]}.{data[4]}",
            "serial": f"{int.from_bytes(data[5:9], 'little'):08X}",
            "firmware": ".".join(map(str, data[9:12])),
        }
    elif name == "pdcap" and len(data) % 3 == 0:
        triples = (data[n : n + 3] for n in range(0, len(data), 3))
        about |= {CAPABILITIES.get(one[0], f"function_{one[0]}"): f"{one[1]}/{one[2]}" for one in triples}
    elif data:
        about["data"] = data.hex().upper()
    return [DeviceReply(name, about)]


def card(bits: int, data: bytes) -> BadgeRead | DeviceFault:
    """Give the badge of a card's raw bits, left-aligned in whole bytes."""
    if bits in UID_BITS:
        return badge_of_uid(data)
    return badge_of_bits(bits, int.from_bytes(data, "big") >> (8 * len(data) - bits))


def card_text(data: bytes) -> BadgeRead | DeviceFault:
    """Give the badge of a card whose number the reader sends as text."""
    try:
        text = data.decode("ascii").strip().upper()
        int(text, 16)
    except ValueError:
        return DeviceFault(0, "the reader sends a card as text that is not digits: set it to raw card data")
    return BadgeRead(text)


def keys(data: bytes) -> str:
    """Give keys as pressed: digits, `#` to end, `*` to begin again."""
    return "".join({0x0D: "#", 0x7F: "*"}.get(key, chr(key)) for key in data)


def local_status(board: int, report: bytes) -> list[Heard]:
    """Give a reader's tamper contact, and its power where that fails."""
    heard: list[Heard] = [LockState(board, TAMPER, closed=report[0] == 0)]
    if len(report) > 1 and report[1]:
        heard.append(DeviceFault(POWER_FAILURE, f"power failure at reader {board} of the line"))
    return heard


def inputs(board: int, report: bytes) -> list[Heard]:
    """Give a reader's inputs as channels 1 and up; one that is not active counts as closed."""
    return [LockState(board, n, closed=value == 0) for n, value in enumerate(report, 1)]
