"""What a session at a station remembers, was last answered and may open, and the codes scanned before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from contract.messages import Denied, Grant, GrantedItem, HeldGrant, Reason
from edge_agent.clock import Clock
from edge_agent.grants import LONGEST
from edge_agent.session import State

MOST_CODES = 50
CODE_WAITS_US = 30_000_000


class SessionMemory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a session remembers over a restart: enough to say that it is void."""

    state: State = State.NONE
    token: str = ""
    challenge: str = ""
    credential: str = ""
    codes: tuple[str, ...] = ()


@dataclass(slots=True)
class Answer:
    """The last answer acted on, for whoever looks at the station."""

    kind: str
    session: str
    challenge: str
    doors: list[int]
    reasons: list[Reason]
    person: str = ""
    items: tuple[GrantedItem, ...] = ()


class Scanned:
    """Codes of no session yet: those scanned a moment ago count as scanned by whoever shows a badge then."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at: dict[str, int] = {}

    def add(self, text: str) -> None:
        """Take a code that was scanned now."""
        self._at = {code: self._at[code] for code in self._fresh() if code != text} | {text: self._clock.mono_us()}

    def lately(self) -> tuple[str, ...]:
        """Take out the codes scanned a moment ago, the newest."""
        found, self._at = self._fresh(), {}
        return tuple(found)

    def _fresh(self) -> list[str]:
        since = self._clock.mono_us() - CODE_WAITS_US
        return [code for code, at in self._at.items() if at >= since][-MOST_CODES:]


class Leave(NamedTuple):
    """Doors that a session may open, each by a grant; one that is just being settled may wait until `until`."""

    session: str
    credential: str
    grants: dict[int, str]
    until: float


Said = Grant | Denied | list[HeldGrant]
"""What a session is told: an answer of the server, or the grants it holds in advance."""


def answer_of(said: Said, memory: SessionMemory) -> Answer:
    """Show what was said."""
    if isinstance(said, Denied):
        return Answer("denied", said.session, said.challenge, [], said.reasons, said.person)
    if isinstance(said, Grant):
        return Answer("grant", said.session, said.challenge, said.doors, [], said.person, tuple(said.items))
    items = tuple(item for grant in said for item in grant.items)
    return Answer("held", memory.token, memory.challenge, [grant.door for grant in said], [], "", items)


def leave_of(said: Said, memory: SessionMemory, asked_at: float, now: float) -> Leave | None:
    """Give what may be opened, if anything; a grant of the server lasts from the question, not from its arrival."""
    if isinstance(said, Denied):
        return None
    if isinstance(said, Grant):
        return Leave(said.session, memory.credential, dict.fromkeys(said.doors, said.grant), asked_at + LONGEST)
    return Leave(memory.token, memory.credential, {grant.door: grant.grant for grant in said}, now + LONGEST)
