"""Family pcsc: contactless badge readers of PC/SC (ACR122U and others), asked for a card's UID by `FF CA 00 00 00`.

1. PC/SC has no stream: one call of `feed` is one APDU, command or reply, or one ATR.
2. A reply is understood by the command before it; alone, a number of the length of a UID is taken for one.
3. A UID can be copied: a badge names a person, it does not prove it.
"""

from __future__ import annotations

from functools import reduce
from operator import xor
from typing import Annotated, Any, ClassVar

import msgspec

from edge_agent.devices import pn532
from edge_agent.devices.base import (
    CommandSeen,
    DeviceFault,
    DeviceReply,
    FieldValue,
    FrameError,
    Heard,
    ReaderInfo,
    read_settings,
)
from edge_agent.devices.cards import badge_of_uid

GET_UID = bytes.fromhex("FFCA000000")
LONGEST = 262
CLASS = 0xFF
COMMANDS: dict[bytes, str] = {
    b"\xca\x00": "get_uid",
    b"\xca\x01": "get_ats",
    b"\x00\x00": "direct_transmit",
    b"\x00\x40": "led_buzzer",
    b"\x00\x41": "set_timeout",
    b"\x00\x48": "get_firmware",
    b"\x00\x50": "get_picc_parameters",
    b"\x00\x51": "set_picc_parameters",
    b"\x00\x52": "set_buzzer_on_card",
    b"\x82\x00": "load_key",
    b"\x86\x00": "authenticate",
    b"\x88\x00": "authenticate",
    b"\xb0\x00": "read_binary",
    b"\xd6\x00": "update_binary",
}
"""Commands of class FF by instruction and first parameter; for the card itself where they are none of these."""
PARAMETERS = {"led_buzzer", "set_timeout", "set_picc_parameters", "set_buzzer_on_card"}
"""Commands whose second parameter is a setting."""
SECRET = {"load_key"}
LIKE_UID = (4, 7, 8, 10)
FAULTS: dict[int, str] = {
    0x6282: "fewer bytes than asked for",
    0x6300: "the operation failed; was the card taken away?",
    0x6581: "memory failure",
    0x6700: "wrong length",
    0x6800: "class not supported",
    0x6981: "command does not fit",
    0x6982: "security status not satisfied",
    0x6986: "command not allowed",
    0x6A81: "function not supported; this card has no such number",
    0x6A82: "address not found",
    0x6B00: "wrong parameter",
}
FIRMWARE, DONE = b"ACR", b"\x90\x00"
TELL_BY_STATUS = {"led_buzzer": "leds", "get_picc_parameters": "parameters", "set_picc_parameters": "parameters"}
"""Commands answered by the second byte of a good status."""


class PcscSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one reader."""

    absence_ms: Annotated[
        int,
        msgspec.Meta(
            ge=0, le=60000, description="A card held to the reader is reported again only after being away so long"
        ),
    ] = 1000


class Pcsc:
    """Understand what goes between PC/SC and a card."""

    Settings: ClassVar[type[msgspec.Struct]] = PcscSettings
    baudrate: ClassVar[int] = 0
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = None
    pause: float = 0.5
    prompt_after: float | None = None
    unparsed: bytes = b""

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(PcscSettings, "pcsc", settings)
        self._asked = ""
        self._at = 0

    @property
    def absence(self) -> float:
        """Seconds a card must be away."""
        return self.settings.absence_ms / 1000

    def feed(self, data: bytes) -> list[Heard]:
        """Take one APDU or ATR."""
        at, self._at = self._at, self._at + len(data)
        if not data:
            return []
        if len(data) > LONGEST:
            return [FrameError(at, f"{len(data)} bytes are no short APDU, at most {LONGEST}")]
        if self._asked == "get_uid" and data.endswith(DONE) and len(data) - len(DONE) in LIKE_UID:
            self._asked = ""  # whatever a number begins with, D5, FF and 3B too
            return [badge_of_uid(data.removesuffix(DONE))]
        if data[0] == CLASS and len(data) >= 4:
            return self._command(data, at)
        asked, self._asked = self._asked, ""
        if data[0] in (0x3B, 0x3F) and _is_atr(data):
            return [DeviceReply("atr", {"atr": data.hex().upper()})]
        if data.startswith(FIRMWARE):
            return [ReaderInfo("software", data.removesuffix(DONE).decode("ascii", "replace").strip("\x00"))]
        if len(data) < 2:
            return [FrameError(at, "cut short: 1 of 2 bytes of a status", data.hex())]
        return _reply(asked, data[:-2], int.from_bytes(data[-2:], "big"))

    def silence(self) -> list[Heard]:
        """Forget the command: its reply would have come."""
        self._asked = ""
        return []

    def greeting(self) -> list[bytes]:
        """Send nothing: there is no reader without a card."""
        return []

    def prompt(self) -> bytes:
        """Send nothing."""
        return b""

    def _command(self, data: bytes, at: int) -> list[Heard]:
        name = COMMANDS.get(data[1:3], f"command_{data[1]:02X}{data[2]:02X}")
        inner = data[5:]
        if inner and len(inner) not in (data[4], data[4] + 1):
            return [FrameError(at, f"{name}: length byte {data[4]} and {len(inner)} bytes behind it")]
        self._asked = name
        if name == "direct_transmit" and len(inner) > 1 and inner[0] == pn532.HOST:
            return [CommandSeen(name, {}), *pn532.meaning(inner)]
        fields: dict[str, FieldValue] = {"parameter": data[3]} if name in PARAMETERS else {}
        if inner and name not in SECRET:
            fields["data"] = inner.hex().upper()
        return [CommandSeen(name, fields)]


def _is_atr(data: bytes) -> bool:
    """Tell whether bytes are an ATR whose length and check byte fit (ISO/IEC 7816-3; contactless ones have one)."""
    rest, present, position = data[1] & 0x0F if len(data) > 1 else 0, data[1] >> 4 if len(data) > 1 else 0, 1
    while present:
        position += present.bit_count()
        if position >= len(data):
            return False
        present = data[position] >> 4 if present & 8 else 0
    return len(data) == position + 2 + rest and not reduce(xor, data[1:])


def _reply(asked: str, data: bytes, status: int) -> list[Heard]:
    if data[:1] == bytes((pn532.CHIP,)) and len(data) > 1:
        return pn532.meaning(data)
    if asked in TELL_BY_STATUS and status >> 8 == DONE[0]:
        return [DeviceReply(asked, {TELL_BY_STATUS[asked]: status & 0xFF})]
    if status != 0x9000:
        return [DeviceFault(status, FAULTS.get(status, "refused by the card or reader"))]
    if (asked == "get_uid" and data) or (not asked and len(data) in LIKE_UID):
        return [badge_of_uid(data)]
    return [DeviceReply(asked or "reply", {"data": data.hex().upper()} if data else {"ok": True})]
