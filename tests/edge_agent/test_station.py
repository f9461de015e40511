"""A station from end to end: emulated devices, a real broker, the agent as a process, the server's side of the contract."""

from __future__ import annotations

import signal
import time

from contract.messages import (
    AccessRequested,
    CodeScanned,
    ConditionChanged,
    DoorClosed,
    DoorOpened,
    GrantRefused,
    SessionEnded,
    StationStarted,
    SweepDone,
    UnlockDone,
    UnlockIntended,
)
from contract.messages import Sweep as SweepCommand
from contract.secrets import credential_of, open_pin
from tests.edge_agent.bench import BADGE, OTHER_BADGE, TAGS, Bench
from tests.edge_agent.peer import Peer


def epcs(sightings: list) -> list[str]:
    return [sighting.epc for sighting in sightings]


def test_badge_grant_open_take_two_close(bench: Bench, peer: Peer) -> None:
    bench.start()
    bench.show()
    bench.open()
    bench.take(*TAGS[:2])
    began = time.monotonic()
    bench.shut()
    assert time.monotonic() - began < 2.0
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
    assert done.outcome == "unlocked" and done.grant == intended.grant
    assert (opened.cause, opened.session, opened.credential) == ("session", asked.session, asked.credential)
    assert (epcs(closed.taken), closed.put, closed.unread) == (TAGS[:2], [], [])
    assert (closed.cause, closed.session, closed.opened_seq) == ("session", asked.session, opened.seq)
    assert ended.why == "done"
    assert not any(event.offline for event in peer.all[2:])
    assert all(event.offset_error_us is not None for event in peer.all[2:])
    assert bench.lock.fired(1) == 1
