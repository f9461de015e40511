"""Family pn532: contactless badge readers with the chip PN532 on a serial line (HSU), `00 00 FF LEN LCS TFI .. DCS 00`.

1. An acknowledgement is reported together with what follows it, so that a turn ends with the answer.
2. The chip waits in silence for a card. It is asked again all the time; when it does not even acknowledge, it has lost
   its power or sleeps, and is woken and set up again.
3. A UID can be copied: a badge names a person, it does not prove it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

import msgspec

from edge_agent.devices.base import CommandSeen, DeviceFault, DeviceReply, Heard, ProtocolError, read_settings
from edge_agent.devices.cards import badge_of_uid
from edge_agent.devices.framed import Framed
from edge_agent.devices.pn532_tables import CODES, COMMANDS, ERRORS, MODULATIONS, STATUS_FIRST

HOST, CHIP, FAULT = 0xD4, 0xD5, 0x7F
QUIET = (0x00, 0x55)
"""Bytes that may stand before the start code; a long run of them wakes the chip."""
WAKING, LONGEST_RUN = 10, 16
MOST = 265
"""Bytes from TFI on in the longest frame (extended)."""
ACK, NACK, EXTENDED = b"\x00\xff", b"\xff\x00", b"\xff\xff"
WAKE = bytes(LONGEST_RUN)


class Pn532Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one reader."""

    poll_ms: Annotated[
        int, msgspec.Meta(ge=50, le=5000, description="Silence after which the reader is asked for a card again")
    ] = 250
    absence_ms: Annotated[
        int,
        msgspec.Meta(
            ge=0, le=60000, description="A card held to the reader is reported again only after being away so long"
        ),
    ] = 1000


class Pn532(Framed):
    """Speak PN532: set it up, then ask for one card of ISO 14443 A again and again."""

    Settings: ClassVar[type[msgspec.Struct]] = Pn532Settings
    baudrate: ClassVar[int] = 115200
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = 0.3
    pause: float = 0.1
    least: ClassVar[int] = 6

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(Pn532Settings, "pn532", settings)
        self._acknowledged = True
        self._told: list[Heard] = []
        self._woken = False
        super().__init__()

    @property
    def absence(self) -> float:
        """Seconds a card must be away."""
        return self.settings.absence_ms / 1000

    @property
    def prompt_after(self) -> float | None:
        """Seconds of silence after which a card is asked for."""
        return self.settings.poll_ms / 1000

    # -- bytes in -------------------------------------------------------------------------------------------------

    @property
    def unparsed(self) -> bytes:
        """Bytes of a frame not yet complete, or that of an acknowledgement whose answer may follow."""
        return bytes(self._buffer) or (ACK if self._told else b"")

    def silence(self) -> list[Heard]:
        """Give up what never became complete; bytes before a start code that did not come are no error."""
        heard: list[Heard] = []
        if self._run() == len(self._buffer):
            heard = self._wake_up(len(self._buffer))
            self._drop(len(self._buffer))
        heard += super().silence()
        told, self._told, self._woken = self._told, [], False
        return told + heard

    def _run(self) -> int:
        """Count the quiet bytes at the buffer's start, as far as they matter."""
        head = self._buffer[: LONGEST_RUN + 2]
        return len(head) - len(head.lstrip(bytes(QUIET)))

    def _measure(self) -> tuple[int, str | None]:
        buffer, run = self._buffer, self._run()
        if run >= LONGEST_RUN + 2:
            return LONGEST_RUN, None
        if run == len(buffer):
            return run + 1, None
        start = run + 1
        if run == 0 or buffer[run] != 0xFF or buffer[run - 1] != 0:
            return 1, f"byte {buffer[run]:02X} begins no frame"
        if len(buffer) < start + 2:
            return start + 2, None
        kind = bytes(buffer[start : start + 2])
        if kind in (ACK, NACK):
            return start + 2, None
        if kind == EXTENDED:
            return self._measure_extended(start)
        if sum(kind) & 0xFF or not kind[0]:
            return start + 2, f"length {kind[0]} with check {kind[1]:02X}, should be {-kind[0] & 0xFF:02X}"
        return start + 3 + kind[0], None

    def _measure_extended(self, start: int) -> tuple[int, str | None]:
        head = self._buffer[start + 2 : start + 5]
        if len(head) < 3:
            return start + 5, None
        size = head[0] << 8 | head[1]
        if sum(head) & 0xFF or not 0 < size <= MOST:
            return start + 5, f"extended length {size} with check {head[2]:02X}"
        return start + 6 + size, None

    def _check(self, length: int) -> str | None:
        body = self._body(bytes(self._buffer[:length]))
        if body is None or body in (ACK, NACK):
            return None
        if sum(body) & 0xFF:
            return f"checksum {body[-1]:02X}, should be {-sum(body[:-1]) & 0xFF:02X}"
        return None if body[0] in (HOST, CHIP, FAULT) else f"frame identifier {body[0]:02X} is none of D4, D5, 7F"

    def _body(self, frame: bytes) -> bytes | None:
        """Give TFI to DCS, or ACK or NACK; None for a run that only wakes."""
        body = frame.lstrip(bytes(QUIET))[1:]
        if not body:
            return None
        if len(body) == 2:
            return body
        return body[5:] if body[:2] == EXTENDED else body[2:]

    def _read(self, frame: bytes, at: int) -> Iterable[Heard]:  # noqa: ARG002 - a frame with right sums has no error
        body = self._body(frame)
        run = len(frame) - len(frame.lstrip(bytes(QUIET)))
        woken = self._wake_up(run)
        if body is None:
            return woken
        self._woken = False
        told, self._told = self._told, []
        if body == ACK:
            self._acknowledged = True
            self._told = [DeviceReply("ack", {})]
            return told + woken
        return told + woken + ([DeviceReply("nack", {})] if body == NACK else meaning(body[:-1]))

    def _wake_up(self, run: int) -> list[Heard]:
        if run < WAKING or self._woken:
            return []
        self._woken = True
        return [CommandSeen("wake_up", {})]

    # -- commands out ---------------------------------------------------------------------------------------------

    def greeting(self) -> list[bytes]:
        """Wake the chip, ask which it is, set it up as a reader of cards."""
        return [WAKE + self.command("get_firmware_version"), self._set_up()]

    def prompt(self) -> bytes:
        """Ask for one card; what was not even acknowledged means that the chip must be woken and set up again."""
        acknowledged, self._acknowledged = self._acknowledged, False
        return self.command("in_list_passive_target", b"\x01\x00") if acknowledged else WAKE + self._set_up()

    def _set_up(self) -> bytes:
        return self.command("sam_configuration", b"\x01\x00\x00")

    def command(self, name: str, data: bytes = b"") -> bytes:
        """Encode a command by its name (ProtocolError: no such command, or more data than a frame holds)."""
        if name not in CODES:
            raise ProtocolError(f"pn532 has no command '{name}'")
        body = bytes((HOST, CODES[name])) + data
        if len(body) > 254:
            raise ProtocolError(f"{name}: {len(data)} bytes, at most 252 go into a frame")
        return bytes((0, 0, 0xFF, len(body), -len(body) & 0xFF)) + body + bytes((-sum(body) & 0xFF, 0))


