"""Family barcode_hid: scanners and keypads that pose as a USB keyboard, read as `struct input_event` records (`llHHi`).

1. A key counts when it goes down; held keys that repeat do not. The scanner must be set to the US layout.
2. What cannot be read wholly is not read at all: an unknown key, a lost record or a code cut off spoils the whole code.
3. The device is held exclusively, so that a code never becomes input to anything else on the machine.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from edge_agent.devices.barcode_serial import LONGEST, read_code
from edge_agent.devices.base import FrameError, Heard, ProtocolError, SettingsError, UnreachableError, read_settings
from edge_agent.devices.hid_keys import (
    ALTS,
    CAPS_LOCK,
    CONTROL_ENDS,
    CONTROLS,
    DIGITS,
    ENDS,
    LETTERS,
    OTHER_LOCKS,
    PLAIN,
    SHIFTED,
    SHIFTS,
)
from edge_agent.devices.stream import StreamSource

RECORD = struct.Struct("llHHi")
"""Seconds, microseconds, type, code, value, as the kernel of a 64-bit machine writes them: 24 bytes."""
SYNC, KEY, DROPPED = 0, 1, 3
LAST_TYPE = 0x1F
UP, DOWN, REPEAT = 0, 1, 2
GRAB = 0x40044590
"""EVIOCGRAB: whoever holds it alone receives the events."""
MILLION = 1_000_000
LONGEST_SPELT = 5
"""Digits of a character's number typed with Alt held."""


class BarcodeHidSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one scanner or keypad."""

    suffix: Annotated[
        Literal["auto", "enter", "tab", "none"],
        msgspec.Meta(
            description="What ends a code; auto takes Enter, Tab or silence; after enter or tab alone a code whose "
            "suffix did not come is refused; none leaves it to the silence"
        ),
    ] = "auto"
    idle_ms: Annotated[
        int,
        msgspec.Meta(
            ge=20, le=60000, description="Silence that ends or refuses a code whose suffix did not come; keypads: 10000"
        ),
    ] = 200


class BarcodeHid:
    """Turn keys into codes: it only listens."""

    Settings: ClassVar[type[msgspec.Struct]] = BarcodeHidSettings
    baudrate: ClassVar[int] = 0
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = None
    absence: float = 0.0
    prompt_after: float | None = None

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(BarcodeHidSettings, "barcode_hid", settings)
        self._ends = {key for key, name in ENDS.items() if self.settings.suffix in ("auto", name)}
        self._control_ends = {end for end, name in CONTROL_ENDS.items() if self.settings.suffix in ("auto", name)}
        self._record = bytearray()
        self._at = 0
        self._held: set[int] = set()
        self._spelt = ""
        self._caps = False
        self._text = bytearray()
        self._began = 0
        self._spoilt = False

    @property
    def pause(self) -> float:
        """Seconds of silence that end a code."""
        return self.settings.idle_ms / 1000

    @property
    def unparsed(self) -> bytes:
        """Bytes of a record not yet complete, or the text so far."""
        return bytes(self._record) or bytes(self._text) or (b"\x00" if self._spoilt else b"")

    def feed(self, data: bytes) -> list[Heard]:
        """Take the next bytes; a record may come in pieces."""
        heard: list[Heard] = []
        for start in range(0, len(data), RECORD.size):
            self._record += data[start : start + RECORD.size]
            if len(self._record) >= RECORD.size:
                record = bytes(self._record[: RECORD.size])
                del self._record[: RECORD.size]
                heard += self._event(record)
                self._at += RECORD.size
        return heard

    def silence(self) -> list[Heard]:
        """End or refuse the code that was waiting; give up a record that never became complete."""
        heard: list[Heard] = []
        if self._record:
            rest = bytes(self._record)
            self._record.clear()
            heard = self._spoil(f"record cut short: {len(rest)} of {RECORD.size} bytes", rest.hex())
            self._at += len(rest)
        if self._text and self.settings.suffix in ("enter", "tab"):
            heard += self._spoil(f"code of {len(self._text)} characters without its suffix {self.settings.suffix}")
        self._spelt = ""
        return heard + self._end()

    def greeting(self) -> list[bytes]:
        """Send nothing, a keyboard takes no commands; but keys held when it was unplugged are held no more."""
        self._held.clear()
        self._spelt = ""
        return []

    def prompt(self) -> bytes:
        """Send nothing."""
        return b""

    # -- records ------------------------------------------------------------------------------------------------------

    def _event(self, record: bytes) -> list[Heard]:
        _, micro, kind, code, value = RECORD.unpack(record)
        if not 0 <= micro < MILLION or kind > LAST_TYPE or (kind == KEY and value not in (UP, DOWN, REPEAT)):
            return self._spoil(f"{record.hex()} is no input_event of 24 bytes")
        if (kind, code) == (SYNC, DROPPED):
            return self._spoil("the kernel lost keys; the code is incomplete")
        if kind != KEY:
            return []
        if value == UP:
            self._held.discard(code)
            return self._spell() if code in ALTS and self._spelt else []
        return self._press(code) if value == DOWN else []

    def _press(self, code: int) -> list[Heard]:
        if code in SHIFTS | CONTROLS | ALTS:
            self._held.add(code)
            return []
        if code == CAPS_LOCK:
            self._caps = not self._caps
            return []
        if code in OTHER_LOCKS:
            return []
        if code in self._ends:
            return self._end()
        if self._held & ALTS and code in DIGITS and len(self._spelt) < LONGEST_SPELT:
            self._spelt += DIGITS[code]
            return []
        character = self._character(code)
        if character is None:
            return self._spoil(f"key {code}{' with Alt' if self._held & ALTS else ''} gives no character; US layout?")
        return self._end() if self._held & CONTROLS and character in self._control_ends else self._take(character)

    def _spell(self) -> list[Heard]:
        """Take the character whose number was typed with Alt held, as scanners do that know no layout."""
        number, self._spelt = int(self._spelt), ""
        return self._take(bytes((number,))) if 0 < number < 0x80 else self._spoil(f"Alt and {number} is not ASCII")

    def _take(self, character: bytes) -> list[Heard]:
        """Add one character to the code."""
        if not self._text:
            self._began = self._at
        if len(self._text) == LONGEST:
            return self._spoil(f"code longer than {LONGEST} characters")
        if not self._spoilt:
            self._text += character
        return []

    def _character(self, code: int) -> bytes | None:
        """Give the ASCII character of a key with the modifiers now held; None when there is none."""
        if self._held & ALTS:
            return None
        shifted = bool(self._held & SHIFTS) != (self._caps and code in LETTERS)
        if not self._held & CONTROLS:
            character = (SHIFTED if shifted else PLAIN).get(code)
            return None if character is None else character.encode("ascii")
        controls = (ord(keys[code].upper()) - 0x40 for keys in (PLAIN, SHIFTED) if code in keys)
        return next((bytes((control,)) for control in controls if 0 < control < 0x20), None)

    # -- codes --------------------------------------------------------------------------------------------------------

    def _end(self) -> list[Heard]:
        text, spoilt = bytes(self._text), self._spoilt
        self._text.clear()
        self._spoilt = False
        return [] if spoilt or not text else read_code(text, self._began)

    def _spoil(self, why: str, rest: str = "") -> list[Heard]:
        """Refuse the code under way, once."""
        if self._spoilt:
            return []
        at = self._began if self._text else self._at
        self._text.clear()
        self._spoilt = True
        return [FrameError(at, why, rest)]


class InputFile:
    """An input device, or a pipe in its place, with the few methods of a port that StreamSource uses."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise _kind(path, error) from None
        try:
            self._take()
        except BaseException:
            os.close(self._descriptor)
            raise

    def _take(self) -> None:
        mode = os.fstat(self._descriptor).st_mode
        if stat.S_ISCHR(mode):
            try:
                fcntl.ioctl(self._descriptor, GRAB, 1)
            except OSError as error:
                raise _kind(self.path, error) from None
        elif not stat.S_ISFIFO(mode):
            raise SettingsError(f"{self.path}: not an input device; name one of /dev/input/by-id/")

    def fileno(self) -> int:
        """Give the descriptor to wait on."""
        return self._descriptor

    def read(self, size: int) -> bytes:
        """Read what is there; an unplugged device or a pipe nobody writes to is an error (OSError)."""
        data = os.read(self._descriptor, size)
        if not data:
            raise OSError(errno.ENODEV, "nobody writes any more")
        return data

    def write(self, data: bytes) -> int:
        """Refuse: a keyboard takes no commands (ProtocolError)."""
        raise ProtocolError(f"{self.path}: a keyboard takes no commands ({len(data)} bytes)")

    def close(self) -> None:
        """Let go of the device."""
        os.close(self._descriptor)


def _kind(path: str, error: OSError) -> SettingsError | UnreachableError:
    if error.errno == errno.EACCES:
        return SettingsError(f"{path}: no permission; the station's user must be in the group of input devices (input)")
    if error.errno in (errno.ENOTTY, errno.EINVAL):
        return SettingsError(f"{path}: not an input device; name one of /dev/input/by-id/")
    if error.errno == errno.EBUSY:
        return UnreachableError(f"{path}: held by another program")
    there = "" if Path(path).exists() else "; is the scanner plugged in?"
    return UnreachableError(f"{path}: {error.strerror}{there}")


class HidSource(StreamSource):
    """Read a keyboard-wedge device until closed; opened anew whenever it was unplugged."""

    def write(self, data: bytes) -> None:
        """Refuse: a keyboard takes no commands (ProtocolError; UnreachableError: not even there)."""
        if self.state.state != "online":
            raise UnreachableError(f"{self.name}: {self.state.state}: {self.state.why}")
        raise ProtocolError(f"{self.name}: a keyboard takes no commands ({len(data)} bytes)")

    def _open(self) -> InputFile:
        return InputFile(self.url)
