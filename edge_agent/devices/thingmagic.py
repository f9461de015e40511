"""Family thingmagic: UHF modules that speak ThingMagic's Mercury protocol, `FF LEN OP [STATUS2] DATA CRC2`.

1. Only replies carry a status, so a frame's length depends on its direction: the CRC tells which of the two it is.
2. Reading goes on by itself until it is stopped; once a second without a tag the module says that it lives (0400).
"""

from __future__ import annotations

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
    RoundDone,
    TagSeen,
    named,
    read_settings,
)
from edge_agent.devices.framed import Framed
from edge_agent.devices.tags import counted
from edge_agent.devices.thingmagic_tables import (
    ALL_METADATA,
    CODES,
    COMMANDS,
    FAULTS,
    GEN2,
    GET_REGION,
    METADATA,
    NO_DATA,
    NO_TAG,
    READ_DATA,
    READ_MULTIPLE,
    READ_SINGLE,
    REGION_NAMES,
    REGIONS,
    SET_REGION,
    VERSION,
    crc,
)

HEADER = 0xFF
COMMAND_EXTRA, REPLY_EXTRA = 5, 7
MOST_DATA = 248
STREAM_HEAD = 6
"""Bytes of a streamed record before its metadata: option, search flags, metadata flags, and one more."""
BANKS = {"reserved": 0, "epc": 1, "tid": 2, "user": 3}
Region = Literal[
    "", "china_920_925", "us", "europe", "china_840_845", "korea", "india", "japan", "australia", "new_zealand"
]


class ThingMagicSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one module."""

    region: Annotated[Region, msgspec.Meta(description="Radio region set on opening; empty leaves it alone")] = ""
    power_dbm: Annotated[
        float, msgspec.Meta(ge=0, le=31.5, description="Transmit power set on opening; 0 leaves it alone")
    ] = 0
    antennas: Annotated[int, msgspec.Meta(ge=1, le=4, description="Antenna ports 1 to this one are read in turn")] = 1
    antenna: Annotated[int, msgspec.Meta(ge=1, le=60, description="Number given to port 1; the others follow")] = 1


class ThingMagic(Framed):
    """Speak to one module."""

    Settings: ClassVar[type[msgspec.Struct]] = ThingMagicSettings
    baudrate: ClassVar[int] = 115200
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = 0.3
    least: ClassVar[int] = COMMAND_EXTRA
    absence: float = 0.0
    pause: float = 0.2
    prompt_after: float | None = 2.5

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.settings = read_settings(ThingMagicSettings, "thingmagic", settings)
        self._quiet = False

    # -- bytes in -----------------------------------------------------------------------------------------------

    def silence(self) -> list[Heard]:
        """Give up the frame that never became complete, unless it is a whole command."""
        self._quiet = True
        try:
            return super().silence()
        finally:
            self._quiet = False

    def _measure(self) -> tuple[int, str | None]:
        if self._buffer[0] != HEADER:
            return 1, f"byte {self._buffer[0]:02X} begins no frame"
        if len(self._buffer) < 2:
            return COMMAND_EXTRA, None
        size = self._buffer[1]
        if size > MOST_DATA:
            return 2, f"length {size} is more than {MOST_DATA}"
        whole = self._quiet or len(self._buffer) >= size + REPLY_EXTRA
        if whole and self._fits(size + COMMAND_EXTRA) and not self._fits(size + REPLY_EXTRA):
            return size + COMMAND_EXTRA, None
        return size + REPLY_EXTRA, None

    def _fits(self, length: int) -> bool:
        return len(self._buffer) >= length and crc(self._buffer[1 : length - 2]) == self._buffer[length - 2 : length]

    def _check(self, length: int) -> str | None:
        if self._fits(length):
            return None
        right, stated = crc(self._buffer[1 : length - 2]), self._buffer[length - 2 : length]
        return f"CRC {stated.hex().upper()}, should be {right.hex().upper()}"

    def _read(self, frame: bytes, at: int) -> list[Heard]:
        code = frame[2]
        if len(frame) == frame[1] + COMMAND_EXTRA:
            return [_command(code, frame[3:-2])]
        status, data = int.from_bytes(frame[3:5], "big"), frame[5:-2]
        if status == NO_TAG and code in (READ_SINGLE, READ_MULTIPLE):
            return [RoundDone()]
        if status:
            return [DeviceFault(status, f"{_name(code)}: {FAULTS.get(status, f'status {status:04X}')}")]
        if code == READ_MULTIPLE and len(data) > 10:
            return self._record(data, at)
        return _reply(code, data)

    def _record(self, data: bytes, at: int) -> list[Heard]:
        """Read a tag as it is told while reading goes on."""
        told, place = _metadata(data)
        size = int.from_bytes(data[place : place + 2], "big") // 8
        tag = data[place + 2 :]
        if size < 4 or size != len(tag):
            return [FrameError(at, f"tag record: {len(tag)} bytes of PC, EPC and CRC, {size} announced")]
        pc, epc = tag[:2].hex().upper(), tag[2:-2].hex().upper()
        port = int.from_bytes(told.get("antenna", b"\x11"), "big") >> 4
        rssi = int.from_bytes(told["rssi"], "big", signed=True) if "rssi" in told else None
        heard: list[Heard] = [counted(TagSeen(epc, self.settings.antenna + max(port, 1) - 1, rssi, pc))]
        if told.get("memory"):
            heard.append(MemoryRead(epc, pc, told["memory"].hex().upper()))
        return heard

    # -- commands out ---------------------------------------------------------------------------------------------

    def greeting(self) -> list[bytes]:
        """Stop what runs, ask who is there, set up what is a setting, then read without end."""
        commands = [
            self.stop(),
            self.command("get_version"),
            self.command("set_protocol", protocol=GEN2),
            self.set_antennas(self.settings.antennas),
            self.command("set_option", form=1, key=0x0C, value=0),
        ]
        if self.settings.region:
            commands.append(self.set_region(self.settings.region))
        if self.settings.power_dbm:
            commands.append(self.set_power(self.settings.power_dbm))
        return [*commands, self.start()]

    def prompt(self) -> bytes:
        """Start reading again: a module that reads says something every second."""
        return self.start()

    def command(self, name: str, **fields: FieldValue) -> bytes:
        """Encode any command of the table."""
        code = named(CODES, "command", name)
        data = layout.write(COMMANDS[code].takes, fields)
        if len(data) > MOST_DATA:
            raise ProtocolError(f"{name}: {len(data)} bytes of parameters, at most {MOST_DATA} go")
        body = bytes((len(data), code)) + data
        return bytes((HEADER,)) + body + crc(body)

    def start(self) -> bytes:
        """Read without end, each tag as it is seen: one round of a second after the other, all metadata."""
        search = bytes((READ_MULTIPLE, 0x10)) + (0x001B).to_bytes(2, "big")
        search += (1000).to_bytes(2, "big") + ALL_METADATA.to_bytes(2, "big")
        plan = bytes((READ_MULTIPLE, 0, 0, GEN2, len(search) - 1)) + search
        return self.command("continuous", milliseconds=0, option=1, plan=plan.hex())

    def stop(self) -> bytes:
        """End reading."""
        return self.command("continuous", milliseconds=0, option=2, plan="")

    def set_antennas(self, ports: int) -> bytes:
        """Read antenna ports 1 to `ports`, each sending and receiving."""
        return self.command("set_antennas", option=2, pairs=bytes(n // 2 + 1 for n in range(2 * ports)).hex())

    def set_region(self, region: str) -> bytes:
        """Set the radio region by its name."""
        if region not in REGIONS:
            raise ProtocolError(f"region {region!r} is none of {', '.join(REGIONS)}")
        return self.command("set_region", code=REGIONS[region])

    def set_power(self, dbm: float) -> bytes:
        """Set the transmit power in dBm."""
        return self.command("set_power", dbm=dbm)

    def read(self, bank: str, start: int, words: int, milliseconds: int = 1000) -> bytes:
        """Read words of the memory (reserved, epc, tid, user) of whichever tag answers first."""
        return self.command("read", milliseconds=milliseconds, memory=_bank(bank), start=start, words=words)


def _name(code: int) -> str:
    return COMMANDS[code].name if code in COMMANDS else f"command_{code:02x}"


def _command(code: int, data: bytes) -> CommandSeen:
    fields = layout.read(COMMANDS[code].takes, data) if code in COMMANDS else None
    return CommandSeen(_name(code), _named(code, fields) if fields is not None else {"raw": data.hex().upper()})


def _reply(code: int, data: bytes) -> list[Heard]:
    fields = layout.read(COMMANDS[code].reply, data) if code in COMMANDS else None
    if fields is None:
        return [DeviceReply(_name(code), {"raw": data.hex().upper()})]
    if code == VERSION:
        return [ReaderInfo(kind, _dotted(fields[kind])) for kind in ("hardware", "software")]
    if code == READ_DATA:
        return [MemoryRead("", "", data.hex().upper())]
    return [DeviceReply(_name(code), {"ok": True} | _named(code, fields))]


def _named(code: int, fields: dict[str, FieldValue]) -> dict[str, FieldValue]:
    """Put a region's name beside its code."""
    number = fields.get("code")
    known = code in (GET_REGION, SET_REGION) and isinstance(number, int)
    return fields | {"region": REGION_NAMES.get(number, f"unknown ({number})")} if known else fields  # type: ignore[arg-type]


def _dotted(value: FieldValue) -> str:
    return int(value or 0).to_bytes(4, "big").hex(".").upper()


def _metadata(data: bytes) -> tuple[dict[str, bytes], int]:
    """Take a streamed record's metadata apart; give it and the place where the EPC's length stands."""
    flags, at = int.from_bytes(data[3:5], "big"), STREAM_HEAD
    told: dict[str, bytes] = {}
    for flag, name, size in METADATA:
        if flags & flag:
            told[name] = data[at : at + size]
            at += size
            if name == "data":
                bits = int.from_bytes(told[name], "big")
                length = 0 if bits == NO_DATA else (bits + 7) // 8
                told["memory"] = data[at : at + length]
                at += length
    return told, at


def _bank(name: str) -> int:
    return named(BANKS, "bank", name)
