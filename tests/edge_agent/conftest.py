"""Broker, peer and bench for tests of a station; everything real, everything stopped at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge_agent.bench import TAGS, Bench, Broker
from tests.edge_agent.peer import Peer


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A Mosquitto of this test's own."""
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def peer(broker: Broker) -> Iterator[Peer]:
    """The server's side; what arrived wrong fails the test."""
    peer = Peer(broker.port)
    peer.start()
    yield peer
    peer.close()
    assert peer.wrong == []


@pytest.fixture
def bench(tmp_path: Path, broker: Broker, peer: Peer) -> Iterator[Bench]:
    """A station of one door with three tags behind it, not yet started."""
    bench = Bench(tmp_path, broker, peer)
    bench.put(*TAGS)
    yield bench
    bench.close()
