"""Relay boards with inputs on Modbus RTU, as Waveshare describes them, with doors behind them.

Function 1 and 2 read relays and inputs, 5 switches one (00FF: all; 0200+n: on for value * 100 ms; 5500: the other way),
3 at 8000 gives the version. What the board does not know it refuses by an exception; another address it does not hear.
"""

from __future__ import annotations

import time
from pathlib import Path

from edge_agent.emulators.door_board import DoorBoard
from edge_agent.emulators.pty_device import IDLE, Faults

VERSION = 200


class ModbusRelayEmulator(DoorBoard):
    """The boards of one bus; input n is the hook of lock n, further inputs are contacts.

    `stuck` names relays already on when the power comes; `most_on` tells how many were ever on at once.
    """

    def __init__(
        self,
        path: Path,
        *,
        boards: tuple[int, ...] = (1,),
        locks: int = 8,
        inputs: int = 8,
        contacts: dict[int, int] | None = None,
        feedback: str = "closing",
        stuck: tuple[int, ...] = (),
        refuses: bool = False,
        faults: Faults | None = None,
    ) -> None:
        self._one_is_closed = feedback == "closing"
        self._refuses = refuses
        self._until = {(board, relay): float("inf") for board in boards for relay in stuck}
        self.most_on = 0
        super().__init__(path, boards=boards, locks=locks, channels=inputs, contacts=contacts, faults=faults)

    def on(self, board: int | None = None) -> set[int]:
        """Tell which relays are on."""
        with self.lock:
            now = time.monotonic()
            return {relay for (at, relay), until in self._until.items() if at == self._at(board) and until > now}

    def tick(self) -> float:
        """Let pulses end."""
        now = time.monotonic()
        self._until = {relay: until for relay, until in self._until.items() if until > now}
        return min((until - now for until in self._until.values()), default=IDLE)

    # -- the wire -------------------------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """Carry out requests of eight bytes; what breaks the CRC is dropped byte by byte."""
        self._from_host += data
        while len(self._from_host) >= 8:
            request = bytes(self._from_host[:8])
            right = crc(request[:6]) == request[6:]
            del self._from_host[: 8 if right else 1]
            if right and request[0] in self.boards:
                self._obey(
                    request[0], request[1], int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")
                )

    def _obey(self, board: int, function: int, first: int, value: int) -> None:
        known = {1: self.locks, 2: self.channels}
        if function in known and value > 0 and first + value <= known[function]:
            self._answer(board, function, *self._bits(board, function, first, value))
        elif function == 3 and (first, value) == (0x8000, 1):
            self._answer(board, function, 2, *VERSION.to_bytes(2, "big"))
        elif function == 5 and not self._refuses and self._switch(board, first, value):
            self._answer(board, function, *first.to_bytes(2, "big"), *value.to_bytes(2, "big"))
        else:
            self._answer(board, function | 0x80, 2 if function in (1, 2, 3, 5) else 1)

    def _bits(self, board: int, function: int, first: int, count: int) -> bytes:
        on = self.on(board)
        if function == 2:
            on = {
                number for number in range(1, self.channels + 1) if self._closed[board, number] is self._one_is_closed
            }
        bits = sum(1 << n for n in range(count) if first + n + 1 in on)
        size = (count + 7) // 8
        return bytes((size, *bits.to_bytes(size, "little")))

    def _switch(self, board: int, address: int, value: int) -> bool:
        """Switch a relay; tell whether there is one."""
        relay, forever = (address & 0xFF) + 1, float("inf")
        if address & 0xFF00 == 0x0200 and relay <= self.locks:
            self._set(board, relay, time.monotonic() + value / 10)
        elif address == 0xFF and value in (0xFF00, 0):
            for number in range(1, self.locks + 1):
                self._set(board, number, forever if value else 0)
        elif address < self.locks and value in (0xFF00, 0, 0x5500):
            on = relay not in self.on(board) if value == 0x5500 else bool(value)
            self._set(board, relay, forever if on else 0)
        else:
            return False
        return True

    def _set(self, board: int, relay: int, until: float) -> None:
        self._until[board, relay] = until
        if until:
            self.fire(board, relay)
        self.most_on = max(self.most_on, len(self.on(board)))
        self.wake()

    def _answer(self, *content: int) -> None:
        self.send(bytes(content) + crc(bytes(content)))


def crc(data: bytes) -> bytes:
    """Give the CRC-16/MODBUS of bytes, low byte first: polynomial A001 (reflected), begun with FFFF."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ 0xA001 if register & 1 else register >> 1
    return register.to_bytes(2, "little")
