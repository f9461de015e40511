"""Killed with -9 at any moment of a visit: the same end, or a gap that names nobody; nothing lost, nothing invented."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from contract.messages import DoorClosed, SessionEnded, SweepDone, UnlockIntended
from contract.secrets import credential_of
from tests.edge_agent.bench import BADGE, TAGS, Bench, Broker
from tests.edge_agent.peer import Peer


def told(peer: Peer) -> set[str]:
    """Fold what the station told into what must stand behind the door."""
    here: set[str] = set()
    for event in peer.all:
        if isinstance(event, SweepDone) and event.purpose == "baseline":
            here = {seen.epc for seen in event.seen}
        elif isinstance(event, DoorClosed):
            assert event.unread == []
            taken, put = ({seen.epc for seen in sightings} for sightings in (event.taken, event.put))
            assert taken <= here
            assert not put & here
            here = (here - taken) | put
    return here


def visit(bench: Bench, rng: random.Random) -> str:
    """Somebody shows a badge, opens, takes one, closes; the agent is killed somewhere on the way. Gives where."""
    steps = ("asked", "fired", "opened", "taken", "closed", "settled")
    where = rng.choice(steps)

    def reached(step: str) -> bool:
        if step == where:
            time.sleep(rng.random() * 0.3)
            bench.kill()
        return step == where

    bench.badge.present(BADGE)
    bench.wait(lambda state: state["counts"]["badges"] > 0, 3)
    bench.badge.remove()
    if reached("asked"):
        return where
    fired = bench.lock.wait_fired(1, 1, 5)
    if reached("fired") or not fired:
        return where
    bench.lock.open_door(1)
    if reached("opened"):
        return where
    bench.take(TAGS[0])
    if reached("taken"):
        return where
    time.sleep(0.2)
    bench.lock.close_door(1)
    if not reached("closed"):
        bench.wait(lambda state: state["counts"]["closings"] > 0, 5)
        reached("settled")
    return where


@pytest.mark.timeout(90)
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment(tmp_path: Path, broker: Broker, peer: Peer, seed: int) -> None:
    rng, bench = random.Random(seed), Bench(tmp_path, broker, peer)
    try:
        bench.put(*TAGS)
        bench.start()
        visit(bench, rng)
        bench.kill()
        bench.launch()
        time.sleep(rng.random() * 0.5)
        bench.lock.close_door(1)
        assert bench.wait(lambda state: state["pid"] == bench.pid and not state["busy"] and not state["session"])
        assert bench.wait(lambda state: state["unsent"] == 0)
        assert peer.wait(lambda: bool(peer.all) and peer.all[-1].seq == bench.state()["seq"])
        assert [event.seq for event in peer.all] == list(range(1, len(peer.all) + 1))
        assert told(peer) == set(bench.readers[1].field)
        assert bench.lock.fired(1) <= len(peer.of(UnlockIntended)), "no relay without a written intent"
        for closed in peer.of(DoorClosed):
            assert (closed.cause, closed.credential) in (("gap", None), ("session", credential_of("test", BADGE)))
        sessions = {event.session for event in peer.of(UnlockIntended)}
        assert sessions <= {event.session for event in peer.of(SessionEnded)}, "every session has its end"
    finally:
        bench.close()
