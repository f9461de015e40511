"""What left and came lately, for whoever looks at the station. In memory only: the record is in the outbox.

What the station knows of a verdict is whether a thing that was taken was on the grant of that session; all else, and
the verdict itself, is the server's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from contract.messages import GrantedItem

What = Literal["taken", "put", "unread"]
MOST = 60
MOST_CODES = 2000


class Moved(NamedTuple):
    """One tag that left, came or could not be read at a closing; `listed` is None where no grant can say."""

    seq: int
    at_us: int
    door: int
    what: What
    epc: str
    code: str
    listed: bool | None


class Recent:
    """The last movements, the newest last, and what the tags of the last grants are called."""

    def __init__(self) -> None:
        self._moved: deque[Moved] = deque(maxlen=MOST)
        self.shown: list[dict[str, Any]] = []
        """The same for the state file, made anew only when it changed."""
        self._codes: dict[str, str] = {}
        self._session = ""
        self._listed: frozenset[tuple[str, int]] = frozenset()

    def granted(self, session: str, items: Iterable[GrantedItem]) -> None:
        """Learn what a session may take."""
        listed = [item for item in items if item.epc]
        self._codes = dict([*self._codes.items(), *((item.epc, item.code) for item in listed)][-MOST_CODES:])
        self._session, self._listed = session, frozenset((item.epc, item.door) for item in listed)

    def settled(self, door: int, session: str | None, seq: int, at_us: int, **found: Iterable[str]) -> None:
        """Take what a closing found: `taken`, `put` and `unread` tags; event `seq` says so."""
        whats: tuple[What, ...] = ("taken", "put", "unread")
        for what in whats:
            for epc in sorted(found.get(what, ())):
                known = what == "taken" and bool(session) and session == self._session
                listed = (epc, door) in self._listed if known else None
                self._moved.append(Moved(seq, at_us, door, what, epc, self._codes.get(epc, ""), listed))
        self.shown = [moved._asdict() for moved in self._moved]
