"""An RS-485 line: what one says, all hear. Each device keeps a pseudo-terminal of its own; the wire joins them."""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Iterable
from pathlib import Path

from edge_agent.emulators.pty_device import PtyDevice


class Wire(PtyDevice):
    """The line; its path is the host's port. `members` are closed with it."""

    def __init__(self, path: Path, members: Iterable[PtyDevice]) -> None:
        self.members = list(members)
        flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK
        self._ends = [os.open(member.path, flags) for member in self.members]
        super().__init__(path)
        self._relay = threading.Thread(target=self._carry, name=f"wire-{path.name}", daemon=True)
        self._relay.start()

    def received(self, data: bytes) -> None:
        """Carry the host's word to every device."""
        for end in self._ends:
            with contextlib.suppress(OSError):
                os.write(end, data)

    def close(self) -> None:
        """Take the line and its devices away."""
        for member in self.members:
            member.close()
        super().close()
        self._relay.join(timeout=10)
        for end in self._ends:
            os.close(end)

    def _carry(self) -> None:
        """Carry each device's word to the host and to the other devices, until all are gone."""
        alive = list(self._ends)
        while alive:
            for end in select.select(alive, [], [])[0]:
                said = b""  # as a terminal that was hung up reads
                with contextlib.suppress(OSError):
                    said = os.read(end, 4096)
                if not said:
                    alive.remove(end)
                    continue
                self.send(said)
                for other in alive:
                    if other is not end:
                        with contextlib.suppress(OSError):
                            os.write(other, said)
