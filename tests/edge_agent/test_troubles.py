"""What goes wrong at a cabinet: a full disk, a clock that jumps, a lock that does not answer, people who wait."""

from __future__ import annotations

import resource
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.messages import (
    AccessRequested,
    ConditionChanged,
    DoorClosed,
    DoorOpened,
    SessionEnded,
    SweepDone,
    UnlockDone,
    UnlockIntended,
)
from tests.edge_agent.bench import OTHER_BADGE, TAGS, Bench, Broker
from tests.edge_agent.peer import Peer

HOUR = 3_600_000_000


class Timed:
    """A bench whose clock the test moves."""

    def __init__(self, folder: Path, broker: Broker, peer: Peer) -> None:
        self.clock = folder / "clock"
        self.move()
        self.bench = Bench(folder, broker, peer, extra=f'clock_file = "{self.clock}"')
        self.bench.put(*TAGS)

    def move(self, shift_us: int = 0, skew_us: int = 0) -> None:
        """Set the clock file in place."""
        with self.clock.open("r+b" if self.clock.exists() else "wb") as file:
            file.write(struct.pack("<qq", shift_us, skew_us))


@pytest.fixture
def timed(tmp_path: Path, broker: Broker, peer: Peer) -> Iterator[Timed]:
    timed = Timed(tmp_path, broker, peer)
    yield timed
    timed.bench.close()


def conditions(peer: Peer) -> list[tuple[str, bool]]:
    return [(event.condition, event.active) for event in peer.of(ConditionChanged)]


