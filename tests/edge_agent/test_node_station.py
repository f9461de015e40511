"""A cabinet whose door contact hangs on an ESPHome node: it is known as long as the node is online, and no longer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.messages import DoorClosed
from edge_agent.door import DEAF_S
from edge_agent.emulators.esphome import EsphomeEmulator
from tests.edge_agent.bench import TAGS, Bench, Broker
from tests.edge_agent.peer import Peer


class NodeBench(Bench):
    """One door; its lock hangs on the board, its contact on a node at the station's broker."""

    def __init__(self, folder: Path, broker: Broker, peer: Peer) -> None:
        super().__init__(folder, broker, peer)
        url = f"mqtt://127.0.0.1:{broker.port}/door-node"
        self.node = EsphomeEmulator(url)
        text = self.settings.read_text()
        text = text.replace('contact = { device = "lock", channel = 13 }', 'contact = { device = "node", channel = 1 }')
        self.settings.write_text(f'{text}[[devices]]\nname = "node"\nfamily = "esphome"\nport = "{url}"\n')

    def open(self, door: int = 1) -> None:
        """Open the door: the lock's own wire and the node's contact."""
        assert self.lock.wait_fired(door, 1, 10)
        assert self.lock.open_door(door)
        self.node.contact("door/1", is_open=True)
        assert self.wait(lambda state: state["doors"]["1"]["phase"] == "open")

    def shut(self, door: int = 1) -> None:
        """Close it and wait until it is settled."""
        before = self.state()["counts"]["closings"]
        self.lock.close_door(door)
        self.node.contact("door/1", is_open=False)
        assert self.wait(lambda state: state["counts"]["closings"] > before and not state["busy"]), self.state()

    def close(self) -> None:
        """Stop everything."""
        super().close()
        self.node.close()


@pytest.fixture
def cabinet(tmp_path: Path, broker: Broker, peer: Peer) -> Iterator[NodeBench]:
    bench = NodeBench(tmp_path, broker, peer)
    bench.put(*TAGS)
    yield bench
    bench.close()


def test_a_door_with_its_contact_on_a_node(cabinet: NodeBench, peer: Peer) -> None:
    cabinet.start()
    time.sleep(DEAF_S + 0.5)
    assert cabinet.state()["doors"]["1"]["phase"] == "idle"  # the node said nothing more
    cabinet.show()
    cabinet.open()
    cabinet.take(TAGS[0])
    cabinet.shut()
    assert peer.wait(lambda: bool(peer.of(DoorClosed)))
    assert [sighting.epc for sighting in peer.of(DoorClosed)[0].taken] == [TAGS[0]]
    cabinet.node.unplug()
    assert cabinet.wait(lambda state: state["doors"]["1"]["contact"] == "unknown")
