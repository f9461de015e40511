"""Family rdm6300: 125 kHz EM4100 badge readers (RDM6300, ID-12, ID-20): `02` 10 hex, 2 hex checksum, [CR LF] `03`."""

from __future__ import annotations

from functools import reduce
from operator import xor
from typing import Annotated, Any, ClassVar

import msgspec

from edge_agent.devices.base import BadgeRead, FrameError, Heard, read_settings

STX, ETX = 0x02, 0x03
CRLF = b"\r\n"
LONGEST = 16
"""Bytes after STX of the longest frame: 12 hex digits, CR, LF, ETX, and one to see that there are too many."""
HEX_DIGITS = set(b"0123456789ABCDEFabcdef")


class Rdm6300Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one badge reader."""

    absence_ms: Annotated[
        int,
        msgspec.Meta(
            ge=0, le=60000, description="A card held to the reader is reported again only after being away so long"
        ),
    ] = 1000


class Rdm6300:
    """Speak RDM6300: it only listens."""

    Settings: ClassVar[type[msgspec.Struct]] = Rdm6300Settings
    baudrate: ClassVar[int] = 9600
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = None
    pause: float = 0.2
    prompt_after: float | None = None

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(Rdm6300Settings, "rdm6300", settings)
        self._frame = bytearray()
        self._at = 0
        self._stray = False

    @property
    def absence(self) -> float:
        """Seconds a card must be away: readers repeat it as long as it is present."""
        return self.settings.absence_ms / 1000

    @property
    def unparsed(self) -> bytes:
        """Bytes of a frame not yet complete."""
        return bytes(self._frame)

    def feed(self, data: bytes) -> list[Heard]:
        """Take the next bytes of the stream."""
        heard: list[Heard] = []
        for byte in data:
            self._step(byte, heard)
            self._at += 1
        return heard

    def silence(self) -> list[Heard]:
        """Give up the frame that never became complete."""
        self._stray = False
        return self._give_up("frame cut short") if self._frame else []

    def greeting(self) -> list[bytes]:
        """Send nothing: the reader takes no commands."""
        return []

    def prompt(self) -> bytes:
        """Send nothing."""
        return b""

    def _step(self, byte: int, heard: list[Heard]) -> None:
        if byte == STX:
            if self._frame:
                heard += self._give_up("frame cut short by the next one")
            self._frame.append(byte)
            self._stray = False
        elif not self._frame:
            if not self._stray:
                heard.append(FrameError(self._at, f"byte {byte:02X} outside a frame"))
            self._stray = True
        elif byte == ETX:
            heard.append(_read(bytes(self._frame[1:]), self._at - len(self._frame)))
            self._frame.clear()
        elif len(self._frame) == LONGEST:
            heard += self._give_up("frame without an end", whole=True)
            self._stray = True
        else:
            self._frame.append(byte)

    def _give_up(self, why: str, *, whole: bool = False) -> list[Heard]:
        rest = "" if whole else self._frame.hex()
        error = FrameError(self._at - len(self._frame), f"{why} after {len(self._frame)} bytes", rest)
        self._frame.clear()
        return [error]


def _read(content: bytes, at: int) -> Heard:
    digits = content.removesuffix(CRLF)
    if len(digits) != 12 or not HEX_DIGITS.issuperset(digits):
        return FrameError(at, f"between STX and ETX are not 12 hex digits: {content!r}")
    *card, stated = bytes.fromhex(digits.decode("ascii"))
    due = reduce(xor, card)
    if stated != due:
        return FrameError(at, f"checksum {stated:02X}, should be {due:02X}")
    return badge(bytes(card))


def badge(card: bytes) -> BadgeRead:
    """Give the 5 bytes of a card in every rendering printed on cards."""
    return BadgeRead(
        card=card.hex().upper(),
        decimal10=f"{int.from_bytes(card[1:], 'big'):010d}",
        facility_number=f"{card[2]:03d},{int.from_bytes(card[3:], 'big'):05d}",
    )
