"""Open serial ports, pseudo-terminals and pyserial URLs, always exclusively; tell wrong settings from absence."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Protocol

import serial

from edge_agent.devices.base import SettingsError, UnreachableError

WAIT_FOR_WRITE = 2.0
"""Seconds after which a write that the device does not take counts as unreachable."""


class Port(Protocol):
    """What a StreamSource needs of a port; whatever fails while it is open is an OSError."""

    def fileno(self) -> int:
        """Give the descriptor to wait on."""

    def read(self, size: int, /) -> bytes:
        """Read what is there."""

    def write(self, data: bytes, /) -> int | None:
        """Write all of it."""

    def close(self) -> None:
        """Let go."""


def open_port(url: str, baudrate: int) -> serial.SerialBase:
    """Open 8N1 without touching RTS or DTR (SettingsError: no serial port; UnreachableError: not there or taken)."""
    try:
        port = serial.serial_for_url(url, baudrate=baudrate, do_not_open=True)
        port.timeout = 0
        port.write_timeout = WAIT_FOR_WRITE
        if "://" not in url:
            port.exclusive = True
        port.open()
    except (ValueError, serial.SerialException, OSError) as error:
        raise _kind(url, error) from None
    return port


def _kind(url: str, error: Exception) -> SettingsError | UnreachableError:
    number = getattr(error, "errno", None)
    if number == errno.EACCES:
        return SettingsError(f"{url}: no permission; the station's user must be in the group of serial ports (dialout)")
    exists_otherwise = "://" not in url and Path(url).exists() and not Path(url).is_char_device()
    if exists_otherwise or isinstance(error, ValueError):
        return SettingsError(f"{url}: not a serial port ({error})")
    if number == errno.ENOENT:
        return UnreachableError(f"{url}: not there; is the device plugged in and powered?")
    if number in (errno.EAGAIN, errno.EBUSY):
        return UnreachableError(f"{url}: in use by another program")
    return UnreachableError(f"{url}: {error}")
