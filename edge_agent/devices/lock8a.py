"""Family lock8a: RS-485 lock boards, `HEAD board lock/arg code BCC`, BCC = XOR of all bytes before it.

1. Reply lengths vary and boards prepend garbage, so a frame ends by silence; XOR then judges it.
2. What was heard until the silence is explained with the fewest bytes left over, then with the most frames.
3. Lock 0 opens every lock: no encoder takes it; `open_all` asks for the word EMERGENCY.
"""

from __future__ import annotations

from functools import reduce
from operator import xor
from typing import Any, ClassVar, Literal

import msgspec

from edge_agent.devices.base import (
    CommandSeen,
    DeviceReply,
    Heard,
    LockState,
    ProtocolError,
    Reading,
    UnlockReply,
    read_settings,
)
from edge_agent.devices.boards import Boards
from edge_agent.devices.lock8a_wire import (
    ASK,
    ASK_FIRMWARE,
    BULK_OPEN,
    CODES,
    EMERGENCY,
    FIRMWARE,
    HEADS,
    HOLD_OFF,
    HOLD_ON,
    LONGEST,
    MAX_BOARD,
    MAX_LOCK,
    MAX_STATE_BYTES,
    MAX_WAITING,
    OPEN,
    PULSE,
    QUERY,
    YES,
    Lock8ASettings,
    board_number,
    lock_number,
    refuse,
    seal,
)


