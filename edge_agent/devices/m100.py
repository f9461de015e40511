"""Family m100: UHF readers of the M100 / R200 / YRM100 kind, `HDR type cmd PL params SUM END` in both framings.

1. Framed by length: header and end bytes may occur inside the data.
2. After a bad length, sum or end only the header byte is given up; a good frame begun inside the garbage is found.
3. One error per refused frame or run of stray bytes; what is tried inside a refused frame is not reported again.
"""

from __future__ import annotations

import binascii
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from edge_agent.devices import layout
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
    Reading,
    RoundDone,
    TagSeen,
    read_settings,
)
from edge_agent.devices.m100_tables import (
    CODES,
    COMMANDS,
    INFO_KINDS,
    NO_TAG,
    REPLIES,
    STATUS_REPLY,
    TAG_REPLIES,
    error_meaning,
)

FRAMINGS = {0xBB: 0x7E, 0xAA: 0xDD}
COMMAND, REPLY, NOTICE = 0, 1, 2
MAX_PARAMETERS = 1024
NO_PASSWORD = "0" * 8
BANKS = {"reserved": 0, "epc": 1, "tid": 2, "user": 3}
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


class M100:
    """Speak M100: tag notices, replies and errors in, commands out."""

    Settings: ClassVar[type[msgspec.Struct]] = M100Settings
    baudrate: ClassVar[int] = 115200
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = None
    pause: float = 0.2
    prompt_after: float | None = 1.0

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(M100Settings, "m100", settings)
        chosen = {"bb": (0xBB,), "aa": (0xAA,), "auto": (0xBB, 0xAA)}[self.settings.framing]
        self._headers: tuple[int, ...] = chosen
        self._speaks: tuple[int, ...] = chosen
        self._buffer = bytearray()
        self._base = 0
        self._blamed_until = -1

    # -- bytes in -----------------------------------------------------------------------------------------------

    @property
    def unparsed(self) -> bytes:
        """Bytes of a frame not yet complete."""
        return bytes(self._buffer)

    def feed(self, data: bytes) -> list[Heard]:
        """Take the next bytes of the stream."""
        self._buffer += data
        return self._scan(more_may_come=True)

    def silence(self) -> list[Heard]:
        """Give up the frame that never became complete."""
        return self._scan(more_may_come=False)

    def _scan(self, *, more_may_come: bool) -> list[Heard]:
        heard: list[Heard] = []
        while self._buffer:
            length, wrong = self._measure()
            rest = ""
            if wrong is None and len(self._buffer) < length:
                if more_may_come:
                    return heard
                wrong = f"frame cut short: {len(self._buffer)} of {max(length, 7)} bytes"
                rest = self._buffer.hex()
            if wrong is None:
                wrong = self._check(length)
            if wrong is None:
                frame = bytes(self._buffer[:length])
                if frame[1] != COMMAND:
                    self._speaks = (frame[0],)
                heard.append(self._read(frame, self._base))
                self._blamed_until = -1
                self._drop(length)
            else:
                self._blame(FrameError(self._base, wrong, rest), length, heard)
                self._drop(1)
        return heard

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

    def _blame(self, wrong: FrameError, length: int, heard: list[Heard]) -> None:
        """Report what is wrong here unless it lies inside what was already reported."""
        if length <= 2 and self._base == self._blamed_until:
            self._blamed_until += 1
        elif self._base >= self._blamed_until:
            heard.append(wrong)
            self._blamed_until = self._base + (1 if length <= 2 else min(length, len(self._buffer)))

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._base += count

    # -- what a good frame means ----------------------------------------------------------------------------------

    def _read(self, frame: bytes, at: int) -> Heard:
        kind, code, body = frame[1], frame[2], frame[5:-2]
        if kind == COMMAND:
            return self._read_command(code, body)
        if code == 0xFF:
            return self._read_error(body, at)
        if kind == NOTICE and code == 0x22:
            return self._read_tag(body, at)
        if code == 0x39:
            return _read_memory(body, at)
        if code in TAG_REPLIES:
            return _read_tag_reply(code, body, at)
        return _read_reply(code, body)

    def _read_command(self, code: int, body: bytes) -> Reading:
        name, shape = COMMANDS.get(code, (f"command_{code:02x}", None))
        fields = layout.read(shape, body) if shape is not None else None
        return CommandSeen(name, fields if fields is not None else {"raw": body.hex().upper()})

    def _read_tag(self, body: bytes, at: int) -> Heard:
        size = 2 * (body[1] >> 3) if len(body) >= 5 else 0
        if len(body) < 5 or len(body) - 5 != size:
            return FrameError(at, f"tag notice of {len(body)} bytes, its PC tells of an EPC of {size}")
        if self.settings.check_crc and (binascii.crc_hqx(body[1:-2], 0xFFFF) ^ 0xFFFF) != int.from_bytes(
            body[-2:], "big"
        ):
            return FrameError(at, f"tag notice with a wrong tag CRC {body[-2:].hex().upper()}")
        rssi = body[0] - 256 if body[0] > 127 else body[0]
        return TagSeen(
            epc=body[3:-2].hex().upper(), antenna=self.settings.antenna, rssi=rssi, pc=body[1:3].hex().upper()
        )

    def _read_error(self, body: bytes, at: int) -> Heard:
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

    # -- commands out ---------------------------------------------------------------------------------------------

    def greeting(self) -> list[bytes]:
        """Stop what runs, ask who is there, set region and power if they are settings, then poll without end."""
        commands = [self.stop(), self.get_info("hardware")]
        if self.settings.region:
            commands.append(self.set_region(self.settings.region))
        if self.settings.power_dbm:
            commands.append(self.set_power(self.settings.power_dbm))
        return [*commands, self.multi_poll()]

    def prompt(self) -> bytes:
        """Poll again: 65535 rounds are over, or the reader was reset or slept."""
        return self.multi_poll()

    def command(self, name: str, **fields: FieldValue) -> bytes:
        """Encode any command of the table; in framing auto once per framing until the reader has answered."""
        code = CODES[name]
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
        return self.command("set_select", bank=BANKS[bank], pointer=pointer, **fields)

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
        return self.command("read", access_password=password, bank=BANKS[bank], start=start, words=words)

    def write(self, bank: str, start: int, data: bytes, password: str = NO_PASSWORD) -> bytes:
        """Write whole words to a tag's bank."""
        if not data or len(data) % 2:
            raise ProtocolError(f"write takes whole words of two bytes, got {len(data)} bytes")
        return self.command(
            "write", access_password=password, bank=BANKS[bank], start=start, words=len(data) // 2, data=data.hex()
        )


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
