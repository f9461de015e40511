"""A station from end to end: emulated devices, a real broker, the agent as a process, the contract's other side."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from contract.codec import seal
from contract.messages import (
    AccessRequested,
    CodeScanned,
    ConditionChanged,
    DoorClosed,
    DoorOpened,
    GrantRefused,
    PinTyped,
    SessionEnded,
    Sighting,
    StationStarted,
    SweepDone,
    UnlockDone,
    UnlockIntended,
)
from contract.messages import Sweep as SweepCommand
from contract.secrets import credential_of, open_pin
from tests.edge_agent.bench import BADGE, OTHER_BADGE, TAGS, Bench, Broker
from tests.edge_agent.peer import Peer


def epcs(sightings: Sequence[Sighting]) -> list[str]:
    return [sighting.epc for sighting in sightings]


def test_badge_grant_open_take_two_close(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.show()
    bench.open()
    bench.take(*TAGS[:2])
    bench.shut()
    assert peer.wait(lambda: bool(peer.of(SessionEnded)))
    assert peer.kinds() == [
        "station_started",
        "sweep_done",
        "access_requested",
        "unlock_intended",
        "unlock_done",
        "door_opened",
        "door_closed",
        "session_ended",
    ]
    asked, intended, done = peer.of(AccessRequested)[0], peer.of(UnlockIntended)[0], peer.of(UnlockDone)[0]
    opened, closed, ended = peer.of(DoorOpened)[0], peer.of(DoorClosed)[0], peer.of(SessionEnded)[0]
    assert epcs(peer.of(SweepDone)[0].seen) == TAGS
    assert asked.credential == credential_of("test", BADGE)
    assert (done.outcome, done.grant) == ("unlocked", intended.grant)
    assert (opened.cause, opened.session, opened.credential) == ("session", asked.session, asked.credential)
    assert (epcs(closed.taken), closed.put, closed.unread) == (TAGS[:2], [], [])
    assert (closed.cause, closed.session, closed.opened_seq) == ("session", asked.session, opened.seq)
    assert ended.why == "done"
    assert not any(event.offline for event in peer.all[2:])
    assert all(event.offset_error_us is not None for event in peer.all[2:])
    assert bench.lock.fired(1) == 1
    assert 0.3e6 <= closed.mono_us - opened.mono_us <= 3e6


def test_what_came_is_put_and_what_reads_badly_is_not_taken(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.readers[1].miss_rate = 0.5
    bench.show()
    bench.open()
    bench.take(TAGS[0])
    bench.put("E2000000000000000000AF00")
    bench.shut()
    assert peer.wait(lambda: bool(peer.of(DoorClosed)))
    closed = peer.of(DoorClosed)[0]
    assert (epcs(closed.taken), epcs(closed.put)) == ([TAGS[0]], ["E2000000000000000000AF00"])
    assert closed.put[0].reads >= 2


def test_what_fell_silent_behind_the_closed_door_is_not_laid_on_the_next_visitor(bench: Bench, peer: Peer) -> None:
    bench.start()
    time.sleep(1.0)
    bench.take(TAGS[1])
    time.sleep(1.5)
    bench.show()
    bench.open()
    bench.take(TAGS[0])
    bench.shut()
    assert peer.wait(lambda: bool(peer.of(DoorClosed)))
    closed = peer.of(DoorClosed)[0]
    assert (epcs(closed.taken), closed.put, epcs(closed.unread)) == ([TAGS[0]], [], [TAGS[1]])


def test_forced_door_names_nobody(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.lock.force_door(1)
    assert bench.wait(lambda state: state["doors"]["1"]["phase"] == "open")
    bench.take(TAGS[0])
    bench.shut()
    assert peer.wait(lambda: bool(peer.of(DoorClosed)))
    opened, closed = peer.of(DoorOpened)[0], peer.of(DoorClosed)[0]
    assert (opened.cause, opened.session, opened.credential) == ("forced", None, None)
    assert (closed.cause, closed.session, epcs(closed.taken)) == ("forced", None, [TAGS[0]])
    assert bench.lock.fired(1) == 0


def test_the_key_is_told_from_force(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.lock.open_hook(1)
    assert peer.wait(lambda: bool(peer.of(DoorOpened)))
    time.sleep(0.4)
    bench.lock.open_door(1)
    assert bench.wait(lambda state: state["doors"]["1"]["contact"] == "open")
    bench.shut()
    assert peer.wait(lambda: bool(peer.of(DoorClosed)))
    assert [event.cause for event in peer.of(DoorOpened)] == ["mechanical_key"]
    assert [event.cause for event in peer.of(DoorClosed)] == ["mechanical_key"]


def test_a_badge_during_an_open_session_changes_nobody(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.show()
    bench.open()
    bench.show(OTHER_BADGE)
    assert bench.state()["screen"] == ["有柜门未关，请先关门"]
    bench.take(TAGS[0])
    bench.shut()
    assert peer.wait(lambda: bool(peer.of(SessionEnded)))
    assert len(peer.of(AccessRequested)) == 1
    assert peer.of(DoorClosed)[0].credential == credential_of("test", BADGE)


def test_denied_then_code_then_pin_ask_again(bench: Bench, peer: Peer) -> None:
    peer.answer = peer.deny
    bench.start()
    bench.show()
    assert bench.wait(lambda state: (state["session"] or {}).get("phase") == "denied")
    assert bench.state()["screen"] == ["拒绝 R02 no_authority"]
    bench.scanner.scan("GW1-ABC")
    assert peer.wait(lambda: len(peer.of(AccessRequested)) == 2)
    assert bench.wait(lambda state: (state["answer"] or {}).get("n") == 2)
    bench.keypad.scan("246813579024", aim="")
    assert peer.wait(lambda: len(peer.of(AccessRequested)) == 3)
    first, second, third = peer.of(AccessRequested)
    assert first.session == second.session == third.session
    assert len({first.challenge, second.challenge, third.challenge}) == 3
    assert (first.codes, second.codes, third.codes) == ([], ["GW1-ABC"], ["GW1-ABC"])
    assert (second.pin, third.pin is None) == (None, False)
    assert open_pin(peer.pin_key, third.challenge, third.pin or "") == "246813579024"
    assert peer.of(CodeScanned)[0].session == first.session
    bench.kill(signal.SIGTERM)
    for file in bench.folder.rglob("*"):
        assert not file.is_file() or b"246813579024" not in file.read_bytes(), f"the PIN stands in {file}"


def test_a_pin_nobody_asked_for_is_told_and_changes_nothing_that_can_be_seen(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.show()
    assert bench.wait(lambda state: (state["session"] or {}).get("phase") == "granted")
    seen = bench.state()["screen"]
    bench.keypad.scan("24680", aim="")
    assert peer.wait(lambda: len(peer.of(PinTyped)) == 1)
    assert bench.wait(lambda state: state["counts"]["pins"] == 1)
    assert bench.state()["screen"] == seen
    bench.open()
    bench.keypad.scan("24681", aim="")
    assert peer.wait(lambda: len(peer.of(PinTyped)) == 2)
    bench.shut()
    assert peer.wait(lambda: bool(peer.of(SessionEnded)))
    (asked,) = peer.of(AccessRequested)
    assert {told.session for told in peer.of(PinTyped)} == {asked.session}
    typed = [open_pin(peer.pin_key, told.challenge, told.pin) for told in peer.of(PinTyped)]
    assert typed == ["24680", "24681"]
    assert peer.of(SessionEnded)[0].why == "done"


def test_codes_scanned_just_before_a_badge_are_asked_for_with_it(bench: Bench, peer: Peer) -> None:
    peer.answer = peer.deny
    bench.start()
    bench.scanner.scan("GW1-ABC")
    assert peer.wait(lambda: bool(peer.of(CodeScanned)))
    bench.show()
    bench.show(OTHER_BADGE)
    assert peer.wait(lambda: len(peer.of(AccessRequested)) == 2)
    assert [asked.codes for asked in peer.of(AccessRequested)] == [["GW1-ABC"], []]
    assert peer.of(CodeScanned)[0].session is None


def test_a_code_without_a_session_is_only_told(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.scanner.scan("GW1-ABC")
    assert peer.wait(lambda: bool(peer.of(CodeScanned)))
    scanned = peer.of(CodeScanned)[0]
    assert (scanned.code, scanned.symbology, scanned.session) == ("GW1-ABC", "code128", None)
    assert peer.of(AccessRequested) == []


def test_a_sweep_asked_for_is_done_once(bench: Bench, peer: Peer) -> None:
    bench.start()
    command = SweepCommand(v=1, station="a", command="c" * 32, doors=[], purpose="stocktake")
    peer.send("command", command)
    peer.send("command", command)
    assert peer.wait(lambda: len(peer.of(SweepDone)) == 2)
    assert bench.wait(lambda state: not state["busy"])
    time.sleep(0.2)
    baseline, stocktake = peer.of(SweepDone)
    assert (stocktake.command, stocktake.purpose, epcs(stocktake.seen)) == ("c" * 32, "stocktake", TAGS)
    assert baseline.purpose == "baseline"


def test_a_door_the_station_does_not_have_is_answered_at_once(bench: Bench, peer: Peer) -> None:
    bench.start()
    command = SweepCommand(v=1, station="a", command="d" * 32, doors=[1, 2, 3], purpose="stocktake")
    peer.send("command", command)
    assert peer.wait(lambda: len(peer.of(SweepDone)) == 4)
    answers = {event.door: event for event in peer.of(SweepDone)[1:]}
    assert {event.command for event in answers.values()} == {"d" * 32}
    assert (epcs(answers[1].seen), answers[1].passes > 0) == (TAGS, True)
    assert [(answers[door].seen, answers[door].passes) for door in (2, 3)] == [([], 0), ([], 0)]


def test_killed_with_the_door_open_is_a_gap_that_names_nobody(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.show()
    bench.open()
    bench.kill()
    bench.take(TAGS[1])
    bench.launch()
    assert bench.wait(lambda state: state["pid"] == bench.pid and state["doors"]["1"]["phase"] == "open")
    bench.shut()
    assert peer.wait(lambda: bool(peer.of(DoorClosed)))
    asked, started = peer.of(AccessRequested)[0], peer.of(StationStarted)[1]
    opened, closed = peer.of(DoorOpened), peer.of(DoorClosed)[0]
    assert started.interrupted == [asked.session]
    assert [event.why for event in peer.of(SessionEnded)] == ["interrupted"]
    assert len(opened) == 1, "the opening was told before"
    assert (closed.cause, closed.session, closed.credential) == ("gap", None, None)
    assert (epcs(closed.taken), closed.opened_seq) == ([TAGS[1]], opened[0].seq)
    assert closed.gap_from_us is not None
    assert closed.gap_from_us <= started.wall_us


def test_taken_while_the_agent_was_dead_is_a_gap(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.kill()
    bench.take(TAGS[2])
    bench.start()
    assert peer.wait(lambda: bool(peer.of(DoorClosed)))
    assert (peer.of(DoorClosed)[0].cause, epcs(peer.of(DoorClosed)[0].taken)) == ("gap", [TAGS[2]])


def test_a_restart_at_rest_says_nothing(bench: Bench, peer: Peer) -> None:
    bench.start()
    assert peer.wait(lambda: len(peer.all) == 2)
    assert bench.kill(signal.SIGTERM) == 0
    assert peer.wait(lambda: bool(peer.statuses) and not peer.statuses[-1].online)
    bench.start()
    assert peer.wait(lambda: len(peer.all) == 3)
    assert peer.kinds() == ["station_started", "sweep_done", "station_started"]


def test_paused_while_the_door_is_opened_is_a_gap(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.pause(on=True)
    bench.lock.force_door(1)
    bench.take(TAGS[0])
    time.sleep(2.5)
    bench.lock.close_door(1)
    bench.pause(on=False)
    assert peer.wait(lambda: bool(peer.of(DoorClosed)))
    assert (peer.of(DoorClosed)[0].cause, epcs(peer.of(DoorClosed)[0].taken)) == ("gap", [TAGS[0]])


def test_a_cut_network_loses_nothing_and_marks_what_was_offline(bench: Bench, peer: Peer, broker: Broker) -> None:
    bench.start()
    bench.show()
    bench.open()
    broker.kill()
    assert bench.wait(lambda state: state["link"] == "down")
    bench.take(TAGS[0])
    bench.shut()
    broker.start()
    assert peer.wait(lambda: bool(peer.of(SessionEnded)))
    closed = peer.of(DoorClosed)[0]
    assert (closed.offline, closed.cause, epcs(closed.taken)) == (True, "session", [TAGS[0]])
    assert [event.seq for event in peer.all] == list(range(1, len(peer.all) + 1))


def test_an_unplugged_reader_is_reported_and_cleared_and_makes_nothing_gone(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.readers[1].unplug()
    bench.show()
    bench.open()
    bench.shut()
    assert peer.wait(lambda: bool(peer.of(DoorClosed)) and bool(peer.of(ConditionChanged)))
    closed, fault = peer.of(DoorClosed)[0], peer.of(ConditionChanged)[0]
    assert (closed.taken, epcs(closed.unread), closed.passes) == ([], TAGS, 0)
    assert (fault.condition, fault.device, fault.active) == ("reader_fault", "reader1", True)
    bench.readers[1].plug()
    assert peer.wait(lambda: any(c.condition == "item_undetectable" for c in peer.of(ConditionChanged)))
    over = [(c.condition, c.active) for c in peer.of(ConditionChanged)[1:]]
    assert ("reader_fault", False) in over


def test_a_door_that_settles_without_its_reader_is_still_busy(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.show()
    bench.open()
    bench.readers[1].unplug()
    assert peer.wait(lambda: bool(peer.of(ConditionChanged)))
    bench.lock.close_door(1)
    assert bench.wait(lambda state: state["doors"]["1"]["phase"] == "settling" and state["busy"])
    assert bench.wait(lambda state: state["counts"]["closings"] == 1 and not state["busy"])


def test_answers_that_must_not_be_acted_on(bench: Bench, peer: Peer) -> None:
    """Forged, malformed, for another challenge or station, replayed: each refused and recorded, nothing fired."""
    peer.answer = lambda _: None
    bench.start()
    bench.show()
    assert peer.wait(lambda: bool(peer.of(AccessRequested)))
    asked = peer.of(AccessRequested)[0]
    good, own = peer.grant(asked), peer.key
    peer.key = peer.station_key
    peer.send("grants", good)
    peer.key = own
    peer.publish("grants", b"GW1 what is this")
    for change in ({"challenge": "0" * 32}, {"station": "b"}):
        peer.send("grants", replace(good, **change))
    assert peer.wait(lambda: len(peer.of(GrantRefused)) == 4)
    assert bench.lock.fired(1) == 0
    peer.send("grants", good)
    assert bench.lock.wait_fired(1, 1, 20)
    peer.send("grants", good)
    assert peer.wait(lambda: len(peer.of(GrantRefused)) == 5)
    assert [event.why for event in peer.of(GrantRefused)] == [
        "bad_signature",
        "malformed",
        "wrong_challenge",
        "wrong_station",
        "replayed",
    ]
    assert bench.lock.fired(1) == 1


def test_a_retained_grant_and_one_from_before_a_restart_are_refused(bench: Bench, peer: Peer) -> None:
    peer.answer = lambda _: None
    bench.start()
    bench.show()
    assert peer.wait(lambda: bool(peer.of(AccessRequested)))
    good = peer.grant(peer.of(AccessRequested)[0])
    peer.send("grants", good)
    assert bench.lock.wait_fired(1, 1, 20)
    assert peer.wait(lambda: bool(peer.of(UnlockDone)))
    bench.kill()
    bench.lock.close_door(1)
    bench.start()
    peer.send("grants", good)
    assert peer.wait(lambda: len(peer.of(GrantRefused)) == 1)
    bench.kill()
    peer.publish("grants", seal(peer.key, good), retain=True)
    bench.start()
    assert peer.wait(lambda: "retained" in [event.why for event in peer.of(GrantRefused)])
    assert {event.why for event in peer.of(GrantRefused)} == {"replayed", "retained"}
    assert bench.lock.fired(1) == 1


def test_two_doors_end_the_session_when_both_are_done(tmp_path: Path, broker: Broker, peer: Peer) -> None:
    bench = Bench(tmp_path, broker, peer, doors=2)
    try:
        peer.doors = [1, 2]
        bench.put(TAGS[0])
        bench.put(TAGS[1], door=2)
        bench.start()
        bench.show()
        bench.open(1)
        bench.take(TAGS[0])
        bench.shut(1)
        assert bench.state()["session"] is not None, "the other door still stands unlocked"
        bench.open(2)
        bench.take(TAGS[1], door=2)
        bench.shut(2)
        assert peer.wait(lambda: bool(peer.of(SessionEnded)))
        assert [(event.door, epcs(event.taken)) for event in peer.of(DoorClosed)] == [(1, [TAGS[0]]), (2, [TAGS[1]])]
        assert {event.credential for event in peer.of(DoorClosed)} == {credential_of("test", BADGE)}
    finally:
        bench.close()
