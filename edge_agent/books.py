"""What a door leaves in the journal: how it opened, and what had left and come when it was closed.

1. Each function writes into an entry under way and gives the memory that belongs to it; nothing is assigned here.
2. Nothing found is left out: what one event cannot hold follows in further ones of the same opening, same entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from contract.messages import Cause, DoorClosed, DoorOpened, Sighting, SweepDone
from edge_agent.door import Door, DoorMemory
from edge_agent.doors import Do
from edge_agent.habits import KnownTag
from edge_agent.journal import Entry
from edge_agent.parts import parts
from edge_agent.presence import Found

MOST_AWAY = 500
"""Tags remembered of what left; the longest away are forgotten first."""


def write(entry: Entry, act: Do, door: Door, memory: DoorMemory, cause: Cause) -> DoorMemory:
    """Write what an act reports."""
    match act:
        case Do.REPORT_OPEN:
            return _opened(entry, door, memory, cause)
        case Do.REPORT_GAP_OPEN:
            seq = memory.opened_seq or entry.write(DoorOpened, door=door.number, cause="gap")
            return replace(_unnamed(memory), cause="gap", opened_seq=seq, owed=True)
        case Do.REPORT_LOST:
            return replace(_unnamed(memory), cause="gap", owed=True)
        case Do.REPORT_CLOSED | Do.REPORT_EARLY:
            return _settled(entry, door, memory, memory.cause or "gap")
        case Do.REPORT_CHECKED:
            return _settled(entry, door, replace(memory, session=None, credential=None), "gap")
        case _:
            return memory


def came_unseen(entry: Entry, door: Door, came: dict[str, Sighting]) -> DoorMemory:
    """Report tags that are steadily read behind a closed door and were not there when it was settled."""
    _closed(entry, door, DoorMemory(), "gap", passes=door.vigil.passes, put=came.values())
    return joined(door, came)


def joined(door: Door, came: dict[str, Sighting]) -> DoorMemory:
    """Give the memory of a door behind which these tags came."""
    contents = dict(door.learned().contents or {})
    contents |= {epc: KnownTag(seen.tid, seen.antenna) for epc, seen in came.items()}
    away = {epc: tag for epc, tag in door.memory.away.items() if epc not in came}
    return replace(door.memory, contents=contents, away=away)


def settled(door: Door, memory: DoorMemory, found: Found) -> DoorMemory:
    """Give the memory with what a sweep found."""
    assert door.look is not None
    contents, away = _contents(memory, door, found), _away(memory, found)
    return replace(memory, contents=contents, away=away, lateness=door.look.sweep.lateness())


def _opened(entry: Entry, door: Door, memory: DoorMemory, cause: Cause) -> DoorMemory:
    if cause == "session":
        seq = entry.write(
            DoorOpened, door=door.number, cause=cause, session=memory.session, credential=memory.credential
        )
        return replace(memory, cause=cause, opened_seq=seq)
    seq = entry.write(DoorOpened, door=door.number, cause=cause)
    return replace(_unnamed(memory), cause=cause, opened_seq=seq)


def _settled(entry: Entry, door: Door, memory: DoorMemory, cause: Cause) -> DoorMemory:
    """Write what a sweep found; a mere check that found nothing changed writes nothing."""
    assert door.look is not None
    first = memory.contents is None
    found = door.look.sweep.found()
    if first and door.ear.readers:
        seen = _shown(door, found.came | found.there)
        write_sweep(entry, seen, found.passes, door=door.number, purpose="baseline")
    if memory.opened_seq or memory.owed or (not first and (found.gone or found.came)):
        taken, unread = _shown(door, found.gone), _shown(door, found.unread)
        put = [] if first else _shown(door, found.came)
        _closed(entry, door, memory, cause, found.passes, taken=taken, unread=unread, put=put)
    return replace(settled(door, _unnamed(memory), found), owed=False, opened_seq=None, cause=None)


def _closed(
    entry: Entry, door: Door, memory: DoorMemory, cause: Cause, passes: int, **lists: Iterable[Sighting]
) -> None:
    """Write what a closing settled; its parts are of one opening: the first of them, where no other was noticed."""
    opened_seq = memory.opened_seq
    for part in parts(**lists):
        seq = entry.write(
            DoorClosed,
            door=door.number,
            cause=cause,
            session=memory.session,
            credential=memory.credential,
            opened_seq=opened_seq,
            passes=passes,
            gap_from_us=door.gap_from_us if cause == "gap" else None,
            **part,
        )
        opened_seq = opened_seq or seq


def write_sweep(entry: Entry, seen: Iterable[Sighting], passes: int, **fields: Any) -> None:
    """Write what a sweep heard; the passes count once, in the first of its events."""
    for number, part in enumerate(parts(seen=seen)):
        entry.write(SweepDone, passes=passes if number == 0 else 0, **fields, **part)


def _shown(door: Door, epcs: Iterable[str]) -> list[Sighting]:
    return [door.sighting(epc) for epc in sorted(epcs)]


def _unnamed(memory: DoorMemory) -> DoorMemory:
    return replace(memory, session=None, grant=None, credential=None)


def _away(memory: DoorMemory, found: Found) -> dict[str, KnownTag]:
    """Give what is at home behind the door and out, after a sweep."""
    left = {epc: tag for epc, tag in (memory.contents or {}).items() if epc in found.gone}
    away = {epc: tag for epc, tag in (memory.away | left).items() if epc not in found.came}
    return dict(list(away.items())[-MOST_AWAY:])


def _contents(memory: DoorMemory, door: Door, found: Found) -> dict[str, KnownTag]:
    """Give what stands behind the door after a sweep."""
    assert door.look is not None
    before = memory.contents or {}
    contents = {}
    for epc in found.there | found.came | found.unread:
        old, seen = before.get(epc, KnownTag()), door.look.evidence.get(epc)
        contents[epc] = KnownTag(
            tid=(seen.tid if seen else None) or old.tid,
            antenna=seen.antenna if seen else old.antenna,
            habits=old.habits if epc in found.unread else door.look.sweep.habits(epc),
            unread=epc in found.unread,
        )
    return contents
