"""Walks of the session's and the door's tables to their last corner, against laws that stand nowhere in the tables.

A walk keeps beside the table's state what a bystander would know, and stops when no pair of both is new: whatever can
ever happen, in whatever order, has then been looked at.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from contract.codec import decode_event
from contract.messages import DoorClosed, DoorOpened
from edge_agent import books, doors, session
from edge_agent.clock import Clock
from edge_agent.diagram import page
from edge_agent.door import Door, DoorMemory
from edge_agent.doors import Move, Opening, Phase, cause_of, turn
from edge_agent.ear import Ear
from edge_agent.journal import Journal
from edge_agent.outbox import Outbox
from edge_agent.session import Act, Input, State, step
from edge_agent.settings import Channel, DoorTable

ENDS = {act for act in Act if act.name.startswith("END_")}


class Bystander(NamedTuple):
    """What somebody knows who sees only what a session's table does."""

    live: bool = False
    """A session began and has not ended."""
    asked: bool = False
    """The server was asked on its behalf, and has not answered."""
    granted: bool = False
    """A grant of this session was acted on."""
    blind: bool = False
    """Doors it was granted could not be watched."""


def watch(seen: Bystander, given: Input, acts: tuple[Act, ...]) -> Bystander:
    """Follow one step, and object to what may never be."""
    if given in (Input.GRANT, Input.DENIAL, Input.HELD, Input.NO_ANSWER):
        answered, seen = seen.asked, seen._replace(asked=False)
    else:
        answered = False
    for act in acts:
        if act in ENDS:
            assert seen.live, "what never began cannot end"
            seen = Bystander()
        elif act is Act.BEGIN:
            assert not seen.live, "at most one session"
            seen = Bystander(live=True)
        elif act is Act.ASK:
            assert seen.live, "nobody is asked about without a session"
            assert not seen.granted, "who was granted something is not asked about again"
            seen = seen._replace(asked=True)
        elif act is Act.UNLOCK:
            assert given in (Input.GRANT, Input.HELD), "no unlock without a grant"
            assert answered, "no unlock without a question before it"
            assert not seen.granted, "one grant unlocks once"
            seen = seen._replace(granted=True)
        elif act is Act.TELL_PIN:
            assert given is Input.PIN, "a PIN is told of when one was typed"
            assert seen.granted, "and by itself only when nobody awaits one"
    if given is Input.BLIND and seen.granted:
        seen = seen._replace(blind=True)
    return seen


def test_every_walk_through_the_session_keeps_its_laws() -> None:
    start = (State.NONE, Bystander())
    found, new = {start}, [start]
    while new:
        state, seen = new.pop()
        for given in Input:
            after, acts = step(state, given)
            now = watch(seen, given, acts)
            assert now.live == (after is not State.NONE), "a session stands as long as it is shown"
            assert now.asked == (after is State.ASKING), "it is asking while an answer is awaited, and only then"
            assert now.granted == (after in (State.GRANTED, State.IN_USE)), "granted means granted"
            assert not now.blind, "nobody stays answerable for doors that could not be watched"
            if (after, now) not in found:
                found.add((after, now))
                new.append((after, now))
    assert {state for state, _ in found} == set(State), "every state can be reached"


def test_what_is_not_listed_changes_nothing_and_what_is_listed_does_something() -> None:
    for state, given in itertools.product(State, Input):
        does = step(state, given) != (state, ())
        assert does == ((state, given) in session.TABLE), (state, given)
    for phase, move in itertools.product(Phase, Move):
        does = turn(phase, move) != (phase, ())
        assert does == ((phase, move) in doors.TABLE), (phase, move)


def test_every_line_of_both_tables_is_on_the_page() -> None:
    drawn = page()
    for table in (session.TABLE, doors.TABLE):
        for (before, given), (after, acts) in table.items():
            assert f"{before} --> {after}: {given}\n" in drawn
            assert f"| {before} | {given} | {after} | {', '.join(acts)} |\n" in drawn


# -- the door, with what is written about it ---------------------------------------------------------------------------

NAMED = {"session": "5" * 32, "grant": "6" * 32, "credential": "7" * 32}


class Corner(NamedTuple):
    """One door somewhere on its way, and what a bystander knows of it."""

    memory: DoorMemory
    vouched: bool = False
    """It was fired by a grant and watched without a break ever since."""
    ajar: bool = False
    """An opening was told and its closing not yet."""


class Walk:
    """A door without readers, taken through its table; what is written is really written."""

    def __init__(self, folder: Path) -> None:
        self.outbox = Outbox(folder, "a")
        self.journal = Journal(self.outbox, Clock())
        self.table = DoorTable(door=1, lock=Channel(device="lock", channel=1))

    def told(self, since: int) -> Iterator[DoorOpened | DoorClosed]:
        """Give what was told about the door."""
        query = "SELECT body FROM event WHERE seq > ? ORDER BY seq"
        for (body,) in self.outbox.db.execute(query, (since,)):
            event = decode_event(body)
            assert isinstance(event, DoorOpened | DoorClosed)
            yield event

    def go(self, at: Corner, move: Move) -> Corner:
        """Take one move, and object to what may never be told."""
        phase, acts = turn(at.memory.phase, move)
        memory, ajar, since = replace(at.memory, phase=phase), at.ajar, self.outbox.last
        door = Door(self.table, Ear((), 0.06), at.memory)
        door.look = door.new_look(frozenset(), 0.0)
        cause = cause_of(Opening(own_hook=True, hook_locked=False, granted=door.phase is Phase.GRANTED, fired=False))
        with self.journal.entry() as entry:
            if move is Move.FIRED and phase is not at.memory.phase:
                memory = replace(memory, **NAMED)
            for act in acts:
                memory = books.write(entry, act, door, memory, cause)
            if move is Move.RELEASED and phase is not at.memory.phase:
                memory = replace(memory, session=None, grant=None, credential=None)
        vouched = (move is Move.FIRED and phase is Phase.GRANTED) or (at.vouched and move is not Move.LOST)
        for event in self.told(since):
            named = (event.session, event.credential) != (None, None)
            assert named == (event.cause == "session")
            assert not named or vouched, "only who was granted a door that was watched all the time is named"
            opens = isinstance(event, DoorOpened)
            assert not opens or not ajar, "an opening is told once"
            ajar = opens
            if not opens or not named:
                vouched = False
        if phase in (Phase.IDLE, Phase.BLIND, Phase.CHECKING):
            assert (memory.session, memory.grant, memory.credential) == (None, None, None)
            vouched = False
        # what it remembers of which entries it wrote is a number without end: only whether there is one matters
        return Corner(replace(memory, opened_seq=1 if memory.opened_seq else None), vouched, ajar)


def test_every_walk_of_a_door_names_only_who_was_granted_it_and_watched(tmp_path: Path) -> None:
    walk = Walk(tmp_path)
    start = Corner(DoorMemory())
    found, new = {start.memory.phase}, [start]
    corners = {str(start)}
    while new:
        at = new.pop()
        for move in Move:
            after = walk.go(at, move)
            found.add(after.memory.phase)
            if str(after) not in corners:
                corners.add(str(after))
                new.append(after)
    assert found == set(Phase), "every phase can be reached"
    assert walk.outbox.last > len(Phase), "there was something to object to"
    walk.outbox.close()
