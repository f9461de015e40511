"""Family tsl_ascii2: handheld UHF readers that speak TSL's ASCII 2 protocol, lines `XX: value` ended by CR, LF or both.

1. A reply is echo (CS), lines, and OK or ER:nnn; what the trigger starts is told in the same form, unasked.
2. A tag's lines belong together until one of their headers comes again or the reply ends.
3. ESC makes the next byte plain, so a bar code may hold line ends; stray 00 and FF bytes (Bluetooth) are dropped.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import msgspec

from edge_agent.devices.barcode_serial import read_code
from edge_agent.devices.base import (
    CommandSeen,
    DeviceFault,
    DeviceReply,
    FieldValue,
    FrameError,
    Heard,
    MemoryRead,
    ProtocolError,
    ReaderInfo,
    RoundDone,
    TagSeen,
    named,
    read_settings,
)
from edge_agent.devices.tags import counted

ESC, STRAY, LINE_ENDS = 0x1B, (0x00, 0xFF), b"\r\n"
LONGEST = 8192
LONGEST_EPC, LONGEST_NUMBER = 124, 4
COMMANDS = {"iv": "inventory", "bc": "barcode", "vr": "version", "rd": "read", "wr": "write", "sa": "switch_action"}
INFO = {"MF": "maker", "US": "serial", "UF": "software", "UB": "bootloader", "RF": "radio_software", "PV": "protocol"}
OF_TAG = {"EP", "RI", "PC", "CR", "IX", "RD", "WW", "DT"}
HEX_VALUES = {"EP", "PC", "CR", "RD"}
NO_TRANSPONDER, NO_BARCODE = 5, 6
ERRORS = {
    1: "syntax error",
    2: "parameter not supported",
    3: "command not enabled",
    4: "hardware fault",
    5: "no transponder found",
    6: "no bar code found",
    7: "configuration error",
    8: "antenna fault",
    9: "battery low",
    10: "reader not ready",
    15: "aborted",
    16: "reader is locked",
    17: "Bluetooth fault",
    255: "system fault",
}
BANKS = {"reserved": "res", "epc": "epc", "tid": "tid", "user": "usr"}
Press = Literal["leave", "inventory", "barcode", "off"]
PRESSES = {"inventory": "inv", "barcode": "bar", "off": "off"}


class TslAscii2Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one handheld."""

    single_press: Annotated[
        Press, msgspec.Meta(description="What pulling the trigger does, set on opening; leave does not touch it")
    ] = "inventory"
    double_press: Annotated[
        Press, msgspec.Meta(description="What pulling it twice does, set on opening; leave does not touch it")
    ] = "barcode"
    power_dbm: Annotated[
        int, msgspec.Meta(ge=0, le=30, description="Transmit power of rounds, from 10; 0 leaves it alone")
    ] = 0
    antenna: Annotated[int, msgspec.Meta(ge=1, le=64, description="Number given to the handheld's antenna")] = 1


