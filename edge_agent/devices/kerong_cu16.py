"""Family kerong_cu16: Kerong KR-CU12/CU16 lock boards, `02 ADDR CMD .. 03 SUM`, SUM = low byte of the sum before it.

1. ADDR is the board's switch setting (0-15) times 16 plus the lock less one; boards keep their switch's number here.
2. An opening has no answer that can be trusted: only the hook's bit tells what came of it.
3. Command 33 opens every lock: no encoder gives it but `open_all`, which asks for the word EMERGENCY.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from edge_agent.devices.base import (
    CommandSeen,
    DeviceReply,
    LockState,
    ProtocolError,
    Reading,
    SettingsError,
    read_settings,
)
from edge_agent.devices.boards import Boards
from edge_agent.devices.framed import Framed

STX, ETX = 0x02, 0x03
QUERY, OPEN, QUERY_ALL, OPEN_ALL = 0x30, 0x31, 0x32, 0x33
STATES = (0x35, 0x36)
SHORT, LONG = 5, 9
COMMANDS: dict[int, tuple[str, bool]] = {
    QUERY: ("query", True),
    OPEN: ("open", True),
    QUERY_ALL: ("query_all", False),
    OPEN_ALL: ("open_all", False),
    0x37: ("unlock_time_37", True),
    0x38: ("unlock_time_38", True),
    0x39: ("open_delayed", True),
    0x40: ("baud", False),
}
"""Code of a five-byte frame -> its name, and whether the low half of ADDR names a lock."""
LOCKS = 16
HIGHEST_BOARD = 15
EMERGENCY = "EMERGENCY"


class KerongSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one bus of boards; feedback must be proven at commissioning."""

    feedback: Annotated[
        Literal["closing", "opening"],
        Meta(description="What a hook's bit 1 means: closing = the lock is closed, opening = it is open"),
    ] = "closing"
    infrared: Annotated[
        Literal["ignore", "on_closed", "on_open"],
        Meta(description="Infrared inputs 1-16 as channels 17-32: not at all, or what an input that is on means"),
    ] = "ignore"
    channels: Annotated[int, Meta(ge=1, le=LOCKS, description="Locks really wired to a board: 12 on a CU12")] = LOCKS
    boards: Annotated[tuple[int, ...], Meta(description="Switch settings of the boards asked in turn, 0 to 15")] = (0,)
    poll_ms: Annotated[int, Meta(ge=0, le=60000, description="Pause between two questions; 0 asks for nothing")] = 200
    pause_ms: Annotated[int, Meta(ge=2, le=1000, description="Silence after which a frame counts as torn")] = 30
    pulse_ms: Annotated[
        int, Meta(ge=10, le=10000, description="How long the board is set to power a lock; the next one waits for it")
    ] = 500


class KerongCu16(Boards, Framed):
    """Speak to the boards of one bus."""

    settings: KerongSettings

    Settings: ClassVar[type[msgspec.Struct]] = KerongSettings
    baudrate: ClassVar[int] = 19200
    reopen_after_error: ClassVar[bool] = False
    least: ClassVar[int] = SHORT
    turn: ClassVar[float | None] = 0.3
    absence: float = 0.0

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(KerongSettings, "kerong_cu16", settings)
        for board in self.settings.boards:
            if not 0 <= board <= HIGHEST_BOARD:
                raise SettingsError(f"kerong_cu16: boards are numbered 0 to {HIGHEST_BOARD}, not {board}")
        super().__init__()

    # -- bytes in -----------------------------------------------------------------------------------------------

    @property
    def pulse(self) -> float:
        """Seconds an opened lock stays powered."""
        return self.settings.pulse_ms / 1000

    def _measure(self) -> tuple[int, str | None]:
        buffer = self._buffer
        if buffer[0] != STX:
            return 1, f"byte {buffer[0]:02X} begins no frame"
        if len(buffer) < 3:
            return SHORT, None
        if buffer[2] not in COMMANDS and buffer[2] not in STATES:
            return 3, f"command {buffer[2]:02X} is unknown"
        return LONG if buffer[2] in STATES else SHORT, None

    def _check(self, length: int) -> str | None:
        *content, end, stated = self._buffer[:length]
        if end != ETX:
            return f"end byte {end:02X}, should be {ETX:02X}"
        due = sum((*content, end)) & 0xFF
        return None if stated == due else f"checksum {stated:02X}, should be {due:02X}"

    def _read(self, frame: bytes, at: int) -> list[Reading]:  # noqa: ARG002 (a family may name the place)
        board, lock, code = frame[1] >> 4, (frame[1] & 15) + 1, frame[2]
        if code in STATES:
            return self._states(board, *(int.from_bytes(frame[at : at + 2], "little") for at in (3, 5)))
        name, has_lock = COMMANDS[code]
        return [CommandSeen(name, {"board": board, "lock": lock} if has_lock else {"board": board})]

    def _states(self, board: int, hooks: int, infrared: int) -> list[Reading]:
        one_is_closed = self.settings.feedback == "closing"
        count = self.settings.channels
        states: list[Reading] = [LockState(board, n + 1, bool(hooks >> n & 1) is one_is_closed) for n in range(count)]
        if self.settings.infrared == "ignore":
            present = " ".join(str(n + 1) for n in range(LOCKS) if infrared >> n & 1)
            return [*states, DeviceReply("infrared", {"board": board, "present": present})]
        on_is_closed = self.settings.infrared == "on_closed"
        return states + [LockState(board, LOCKS + n + 1, bool(infrared >> n & 1) is on_is_closed) for n in range(LOCKS)]

    # -- commands out -------------------------------------------------------------------------------------------

    def open(self, board: int, lock: int) -> bytes:
        """Fire one lock for the time set in the board."""
        return _command(OPEN, board, lock)

    def open_all(self, board: int, *, confirm: str) -> bytes:
        """Fire every lock of a board: the emergency act and nothing else."""
        if confirm != EMERGENCY:
            raise ProtocolError("command 33 opens every lock of the board; only the emergency act may")
        return _command(OPEN_ALL, board)

    def query(self, board: int, lock: int) -> bytes:
        """Ask for the states, naming one lock."""
        return _command(QUERY, board, lock)

    def query_all(self, board: int) -> bytes:
        """Ask for the states of all locks."""
        return _command(QUERY_ALL, board)

    # -- on a shared line -----------------------------------------------------------------------------------------

    def answers(self, request: bytes, heard: list[Reading]) -> bool:
        """Tell whether this is the answer: a question is answered by the board's states."""
        board = request[1] >> 4
        return request[2] in (QUERY, QUERY_ALL) and any(isinstance(r, LockState) and r.board == board for r in heard)


def _command(code: int, board: int, lock: int = 1) -> bytes:
    if not 0 <= board <= HIGHEST_BOARD:
        raise ProtocolError(f"boards are numbered 0 to {HIGHEST_BOARD}, not {board}")
    if not 1 <= lock <= LOCKS:
        raise ProtocolError(f"locks are numbered 1 to {LOCKS}, not {lock}")
    frame = bytes((STX, board << 4 | lock - 1, code, ETX))
    return frame + bytes((sum(frame) & 0xFF,))
