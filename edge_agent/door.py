"""One door: what is remembered of it over a restart, and what its lock, contact and readers say now.

Here is no table and no event: `doors.py` says what follows from a move, `cabinet.py` carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from contract.messages import Cause, Sighting
from edge_agent.doors import Move, Opening, Phase
from edge_agent.ear import Ear, Pass, Seen
from edge_agent.presence import Rate, Sweep, missed_so_often
from edge_agent.settings import DoorTable
from edge_agent.unlock import Shot

LATCH_S = 2.0
"""A door that is closed this long without its hook latching counts as shut, and is reported."""
DEAF_S = 2.0
"""A lock or contact not heard for so long is lost."""


class KnownTag(msgspec.Struct, frozen=True):
    """A tag that belongs to what stands behind the door."""

    tid: str | None = None
    antenna: int = 1
    rate: Rate = Rate()
    unread: bool = False
    """It was neither seen nor certainly gone when it was last looked for."""


class DoorMemory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a door remembers over a restart."""

    phase: Phase = Phase.BLIND
    free_by: str = ""
    """Who let the hook go that has not latched since: "" nobody, "relay" we, "other" not we."""
    cause: Cause | None = None
    session: str | None = None
    grant: str | None = None
    credential: str | None = None
    opened_seq: int | None = None
    owed: bool = False
    """An opening nobody could watch to its end: it will be reported as a gap whatever is found."""
    contents: dict[str, KnownTag] | None = None
    """What stands behind it; None: never looked."""


class Silence(NamedTuple):
    """A run of passes in which a tag was not read, and its rate before."""

    passes: int
    rate: Rate

    def chance(self) -> float:
        """Say how likely so long a silence is for a tag that is there."""
        return missed_so_often(self.rate, self.passes)


