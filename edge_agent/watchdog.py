"""Tell systemd that the station is up and that its loop still turns; a loop that hangs is then killed and started anew.

The protocol is one datagram of text to the socket that systemd names. Without systemd nothing is told to nobody.
"""

from __future__ import annotations

import contextlib
import os
import socket

SHARE = 3
"""So many times within systemd's patience the loop says that it turns."""


class Watchdog:
    """Speaks for the loop that calls it."""

    def __init__(self, address: str = "", patience_s: float = 0.0) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._every = patience_s / SHARE
        self._next = 0.0

    def ready(self) -> None:
        """Say that the station works."""
        self._tell("READY=1")

    def turned(self, now: float) -> None:
        """Say, when it is due, that the loop has turned once more."""
        if self._every and now >= self._next:
            self._next = now + self._every
            self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the station ends because it was told to."""
        self._tell("STOPPING=1")

    def _tell(self, what: str) -> None:
        """Send it; a station that cannot is to go on, and be found out by the silence."""
        if self._address:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
                link.sendto(what.encode(), self._address)


def from_systemd() -> Watchdog:
    """Give the watchdog that systemd asked for in the environment, if it did."""
    wanted = os.environ  # noqa: TID251 - systemd says it there and nowhere else
    micros = wanted.get("WATCHDOG_USEC", "")
    mine = wanted.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return Watchdog(wanted.get("NOTIFY_SOCKET", ""), int(micros) / 1e6 if micros.isdecimal() and mine else 0.0)
