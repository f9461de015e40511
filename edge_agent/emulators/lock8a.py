"""Lock boards of the 8A/80 kind with doors: hooks that open only when fired, contacts wired to further channels."""

from __future__ import annotations

import functools
import operator
import threading
from collections import Counter
from pathlib import Path

from edge_agent.emulators.pty_device import Faults, PtyDevice


class Lock8AEmulator(PtyDevice):
    """The boards of one bus.

    A channel's feedback is *closed* or *open*; channels 1..locks are the locks' own hooks, further channels are
    whatever is wired there (`contacts`: lock -> channel of its door contact). A hook opens when fired, or by force.
    """

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
        self.boards, self.locks, self.channels = boards, locks, channels
        self.contacts = contacts or {}
        self._one_is_closed = feedback == "closing"
        self._high_first = byte_order == "high_first"
        self._report_head = report_head
        self._noise = noise
        self._closed = {(board, channel): True for board in boards for channel in range(1, channels + 1)}
        self._shots: Counter[tuple[int, int]] = Counter()
        self._shot = threading.Condition()
        self._from_host = bytearray()
        super().__init__(path, faults)

    # -- doors ----------------------------------------------------------------------------------------------------

    def fired(self, lock: int, board: int = 1) -> int:
        """Tell how often a lock was fired."""
        return self._shots[board, lock]

    def wait_fired(self, lock: int, times: int, timeout: float, board: int = 1) -> bool:
        """Wait until a lock was fired so many times."""
        with self._shot:
            return self._shot.wait_for(lambda: self._shots[board, lock] >= times, timeout)

    def is_closed(self, channel: int, board: int = 1) -> bool:
        """Tell a channel's true state."""
        return self._closed[board, channel]

    def open_hook(self, lock: int, board: int = 1) -> None:
        """Let a hook spring open: by firing, or by force."""
        self._move(board, lock, closed=False)

    def close_hook(self, lock: int, board: int = 1) -> None:
        """Latch a hook."""
        self._move(board, lock, closed=True)

    def open_contact(self, channel: int, board: int = 1) -> None:
        """Open a door contact."""
        self._move(board, channel, closed=False)

    def close_contact(self, channel: int, board: int = 1) -> None:
        """Close a door contact."""
        self._move(board, channel, closed=True)

    def open_door(self, lock: int, board: int = 1) -> bool:
        """Pull at a door: it opens only if its hook is open."""
        if self.is_closed(lock, board):
            return False
        if lock in self.contacts:
            self.open_contact(self.contacts[lock], board)
        return True

    def force_door(self, lock: int, board: int = 1) -> None:
        """Break a door open without the relay; with no separate contact the hook gives way."""
        if lock in self.contacts:
            self.open_contact(self.contacts[lock], board)
        else:
            self.open_hook(lock, board)

    def close_door(self, lock: int, board: int = 1) -> None:
        """Push a door shut until it latches."""
        if lock in self.contacts:
            self.close_contact(self.contacts[lock], board)
        self.close_hook(lock, board)

    def _move(self, board: int, channel: int, *, closed: bool) -> None:
        with self.lock:
            changed = self._closed[board, channel] is not closed
            self._closed[board, channel] = closed
            if changed and self._report_head is not None:
                self.send(seal(self._report_head, board, channel, self._state(board, channel)))

    def _state(self, board: int, channel: int) -> int:
        closed = self._closed.get((board, channel), True)
        return 0x11 if closed is self._one_is_closed else 0x00

    # -- the wire -------------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Forget half a request."""
        self._from_host.clear()

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
                order = request[4:1:-1] if self._high_first else request[2:5]
                mask = int.from_bytes(order, "little")
                for number in (n + 1 for n in range(24) if mask >> n & 1):
                    self._fire(board, number)
            case 0x8A, 0x11:
                for number in (lock,) if lock else range(1, self.locks + 1):
                    self._fire(board, number)
                self._answer(0x8A, board, lock, self._state(board, lock or 1))
            case 0x80, 0x33 if lock:
                self._answer(0x80, board, lock, self._state(board, lock))
            case 0x80, 0x33:
                self._answer(0x80, board, *self._states(board), 0x33)
            case ((0x9A | 0x9B), 0x11):
                if head == 0x9A:
                    self._fire(board, lock)
                self._answer(head, board, lock, 0x11)
            case 0x82, 0x22:
                self._answer(0x82, board, *b"CM06")

    def _states(self, board: int) -> bytes:
        size = max(3, (self.channels + 7) // 8)
        on = sum(1 << n for n in range(self.channels) if self._state(board, n + 1))
        return on.to_bytes(size, "big" if self._high_first else "little")

    def _fire(self, board: int, lock: int) -> None:
        if not 1 <= lock <= self.locks:
            return
        self._closed[board, lock] = False
        with self._shot:
            self._shots[board, lock] += 1
            self._shot.notify_all()

    def _answer(self, *content: int) -> None:
        self.send(self._noise + seal(*content))


def xor(data: bytes | bytearray) -> int:
    """Give the XOR of all bytes."""
    return functools.reduce(operator.xor, data, 0)


def seal(*content: int) -> bytes:
    """Give a frame with its check byte."""
    return bytes((*content, xor(bytes(content))))
