"""Kerong CU12/CU16 lock boards with doors behind them: hooks on bits 1-16, further contacts on the infrared inputs."""

from __future__ import annotations

from pathlib import Path

from edge_agent.emulators.door_board import DoorBoard
from edge_agent.emulators.pty_device import Faults

HOOKS = 16


class KerongEmulator(DoorBoard):
    """The boards of one bus; channels 17 to 32 are the infrared inputs, whose bit is 1 when closed.

    `chatty` boards send their states after an opening too, which the document does not promise.
    """

    def __init__(
        self,
        path: Path,
        *,
        boards: tuple[int, ...] = (0,),
        locks: int = 16,
        contacts: dict[int, int] | None = None,
        feedback: str = "closing",
        chatty: bool = False,
        noise: bytes = b"",
        faults: Faults | None = None,
    ) -> None:
        self._one_is_closed = feedback == "closing"
        self._chatty = chatty
        self._noise = noise
        super().__init__(path, boards=boards, locks=locks, channels=2 * HOOKS, contacts=contacts, faults=faults)

    def received(self, data: bytes) -> None:
        """Carry out requests of five bytes; what is none is dropped byte by byte."""
        self._from_host += data
        while len(self._from_host) >= 5:
            request = bytes(self._from_host[:5])
            right = request[0] == 2 and request[3] == 3 and request[4] == sum(request[:4]) & 0xFF
            del self._from_host[: 5 if right else 1]
            if right and request[1] >> 4 in self.boards:
                self._obey(request[1] >> 4, (request[1] & 15) + 1, request[2])

    def _obey(self, board: int, lock: int, code: int) -> None:
        match code:
            case 0x30 | 0x32:
                self._answer(board, lock)
            case 0x31:
                self.fire(board, lock)
            case 0x33:
                for number in range(1, self.locks + 1):
                    self.fire(board, number)
        if code in (0x31, 0x33) and self._chatty:
            self._answer(board, lock)

    def _answer(self, board: int, lock: int) -> None:
        hooks = sum(1 << n for n in range(HOOKS) if self._closed[board, n + 1] is self._one_is_closed)
        inputs = sum(1 << n for n in range(HOOKS) if self._closed[board, HOOKS + n + 1])
        frame = bytes(
            (0x02, board << 4 | lock - 1, 0x35, *hooks.to_bytes(2, "little"), *inputs.to_bytes(2, "little"), 3)
        )
        self.send(self._noise + frame + bytes((sum(frame) & 0xFF,)))
