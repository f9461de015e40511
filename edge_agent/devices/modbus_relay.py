"""Family modbus_relay: relay boards with inputs on Modbus RTU (Waveshare's and their like); needs the extra `modbus`.

1. A relay is switched on for a time the board itself keeps, so that no crash leaves a lock powered; one at a time.
2. Each time the port is opened all relays are switched off.
3. Input n is the feedback of the lock on relay n; further inputs are door contacts. Both count from 1.
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from edge_agent.devices.base import (
    BoardFault,
    CommandSeen,
    DeviceReply,
    FieldValue,
    FrameError,
    Heard,
    LockState,
    ProtocolError,
    Reading,
    SettingsError,
    UnlockReply,
    read_settings,
)
from edge_agent.devices.boards import Boards
from edge_agent.devices.framed import Framed

ALL, FLASH_ON, FLASH_OFF = 0x00FF, 0x0200, 0x0400
ON, OFF, TOGGLE = 0xFF00, 0x0000, 0x5500
VERSION_AT = 0x8000
STEP_MS = 100
HIGHEST_BOARD = 247
VALUES = {ON: "on", OFF: "off", TOGGLE: "toggle"}


class ModbusRelaySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one bus of boards; feedback must be proven at commissioning."""

    feedback: Annotated[
        Literal["closing", "opening"],
        Meta(description="What an input that is on means: closing = closed, opening = open"),
    ] = "closing"
    relays: Annotated[int, Meta(ge=1, le=32, description="Relays of a board")] = 8
    inputs: Annotated[int, Meta(ge=1, le=64, description="Inputs of a board, asked all at once")] = 8
    boards: Annotated[tuple[int, ...], Meta(description="Board addresses asked in turn for their inputs, 1 to 247")] = (
        1,
    )
    pulse_ms: Annotated[
        int, Meta(ge=STEP_MS, le=5000, description="How long the board powers a lock; in steps of 100")
    ] = 500
    poll_ms: Annotated[int, Meta(ge=0, le=60000, description="Pause between two questions; 0 asks for nothing")] = 200
    pause_ms: Annotated[int, Meta(ge=2, le=1000, description="Silence after which a frame counts as torn")] = 30
    sent_by: Annotated[
        Literal["board", "host"],
        Meta(description="Whose bytes are heard; matters where both are the same, as in switching a relay"),
    ] = "board"


