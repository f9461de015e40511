"""Family m100: UHF readers of the M100 / R200 / YRM100 kind, `HDR type cmd PL params SUM END` in both framings.

How frames are found and refused stands in framed.py; header and end bytes may occur inside the data.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

from edge_agent.devices import layout
from edge_agent.devices.base import (
    FieldValue,
    Heard,
    ProtocolError,
    named,
    read_settings,
)
from edge_agent.devices.framed import Framed
from edge_agent.devices.m100_meaning import COMMAND, NOTICE, REPLY, M100Settings, meaning
from edge_agent.devices.m100_tables import (
    CODES,
    COMMANDS,
    INFO_KINDS,
)

FRAMINGS = {0xBB: 0x7E, 0xAA: 0xDD}
MAX_PARAMETERS = 1024
NO_PASSWORD = "0" * 8
BANKS = {"reserved": 0, "epc": 1, "tid": 2, "user": 3}


class M100(Framed):
    """Speak M100: tag notices, replies and errors in, commands out."""

    Settings: ClassVar[type[msgspec.Struct]] = M100Settings
    baudrate: ClassVar[int] = 115200
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = 0.1
    absence: float = 0.0
    pause: float = 0.2
    least: ClassVar[int] = 7
    prompt_after: float | None = 1.0

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(M100Settings, "m100", settings)
        chosen = {"bb": (0xBB,), "aa": (0xAA,), "auto": (0xBB, 0xAA)}[self.settings.framing]
        self._headers: tuple[int, ...] = chosen
        self._speaks: tuple[int, ...] = chosen
        self._prompts = 0
        super().__init__()

    # -- bytes in -----------------------------------------------------------------------------------------------

    def _measure(self) -> tuple[int, str | None]:
        """Tell the frame's length as far as known (5 while its length is still to come), or what is wrong with it."""
        buffer = self._buffer
        if buffer[0] not in self._headers:
            return 1, f"byte {buffer[0]:02X} begins no frame"
        if len(buffer) > 1 and buffer[1] not in (COMMAND, REPLY, NOTICE):
            return 2, f"frame type {buffer[1]:02X} is none of 00, 01, 02"
        if len(buffer) < 5:
            return 5, None
        size = buffer[3] << 8 | buffer[4]
        if size > MAX_PARAMETERS:
            return 5, f"length {size} is more than {MAX_PARAMETERS}"
        return size + 7, None

    def _check(self, length: int) -> str | None:
        total, stated = sum(self._buffer[1 : length - 2]) & 0xFF, self._buffer[length - 2]
        if total != stated:
            return f"checksum {stated:02X}, should be {total:02X}"
        end, should = self._buffer[length - 1], FRAMINGS[self._buffer[0]]
        return None if end == should else f"end byte {end:02X}, should be {should:02X}"

    def _read(self, frame: bytes, at: int) -> list[Heard]:
        if frame[1] != COMMAND:
            self._speaks = (frame[0],)
        return [meaning(frame, at, self.settings)]

    # -- commands out ---------------------------------------------------------------------------------------------

    def greeting(self) -> list[bytes]:
        """Stop what runs, ask who is there, set region and power if they are settings, then poll without end."""
        commands = [self.stop(), self.get_info("hardware")]
        if self.settings.region:
            commands.append(self.set_region(self.settings.region))
        if self.settings.power_dbm:
            commands.append(self.set_power(self.settings.power_dbm))
        return [frame for command in [*commands, self.multi_poll()] for frame in self._apart(command)]

    def prompt(self) -> bytes:
        """Poll again: 65535 rounds are over, or the reader was reset or slept; in one framing after the other."""
        frames = self._apart(self.multi_poll())
        self._prompts += 1
        return frames[self._prompts % len(frames)]

    def _apart(self, command: bytes) -> list[bytes]:
        """Cut a command in both framings in two: not every reader finds a frame behind one it does not know."""
        size = len(command) // len(self._speaks)
        return [command[at : at + size] for at in range(0, len(command), size)]

    def command(self, name: str, **fields: FieldValue) -> bytes:
        """Encode any command of the table; in framing auto once per framing until the reader has answered."""
        code = named(CODES, "command", name)
        body = layout.write(COMMANDS[code][1], fields)
        if len(body) > MAX_PARAMETERS:
            raise ProtocolError(f"{name}: {len(body)} bytes of parameters, at most {MAX_PARAMETERS} go")
        middle = bytes((COMMAND, code, len(body) >> 8, len(body) & 0xFF)) + body
        sealed = middle + bytes((sum(middle) & 0xFF,))
        return b"".join(bytes((header,)) + sealed + bytes((FRAMINGS[header],)) for header in self._speaks)

    def get_info(self, kind: Literal["hardware", "software", "maker"]) -> bytes:
        """Ask for a version text."""
        return self.command("get_info", kind={name: code for code, name in INFO_KINDS.items()}[kind])

    def set_region(self, region: str) -> bytes:
        """Set the radio region by its name (layout.REGIONS)."""
        return self.command("set_region", region=region)

    def set_power(self, dbm: float) -> bytes:
        """Set the transmit power in dBm."""
        return self.command("set_power", dbm=dbm)

    def select(self, mask: bytes, *, bank: str = "epc", pointer: int = 32) -> bytes:
        """Choose the tags that are meant: a mask of whole bytes, its place given in bits."""
        fields: dict[str, FieldValue] = {
            "target": 0,
            "action": 0,
            "truncate": 0,
            "mask_bits": len(mask) * 8,
            "mask": mask.hex(),
        }
        return self.command("set_select", bank=_bank(bank), pointer=pointer, **fields)

    def single_poll(self) -> bytes:
        """Ask for one round."""
        return self.command("single_poll")

    def multi_poll(self, rounds: int = 65535) -> bytes:
        """Ask for many rounds."""
        return self.command("multi_poll", reserved=0x22, rounds=rounds)

    def stop(self) -> bytes:
        """End a multi poll."""
        return self.command("stop")

    def read(self, bank: str, start: int, words: int, password: str = NO_PASSWORD) -> bytes:
        """Read words of a tag's bank (reserved, epc, tid, user); the password is 8 hex digits."""
        return self.command("read", access_password=password, bank=_bank(bank), start=start, words=words)

    def write(self, bank: str, start: int, data: bytes, password: str = NO_PASSWORD) -> bytes:
        """Write whole words to a tag's bank."""
        if not data or len(data) % 2:
            raise ProtocolError(f"write takes whole words of two bytes, got {len(data)} bytes")
        return self.command(
            "write",
            access_password=password,
            bank=_bank(bank),
            start=start,
            words=len(data) // 2,
            data=data.hex(),
        )


def _bank(name: str) -> int:
    return named(BANKS, "bank", name)