def meaning(body: bytes) -> list[Heard]:
    """Say what the content of a frame, TFI first, means."""
    if body[0] == FAULT:
        return [DeviceFault(FAULT, "the chip did not understand the command's content")]
    if len(body) < 2:
        return [DeviceFault(body[0], "a frame without a command")]
    code, data = body[1], body[2:]
    if body[0] == HOST:
        return [_command(code, data)]
    name = COMMANDS.get(code - 1, f"command_{code - 1 & 0xFF:02X}")
    if name == "get_firmware_version" and len(data) == 4:
        version = f"{data[1]}.{data[2]}"
        return [DeviceReply(name, {"ic": f"PN5{data[0]:02X}", "version": version, "support": data[3]})]
    if name == "in_list_passive_target" and data:
        return _targets(data)
    if name in STATUS_FIRST and data and data[0] & 0x3F:
        error = data[0] & 0x3F
        return [DeviceFault(error, f"{name}: {ERRORS.get(error, 'error')}")]
    return [DeviceReply(name, {"data": data.hex().upper()} if data else {"ok": True})]


def _command(code: int, data: bytes) -> CommandSeen:
    name = COMMANDS.get(code, f"command_{code:02X}")
    if name == "sam_configuration" and data:
        given = dict(zip(("mode", "timeout", "irq"), data, strict=False))
        return CommandSeen(name, dict(given))
    if name == "in_list_passive_target" and len(data) >= 2:
        modulation = MODULATIONS.get(data[1], f"{data[1]:02X}")
        return CommandSeen(name, {"most": data[0], "modulation": modulation, "data": data[2:].hex().upper()})
    return CommandSeen(name, {"data": data.hex().upper()} if data else {})


def _targets(data: bytes) -> list[Heard]:
    """Read a reply's cards (ISO 14443 A), each Tg, ATQA2, SAK, length, UID, and ATS where SAK says so."""
    heard: list[Heard] = []
    rest = data[1:]
    for _ in range(data[0]):
        size = rest[4] if len(rest) > 4 else 0
        uid = rest[5 : 5 + size]
        if not uid or len(uid) != size:
            return [DeviceReply("in_list_passive_target", {"targets": data[0], "data": data[1:].hex().upper()})]
        heard.append(badge_of_uid(uid))
        has_ats = rest[3] & 0x20
        rest = rest[5 + size :]
        if has_ats and rest:
            rest = rest[rest[0] or 1 :]
    return heard or [DeviceReply("in_list_passive_target", {"targets": 0})]
