"""What is wrong with a door: left open, left unlocked, a lock that fails, a lock whose word its contact contradicts."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from contract.messages import ConditionChanged, DoorOpened
from edge_agent import wording
from edge_agent.door import Door, DoorMemory
from edge_agent.doors import Move, Phase
from edge_agent.ear import Ear
from edge_agent.settings import Channel, DoorTable
from edge_agent.troubles import UNLATCHED_S, Troubles
from edge_agent.unlock import Outcome
from tests.edge_agent.bench import Bench
from tests.edge_agent.peer import Peer

S = 1_000_000
LIMIT = 120 * S


class Watched:
    """One door with a contact of its own, and what is said to be wrong with it."""

    def __init__(self) -> None:
        self.wrong: dict[str, object] = {}
        self.troubles = Troubles(self.change)
        lock, contact = Channel(device="lock", channel=1), Channel(device="lock", channel=13)
        self.door = Door(DoorTable(door=1, lock=lock, contact=contact), Ear((), 0.06))
        self.door.hook_locked = self.door.contact_closed = True

    def change(self, condition: str, *, active: bool, door: int, session: str | None = None, detail: str = "") -> None:
        """Take a word of what is wrong."""
        assert door == 1
        self.wrong.pop(condition, None)
        if active:
            self.wrong[condition] = session

    def go(self, phase: Phase, at: int = 0) -> None:
        """Let the door come to a phase."""
        before, self.door.memory = self.door.phase, replace(self.door.memory, phase=phase)
        self.troubles.moved(self.door, before, at)

    def wait(self, until_s: float) -> None:
        """Let time pass."""
        self.troubles.pass_time(self.door, until_s, int(until_s * S), LIMIT)


def test_a_door_is_left_open_until_it_is_seen_closed() -> None:
    one = Watched()
    one.door.memory = DoorMemory(session="5" * 32)
    one.go(Phase.OPEN)
    one.wait(119.9)
    assert one.wrong == {}
    one.wait(120)
    assert one.wrong == {"door_left_open": "5" * 32}
    one.go(Phase.BLIND)
    one.wait(200)
    assert "door_left_open" in one.wrong, "not to be heard is not to be closed"
    one.go(Phase.CHECKING)
    one.wait(300)
    assert one.wrong == {}


def test_a_door_that_is_not_heard_of_is_not_said_to_be_left_open() -> None:
    one = Watched()
    one.go(Phase.OPEN)
    one.go(Phase.BLIND)
    one.wait(500)
    assert one.wrong == {}


def test_a_closed_door_left_unlocked_is_told_and_over_when_it_latches() -> None:
    one = Watched()
    one.go(Phase.IDLE)
    one.door.hook_locked = False
    one.wait(1)
    one.wait(1 + UNLATCHED_S - 0.1)
    one.go(Phase.GRANTED)
    one.wait(1 + UNLATCHED_S)
    assert one.wrong == {}, "the next person had leave to open it"
    one.go(Phase.IDLE)
    one.wait(10)
    one.wait(10 + UNLATCHED_S)
    assert one.wrong == {"door_not_latched": None}
    one.door.hook_locked = True
    one.troubles.latch(one.door, None)
    assert one.wrong == {}


def test_a_door_shut_but_not_latched_is_told_with_the_session() -> None:
    one = Watched()
    one.door.memory = DoorMemory(phase=Phase.OPEN, session="5" * 32)
    one.door.hook_locked = False
    one.troubles.latch(one.door, Move.SHUT)
    assert one.wrong == {"door_not_latched": "5" * 32}


@pytest.mark.parametrize("outcome", ["no_feedback", "refused"])
@pytest.mark.parametrize("opens_first", [True, False])
def test_a_lock_that_says_locked_behind_an_open_door_contradicts_itself(outcome: Outcome, opens_first: bool) -> None:
    one = Watched()
    one.door.memory = DoorMemory(session="5" * 32)
    one.go(Phase.IDLE)
    one.go(Phase.GRANTED)
    if opens_first:
        one.go(Phase.OPEN)
    one.troubles.fired(one.door, outcome)
    if not opens_first:
        assert one.wrong == {"lock_fault": None}, "as long as it stays shut its lock has failed"
        one.go(Phase.OPEN)
    assert one.wrong == {"lock_feedback_mismatch": "5" * 32}, "one cause, one alarm"
    one.go(Phase.IDLE)
    assert "lock_feedback_mismatch" in one.wrong
    one.troubles.fired(one.door, "unlocked")
    assert one.wrong == {}


def test_a_lock_that_cannot_be_reached_is_a_fault_and_no_contradiction() -> None:
    one = Watched()
    one.go(Phase.GRANTED)
    one.troubles.fired(one.door, "unreachable")
    one.go(Phase.OPEN)
    assert one.wrong == {"lock_fault": None}


def test_a_station_tells_a_contradiction_and_its_screen_what_to_see_to(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.lock.locks = 0
    bench.show()
    assert peer.wait(lambda: len(peer.of(ConditionChanged)) == 1)
    assert bench.wait(lambda state: wording.TROUBLES["lock_fault"].format(door=1) in state["screen"])
    bench.lock.open_contact(13)
    assert peer.wait(lambda: len(peer.of(ConditionChanged)) == 3)
    told = [(event.condition, event.active) for event in peer.of(ConditionChanged)]
    assert told == [("lock_fault", True), ("lock_fault", False), ("lock_feedback_mismatch", True)]
    assert peer.of(ConditionChanged)[-1].session == peer.of(DoorOpened)[0].session is not None
    assert bench.wait(lambda state: wording.TROUBLES["lock_feedback_mismatch"].format(door=1) in state["screen"])