@dataclass(slots=True)
class Door:
    """One door as it is now."""

    table: DoorTable
    ear: Ear
    memory: DoorMemory = field(default_factory=DoorMemory)
    hook_locked: bool | None = None
    contact_closed: bool | None = None
    heard: dict[str, float] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    hook_was_free: bool = False
    latched: bool = False
    """The hook has been seen locked since the door was last closed."""
    swung: bool = False
    """It has truly stood open in this opening, not only been unlocked."""
    closed_since: float | None = None
    open_since_us: int | None = None
    sweep: Sweep | None = None
    sweep_until: float = 0.0
    evidence: dict[str, Seen] = field(default_factory=dict)
    rates: dict[str, Rate] = field(default_factory=dict)
    """What the vigil behind the closed door learns, as the next three."""
    strays: dict[str, int] = field(default_factory=dict)
    silences: dict[str, Silence] = field(default_factory=dict)
    watched: int = 0
    shot: Shot | None = None
    gap_from_us: int | None = None
    """When it was last watched before it was lost, on the station's wall clock."""

    @property
    def number(self) -> int:
        """Its number."""
        return self.table.door

    @property
    def devices(self) -> frozenset[str]:
        """The devices it cannot be known without."""
        wires = {wire.device for wire in (self.table.lock, self.table.contact) if wire is not None}
        return frozenset(wires | set(self.ear.readers))

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return self.memory.phase

    @property
    def closed(self) -> bool | None:
        """Tell whether it is closed: by its contact, or by its hook where no contact is wired."""
        return self.contact_closed if self.table.contact is not None else self.hook_locked

    @property
    def unlocked(self) -> bool:
        """Tell whether its hook was let go, or is about to be, and has not latched since."""
        return self.shot is not None or self.hook_was_free

    @property
    def never_heard(self) -> bool:
        """Tell whether its readers have yet to speak for the first time: then nothing can be said of what is there."""
        waiting = self.memory.contents is None and self.sweep is not None and self.sweep.passes == 0
        return waiting and bool(self.ear.readers)

    def lost(self, now: float) -> bool:
        """Tell whether its lock or contact has not been heard for too long."""
        wires = ("hook", "contact") if self.table.contact is not None else ("hook",)
        return any(now - self.heard.get(wire, 0.0) > DEAF_S for wire in wires)

    def wire(self, name: str, closed: bool | None, now: float) -> bool:
        """Take the word of one wire; tell whether all wires have spoken since the last whole picture."""
        if name == "hook":
            self.hook_locked = closed
        else:
            self.contact_closed = closed
        if closed is not None:
            self.heard[name] = now
        self.fresh.add(name)
        if self.table.contact is not None and len(self.fresh) < 2:
            return False
        self.fresh.clear()
        return True

    def hook_now(self) -> str:
        """Work out who let the hook go, from what it says now."""
        free_by = self.memory.free_by
        if self.hook_locked is False:
            self.hook_was_free = True
            return free_by or "other"
        if self.hook_locked and (self.hook_was_free or self.phase is Phase.BLIND):
            self.hook_was_free = False
            return ""
        return free_by

    def move(self, free_by: str, now: float) -> Move | None:
        """Work out from a whole picture what the door did, if anything; `free_by` is what `hook_now` gave."""
        closed = self.closed
        own_hook = self.table.contact is not None
        if closed is None:
            return None
        if not closed:
            self.closed_since, self.swung = None, True
            if self.phase in (Phase.IDLE, Phase.GRANTED, Phase.BLIND):
                return Move.OPENED
            return Move.OPENED if self.latched else Move.BOUNCED
        if self.closed_since is None:
            self.closed_since, self.latched = now, False
        locked = not own_hook or self.hook_locked is True
        self.latched = self.latched or locked
        if self.phase is Phase.IDLE and own_hook and free_by == "other" and not self.memory.free_by:
            return Move.OPENED
        if self.phase is Phase.GRANTED and own_hook and self.memory.free_by and not free_by:
            return Move.RELEASED
        waited = now - self.closed_since >= LATCH_S and (self.swung or self.phase is Phase.BLIND)
        if locked or waited:
            return Move.SHUT
        return None

    def opening(self, free_by: str) -> Opening:
        """Give what is known at the moment it opens."""
        return Opening(
            own_hook=self.table.contact is not None,
            hook_locked=self.hook_locked,
            granted=self.phase is Phase.GRANTED,
            fired=free_by == "relay",
        )

    # -- listening ----------------------------------------------------------------------------------------------------

    def begin_sweep(self, sweep: Sweep, now: float, limit_s: float) -> None:
        """Listen from now on, for at most so long."""
        self.sweep, self.sweep_until, self.evidence = sweep, now + limit_s, {}
        self.ear.restart(now)

    def note(self, heard: Pass) -> None:
        """Keep a pass as evidence of the sweep under way."""
        for epc, seen in heard.items():
            self.evidence.setdefault(epc, Seen(epc)).merge(seen)

    def learned(self) -> DoorMemory:
        """Give the memory with the read rates learnt until now."""
        contents = {
            epc: replace(tag, rate=self.rates.get(epc, tag.rate)) for epc, tag in (self.memory.contents or {}).items()
        }
        return replace(self.memory, contents=contents) if contents else self.memory

    def doubted(self, miss_chance: float) -> DoorMemory:
        """Give the memory as the door opens: a tag that has just been silent as if gone is unread from now on."""
        contents = self.learned().contents or {}
        silent = {epc for epc, silence in self.silences.items() if silence.chance() < miss_chance}
        marked = {epc: replace(contents[epc], unread=True) for epc in silent & contents.keys()}
        return replace(self.learned(), contents=contents | marked) if marked else self.learned()

    def sighting(self, epc: str) -> Sighting:
        """Give what this sweep saw of a tag; for one not seen, what is known of it with no reads."""
        if epc in self.evidence:
            return self.evidence[epc].sighting()
        known = (self.memory.contents or {}).get(epc, KnownTag())
        return Sighting(epc=epc, tid=known.tid, antenna=known.antenna)
