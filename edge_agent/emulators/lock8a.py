"""Lock boards of the 8A/80 kind with doors behind them."""

from __future__ import annotations

import functools
import operator
from pathlib import Path

from edge_agent.emulators.door_board import DoorBoard
from edge_agent.emulators.pty_device import Faults


class Lock8AEmulator(DoorBoard):
    """The boards of one bus."""

    def __init__(
        self,
        path: Path,
        *,
        boards: tuple[int, ...] = (1,),
        locks: int = 8,
        channels: int = 24,
        contacts: dict[int, int] | None = None,
        feedback: str = "closing",
        byte_order: str = "high_first",
        report_head: int | None = None,
        noise: bytes = b"",
        faults: Faults | None = None,
    ) -> None:
        self._one_is_closed = feedback == "closing"
        self._high_first = byte_order == "high_first"
        self._report_head = report_head
        self._noise = noise
        super().__init__(path, boards=boards, locks=locks, channels=channels, contacts=contacts, faults=faults)

    def moved(self, board: int, channel: int) -> None:
        """Report a change, where the board does so."""
        if self._report_head is not None:
            self.send(seal(self._report_head, board, channel, self._state(board, channel)))

    def _state(self, board: int, channel: int) -> int:
        closed = self._closed.get((board, channel), True)
        return 0x11 if closed is self._one_is_closed else 0x00

    # -- the wire -------------------------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """Carry out requests; what breaks the XOR is dropped byte by byte."""
        self._from_host += data
        while len(self._from_host) >= 5:
            size = next((n for n in (5, 6) if not xor(self._from_host[:n]) and len(self._from_host) >= n), 0)
            request = bytes(self._from_host[:size])
            if size and request[1] in self.boards:
                del self._from_host[:size]
                self._obey(request)
            elif len(self._from_host) == 5 and self._from_host[0] in (0x8A, 0x90):
                return  # a request of six bytes is still coming
            else:
                del self._from_host[0]

    def _obey(self, request: bytes) -> None:
        head, board, lock, what = request[:4]
        match head, what:
            case 0x90, _:
                mask = int.from_bytes(request[2:5], "little")
                for number in (n + 1 for n in range(24) if mask >> n & 1):
                    self.fire(board, number)
            case 0x8A, 0x11:
                for number in (lock,) if lock else range(1, self.locks + 1):
                    self.fire(board, number)
                self._answer(0x8A, board, lock, self._state(board, lock or 1))
            case 0x80, 0x33 if lock:
                self._answer(0x80, board, lock, self._state(board, lock))
            case 0x80, 0x33:
                self._answer(0x80, board, *self._states(board), 0x33)
            case ((0x9A | 0x9B), 0x11):
                if head == 0x9A:
                    self.fire(board, lock)
                self._answer(head, board, lock, 0x11)
            case 0x82, 0x22:
                self._answer(0x82, board, *b"CM06")

    def _states(self, board: int) -> bytes:
        size = max(3, (self.channels + 7) // 8)
        on = sum(1 << n for n in range(self.channels) if self._state(board, n + 1))
        return on.to_bytes(size, "big" if self._high_first else "little")

    def _answer(self, *content: int) -> None:
        self.send(self._noise + seal(*content))


def xor(data: bytes | bytearray) -> int:
    """Give the XOR of all bytes."""
    return functools.reduce(operator.xor, data, 0)


def seal(*content: int) -> bytes:
    """Give a frame with its check byte."""
    return bytes((*content, xor(bytes(content))))