class ModbusRelay(Boards, Framed):
    """Speak to the boards of one bus."""

    settings: ModbusRelaySettings

    Settings: ClassVar[type[msgspec.Struct]] = ModbusRelaySettings
    baudrate: ClassVar[int] = 9600
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = 0.3
    least: ClassVar[int] = 5
    absence: float = 0.0

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(ModbusRelaySettings, "modbus_relay", settings)
        for board in self.settings.boards:
            if not 1 <= board <= HIGHEST_BOARD:
                raise SettingsError(f"modbus_relay: boards are numbered 1 to {HIGHEST_BOARD}, not {board}")
        if self.settings.pulse_ms % STEP_MS:
            raise SettingsError(f"modbus_relay: pulse_ms goes in steps of {STEP_MS}, not {self.settings.pulse_ms}")
        try:
            self._wire: Any = import_module("edge_agent.devices.modbus_wire")
            self._pdu: Any = import_module("pymodbus.pdu")
        except ImportError as error:
            raise SettingsError(f"modbus_relay needs the extra 'modbus' ({error})") from None
        self._opening: dict[int, int] = {}
        """The lock last opened on each board, as long as no answer came: an exception names no relay."""
        super().__init__()

    # -- bytes in -----------------------------------------------------------------------------------------------

    @property
    def pulse(self) -> float:
        """Seconds an opened lock stays powered."""
        return self.settings.pulse_ms / 1000

    def _measure(self) -> tuple[int, str | None]:
        size, wrong = self._wire.measure(bytes(self._buffer))
        return size, wrong

    def _check(self, length: int) -> str | None:  # noqa: ARG002 (the sum is what tells the length)
        return None

    def _read(self, frame: bytes, at: int) -> list[Heard]:
        taken = self._wire.read(frame, self.settings.sent_by)
        if taken is None:
            return [FrameError(at, f"checksum right, content unknown: {frame[:16].hex()}")]
        side, message = taken
        board, function = frame[0], frame[1]
        if function & self._wire.FAILED:
            asked = self._wire.FUNCTIONS[function & ~self._wire.FAILED].replace("_", " ")
            what = self._wire.EXCEPTIONS.get(message.exception_code, "unknown exception")
            fault = BoardFault(message.exception_code, f"board {board}: {asked}: {what}", board=board)
            lock = self._opening.pop(board, None) if function & ~self._wire.FAILED == 5 else None
            return [fault] if lock is None else [fault, UnlockReply(board, lock, accepted=False)]
        if function == 5:
            return [self._switched(board, message.address, message.value, side)]
        return self._replied(board, function, message) if side == "board" else [self._asked(board, function, message)]

    def _replied(self, board: int, function: int, message: Any) -> list[Heard]:
        bits = list(message.bits)
        if function == 2:
            return list(self._contacts(board, bits))
        fields: dict[str, FieldValue] = {"board": board}
        if function == 1:
            shown = bits[: self.settings.relays] if len(bits) == _padded(self.settings.relays) else bits
            fields |= {"bits": "".join("01"[bit] for bit in shown), "on": _numbers(shown)}
        elif function in (3, 4):
            fields["registers"] = " ".join(f"{register:04X}" for register in message.registers)
        else:
            fields |= {"first": message.address + (function == 15), "count": message.count or 1}
        return [DeviceReply(self._wire.FUNCTIONS[function], fields)]

    def _contacts(self, board: int, bits: list[bool]) -> list[LockState]:
        """Take the answer to our own question without its padding, any other whole."""
        count = self.settings.inputs if len(bits) == _padded(self.settings.inputs) else len(bits)
        one_is_closed = self.settings.feedback == "closing"
        return [LockState(board, n + 1, bit is one_is_closed) for n, bit in enumerate(bits[:count])]

    def _asked(self, board: int, function: int, message: Any) -> CommandSeen:
        fields: dict[str, FieldValue] = {"board": board, "first": message.address + (function in (1, 2, 15))}
        if function == 15:
            fields |= {"count": message.count, "on": _numbers(message.bits[: message.count])}
        elif function in (6, 16):
            fields["registers"] = " ".join(f"{register:04X}" for register in message.registers)
        else:
            fields["count"] = message.count
        return CommandSeen(self._wire.FUNCTIONS[function], fields)

    def _switched(self, board: int, address: int, value: int, side: str) -> Reading:
        """Read function 5, whose answer is its echo."""
        name = "write_relay"
        fields: dict[str, FieldValue] = {"board": board, "address": address, "value": f"{value:04X}"}
        relay = (address & 0xFF) + 1
        if address & 0xFF00 in (FLASH_ON, FLASH_OFF):
            name = "flash_on" if address & 0xFF00 == FLASH_ON else "flash_off"
            fields = {"board": board, "relay": relay, "address": f"{address:04X}", "ms": value * STEP_MS}
        elif address == ALL and value in VALUES:
            name, fields = f"all_{VALUES[value]}", {"board": board}
        elif address < ALL and value in VALUES:
            name, fields = f"relay_{VALUES[value]}", {"board": board, "relay": relay, "address": f"{address:04X}"}
        if side == "host":
            return CommandSeen(name, fields)
        if name == "flash_on":
            self._opening.pop(board, None)
            also = f"flash_on board {board} relay {relay} (address {address:04X}) for {value * STEP_MS} ms"
            return UnlockReply(board, relay, accepted=True, also=also)
        return DeviceReply(name, fields)

    # -- commands out -------------------------------------------------------------------------------------------

    def greeting(self) -> list[bytes]:
        """Switch all relays off."""
        return [self.all_off(board) for board in self.settings.boards]

    def open(self, board: int, lock: int) -> bytes:
        """Power one lock for `pulse_ms`; the board itself switches off."""
        if not 1 <= lock <= self.settings.relays:
            raise ProtocolError(f"relays are numbered 1 to {self.settings.relays}, not {lock}")
        command = self._write_relay(board, FLASH_ON + lock - 1, self.settings.pulse_ms // STEP_MS)
        self._opening[board] = lock
        return command

    def all_off(self, board: int) -> bytes:
        """Switch all relays of a board off."""
        return self._write_relay(board, ALL, OFF)

    def query_all(self, board: int) -> bytes:
        """Ask for all inputs."""
        asked = self._pdu.bit_message.ReadDiscreteInputsRequest(
            dev_id=_board(board), address=0, count=self.settings.inputs
        )
        return self._frame(asked)

    def relays(self, board: int) -> bytes:
        """Ask which relays are on."""
        return self._frame(
            self._pdu.bit_message.ReadCoilsRequest(dev_id=_board(board), address=0, count=self.settings.relays)
        )

    def firmware(self, board: int) -> bytes:
        """Ask for the firmware's version, a register of hundredths (Waveshare)."""
        kind = self._pdu.register_message.ReadHoldingRegistersRequest
        return self._frame(kind(dev_id=_board(board), address=VERSION_AT, count=1))

    def _write_relay(self, board: int, address: int, value: int) -> bytes:
        return self._frame(self._wire.WriteRelay(_board(board), address, value))

    def _frame(self, message: Any) -> bytes:
        frame: bytes = self._wire.write(message)
        return frame

    # -- on a shared line -----------------------------------------------------------------------------------------

    def answers(self, request: bytes, heard: list[Reading]) -> bool:
        """Tell whether this is the answer: from the same board, to the same function, an exception included."""
        board, function = request[0], request[1]
        asked: str = self._wire.FUNCTIONS[function]
        opening = function == 5 and request[2] == FLASH_ON >> 8
        return any(
            (isinstance(r, LockState) and r.board == board and function == 2)
            or (isinstance(r, BoardFault) and r.board == board and asked.replace("_", " ") in r.what)
            or (isinstance(r, UnlockReply) and opening and (r.board, r.lock) == (board, request[3] + 1))
            or (
                isinstance(r, DeviceReply)
                and r.fields["board"] == board
                and r.command in (asked, self._switching(request))
            )
            for r in heard
        )

    def _switching(self, request: bytes) -> str:
        """Name what a request of function 5 switches, as its echo will; "" for an opening or another function."""
        if request[1] != 5 or request[2] == FLASH_ON >> 8:
            return ""
        echo = self._switched(
            request[0], int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big"), "board"
        )
        return echo.command if isinstance(echo, DeviceReply) else ""


def _board(board: int) -> int:
    if not 1 <= board <= HIGHEST_BOARD:
        raise ProtocolError(f"boards are numbered 1 to {HIGHEST_BOARD}, not {board} (0 would speak to all of them)")
    return board


def _padded(count: int) -> int:
    """Give how many bits an answer of so many carries, with its padding."""
    return -(-count // 8) * 8


def _numbers(bits: list[bool]) -> str:
    return " ".join(str(n + 1) for n, bit in enumerate(bits) if bit)
