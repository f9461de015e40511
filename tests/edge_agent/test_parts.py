"""More than one message can hold is told in several; nothing is left out, and each of them fits."""

from __future__ import annotations

from pathlib import Path

from contract.codec import decode_event
from contract.messages import MAX_TAGS, DoorClosed, Event, Sighting, SweepDone
from edge_agent import books
from edge_agent.clock import Clock
from edge_agent.door import Door, DoorMemory, Look
from edge_agent.doors import Do
from edge_agent.ear import Ear, Seen
from edge_agent.habits import KnownTag, Rate
from edge_agent.journal import Journal
from edge_agent.outbox import Outbox
from edge_agent.parts import MOST_BYTES, parts
from edge_agent.presence import Sweep
from edge_agent.settings import Channel, DoorTable
from edge_agent.weigh import Prior

MANY, LONG = 1500, 128


def names(first: int, count: int, digits: int = 24) -> list[str]:
    return [f"{number:0{digits}X}" for number in range(first, first + count)]


def settled(folder: Path, memory: DoorMemory, here: list[str]) -> tuple[list[Event], DoorMemory]:
    """Close the books of a door behind which these tags, and no others, were heard until certain."""
    journal = Journal(Outbox(folder, "a"), Clock())
    door = Door(DoorTable(door=1, lock=Channel(device="lock", channel=1), readers=["r"]), Ear(("r",), 0.06), memory)
    door.look = Look(Sweep(Prior(memory.contents or {})), until=1.0, at_most=1.0)
    while not door.look.over(0.0):
        seen = (Seen(epc, tid=epc, reads=1, rssi=-55.5, ports={"r/1": -55.5}) for epc in here)
        door.look.hear(door.antennas, {each.epc: each for each in seen})
    with journal.entry() as entry:
        after = books.write(entry, Do.REPORT_CLOSED, door, memory, "session")
    bodies = [row.body for row in journal.outbox.rows(1, 100, 10**9)]
    journal.outbox.close()
    assert all(len(body) <= MOST_BYTES for body in bodies)
    return [decode_event(body) for body in bodies], after


def known(epcs: list[str]) -> dict[str, KnownTag]:
    return {epc: KnownTag(tid=epc, habits={"r/1": Rate(100, 0)}) for epc in epcs}


def test_everything_taken_and_put_is_told_however_much(tmp_path: Path) -> None:
    gone, came = names(0, MANY), names(10**6, MANY)
    memory = DoorMemory(cause="session", session="5" * 32, opened_seq=7, contents=known(gone))
    events, after = settled(tmp_path, memory, came)
    closings = [event for event in events if isinstance(event, DoorClosed)]
    assert len(closings) == len(events) > 1
    assert [seen.epc for event in closings for seen in event.taken] == gone
    assert [seen.epc for event in closings for seen in event.put] == came
    assert {(event.cause, event.session, event.opened_seq) for event in closings} == {("session", "5" * 32, 7)}
    assert sorted(after.contents or {}) == came


def test_parts_of_a_gap_nobody_saw_open_name_the_first_of_them(tmp_path: Path) -> None:
    events, _ = settled(tmp_path, DoorMemory(cause="gap", contents=known(names(0, MANY, LONG))), [])
    closings = [event for event in events if isinstance(event, DoorClosed)]
    assert closings == events
    assert [event.opened_seq for event in closings] == [None] + [1] * (len(closings) - 1)
    assert len(closings) > 1


def test_a_baseline_of_many_long_tags_is_whole_and_its_passes_count_once(tmp_path: Path) -> None:
    here = names(0, MANY, LONG)
    events, _ = settled(tmp_path, DoorMemory(), here)
    sweeps = [event for event in events if isinstance(event, SweepDone)]
    assert sweeps == events
    assert [seen.epc for event in sweeps for seen in event.seen] == here
    assert len(sweeps) > 1
    assert [event.passes > 0 for event in sweeps] == [True] + [False] * (len(sweeps) - 1)


def test_no_part_names_more_tags_than_the_contract_lets() -> None:
    short = [Sighting(epc=f"{number:04X}") for number in range(2 * MAX_TAGS + 1)]
    assert [len(part["seen"]) for part in parts(seen=short)] == [MAX_TAGS, MAX_TAGS, 1]
    assert parts(taken=[], put=[]) == [{"taken": [], "put": []}]
