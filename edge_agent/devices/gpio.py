"""Family gpio: reed switches on the machine's own GPIO lines; needs the extra `gpio` (libgpiod 2).

1. A frame is the kernel's own edge event, `struct gpio_v2_line_event`, 48 bytes little-endian: u64 nanoseconds,
   u32 edge (1 rising, 2 falling), u32 line, u32 number of the event, u32 its number on the line, six u32 of zero.
2. A channel is a line's offset on its chip; line 0 cannot be used, since channels count from 1. The board is always 1.
3. A cut wire reads as an open door where the switch is closed with the door and the line is pulled the other way.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from edge_agent.devices.base import (
    Heard,
    Listener,
    LockState,
    Reading,
    SettingsError,
    SourceState,
    UnreachableError,
    read_settings,
)
from edge_agent.devices.framed import Framed
from edge_agent.devices.gpio_lines import EVENT, Lines, LinesWanted, open_lines
from edge_agent.devices.keeper import Keeper

RISING, FALLING = 1, 2
UP_TO_EDGE = 12
BOARD = 1
HIGHEST_LINE = 64


class GpioSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one chip's lines."""

    lines: Annotated[tuple[int, ...], Meta(description="Offsets of the lines to watch, 1 to 64; as gpioinfo shows")] = (
        1,
    )
    closed: Annotated[
        Literal["low", "high"], Meta(description="Level of a line whose contact is closed: low with a pull-up")
    ] = "low"
    bias: Annotated[
        Literal["pull_up", "pull_down", "as_is"], Meta(description="Resistor the chip switches on for each line")
    ] = "pull_up"
    debounce_ms: Annotated[int, Meta(ge=0, le=1000, description="A level counts once it has stood so long")] = 20
    poll_ms: Annotated[
        int, Meta(ge=20, le=1500, description="Pause between two looks at all lines, beside their events")
    ] = 200


class Gpio(Framed):
    """Take edge events for contacts that open and close."""

    Settings: ClassVar[type[msgspec.Struct]] = GpioSettings
    baudrate: ClassVar[int] = 0
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = None
    least: ClassVar[int] = EVENT.size
    absence: float = 0.0
    pause: float = 0.1
    prompt_after: float | None = None

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(GpioSettings, "gpio", settings)
        for line in self.settings.lines:
            if not 1 <= line <= HIGHEST_LINE:
                raise SettingsError(f"gpio: lines are offsets 1 to {HIGHEST_LINE}, not {line}")
        super().__init__()

    def _measure(self) -> tuple[int, str | None]:
        edge = int.from_bytes(self._buffer[8:UP_TO_EDGE], "little")
        if len(self._buffer) >= UP_TO_EDGE and edge not in (RISING, FALLING):
            return UP_TO_EDGE, f"edge {edge} is neither rising nor falling"
        return EVENT.size, None

    def _check(self, length: int) -> str | None:
        _, _, line, _, _, *padding = EVENT.unpack(self._buffer[:length])
        if any(padding):
            return "the end of the event should be zero"
        return None if 1 <= line <= HIGHEST_LINE else f"line {line} should be 1 to {HIGHEST_LINE}"

    def _read(self, frame: bytes, at: int) -> list[Heard]:  # noqa: ARG002 (a contact has no place in the stream)
        _, edge, line, *_ = EVENT.unpack(frame)
        return [LockState(BOARD, line, (edge == RISING) is (self.settings.closed == "high"))]

    def greeting(self) -> list[bytes]:
        """Send nothing: lines are only read."""
        return []

    def prompt(self) -> bytes:
        """Send nothing."""
        return b""


class GpioSource(Keeper[Lines]):
    """Watch the lines of one chip: every edge as it comes, and all levels again and again as a sign of life."""

    def __init__(
        self,
        name: str,
        dialect: Gpio,
        target: str,
        listener: Listener,
        opened: Callable[[str, LinesWanted], Lines] = open_lines,
    ) -> None:
        super().__init__(name, target)
        self.dialect = dialect
        self._listener, self._take = listener, opened

    def write(self, data: bytes) -> None:  # noqa: ARG002 (there is nothing to write to)
        """Refuse: lines are only read (UnreachableError)."""
        raise UnreachableError(f"{self.name}: GPIO lines are only read")

    def _open(self) -> Lines:
        settings = self.dialect.settings
        return self._take(self.target, LinesWanted(settings.lines, settings.bias, settings.debounce_ms / 1000))

    def _serve(self, port: Lines) -> None:
        every = self.dialect.settings.poll_ms / 1000
        look_at = time.monotonic()
        while not self._closing.is_set():
            now = time.monotonic()
            if now >= look_at:
                levels = (_event(line, high=high) for line, high in port.levels().items())
                self._report(self.dialect.feed(b"".join(levels)))
                look_at = now + every
            ready, _, _ = select.select([port.fileno(), self._wake_read], [], [], max(0.0, look_at - now))
            if port.fileno() in ready:
                self._report(self.dialect.feed(port.events()))

    def _report(self, heard: list[Heard]) -> None:
        for event in heard:
            if not isinstance(event, Reading) or getattr(event, "lock", None) in self.dialect.settings.lines:
                self._listener(self.name, event)

    def _tell(self, state: SourceState) -> None:
        self._listener(self.name, state)

    def _ended(self) -> None:
        self._report(self.dialect.silence())


def _event(line: int, *, high: bool) -> bytes:
    """Write a level as the event that led to it."""
    return EVENT.pack(0, RISING if high else FALLING, line, 0, 0, *(0,) * 6)
