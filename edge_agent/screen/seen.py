"""What the screen knows of its station: the state file as the station last wrote it, and whether it still writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

SILENT_S = 15.0
"""A station writes its state at least every five seconds."""


class Door(msgspec.Struct, frozen=True):
    """One door."""

    contact: str = "unknown"
    phase: str = "unknown"


class Session(msgspec.Struct, frozen=True):
    """The session under way."""

    token: str
    phase: str


class Item(msgspec.Struct, frozen=True):
    """An item that may be taken."""

    code: str
    door: int


class Reason(msgspec.Struct, frozen=True):
    """Why a door does not open."""

    rule: str
    code: str
    item: str = ""
    params: dict[str, str] = {}


class Answer(msgspec.Struct, frozen=True):
    """The server's last answer; `person` is masked by the station."""

    kind: str
    session: str
    doors: list[int] = []
    person: str = ""
    items: list[Item] = []
    reasons: list[Reason] = []
    n: int = 0


class Moved(msgspec.Struct, frozen=True):
    """One tag that left, came or could not be read."""

    seq: int
    at_us: int
    door: int
    what: str
    epc: str
    code: str = ""
    listed: bool | None = None


class Wrong(msgspec.Struct, frozen=True):
    """A condition that holds."""

    condition: str
    door: str = ""
    device: str = ""


class Seen(msgspec.Struct, frozen=True):
    """What of the state a screen shows; the rest of the file is not read."""

    station: str
    link: str = "down"
    unsent: int = 0
    confirmed: int = 0
    doors: dict[str, Door] = {}
    devices: dict[str, str] = {}
    session: Session | None = None
    answer: Answer | None = None
    moved: list[Moved] = []
    conditions: list[Wrong] = []


class Watch:
    """Read the state file whenever it was replaced."""

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        self._path, self._now = path, now
        self._stamp: tuple[int, int] | None = None
        self._since = now()
        self._seen: Seen | None = None

    def look(self) -> Seen | None:
        """Give what the station says of itself; None while it is not there, unreadable or silent for too long."""
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino)
            if stamp != self._stamp:
                self._seen = msgspec.json.decode(self._path.read_bytes(), type=Seen)
                self._stamp, self._since = stamp, self._now()
        except (OSError, msgspec.DecodeError):
            self._stamp = self._seen = None
        return self._seen if self._now() - self._since < SILENT_S else None
