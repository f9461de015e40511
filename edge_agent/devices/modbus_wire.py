"""Modbus RTU as relay boards speak it, on pymodbus' own messages and CRC; whose bytes they are is found by their shape.

pymodbus' framer is not used for reading: it takes what follows a frame for part of it. Its function 5 is not either: it
takes the value for a bool, which loses how long a relay is to stay on.
"""

from __future__ import annotations

import struct
from typing import Literal

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.bit_message import WriteSingleCoilRequest

Side = Literal["board", "host"]
FUNCTIONS = {
    1: "read_relays",
    2: "read_inputs",
    3: "read_registers",
    4: "read_input_registers",
    5: "write_relay",
    6: "write_register",
    15: "write_relays",
    16: "write_registers",
}
"""What these boards know."""
FAILED = 0x80
EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledged, still at work",
    6: "device busy",
}


class WriteRelay(WriteSingleCoilRequest):
    """Function 5 with its value as it stands on the wire."""

    def __init__(self, dev_id: int = 0, address: int = 0, value: int = 0) -> None:
        super().__init__(dev_id=dev_id, address=address)
        self.value = value

    def encode(self) -> bytes:
        """Write address and value."""
        return struct.pack(">HH", self.address, self.value)

    def decode(self, data: bytes) -> None:
        """Read address and value."""
        self.address, self.value = struct.unpack(">HH", data)


_DECODERS: dict[Side, DecodePDU] = {"board": DecodePDU(is_server=False), "host": DecodePDU(is_server=True)}
for _decoder in _DECODERS.values():
    _decoder.register(WriteRelay)
_FRAMER = FramerRTU(_DECODERS["board"])


def write(message: ModbusPDU) -> bytes:
    """Give the frame of a message."""
    return _FRAMER.buildFrame(message)


def measure(data: bytes) -> tuple[int, str | None]:
    """Tell the length of the frame that bytes begin with as far as known, or what is wrong with them."""
    if len(data) < 2:
        return 2, None
    if data[1] & ~FAILED not in FUNCTIONS:
        return 1, f"byte {data[0]:02X} begins no frame"
    sizes = [size for _, size in _sizes(data)]
    for size in sorted(filter(None, sizes)):
        if len(data) >= size and crc(data[: size - 2]) == data[size - 2 : size]:
            return size, None
    if 0 in sizes or max(sizes) > len(data):
        return max(len(data) + 1, *sizes), None
    size = sizes[0]
    stated, due = data[size - 2 : size].hex().upper(), crc(data[: size - 2]).hex().upper()
    return size, f"checksum {stated}, should be {due}"


def read(frame: bytes, sent_by: Side) -> tuple[Side, ModbusPDU] | None:
    """Take a whole frame apart: whose it is (`sent_by` where it could be both's) and what; None: content unknown."""
    sides = [side for side, size in _sizes(frame) if size == len(frame)]
    side = sent_by if sent_by in sides else sides[0]
    kind = _DECODERS[side].lookupPduClass(frame)
    assert kind is not None
    message = ExceptionResponse(frame[1] & ~FAILED) if kind is ExceptionResponse else kind()
    try:
        message.decode(frame[2:-2])
    except (ModbusException, ValueError, IndexError, struct.error):
        return None
    message.dev_id = frame[0]
    return side, message


def crc(data: bytes) -> bytes:
    """Give the CRC-16/MODBUS as it stands on the wire, low byte first."""
    return FramerRTU.compute_CRC(data).to_bytes(2, "big")


def _sizes(data: bytes) -> list[tuple[Side, int]]:
    """Tell how long the frame is for each side that may have sent it; 0: not yet known."""
    sizes: list[tuple[Side, int]] = []
    for side, decoder in _DECODERS.items():
        kind = decoder.lookupPduClass(data)
        if kind is not None and not (side == "host" and data[1] & FAILED):
            sizes.append((side, kind.calculateRtuFrameSize(data)))
    return sizes
