"""The doors of a station at work: wires and readers in, moves out; `doors.py` says what follows, `books.py` writes it.

1. A door's move, its events and its memory are one entry in the journal; only then does anything else happen.
2. A relay fires only after the entry with the intent is durable.
3. What stands behind a door changes in memory only with the event that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from msgspec.structs import replace

from contract.messages import Cause, Sighting, UnlockDone, UnlockIntended
from edge_agent import books
from edge_agent.devices.base import LockState, Reading, UnlockReply
from edge_agent.door import Door, DoorMemory
from edge_agent.doors import Do, Move, Phase, cause_of, turn
from edge_agent.ear import Ear, Pass
from edge_agent.journal import Entry, Journal
from edge_agent.parts import parts
from edge_agent.recent import Recent
from edge_agent.settings import Channel, DoorTable
from edge_agent.troubles import Condition, Troubles
from edge_agent.unlock import Magazine, Outcome, Shot

SETTLING = (Phase.CHECKING, Phase.SETTLING)


class Eyes(Protocol):
    """What a session hears of its doors."""

    def door_opened(self, session: str, now: float) -> None:
        """A door opened by leave of this session."""

    def door_settled(self, session: str, now: float) -> None:
        """A door of this session is closed and settled, or locked again unopened."""

    def door_lost(self, session: str, now: float) -> None:
        """A door of this session could not be watched."""


class Cabinet:
    """All doors of one station."""

    def __init__(
        self,
        tables: Iterable[DoorTable],
        journal: Journal,
        write: Callable[[Channel], float | Outcome],
        condition: Condition,
    ) -> None:
        self._journal, self._condition = journal, condition
        self._troubles = Troubles(condition)
        self._magazine = Magazine(write)
        self.eyes: Eyes
        self.overhear: Callable[[Door, Pass], None]
        """Told of every pass behind an idle door."""
        self.closings = 0
        self.recent = Recent()
        self.doors: dict[int, Door] = {}
        for table in tables:
            ear = Ear(tuple(table.readers), table.presence.pass_ms / 1000)
            memory = journal.recall(f"door/{table.door}", DoorMemory) or DoorMemory()
            self.doors[table.door] = Door(table, ear, _after_restart(memory))

    # -- what comes in ------------------------------------------------------------------------------------------------

    def lock_state(self, device: str, state: LockState, now: float) -> None:
        """Take one channel's feedback."""
        for door in self.doors.values():
            for name, wire in (("hook", door.table.lock), ("contact", door.table.contact)):
                if wire is None or (wire.device, wire.board, wire.channel) != (device, state.board, state.lock):
                    continue
                if door.lost(now):
                    self._move(door, Move.LOST, now)
                if door.wire(name, state.closed, now):
                    self._look(door, now)

    def unlock_reply(self, device: str, reply: UnlockReply) -> None:
        """Take a board's answer to a firing."""
        for door in self.doors.values():
            lock = door.table.lock
            if door.shot and (lock.device, lock.board, lock.channel) == (device, reply.board, reply.lock):
                door.shot.reply = reply.accepted

    def tag_reading(self, reader: str, at: float, reading: Reading) -> None:
        """Take what a reader said."""
        for door in self.doors.values():
            if reader in door.ear.readers:
                self._heard(door, door.ear.hear(reader, at, reading), at)

    def tick(self, now: float, left_open_us: int) -> None:
        """Let time pass."""
        self._fire_next(now)
        for door in self.doors.values():
            self._shot(door, now)
            if door.lost(now):
                self._move(door, Move.LOST, now)
            self._heard(door, door.ear.roll(now), now)
            if door.phase in SETTLING and door.look and door.look.over(now) and not door.never_heard:
                self._move(door, Move.SETTLED, now)
            self._troubles.pass_time(door, now, self._journal.clock.mono_us(), left_open_us)

    def watched_until(self, wall_us: int | None) -> None:
        """Tell all doors when the station last watched before it stopped."""
        for door in self.doors.values():
            door.gap_from_us = wall_us

    def blind(self, now: float) -> None:
        """Trust nothing that was known: for some time the station could not write down what it saw."""
        for door in self.doors.values():
            door.heard.clear()
            self._move(door, Move.LOST, now)

    def begin_epoch(self, now: float) -> None:
        """Begin a new epoch of the outbox: what is remembered is an older image's, so every door had a gap."""
        since = self._journal.outbox.vouched_until()
        self.blind(now)
        memories = {
            door.number: replace(door.memory, owed=True, cause="gap", opened_seq=None) for door in self.doors.values()
        }
        with self._journal.new_epoch() as entry:
            for number, memory in memories.items():
                entry.keep(f"door/{number}", memory)
        for door in self.doors.values():
            door.memory, door.gap_from_us = memories[door.number], since

    # -- for sessions -------------------------------------------------------------------------------------------------

    def may_soon(self, doors: Iterable[int]) -> bool:
        """Tell whether one of these doors is just being settled, and may be fired when that is done."""
        return any(self.doors[door].phase in SETTLING for door in doors if door in self.doors)

    def intend(
        self, entry: Entry, doors: Iterable[int], session: str, grant: str, credential: str
    ) -> list[tuple[Door, DoorMemory]]:
        """Write down the intent to fire those doors that may be; `fire` what is returned once it is durable."""
        chosen = []
        for door in (self.doors[number] for number in doors if number in self.doors):
            phase, _ = turn(door.phase, Move.FIRED)
            if phase is Phase.GRANTED and door.phase is not Phase.GRANTED:
                entry.write(UnlockIntended, session=session, grant=grant, door=door.number)
                memory = replace(
                    door.learned(), phase=phase, free_by="relay", session=session, grant=grant, credential=credential
                )
                entry.keep(f"door/{door.number}", memory)
                chosen.append((door, memory))
        return chosen

    def fire(self, chosen: list[tuple[Door, DoorMemory]], now: float) -> None:
        """Fire doors whose intent is durable."""
        for door, memory in chosen:
            door.memory, door.hook_was_free = memory, False
            door.shot = Shot(door.number, memory.session or "", memory.grant or "")
            self._magazine.load(door.table.lock, door.shot)
        self._fire_next(now)

    def release(self, session: str, now: float) -> None:
        """Take back what a session that is over was granted and did not open."""
        for door in self.doors.values():
            if door.phase is Phase.GRANTED and door.memory.session == session:
                self._move(door, Move.RELEASED, now)

    def in_use(self, session: str, *, unlocked_too: bool = False) -> bool:
        """Tell whether a door of this session is open or settling (or stands unlocked)."""
        phases = {Phase.OPEN, Phase.SETTLING}
        return any(
            door.phase in phases or (unlocked_too and door.phase is Phase.GRANTED and door.unlocked)
            for door in self.doors.values()
            if door.memory.session == session
        )

    # -- the table carried out ----------------------------------------------------------------------------------------

    def _look(self, door: Door, now: float) -> None:
        """Work out what a whole picture of the door's wires means."""
        free_by = door.hook_now()
        self._shot(door, now)
        move = door.move(free_by, now)
        cause = cause_of(door.opening(free_by))
        door.memory = replace(door.memory, free_by=free_by)
        self._troubles.latch(door, move)
        if move is not None:
            self._move(door, move, now, cause)

    def _move(self, door: Door, move: Move, now: float, cause: Cause = "no_session") -> None:
        phase, acts = turn(door.phase, move)
        if phase is door.phase:
            return
        if move is Move.LOST:
            unwatched = now - min(door.heard.values(), default=now)
            door.gap_from_us = self._journal.clock.wall_us() - int(unwatched * 1_000_000)
        opens = move in (Move.OPENED, Move.BOUNCED) and door.phase in (Phase.IDLE, Phase.GRANTED)
        learned = door.doubted() if opens else door.learned()
        before, memory = door.memory, replace(learned, phase=phase)
        with self._journal.entry() as entry:
            for act in acts:
                memory = books.write(entry, act, door, memory, cause)
            if move is Move.RELEASED:
                memory = replace(memory, session=None, grant=None, credential=None)
            entry.keep(f"door/{door.number}", memory)
        door.memory = memory
        self._follow(door, before, acts, now)

    def _follow(self, door: Door, before: DoorMemory, acts: tuple[Do, ...], now: float) -> None:
        """Do what a move leads to, now that it is durable."""
        if before.phase is Phase.GRANTED:
            self._take_back(door)
        if Do.SWEEP in acts:
            door.look = door.new_look(self.elsewhere(door), now)
            door.ear.restart(now)
        self._troubles.moved(door, before.phase, self._journal.clock.mono_us())
        if {Do.REPORT_CLOSED, Do.REPORT_EARLY, Do.REPORT_CHECKED} & set(acts) and before.contents is not None:
            self._show(door, before)
        if door.phase is Phase.IDLE:
            door.swung = False
            door.vigil.begin(door.memory.contents or {}, door.look.sweep.late() if door.look else {})
            back = before.unread() & door.memory.known() - door.memory.unread()
            self._undetectable(door, back, active=False)
        if acts and Do.SWEEP not in acts:
            door.look = None
        if {Do.REPORT_CLOSED, Do.REPORT_EARLY} & set(acts):
            self.closings += 1
            self.eyes.door_settled(before.session or "", now)
        elif before.phase is Phase.GRANTED and door.phase is Phase.IDLE:
            self.eyes.door_settled(before.session or "", now)
        if Do.REPORT_LOST in acts:
            self.eyes.door_lost(before.session or "", now)
        if Do.REPORT_OPEN in acts:
            self.eyes.door_opened(door.memory.session or "", now)

    def _show(self, door: Door, before: DoorMemory, **found: Iterable[str]) -> None:
        """Let who looks at the station know what a closing found, or `found` instead."""
        old, new = before.known(), door.memory.known()
        doubtful = door.memory.unread() - before.unread()
        shown = found or {"taken": old - new, "put": new - old, "unread": doubtful & old}
        clock, last = self._journal.clock, self._journal.outbox.last
        self.recent.settled(door.number, before.session, last, clock.wall_us(), **shown)

    # -- listening ----------------------------------------------------------------------------------------------------

    def _heard(self, door: Door, heard: Pass | None, now: float) -> None:
        if heard is None:
            return
        if door.closed:
            for port, silent in door.antennas.hear(heard):
                self._condition("antenna_silent", active=silent, door=door.number, device=port)
        if door.phase in SETTLING and door.look is not None:
            door.look.hear(door.antennas, heard)
            if door.look.over(now):
                self._move(door, Move.SETTLED, now)
        elif door.phase is Phase.IDLE:
            self.overhear(door, heard)
            self._watch(door, door.antennas.without(heard))

    def _watch(self, door: Door, heard: Pass) -> None:
        """Take one pass behind an idle door."""
        change = door.vigil.hear(door.prior(door.memory, self.elsewhere(door)), heard, door.antennas.doubtful)
        if change.late:
            door.memory = replace(door.memory, lateness=door.memory.lateness.after(change.late))
        if change.came:
            with self._journal.entry() as entry:
                memory = books.came_unseen(entry, door, change.came)
                entry.keep(f"door/{door.number}", memory)
            door.memory = memory
            self._show(door, memory, put=change.came)
        door.mark(change.faded, unread=True)
        door.mark(change.back, unread=False)
        self._undetectable(door, change.faded, active=True)
        self._undetectable(door, change.back, active=False)

    def elsewhere(self, door: Door) -> frozenset[str]:
        """Name what stands behind other doors that are closed and known."""
        others = (other for other in self.doors.values() if other is not door and other.phase is Phase.IDLE)
        return frozenset().union(*(other.memory.known() - other.memory.unread() for other in others))

    def _undetectable(self, door: Door, epcs: Iterable[str], *, active: bool) -> None:
        """Tell that tags cannot be read behind the closed door, or can again."""
        known = door.memory.contents or {}
        items = [Sighting(epc=epc, tid=known[epc].tid, antenna=known[epc].antenna) for epc in sorted(epcs)]
        for part in parts(items=items) if items else ():
            self._condition("item_undetectable", active=active, door=door.number, **part)

    # -- firing -------------------------------------------------------------------------------------------------------

    def _fire_next(self, now: float) -> None:
        """Fire the doors whose turn it is, as soon as no other lock is powered."""
        for shot, failed in self._magazine.fire(now):
            self._outcome(self.doors[shot.door], failed, now)

    def _shot(self, door: Door, now: float) -> None:
        outcome = door.shot.outcome(door.hook_locked, now) if door.shot else None
        if outcome is not None:
            self._outcome(door, outcome, now)

    def _take_back(self, door: Door) -> None:
        """Write down that a door whose turn had not come is not fired any more."""
        if self._magazine.unload(door.shot):
            self._done(door, "refused")

    def _done(self, door: Door, outcome: Outcome) -> None:
        shot, door.shot = door.shot, None
        assert shot is not None
        with self._journal.entry() as entry:
            entry.write(UnlockDone, session=shot.session, grant=shot.grant, door=shot.door, outcome=outcome)

    def _outcome(self, door: Door, outcome: Outcome, now: float) -> None:
        self._done(door, outcome)
        self._troubles.fired(door, outcome)
        if outcome == "unreachable":
            self._move(door, Move.RELEASED, now)


def _after_restart(memory: DoorMemory) -> DoorMemory:
    """Trust nothing but the contents: what was going on when the station stopped was not watched to its end."""
    going_on = memory.phase in (Phase.GRANTED, Phase.OPEN, Phase.SETTLING)
    return replace(
        memory, phase=Phase.BLIND, owed=memory.owed or going_on, session=None, grant=None, credential=None, cause="gap"
    )
