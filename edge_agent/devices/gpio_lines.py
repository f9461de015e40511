"""GPIO lines behind a Protocol: those of a chip through libgpiod, or a stream of its events for a try-out without."""

from __future__ import annotations

import errno
import os
import struct
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from edge_agent.devices.base import SettingsError, UnreachableError

EVENT = struct.Struct("<QIIII6I")
CONSUMER = "guiwei"
MOST_EVENTS = 64


class LinesWanted(NamedTuple):
    """Which lines, and how they are to be read; `debounce` in seconds."""

    lines: tuple[int, ...]
    bias: Literal["pull_up", "pull_down", "as_is"]
    debounce: float


class Lines(Protocol):
    """Some input lines, taken for this program alone."""

    def fileno(self) -> int:
        """Give the descriptor that is readable when there are events."""

    def events(self) -> bytes:
        """Take the events that are there, as the kernel's records (OSError: the chip is gone)."""

    def levels(self) -> dict[int, bool]:
        """Look at the lines: offset -> high (OSError: the chip is gone)."""

    def close(self) -> None:
        """Let go of them."""


class ChipLines:
    """Lines of a real chip."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def fileno(self) -> int:
        """Give the request's descriptor."""
        number: int = self._request.fd
        return number

    def events(self) -> bytes:
        """Take the events, written as the kernel gave them."""
        return b"".join(
            EVENT.pack(
                event.timestamp_ns,
                event.event_type.value,
                event.line_offset,
                event.global_seqno,
                event.line_seqno,
                *(0,) * 6,
            )
            for event in self._request.read_edge_events(MOST_EVENTS)
        )

    def levels(self) -> dict[int, bool]:
        """Look at the lines."""
        return {
            line: bool(value.value)
            for line, value in zip(self._request.offsets, self._request.get_values(), strict=True)
        }

    def close(self) -> None:
        """Release the lines."""
        self._request.release()


class RecordLines:
    """Events from a character device or pipe; whoever writes them repeats them as a sign of life."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)

    def fileno(self) -> int:
        """Give the pipe's descriptor."""
        return self._descriptor

    def events(self) -> bytes:
        """Take what is there."""
        data = os.read(self._descriptor, EVENT.size * MOST_EVENTS)
        if not data:
            raise OSError(errno.ENODEV, "the events ended")
        return data

    def levels(self) -> dict[int, bool]:
        """Tell nothing: only the events are known."""
        return {}

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._descriptor)


def open_lines(path: str, wanted: LinesWanted) -> Lines:
    """Take lines of a chip (SettingsError: no extra, no chip, no such line; UnreachableError: not there, in use)."""
    place = Path(path)
    if not place.exists():
        raise UnreachableError(f"{path}: not there; has this machine a GPIO chip (gpiodetect lists them)?")
    try:
        gpiod = import_module("gpiod")
    except ImportError as error:
        raise SettingsError(f"gpio needs the extra 'gpio' ({error})") from None
    try:
        if gpiod.is_gpiochip_device(path):
            return ChipLines(_request(gpiod, path, wanted))
        if place.is_char_device() or place.is_fifo():
            return RecordLines(path)
    except OSError as error:
        raise _kind(path, wanted, error) from None
    raise SettingsError(f"{path}: not a GPIO chip; port should be such as /dev/gpiochip0")


def _request(gpiod: Any, path: str, wanted: LinesWanted) -> Any:
    line = gpiod.line
    settings = gpiod.LineSettings(
        direction=line.Direction.INPUT,
        edge_detection=line.Edge.BOTH,
        bias={"pull_up": line.Bias.PULL_UP, "pull_down": line.Bias.PULL_DOWN, "as_is": line.Bias.AS_IS}[wanted.bias],
        debounce_period=timedelta(seconds=wanted.debounce),
    )
    return gpiod.request_lines(path, consumer=CONSUMER, config={wanted.lines: settings})


def _kind(path: str, wanted: LinesWanted, error: OSError) -> SettingsError | UnreachableError:
    if error.errno == errno.EACCES:
        return SettingsError(
            f"{path}: no permission; the station's user must be in the chip's group (see firmware_config/udev)"
        )
    if error.errno == errno.EBUSY:
        return UnreachableError(f"{path}: a line of {wanted.lines} is in use by another program")
    if error.errno == errno.EINVAL:
        return SettingsError(f"{path}: has no such lines as {wanted.lines}, or not with that bias or debounce")
    return UnreachableError(f"{path}: {error}")