class TslAscii2:
    """Speak to one handheld: its trigger starts rounds and scans by itself."""

    Settings: ClassVar[type[msgspec.Struct]] = TslAscii2Settings
    baudrate: ClassVar[int] = 115200
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = 0.5
    absence: float = 0.0
    pause: float = 0.5
    prompt_after: float | None = None

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(TslAscii2Settings, "tsl_ascii2", settings)
        self._line = bytearray()
        self._at = self._began = 0
        self._escaped = self._overlong = False
        self._command = ""
        self._message = ""
        self._tag: dict[str, str] = {}

    # -- bytes in -----------------------------------------------------------------------------------------------

    @property
    def unparsed(self) -> bytes:
        """Bytes of a line not yet ended."""
        return bytes(self._line)

    def feed(self, data: bytes) -> list[Heard]:
        """Take the next bytes of the stream."""
        heard: list[Heard] = []
        for byte in data:
            if self._escaped:
                self._escaped = False
                heard += self._keep(byte)
            elif byte == ESC:
                self._escaped = True
            elif byte in LINE_ENDS:
                heard += self._end()
            elif byte not in STRAY:
                heard += self._keep(byte)
            self._at += 1
        return heard

    def silence(self) -> list[Heard]:
        """Give up the line that never ended; a tag told so far is told."""
        heard = self._flush()
        if self._line and not self._overlong:
            heard.append(FrameError(self._began, f"line cut short: {len(self._line)} bytes", self._line.hex()))
        self._line.clear()
        self._escaped = self._overlong = False
        return heard

    def _keep(self, byte: int) -> list[Heard]:
        if not self._line:
            self._began = self._at
        if len(self._line) < LONGEST:
            self._line.append(byte)
        elif not self._overlong:
            self._overlong = True
            return [FrameError(self._began, f"line longer than {LONGEST} bytes")]
        return []

    def _end(self) -> list[Heard]:
        line, overlong = bytes(self._line), self._overlong
        self._line.clear()
        self._overlong = False
        if overlong or not line:
            return []
        if line[:1] == b"." and len(line) >= 3:
            return self._asked(line)
        header, colon, value = line[:2], line[2:3], line[3:]
        if colon != b":" or not header.isalpha() or not header.isupper():
            return [FrameError(self._began, f"line {_shown(line)} begins with no header such as 'EP:'")]
        if header == b"BC":
            return self._flush() + read_code(value.removeprefix(b" "), self._began)
        return self._told(header.decode("ascii"), value.decode("ascii", "backslashreplace").strip())

    def _asked(self, line: bytes) -> list[Heard]:
        """Read a command heard from the host's side."""
        text = line.decode("ascii", "backslashreplace")
        name = COMMANDS.get(text[1:3], f"command_{text[1:3]}")
        return [CommandSeen(name, {"parameters": text[3:].strip()})]

    def _told(self, header: str, value: str) -> list[Heard]:
        """Take one line of a reply."""
        if header in OF_TAG:
            return self._of_tag(header, value)
        heard = self._flush()
        match header:
            case "CS":
                self._command, self._message = value[1:3], ""
            case "ME":
                self._message = value
            case "OK":
                heard += self._ended()
            case "ER":
                heard.append(self._failed(value))
            case _ if header in INFO:
                heard.append(ReaderInfo(INFO[header], value))
            case _:
                heard.append(DeviceReply(self._name(), {header.lower(): value}))
        return heard

    def _of_tag(self, header: str, value: str) -> list[Heard]:
        heard = self._flush() if header in self._tag else []
        if header in HEX_VALUES and not _is_hex(value) and (header, value) != ("EP", ""):
            return [*heard, FrameError(self._began, f"{header} {value!r} is not hex")]
        if header == "EP" and len(value) > LONGEST_EPC:
            return [*heard, FrameError(self._began, f"EPC of {len(value)} digits, {LONGEST_EPC} at most")]
        if header == "RI" and not (value.removeprefix("-").isdecimal() and len(value) <= LONGEST_NUMBER):
            return [*heard, FrameError(self._began, f"RI {value!r} is no number")]
        self._tag[header] = value
        return heard

    def _flush(self) -> list[Heard]:
        """Tell the tag whose lines have come."""
        tag, self._tag = self._tag, {}
        if "EP" not in tag:
            return []
        epc, pc = tag["EP"].upper(), tag.get("PC", "").upper()
        rssi = float(tag["RI"]) if "RI" in tag else None
        heard: list[Heard] = [counted(TagSeen(epc, self.settings.antenna, rssi, pc or None))]
        if "RD" in tag:
            heard.append(MemoryRead(epc, pc, tag["RD"].upper()))
        if "WW" in tag:
            heard.append(DeviceReply("write", {"epc": epc, "words": tag["WW"]}))
        return heard

    def _ended(self) -> list[Heard]:
        if self._command in ("iv", ""):
            return [RoundDone()]
        return [DeviceReply(self._name(), {"ok": True})]

    def _failed(self, value: str) -> Heard:
        if not value.isdecimal() or len(value) > LONGEST_NUMBER:
            return FrameError(self._began, f"ER {value!r} is no number")
        code = int(value)
        if code == NO_TRANSPONDER and self._command in ("iv", ""):
            return RoundDone()
        if code == NO_BARCODE:
            return DeviceReply("barcode", {"ok": False})
        what = ERRORS.get(code, f"error {code:03}")
        return DeviceFault(code, f"{self._name()}: {what}{f' ({self._message})' if self._message else ''}")

    def _name(self) -> str:
        return COMMANDS.get(self._command, f"command_{self._command}" if self._command else "reply")

    # -- commands out ---------------------------------------------------------------------------------------------

    def greeting(self) -> list[bytes]:
        """Ask who is there, have rounds tell PC and RSSI, and set what the trigger does."""
        rounds: dict[str, FieldValue] = {"r": "on", "e": "on"}
        if self.settings.power_dbm:
            rounds["o"] = max(self.settings.power_dbm, 10)
        presses = {
            key: PRESSES[press]
            for key, press in (("s", self.settings.single_press), ("d", self.settings.double_press))
            if press != "leave"
        }
        commands = [self.version(), self.command("iv", "n", **rounds)]
        return [*commands, self.command("sa", **presses)] if presses else commands

    def prompt(self) -> bytes:
        """Send nothing: the trigger starts rounds."""
        return b""

    def command(self, code: str, *flags: str, **parameters: FieldValue) -> bytes:
        """Encode `.code -name value … -flag`; a value may not hold spaces or line ends."""
        words = [f".{code}"]
        for name, value in parameters.items():
            if not str(value).isalnum():
                raise ProtocolError(f".{code} -{name} {value!r}: letters and digits only")
            words += [f"-{name}", str(value)]
        return " ".join([*words, *(f"-{flag}" for flag in flags)]).encode("ascii") + b"\r\n"

    def version(self) -> bytes:
        """Ask for serial number and versions."""
        return self.command("vr")

    def inventory(self) -> bytes:
        """Ask for one round."""
        return self.command("iv")

    def scan(self) -> bytes:
        """Ask for one bar code."""
        return self.command("bc")

    def read(self, bank: str, start: int, words: int) -> bytes:
        """Read words of the memory (reserved, epc, tid, user) of every tag in reach."""
        _in_range(start, words)
        return self.command("rd", db=_bank(bank), do=f"{start:04X}", dl=f"{words:02X}")

    def write(self, bank: str, start: int, data: bytes) -> bytes:
        """Write whole words to the memory of every tag in reach."""
        if len(data) % 2:
            raise ProtocolError(f"write takes whole words of two bytes, got {len(data)} bytes")
        _in_range(start, len(data) // 2)
        return self.command("wr", db=_bank(bank), do=f"{start:04X}", dl=f"{len(data) // 2:02X}", da=data.hex().upper())


def _in_range(start: int, words: int) -> None:
    if not (0 <= start <= 0xFFFF and 1 <= words <= 0xFD):
        raise ProtocolError(f"{words} words from {start}: 1 to 253 words from 0 to 65535 go")


def _is_hex(value: str) -> bool:
    return bool(value) and len(value) % 2 == 0 and all(digit in "0123456789abcdefABCDEF" for digit in value)


def _shown(line: bytes) -> str:
    return repr(line[:24].decode("ascii", "backslashreplace"))


def _bank(name: str) -> str:
    return named(BANKS, "bank", name)
