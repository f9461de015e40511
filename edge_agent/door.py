"""One door: what is remembered of it over a restart, and what its lock, contact and readers say now.

Here is no table and no event: `doors.py` says what follows from a move, `cabinet.py` carries it out; `Look` is the
listening after a closing, `Vigil` that behind the closed door.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from contract.messages import Cause, Sighting
from edge_agent.antennas import Antennas
from edge_agent.doors import Move, Opening, Phase
from edge_agent.ear import Ear, Pass, Seen, port
from edge_agent.habits import KnownTag, Lateness, Rate
from edge_agent.presence import Sweep
from edge_agent.settings import DoorTable
from edge_agent.unlock import Shot
from edge_agent.vigil import Vigil
from edge_agent.weigh import Prior

LATCH_S = 2.0
"""A door that is closed this long without its hook latching counts as shut, and is reported."""
DEAF_S = 2.0
"""A lock or contact not heard for so long is lost."""


DOUBT = 1e-4
"""So unlikely a silence just before a door opens makes a tag unread: nobody took it after that."""


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
    away: dict[str, KnownTag] = {}
    """What left from here and has not come back, the latest last."""
    lateness: Lateness = Lateness()
    references: dict[str, Rate] = {}
    """How often each antenna that has a reference tag hears anything."""

    def known(self) -> frozenset[str]:
        """Name what stands behind it."""
        return frozenset(self.contents or ())

    def unread(self) -> frozenset[str]:
        """Name what of it could not be read."""
        return frozenset(epc for epc, tag in (self.contents or {}).items() if tag.unread)


LEAST_PASSES = 10
"""A slow reader gets so many passes, however long they take, …"""
PATIENCE = 4
"""… up to so many times what a sweep may take."""


@dataclass(slots=True)
class Look:
    """One sweep under way, until when at least and at most, and what it saw."""

    sweep: Sweep
    until: float
    at_most: float
    evidence: dict[str, Seen] = field(default_factory=dict)

    def hear(self, antennas: Antennas, heard: Pass) -> None:
        """Take one pass, and keep it as evidence."""
        self.sweep.silent = antennas.doubtful
        self.sweep.hear({epc: seen.ports for epc, seen in heard.items()})
        for epc, seen in antennas.without(heard).items():
            self.evidence.setdefault(epc, Seen(epc)).merge(seen)

    def over(self, now: float) -> bool:
        """Tell whether to stop listening: everything is certain, or time is up."""
        enough = self.sweep.passes >= LEAST_PASSES or not self.sweep.passes or now >= self.at_most
        return self.sweep.certain or (now >= self.until and enough)


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
    unproven: bool = False
    """Its lock was fired last without the hook saying that it let go."""
    free_since: float | None = None
    """Since when it stands unlocked with nobody's leave."""
    closed_since: float | None = None
    open_since_us: int | None = None
    look: Look | None = None
    vigil: Vigil = field(default_factory=Vigil)
    antennas: Antennas = field(init=False)
    shot: Shot | None = None
    gap_from_us: int | None = None
    """When it was last watched before it was lost, on the station's wall clock."""

    def __post_init__(self) -> None:
        references = {port(tag.reader or self.table.readers[0], tag.antenna): tag.epc for tag in self.table.references}
        self.antennas = Antennas(references, dict(self.memory.references))

    @property
    def number(self) -> int:
        """Its number."""
        return self.table.door

    def stuck(self, absent: Collection[str]) -> bool:
        """Tell whether it waits for absent devices: to hear its wires, or what is behind it for the first time."""
        if self.phase is Phase.BLIND:
            return any(wire.device in absent for wire in (self.table.lock, self.table.contact) if wire is not None)
        return self.never_heard and any(reader in absent for reader in self.ear.readers)

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
        waiting = self.memory.contents is None and self.look is not None and self.look.sweep.passes == 0
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

    def prior(self, memory: DoorMemory, elsewhere: frozenset[str]) -> Prior:
        """Give what is known of what is behind it; `elsewhere` is what stands behind other doors."""
        table = self.table.presence
        return Prior(
            known=memory.contents or {},
            lateness=memory.lateness,
            away=memory.away,
            strays=self.vigil.strays,
            elsewhere=elsewhere | frozenset(self.antennas.references.values()),
            risk=table.risk,
            far_db=table.far_db,
        )

    def new_look(self, elsewhere: frozenset[str], now: float) -> Look:
        """Begin a sweep of it as it is now."""
        limit = self.table.presence.settle_seconds if self.ear.readers else 0.0
        return Look(Sweep(self.prior(self.learned(), elsewhere)), now + limit, now + PATIENCE * limit)

    def learned(self) -> DoorMemory:
        """Give the memory with the habits learnt until now."""
        contents = {
            epc: replace(tag, habits=self.vigil.habits.get(epc, tag.habits))
            for epc, tag in (self.memory.contents or {}).items()
        }
        return replace(self.memory, contents=contents or self.memory.contents, references=dict(self.antennas.rates))

    def mark(self, epcs: Collection[str], *, unread: bool) -> None:
        """Remember of tags that they cannot be read any more, or can again."""
        if epcs:
            contents = self.learned().contents or {}
            marked = {epc: replace(contents[epc], unread=unread) for epc in epcs}
            self.memory = replace(self.memory, contents=contents | marked)

    def doubted(self) -> DoorMemory:
        """Give the memory as the door opens: a tag that has just been silent as if gone is unread from now on."""
        learned, silent = self.learned(), self.antennas.doubtful
        contents = learned.contents or {}
        quiet = {epc for epc, silence in self.vigil.silences.items() if silence.chance(silent) < DOUBT}
        marked = {epc: replace(contents[epc], unread=True) for epc in quiet & contents.keys()}
        return replace(learned, contents=contents | marked) if marked else learned

    def sighting(self, epc: str) -> Sighting:
        """Give what this look saw of a tag; for one not seen, what is known of it with no reads."""
        if self.look is not None and epc in self.look.evidence:
            return self.look.evidence[epc].sighting()
        known = (self.memory.contents or {}).get(epc, KnownTag())
        return Sighting(epc=epc, tid=known.tid, antenna=known.antenna)
