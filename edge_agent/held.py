"""Grants held for when the server cannot be asked: which of them a badge may use, and the drawer they lie in.

1. A grant is used at most once, by a badge it names, before its end by the server's time, for a thing that is there.
2. The server's time is known only since it was last heard, and runs on by the monotonic clock: after a restart nothing
   may be used until the server has been heard again.
3. A newer set replaces the whole of an older one. Whom the server itself refuses keeps no grant from before.
4. They are kept as they were signed, and believed only as far as the signature goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract.codec import open_command
from contract.errors import ContractError
from contract.messages import GrantedItem, HeldGrant, HeldGrants
from edge_agent.journal import Entry, Journal

MEMORY = "held_grants"


class ServerTime(NamedTuple):
    """The server's time as it is known here, and how far it may be wrong."""

    us: int
    error_us: int


def usable(
    held: Iterable[HeldGrant],
    credential: str,
    now: ServerTime | None,
    is_there: Callable[[GrantedItem], bool],
    was_used: Callable[[str], bool],
) -> list[HeldGrant]:
    """Choose the grants that a badge may use now, one a door at most."""
    if now is None:
        return []
    found = {
        grant.door: grant
        for grant in held
        if credential in grant.credentials
        and now.us + now.error_us < grant.until_us
        and any(is_there(item) for item in grant.items if item.door == grant.door)
        and not was_used(grant.grant)
    }
    return [found[door] for door in sorted(found)]


class Kept(msgspec.Struct, frozen=True):
    """The set as it came."""

    payload: bytes


class Drawer:
    """What this station holds, durable, each used at most once."""

    def __init__(self, station: str, key: Ed25519PublicKey, journal: Journal) -> None:
        self._station, self._key, self._journal = station, key, journal
        self._issued_us, self._grants = 0, ()  # type: tuple[int, tuple[HeldGrant, ...]]
        kept = journal.recall(MEMORY, Kept)
        if kept is not None:
            try:
                self._hold(open_command(key, kept.payload))
            except ContractError:
                return

    def __len__(self) -> int:
        """Count what it holds, used or not."""
        return len(self._grants)

    def take(self, payload: bytes, issued: HeldGrants) -> bool:
        """Put a set in place of the older one; False when it is the older itself. `payload` is it as signed."""
        if issued.issued_us <= self._issued_us:
            return False
        with self._journal.entry() as entry:
            entry.keep(MEMORY, Kept(payload))
        self._hold(issued)
        return True

    def _hold(self, issued: object) -> None:
        if isinstance(issued, HeldGrants) and issued.station == self._station:
            self._issued_us, self._grants = issued.issued_us, tuple(issued.grants)

    def of(self, credential: str, is_there: Callable[[GrantedItem], bool]) -> list[HeldGrant]:
        """Give the grants a badge may use now."""
        return usable(self._grants, credential, self._server_time(), is_there, self._journal.outbox.was_answered)

    def spend(self, entry: Entry, grants: Iterable[HeldGrant]) -> None:
        """Remember that these are used."""
        for grant in grants:
            entry.answered(grant.grant, "held")

    def refuse(self, entry: Entry, credential: str) -> None:
        """Remember that the server refused who shows this badge: what it gave before is void."""
        self.spend(entry, (grant for grant in self._grants if credential in grant.credentials))

    def _server_time(self) -> ServerTime | None:
        clock = self._journal.clock
        wall = clock.wall_us()
        offset = self._journal.offsets.now(wall, clock.mono_us())
        return None if offset.error_us is None else ServerTime(wall + offset.us, offset.error_us)
