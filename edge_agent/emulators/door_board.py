"""Doors behind a lock board, whatever it speaks: hooks that open only when fired, contacts on further channels."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

from edge_agent.emulators.pty_device import Faults, PtyDevice


class DoorBoard(PtyDevice):
    """The boards of one bus.

    A channel's feedback is *closed* or *open*; channels 1..locks are the locks' own hooks, further channels are
    whatever is wired there (`contacts`: lock -> channel of its door contact). A hook opens when fired, or by force.
    """

    def __init__(
        self,
        path: Path,
        *,
        boards: tuple[int, ...],
        locks: int,
        channels: int,
        contacts: dict[int, int] | None,
        faults: Faults | None,
    ) -> None:
        self.boards, self.locks, self.channels = boards, locks, channels
        self.contacts = contacts or {}
        self._closed = {(board, channel): True for board in boards for channel in range(1, channels + 1)}
        self._shots: Counter[tuple[int, int]] = Counter()
        self._shot = threading.Condition()
        self._from_host = bytearray()
        super().__init__(path, faults)

    def fired(self, lock: int, board: int | None = None) -> int:
        """Tell how often a lock was fired."""
        return self._shots[self._at(board), lock]

    def wait_fired(self, lock: int, times: int, timeout: float, board: int | None = None) -> bool:
        """Wait until a lock was fired so many times."""
        with self._shot:
            return self._shot.wait_for(lambda: self._shots[self._at(board), lock] >= times, timeout)

    def is_closed(self, channel: int, board: int | None = None) -> bool:
        """Tell a channel's true state."""
        return self._closed[self._at(board), channel]

    def open_hook(self, lock: int, board: int | None = None) -> None:
        """Let a hook spring open: by firing, or by force."""
        self._move(board, lock, closed=False)

    def close_hook(self, lock: int, board: int | None = None) -> None:
        """Latch a hook."""
        self._move(board, lock, closed=True)

    def open_contact(self, channel: int, board: int | None = None) -> None:
        """Open a door contact."""
        self._move(board, channel, closed=False)

    def close_contact(self, channel: int, board: int | None = None) -> None:
        """Close a door contact."""
        self._move(board, channel, closed=True)

    def open_door(self, lock: int, board: int | None = None) -> bool:
        """Pull at a door: it opens only if its hook is open."""
        if self.is_closed(lock, board):
            return False
        if lock in self.contacts:
            self.open_contact(self.contacts[lock], board)
        return True

    def force_door(self, lock: int, board: int | None = None) -> None:
        """Break a door open without the relay; with no separate contact the hook gives way."""
        if lock in self.contacts:
            self.open_contact(self.contacts[lock], board)
        else:
            self.open_hook(lock, board)

    def close_door(self, lock: int, board: int | None = None) -> None:
        """Push a door shut until it latches."""
        if lock in self.contacts:
            self.close_contact(self.contacts[lock], board)
        self.close_hook(lock, board)

    def fire(self, board: int, lock: int) -> None:
        """Power a lock: its hook lets go."""
        if not 1 <= lock <= self.locks:
            return
        self._closed[board, lock] = False
        with self._shot:
            self._shots[board, lock] += 1
            self._shot.notify_all()

    def moved(self, board: int, channel: int) -> None:
        """Learn that a channel changed; boards that report by themselves do so here."""

    def _move(self, board: int | None, channel: int, *, closed: bool) -> None:
        board = self._at(board)
        with self.lock:
            changed = self._closed[board, channel] is not closed
            self._closed[board, channel] = closed
            if changed:
                self.moved(board, channel)

    def _at(self, board: int | None) -> int:
        return self.boards[0] if board is None else board

    def hushed(self) -> None:
        """Forget half a request, or another board's answer."""
        self._from_host.clear()

    def reset(self) -> None:
        """Forget half a request."""
        self._from_host.clear()
