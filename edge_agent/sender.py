"""What to send when: at most 20 batches in flight, in order, and from the gap on again. PURE; moments are arguments.

1. Only a receipt moves the window; a PUBACK says nothing about the server.
2. A receipt that names a gap rewinds to it once (go-back-N); further receipts for the same gap change nothing. A gap
   before what was confirmed means that the server was put back from a backup: it is rewound to as well.
3. Without a receipt the window is sent again after 2, 4, 8 … 60 seconds, and at once after a reconnect.
"""

from __future__ import annotations

from collections import deque

WINDOW = 20
PATIENCE_FIRST, PATIENCE_LAST = 2.0, 60.0


class Sender:
    """Follow what of an outbox is on its way to the server."""

    def __init__(self, confirmed: int) -> None:
        self.confirmed = confirmed
        self.next = confirmed + 1
        """The seq to send next."""
        self.online = False
        self._ends: deque[int] = deque()
        self._patience = PATIENCE_FIRST
        self._resend_at: float | None = None
        self._rewound_to: int | None = None

    def connected(self) -> None:
        """Begin again from what the server is known to have."""
        self.online = True
        self._patience = PATIENCE_FIRST
        self._rewind()

    def disconnected(self) -> None:
        """Wait for the next connection."""
        self.online = False

    def may_send(self, last: int) -> bool:
        """Tell whether a batch beginning at `next` may go out, the outbox reaching up to `last`."""
        return self.online and self.next <= last and len(self._ends) < WINDOW

    def sent(self, upto: int, now: float) -> None:
        """Note that a batch of everything from `next` to `upto` was handed over."""
        self.next = upto + 1
        self._ends.append(upto)
        if self._resend_at is None:
            self._resend_at = now + self._patience

    def failed(self, now: float) -> None:
        """Note that the broker would not take a batch: what is in flight is sent again when patience ends."""
        if self._resend_at is None:
            self._resend_at = now + self._patience

    def receipt(self, upto: int, now: float, *, gap: bool) -> None:
        """Take the server's word that it has everything up to `upto`, and whether it misses what comes next."""
        if upto > self.confirmed:
            self.confirmed = upto
            self._rewound_to = None
            self._patience = PATIENCE_FIRST
            while self._ends and self._ends[0] <= upto:
                self._ends.popleft()
            self.next = max(self.next, upto + 1)
            self._resend_at = now + self._patience if self._ends else None
        if gap and upto <= self.confirmed and self._rewound_to != upto:
            self.confirmed = upto
            self._rewind()
            self._rewound_to = upto

    def tick(self, now: float) -> None:
        """Send the window again when no receipt came in time."""
        if self._resend_at is not None and now >= self._resend_at and self.online:
            self._rewind()
            self._patience = min(self._patience * 2, PATIENCE_LAST)

    @property
    def due(self) -> float | None:
        """The moment `tick` has something to do."""
        return self._resend_at if self.online else None

    def _rewind(self) -> None:
        self.next = self.confirmed + 1
        self._ends.clear()
        self._resend_at = None
        self._rewound_to = None
