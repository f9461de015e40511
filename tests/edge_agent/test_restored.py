"""A station whose disk was put back to an older image: a new epoch, nothing of this life lost, every door a gap."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

from contract.messages import CodeScanned, DoorClosed, StationStarted
from tests.edge_agent.bench import TAGS, Bench, Broker
from tests.edge_agent.peer import Peer

CODES = ["GW1-1", "GW1-2", "GW1-3", "GW1-4", "GW1-5", "GW1-6", "GW1-7", "GW1-8", "GW1-9"]


@pytest.fixture
def restored(tmp_path: Path, bench: Bench, peer: Peer) -> str:
    """A station that told of a taking which its disk, put back since, knows nothing of; gives its old epoch."""
    data, image = tmp_path / "data", tmp_path / "image"
    bench.start()
    assert bench.wait(lambda state: state["unsent"] == 0)
    bench.kill(signal.SIGTERM)
    shutil.copytree(data, image)
    bench.start()
    bench.show()
    bench.open()
    bench.take(TAGS[0])
    bench.shut()
    assert bench.wait(lambda state: state["unsent"] == 0 and not state["session"])
    epoch = str(bench.state()["epoch"])
    bench.kill()
    shutil.rmtree(data)
    image.rename(data)
    peer.restored = True
    return epoch


def check(bench: Bench, peer: Peer, old: str, known: int) -> None:
    """The new epoch is received whole, begins with this life and tells of the gap; the old one stays as it was."""
    assert bench.wait(lambda state: state["epoch"] != old and state["unsent"] == 0 and not state["busy"])
    assert peer.wait(lambda: bool(peer.all) and peer.all[-1].seq == bench.state()["seq"])
    assert len(peer.events[old]) == known
    assert [event.seq for event in peer.all] == list(range(1, len(peer.all) + 1))
    assert [type(event) for event in peer.all].count(StationStarted) == 1
    assert isinstance(peer.all[0], StationStarted)
    closings = peer.of(DoorClosed)
    assert [seen.epc for event in closings for seen in event.taken] == [TAGS[0]], "what this life found is kept"
    assert {(event.cause, event.session, event.opened_seq) for event in closings} == {("gap", None, None)}
    gap = closings[-1]
    assert gap.gap_from_us is not None
    assert gap.gap_from_us < peer.all[0].wall_us, "nobody vouches for what came after the image"


def test_with_fewer_events_than_the_server_has(bench: Bench, peer: Peer, restored: str) -> None:
    known = len(peer.events[restored])
    bench.launch()
    check(bench, peer, restored, known)


def test_with_more_events_than_the_server_has(bench: Bench, peer: Peer, broker: Broker, restored: str) -> None:
    known = len(peer.events[restored])
    broker.kill()
    bench.launch()
    assert bench.wait(lambda state: state["pid"] == bench.pid and not state["busy"])
    for number, code in enumerate(CODES, 1):
        bench.scanner.scan(code)
        assert bench.wait(lambda state, number=number: state["counts"]["codes"] == number)  # type: ignore[misc]
    assert bench.state()["seq"] > known
    broker.start()
    check(bench, peer, restored, known)
    assert [event.code for event in peer.of(CodeScanned)] == CODES