def test_when_nothing_can_be_written_nothing_is_unlocked(bench: Bench, peer: Peer) -> None:
    bench.start()
    assert peer.wait(lambda: len(peer.all) == 2)
    unlimited = resource.prlimit(bench.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(bench.pid, resource.RLIMIT_FSIZE, (1, unlimited[1]))
    bench.badge.present(OTHER_BADGE)
    assert not bench.lock.wait_fired(1, 1, 1.5)
    bench.badge.remove()
    bench.lock.force_door(1)
    bench.take(TAGS[0])
    bench.lock.close_door(1)
    assert not peer.of(AccessRequested)
    resource.prlimit(bench.pid, resource.RLIMIT_FSIZE, unlimited)
    assert peer.wait(lambda: bool(peer.of(DoorClosed)))
    assert conditions(peer) == [("outbox_full", True), ("outbox_full", False)]
    closed = peer.of(DoorClosed)[0]
    assert (closed.cause, [seen.epc for seen in closed.taken]) == ("gap", [TAGS[0]])
    assert peer.of(UnlockIntended) == []
    assert bench.lock.fired(1) == 0
    bench.show()
    assert bench.lock.wait_fired(1, 1, 20), "and afterwards all is as before"


def test_a_clock_that_jumps_is_reported_and_corrected(timed: Timed, peer: Peer) -> None:
    bench = timed.bench
    bench.start()
    assert peer.wait(lambda: len(peer.all) == 2)
    timed.move(skew_us=HOUR)
    assert peer.wait(lambda: ("clock_jump", False) in conditions(peer))
    assert conditions(peer) == [("clock_jump", True), ("clock_jump", False)]
    last, before = peer.all[-1], peer.all[1]
    assert last.wall_us - before.wall_us > HOUR
    apart = (last.wall_us + last.offset_us) - (before.wall_us + before.offset_us)
    assert apart == pytest.approx(last.mono_us - before.mono_us, abs=1_000_000), "the offset takes the jump back"


def test_a_door_left_open_is_reported_and_cleared(timed: Timed, peer: Peer) -> None:
    bench = timed.bench
    bench.start()
    bench.show()
    bench.open()
    timed.move(shift_us=HOUR)
    assert peer.wait(lambda: ("door_left_open", True) in conditions(peer))
    assert peer.of(ConditionChanged)[0].session == peer.of(AccessRequested)[0].session
    bench.shut()
    assert peer.wait(lambda: bool(peer.of(SessionEnded)))
    assert conditions(peer) == [("door_left_open", True), ("door_left_open", False)], "moving time is no jump"
    assert peer.of(DoorClosed)[0].cause == "session"


def test_an_idle_session_ends_and_its_door_is_nobodys_any_more(timed: Timed, peer: Peer) -> None:
    bench = timed.bench
    bench.start()
    bench.show()
    assert bench.lock.wait_fired(1, 1, 20)
    assert peer.wait(lambda: bool(peer.of(UnlockDone)))
    timed.move(shift_us=HOUR)
    assert peer.wait(lambda: [event.why for event in peer.of(SessionEnded)] == ["idle"])
    bench.lock.open_door(1)
    assert peer.wait(lambda: bool(peer.of(DoorOpened)))
    assert (peer.of(DoorOpened)[0].cause, peer.of(DoorOpened)[0].credential) == ("no_session", None)


def test_a_door_latched_again_unopened_ends_its_session_and_the_next_badge_has_its_own(
    bench: Bench, peer: Peer
) -> None:
    bench.start()
    bench.show()
    assert peer.wait(lambda: bool(peer.of(UnlockDone)))
    bench.lock.close_hook(1)
    assert bench.wait(lambda state: state["doors"]["1"]["phase"] == "idle")
    bench.show(OTHER_BADGE)
    bench.open()
    bench.shut()
    assert peer.wait(lambda: len(peer.of(SessionEnded)) == 2)
    first, second = peer.of(AccessRequested)
    assert [event.why for event in peer.of(SessionEnded)] == ["done", "done"]
    assert peer.of(DoorClosed)[0].session == second.session != first.session


def test_a_second_badge_takes_over_what_the_first_left_unopened(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.show()
    assert peer.wait(lambda: bool(peer.of(UnlockDone)))
    bench.show(OTHER_BADGE)
    assert peer.wait(lambda: len(peer.of(UnlockDone)) == 2)
    bench.open()
    bench.take(TAGS[0])
    bench.shut()
    assert peer.wait(lambda: len(peer.of(SessionEnded)) == 2)
    first, second = peer.of(AccessRequested)
    assert [(event.session, event.why) for event in peer.of(SessionEnded)] == [
        (first.session, "idle"),
        (second.session, "done"),
    ]
    assert peer.of(DoorClosed)[0].credential == second.credential != first.credential


def test_a_grant_used_up_without_opening_names_nobody_when_the_door_is_forced(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.show()
    assert peer.wait(lambda: bool(peer.of(UnlockDone)))
    bench.lock.close_hook(1)
    assert bench.wait(lambda state: state["doors"]["1"]["phase"] == "idle")
    bench.lock.force_door(1)
    assert peer.wait(lambda: bool(peer.of(DoorOpened)))
    assert (peer.of(DoorOpened)[0].cause, peer.of(DoorOpened)[0].session) == ("forced", None)


def test_without_an_answer_it_asks_again_with_new_challenges_and_gives_up(bench: Bench, peer: Peer) -> None:
    peer.answer = lambda _: None
    bench.start()
    bench.show()
    assert peer.wait(lambda: len(peer.of(AccessRequested)) == 2)
    first, second = peer.of(AccessRequested)
    assert first.session == second.session
    assert first.challenge != second.challenge
    late = peer.grant(first)
    peer.send("grants", late)
    assert peer.wait(lambda: "grant_refused" in peer.kinds())
    assert peer.wait(lambda: [event.why for event in peer.of(SessionEnded)] == ["lapsed"])
    assert len(peer.of(AccessRequested)) == 4
    assert bench.wait(lambda state: state["screen"] == ["服务器未应答，无法开柜"])
    assert bench.lock.fired(1) == 0


def test_a_lock_that_does_not_move_is_a_fault(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.lock.locks = 0
    bench.show()
    assert peer.wait(lambda: ("lock_fault", True) in conditions(peer))
    assert [event.outcome for event in peer.of(UnlockDone)] == ["refused"], "the board answered: still locked"


def test_a_door_that_does_not_latch_is_settled_and_reported(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.show()
    bench.open()
    bench.take(TAGS[0])
    bench.lock.close_contact(13)
    assert peer.wait(lambda: bool(peer.of(DoorClosed)))
    assert ("door_not_latched", True) in conditions(peer)
    bench.lock.close_hook(1)
    assert peer.wait(lambda: ("door_not_latched", False) in conditions(peer))
    assert peer.of(DoorClosed)[0].cause == "session"


def test_an_antenna_that_hears_nothing_is_reported_and_takes_nothing_away(
    tmp_path: Path, broker: Broker, peer: Peer
) -> None:
    bench = Bench(tmp_path, broker, peer)
    with bench.settings.open("a") as settings:
        settings.write('references = [{ epc = "E2FF" }]\npresence = { settle_seconds = 0.6 }\n')
    try:
        bench.put("E2FF", *TAGS)
        bench.start()
        assert peer.wait(lambda: bool(peer.of(SweepDone)))
        assert [seen.epc for seen in peer.of(SweepDone)[0].seen] == TAGS, "a reference tag is no content"
        time.sleep(0.5)
        bench.take("E2FF", *TAGS)
        assert peer.wait(lambda: ("antenna_silent", True) in conditions(peer))
        told = peer.of(ConditionChanged)[0]
        assert (told.door, told.device) == (1, "reader1/1")
        bench.show()
        bench.open()
        bench.shut()
        assert peer.wait(lambda: bool(peer.of(DoorClosed)))
        closed = peer.of(DoorClosed)[0]
        assert (closed.taken, [seen.epc for seen in closed.unread]) == ([], TAGS)
        bench.put("E2FF", *TAGS)
        assert peer.wait(lambda: ("antenna_silent", False) in conditions(peer))
        assert peer.wait(lambda: ("item_undetectable", False) in conditions(peer))
    finally:
        bench.close()


def test_many_tags_that_read_badly_are_told_right_by_a_slow_reader(bench: Bench, peer: Peer) -> None:
    """60 tags, every tenth read lost, 400 reads a second: three are taken, of which one may stay unread."""
    tags = [f"E2000000000000000000B{n:03X}" for n in range(60)]
    bench.readers[1].miss_rate = 0.1
    bench.put(*tags)
    bench.start()
    time.sleep(1.0)
    for number, taken in enumerate((tags[:3], [])):
        bench.show()
        bench.open()
        bench.take(*taken)
        bench.shut()
        assert peer.wait(lambda: len(peer.of(DoorClosed)) == number + 1)  # noqa: B023 (called at once)
        closed = peer.of(DoorClosed)[-1]
        gone, unsure = ([seen.epc for seen in found] for found in (closed.taken, closed.unread))
        assert (sorted(gone + unsure), closed.put, len(unsure) <= 1) == (taken, [], True)
