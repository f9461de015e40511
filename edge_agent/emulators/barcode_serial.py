"""A serial bar code scanner."""

from __future__ import annotations

from pathlib import Path

from edge_agent.emulators.pty_device import Faults, PtyDevice


class BarcodeSerialEmulator(PtyDevice):
    """One scanner, set to send AIM prefixes and a suffix."""

    def __init__(self, path: Path, *, suffix: str = "\r", faults: Faults | None = None) -> None:
        self._suffix = suffix
        super().__init__(path, faults)

    def scan(self, text: str, aim: str = "]C0") -> None:
        """Scan a symbol; `aim` says its symbology, "" sends no prefix."""
        self.send((aim + text + self._suffix).encode())
