"""Writing down: events stamped with both clocks, together with the memory that goes with them, in one commit."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from contract.messages import Event
from edge_agent.clock import Clock
from edge_agent.offset import OffsetEstimate
from edge_agent.outbox import Act, Outbox

M = TypeVar("M", bound=msgspec.Struct)


class Entry:
    """What is written in one commit; everything in it happened at one moment."""

    def __init__(self, act: Act, stamp: dict[str, Any]) -> None:
        self._act, self._stamp = act, stamp

    def write(self, kind: type[Event], **fields: Any) -> int:
        """Write an event; give its seq."""
        return self._act.write(kind, **self._stamp, **fields)

    def keep(self, name: str, memory: msgspec.Struct) -> None:
        """Keep a piece of memory."""
        self._act.keep(name, msgspec.json.encode(memory))

    def answered(self, challenge: str, what: str) -> None:
        """Remember that a challenge has had its answer."""
        self._act.answer(challenge, what, self._stamp["wall_us"])


class Journal:
    """The station's one way to write to its outbox."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self.outbox, self.clock = outbox, clock
        self.boot = secrets.token_hex(16)
        self.offsets = OffsetEstimate()
        self.offline = True

    @contextmanager
    def entry(self) -> Iterator[Entry]:
        """Write one entry; it is durable when the block has ended, or nothing of it is (OutboxError)."""
        wall, mono = self.clock.wall_us(), self.clock.mono_us()
        offset = self.offsets.now(wall, mono)
        stamp = {
            "boot": self.boot,
            "wall_us": wall,
            "mono_us": mono,
            "offset_us": offset.us,
            "offset_error_us": offset.error_us,
            "offline": self.offline,
        }
        with self.outbox.act() as act:
            yield Entry(act, stamp)

    @contextmanager
    def new_epoch(self) -> Iterator[Entry]:
        """Begin a new epoch of the outbox; what is kept in the block is kept in the same commit."""
        wall = self.clock.wall_us()
        with self.outbox.act() as act:
            act.begin_epoch(self.boot, wall)
            yield Entry(act, {})

    def recall(self, name: str, kind: type[M]) -> M | None:
        """Give what was kept under a name; what an older version kept and this one cannot read is forgotten."""
        raw = self.outbox.recall(name)
        try:
            return None if raw is None else msgspec.json.decode(raw, type=kind)
        except msgspec.ValidationError:
            return None
