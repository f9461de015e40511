"""A cabinet with an LLRP reader: its input is the door's contact, its reports settle what was taken, or cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.messages import DoorClosed, SweepDone
from contract.messages import Sweep as SweepCommand
from edge_agent.emulators.llrp import LlrpEmulator
from tests.edge_agent.bench import TAGS, Bench, Broker
from tests.edge_agent.peer import Peer


class LlrpBench(Bench):
    """One door; behind it an LLRP reader, whose input 1 is the door's contact."""

    def __init__(self, folder: Path, broker: Broker, peer: Peer) -> None:
        super().__init__(folder, broker, peer)
        self.readers[1].close()
        self.llrp = LlrpEmulator(per_second=600)
        self.llrp.level(1, high=True)
        text = self.settings.read_text()
        text = text.replace(f'family = "m100"\nport = "{folder}/reader1"', f'family = "llrp"\nport = "{self.llrp.url}"')
        text = text.replace(
            'contact = { device = "lock", channel = 13 }', 'contact = { device = "reader1", channel = 1 }'
        )
        self.settings.write_text(text.replace("[presence]", "[presence]\nsettle_seconds = 1.5"))

    def open(self, door: int = 1) -> None:
        """Open the door: the lock's own wire and the reader's input."""
        assert self.lock.wait_fired(door, self.lock.fired(door) or 1, 10)
        assert self.wait(lambda state: state["doors"]["1"]["hook"] == "unlocked")
        assert self.lock.open_door(door)
        self.llrp.level(1, high=False)
        assert self.wait(lambda state: state["doors"]["1"]["phase"] == "open")

    def shut(self, door: int = 1) -> None:
        """Close it and wait until it is settled."""
        before = self.state()["counts"]["closings"]
        self.lock.close_door(door)
        self.llrp.level(1, high=True)
        assert self.wait(lambda state: state["counts"]["closings"] > before and not state["busy"]), self.state()

    def close(self) -> None:
        """Stop everything."""
        super().close()
        self.llrp.close()


@pytest.fixture
def cabinet(tmp_path: Path, broker: Broker, peer: Peer) -> Iterator[LlrpBench]:
    bench = LlrpBench(tmp_path, broker, peer)
    for epc in TAGS:
        bench.llrp.put(epc, antenna=2)
    yield bench
    bench.close()


def test_all_is_taken_from_a_cabinet_with_an_llrp_reader_and_swept(cabinet: LlrpBench, peer: Peer) -> None:
    """Also when nothing answers any more: the reader's own word makes an empty field a pass."""
    cabinet.start()
    cabinet.show()
    cabinet.open()
    for epc in TAGS:
        cabinet.llrp.take(epc)
    cabinet.shut()
    assert peer.wait(lambda: bool(peer.of(DoorClosed)))
    closed = peer.of(DoorClosed)[0]
    assert [sighting.epc for sighting in closed.taken] == sorted(TAGS)
    assert (closed.cause, closed.put, closed.unread) == ("session", [], [])
    cabinet.llrp.put(TAGS[0], antenna=3)
    before = len(peer.of(SweepDone))
    peer.send("command", SweepCommand(v=1, station="a", command="c" * 32, purpose="stocktake", doors=[1]))
    assert peer.wait(lambda: len(peer.of(SweepDone)) > before)
    swept = peer.of(SweepDone)[-1]
    assert [(sighting.epc, sighting.antenna) for sighting in swept.seen] == [(TAGS[0], 3)]


def test_a_reader_that_falls_silent_says_nothing_of_what_is_gone(cabinet: LlrpBench, peer: Peer) -> None:
    """Its network cable pulled while the door is open: what was not read afterwards is unread, not gone."""
    cabinet.settings.write_text(cabinet.settings.read_text().replace('"reader1", channel = 1', '"lock", channel = 13'))
    cabinet.start()
    cabinet.show()
    cabinet.open()
    with cabinet.llrp.lock:
        cabinet.llrp.faults.stall = True
    cabinet.shut()
    assert peer.wait(lambda: bool(peer.of(DoorClosed)))
    closed = peer.of(DoorClosed)[0]
    assert (closed.taken, [sighting.epc for sighting in closed.unread]) == ([], sorted(TAGS))
