"""Family barcode_serial: scanners on RS-232 or USB-CDC; a code is text, ended by a suffix or by silence.

1. The symbology is known only from an AIM prefix `]cm` (ISO/IEC 15424); without one nothing is guessed.
2. GS1 element strings are parsed only behind a prefix that says GS1; FNC1 arrives as GS (0x1D).
3. Our own codes are opaque: text is handed on as it came, never trimmed or corrected.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import msgspec

from edge_agent.devices.base import CodeRead, FrameError, Heard, read_settings
from edge_agent.devices.texts import Texts

SUFFIXES = {"auto": b"\r\n\t", "cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "tab": b"\t", "none": b""}
LONGEST = 8192
"""Bytes of the longest text taken; the largest QR code holds 7089 digits."""
SEPARATORS = {"\x1c", "\x1d", "\x1e", "\x04"}
"""Control characters that belong to codes (ISO/IEC 15434, GS1)."""

AIM: dict[str, str] = {
    "A": "code39",
    "C": "code128",
    "d": "datamatrix",
    "e": "databar",
    "E": "ean",
    "F": "codabar",
    "G": "code93",
    "I": "itf",
    "J": "dotcode",
    "L": "pdf417",
    "Q": "qr",
    "U": "maxicode",
    "z": "aztec",
}
EXACT: dict[str, str] = {
    "]C1": "gs1-128",
    "]d2": "gs1-datamatrix",
    "]d5": "gs1-datamatrix",
    "]e0": "gs1-databar",
    "]E0": "ean-13",
    "]E4": "ean-8",
    "]J1": "gs1-dotcode",
    "]Q3": "gs1-qr",
    "]Q4": "gs1-qr",
}
"""Prefixes whose modifier matters; the others are told by the letter alone."""
GS1 = {aim for aim, symbology in EXACT.items() if symbology.startswith("gs1-")}


class BarcodeSerialSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one scanner."""

    suffix: Annotated[
        Literal["auto", "cr", "lf", "crlf", "tab", "none"],
        msgspec.Meta(description="What ends a code; auto takes CR, LF or TAB; none leaves it to the silence alone"),
    ] = "auto"
    idle_ms: Annotated[
        int, msgspec.Meta(ge=10, le=5000, description="Silence that ends a code whose suffix did not come")
    ] = 100


class BarcodeSerial(Texts):
    """Speak to a scanner: it only listens."""

    Settings: ClassVar[type[msgspec.Struct]] = BarcodeSerialSettings
    baudrate: ClassVar[int] = 9600
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = None
    absence: float = 0.0
    prompt_after: float | None = None
    longest: ClassVar[int] = LONGEST
    what: ClassVar[str] = "code"

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(BarcodeSerialSettings, "barcode_serial", settings)
        super().__init__(SUFFIXES[self.settings.suffix])

    @property
    def pause(self) -> float:
        """Seconds of silence that end a code."""
        return self.settings.idle_ms / 1000

    def _read(self, text: bytes, at: int) -> list[Heard]:
        return read_code(text, at)


def read_code(raw: bytes, at: int) -> list[Heard]:
    """Read one code with its AIM prefix, if there is one."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        bad = raw[error.start]
        return [FrameError(at, f"byte {bad:02X} at {error.start} is not UTF-8; set the scanner to UTF-8 output")]
    aim = text[:3] if len(text) >= 3 and text[0] == "]" and text[1] in AIM and text[2].isalnum() else None
    if aim is None:
        return read_content(text, None, None, at)
    return read_content(text[3:], EXACT.get(aim, AIM[aim[1]]), aim, at)


def read_content(text: str, symbology: str | None, aim: str | None, at: int) -> list[Heard]:
    """Give a code, with its GS1 elements where the prefix says GS1; refuse control characters that belong to none."""
    control = next((c for c in text if (c < " " or c == "\x7f") and c not in SEPARATORS), None)
    if control is not None:
        return [FrameError(at, f"control character {ord(control):02X} in a code")]
    if not text:
        return [FrameError(at, f"code with prefix {aim} and no text")]
    if aim is None or aim not in GS1:
        return [CodeRead(text, symbology, aim)]
    from biip import BiipException

    try:
        elements = _elements(text)
    except (BiipException, ValueError) as error:
        return [CodeRead(text, symbology, aim), FrameError(at, f"prefix {aim} says GS1, the text is not: {error}")]
    return [CodeRead(text, symbology, aim, elements)]


def _elements(text: str) -> dict[str, str]:
    """Take a GS1 text apart: element strings, as printed with `(AI)`, or a Digital Link (BiipException, ValueError)."""
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI
    from biip.gs1_messages import GS1Message

    if text.lower().startswith(("http://", "https://")):
        found = GS1DigitalLinkURI.parse(text).element_strings
    else:
        found = (GS1Message.parse_hri if text.startswith("(") else GS1Message.parse)(text).element_strings
    return {element.ai.ai: element.value for element in found}