class Lock8A(Boards):
    """Speak to the boards of one bus."""

    settings: Lock8ASettings

    Settings: ClassVar[type[msgspec.Struct]] = Lock8ASettings
    baudrate: ClassVar[int] = 9600
    reopen_after_error: ClassVar[bool] = True
    turn: ClassVar[float | None] = 0.3
    absence: float = 0.0

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(Lock8ASettings, "lock8a", settings)
        for board in self.settings.boards:
            board_number(board)
        self._closed_is_one = self.settings.feedback == "closing"
        self._waiting = bytearray()
        self._base = 0

    # -- bytes in -----------------------------------------------------------------------------------------------

    @property
    def unparsed(self) -> bytes:
        """Bytes heard since the last silence."""
        return bytes(self._waiting)

    def feed(self, data: bytes) -> list[Heard]:
        """Take the next bytes; without a silence frames come out only every MAX_WAITING bytes."""
        heard: list[Heard] = []
        while data:
            room = MAX_WAITING - len(self._waiting)
            self._waiting += data[:room]
            data = data[room:]
            if len(self._waiting) == MAX_WAITING:
                heard += self._settle(MAX_WAITING - LONGEST)
        return heard

    def silence(self) -> list[Heard]:
        """Explain what was heard since the last silence."""
        return self._settle(len(self._waiting))

    def _settle(self, until: int) -> list[Heard]:
        """Explain what is waiting and take away what ends by `until`; a frame that reaches beyond stays whole."""
        cuts = [cut for cut in self._explain(bytes(self._waiting)) if cut[0] + (cut[1] or 1) <= until]
        end = sum(length or 1 for _, length in cuts)
        burst, base = bytes(self._waiting[:end]), self._base
        del self._waiting[:end]
        self._base += end
        torn = any(length == 0 for _, length in cuts)
        if torn and len(burst) > 5 and burst[0] == FIRMWARE and not reduce(xor, burst):
            return [DeviceReply("firmware", {"board": burst[1], "raw": burst[2:-1].hex().upper()})]
        heard: list[Heard] = []
        stray = 0
        for start, length in cuts:
            if length == 0:
                stray += 1
                continue
            heard += refuse(burst[start - stray : start], base + start - stray, noise_allowed=True)
            heard += self._read(burst[start : start + length])
            stray = 0
        heard += refuse(burst[len(burst) - stray :], base + len(burst) - stray, noise_allowed=False)
        return heard

    def _explain(self, burst: bytes) -> list[tuple[int, int]]:
        """Cut a burst into (start, length) of frames, and of single bytes left over (length 0), as law 2 says."""
        best: list[tuple[int, int, int]] = [(0, 0, 0)] * (len(burst) + 1)  # bytes left over, minus frames, length
        for start in range(len(burst) - 1, -1, -1):
            left_over, frames, _ = best[start + 1]
            choice = (left_over + 1, frames, 0)
            for length in range(5, min(MAX_STATE_BYTES + 4, len(burst) - start) + 1):
                if self._is_frame(burst[start : start + length]):
                    left_over, frames, _ = best[start + length]
                    choice = min(choice, (left_over, frames - 1, length))
            best[start] = choice
        cuts, start = [], 0
        while start < len(burst):
            cuts.append((start, best[start][2]))
            start += best[start][2] or 1
        return cuts

    def _is_frame(self, frame: bytes) -> bool:
        head, size = frame[0], len(frame)
        if head not in HEADS or not 1 <= frame[1] <= MAX_BOARD or reduce(xor, frame):
            return False
        if head == QUERY and size > 5:
            return frame[-2] == ASK and self.settings.state_bytes in (0, size - 4)
        if head == BULK_OPEN:
            return size == 6
        if head == OPEN and size == 6:
            return frame[3] == YES and 1 <= frame[4] <= 9
        if head == QUERY and self.settings.state_bytes == 1 and frame[3] == ASK:
            return size == 5
        return size == 5 and frame[2] <= MAX_LOCK and frame[3] in CODES[head]

    def _read(self, frame: bytes) -> list[Reading]:
        head, board, lock, code = frame[0], frame[1], frame[2], frame[3]
        if head == QUERY and (len(frame) > 5 or (code == ASK and self.settings.state_bytes == 1)):
            return list(self._states(board, frame[2:-2]))
        if head == BULK_OPEN:
            return [self._bulk(board, frame[2:5])]
        if head == OPEN:
            return [self._opening(board, lock, code, frame)]
        if head == QUERY and code == ASK:
            return [CommandSeen("query" if lock else "query_all", {"board": board, "lock": lock})]
        if head in (HOLD_ON, HOLD_OFF):
            name = "hold_on" if head == HOLD_ON else "hold_off"
            if code == YES:
                return [CommandSeen(name, {"board": board, "lock": lock})]
            return [DeviceReply(name, {"board": board, "lock": lock, "status": code})]
        if head == FIRMWARE and code == ASK_FIRMWARE:
            return [CommandSeen("firmware", {"board": board})]
        if self._is_report(head) and lock:
            return [LockState(board, lock, self._closed(code == YES))]
        return [DeviceReply(f"{head:02x}", {"board": board, "lock": lock, "status": code})]

    def _bulk(self, board: int, states: bytes) -> Reading:
        bits = int.from_bytes(states, "little")
        locks = " ".join(str(n + 1) for n in range(24) if bits >> n & 1)
        return CommandSeen("bulk_open", {"board": board, "locks": locks})

    def _is_report(self, head: int) -> bool:
        return head == QUERY or self.settings.report_head in ("any", f"{head:02x}")

    def _opening(self, board: int, lock: int, code: int, frame: bytes) -> Reading:
        if len(frame) == 6:
            return CommandSeen("open", {"board": board, "lock": lock, "seconds": frame[4]})
        if code == YES and (self.settings.sent_by == "host" or lock == 0):
            return CommandSeen("open" if lock else "open_all", {"board": board, "lock": lock})
        also = f"open board {board} lock {lock}" if code == YES else None
        return UnlockReply(board, lock, accepted=not self._closed(code == YES), also=also)

    def _states(self, board: int, states: bytes) -> list[LockState]:
        ordered = states[::-1] if self.settings.byte_order == "high_first" else states
        count = min(self.settings.channels or 8 * len(ordered), 8 * len(ordered))
        return [LockState(board, n + 1, self._closed(bool(ordered[n // 8] >> n % 8 & 1))) for n in range(count)]

    def _closed(self, one: bool) -> bool:
        return one is self._closed_is_one

    # -- on a shared line -----------------------------------------------------------------------------------------

    @property
    def pulse(self) -> float:
        """Seconds a lock is powered by the boards' own pulse, with some to spare."""
        return PULSE

    def answers(self, request: bytes, heard: list[Reading]) -> bool:
        """Tell whether this is the answer: the same board, and the same lock where the request names one."""
        head, board, lock = request[:3]
        if head == QUERY and not lock:
            states = [r for r in heard if isinstance(r, LockState) and r.board == board]
            return len(states) >= min(2, self.settings.channels or 2)  # one alone is a report
        if head in (QUERY, OPEN):
            kind = LockState if head == QUERY else UnlockReply
            return any(isinstance(r, kind) and (r.board, r.lock) == (board, lock) for r in heard)
        return any(isinstance(r, DeviceReply) and r.fields.get("board") == board for r in heard)

    # -- commands out ---------------------------------------------------------------------------------------------

    def open(self, board: int, lock: int, seconds: int | None = None) -> bytes:
        """Fire one lock with the board's own pulse, or for 1 to 9 seconds."""
        if seconds is None:
            return seal(OPEN, board_number(board), lock_number(lock), YES)
        if not 1 <= seconds <= 9:
            raise ProtocolError(f"a timed opening lasts 1 to 9 seconds, not {seconds}")
        return seal(OPEN, board_number(board), lock_number(lock), YES, seconds)

    def open_all(self, board: int, *, confirm: str) -> bytes:
        """Fire every lock of a board (lock 0): the emergency act and nothing else."""
        if confirm != EMERGENCY:
            raise ProtocolError("lock 0 opens every lock of the board; only the emergency act may")
        return seal(OPEN, board_number(board), 0, YES)

    def query(self, board: int, lock: int) -> bytes:
        """Ask for one lock's state."""
        return seal(QUERY, board_number(board), lock_number(lock), ASK)

    def query_all(self, board: int) -> bytes:
        """Ask for the states of all locks."""
        return seal(QUERY, board_number(board), 0, ASK)

    def bulk_open(self, board: int, locks: set[int]) -> bytes:
        """Fire several locks of 1 to 24 at once, locks 1 to 8 in the first byte; the board does not reply."""
        if not locks:
            raise ProtocolError("a bulk opening names at least one lock")
        bits = reduce(lambda mask, lock: mask | 1 << lock_number(lock, 24) - 1, locks, 0)
        return seal(BULK_OPEN, board_number(board), *bits.to_bytes(3, "little"))

    def hold(self, board: int, lock: int, *, on: bool) -> bytes:
        """Keep one lock powered, or stop."""
        return seal(HOLD_ON if on else HOLD_OFF, board_number(board), lock_number(lock), YES)

    def firmware(self, board: int) -> bytes:
        """Ask for the firmware (one vendor's boards)."""
        return seal(FIRMWARE, board_number(board), 0, ASK_FIRMWARE)

    @property
    def _bytes_order(self) -> Literal["big", "little"]:
        return "big" if self.settings.byte_order == "high_first" else "little"
