"""The way up over a real broker that is killed again and again: nothing lost, nothing twice, in order."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from msgspec.structs import replace

from contract.codec import decode_status, seal
from contract.messages import CodeScanned, Receipt
from edge_agent.clock import Clock
from edge_agent.devices.base import SettingsError
from edge_agent.journal import Journal
from edge_agent.link import Arrived, Delivered, Link, LinkDown, LinkEvent, LinkUp
from edge_agent.outbox import Outbox
from edge_agent.settings import BrokerTable
from edge_agent.uplink import OlderImageError, Uplink
from guiwei.drill.ports import free_port
from tests.edge_agent.bench import Broker
from tests.edge_agent.peer import Peer

SOON = 10.0
"""Seconds: far less than it would take to wait for what does not come."""


class Sending:
    """Outbox, uplink and link of a station without devices, driven by the test's own loop."""

    def __init__(self, folder: Path, peer: Peer) -> None:
        self.queue: SimpleQueue[LinkEvent] = SimpleQueue()
        self.journal = Journal(Outbox(folder / "data", "a"), Clock())
        self.link = Link("a", self.journal.boot, BrokerTable(port=peer.port), self.queue.put)
        self.uplink = Uplink("a", peer.station_key, peer.key.public_key(), self.journal, self.link)
        self.seen: list[LinkEvent] = []
        self.link.start()

    def write(self) -> None:
        with self.journal.entry() as entry:
            entry.write(CodeScanned, code="x")

    def turn(self) -> None:
        """Do what the station's loop does, once."""
        try:
            event = self.queue.get(timeout=0.005)
        except Empty:
            self.uplink.pump(time.monotonic())
            return
        self.seen.append(event)
        match event:
            case LinkUp():
                self.uplink.connected()
            case LinkDown():
                self.uplink.disconnected()
            case Delivered(ok=False):
                self.uplink.refused(time.monotonic())
            case Arrived(channel="receipt"):
                self.uplink.receipt(event.payload, time.monotonic())
        self.uplink.pump(time.monotonic())

    def until_confirmed(self, timeout: float) -> bool:
        until = time.monotonic() + timeout
        while self.journal.outbox.confirmed < self.journal.outbox.last and time.monotonic() < until:
            self.turn()
        return self.journal.outbox.confirmed == self.journal.outbox.last

    def close(self) -> None:
        self.link.close()
        self.journal.outbox.close()


@pytest.fixture
def sending(tmp_path: Path, peer: Peer) -> Iterator[Sending]:
    sending = Sending(tmp_path, peer)
    yield sending
    sending.close()


@pytest.mark.timeout(60)
def test_nothing_is_lost_while_the_broker_is_killed_again_and_again(
    sending: Sending, peer: Peer, broker: Broker
) -> None:
    rng = random.Random(4)
    for _ in range(4):
        until = time.monotonic() + 0.4 + rng.random() * 0.6
        while time.monotonic() < until:
            for _ in range(rng.randrange(4)):
                sending.write()
            sending.turn()
        broker.kill()
        for _ in range(30):
            sending.write()
            sending.turn()
        broker.start()
    assert sending.until_confirmed(15)
    total = sending.journal.outbox.last
    assert total > 200
    assert [event.seq for event in peer.all] == list(range(1, total + 1))
    offline = [event.offline for event in peer.all]
    assert any(offline)
    assert not all(offline)


def test_without_receipts_it_is_sent_again(sending: Sending, peer: Peer) -> None:
    peer.receipts = False
    sending.write()
    until = time.monotonic() + 20
    while not peer.all and time.monotonic() < until:
        sending.turn()
    assert peer.all
    assert sending.journal.outbox.confirmed == 0
    peer.receipts = True
    assert sending.until_confirmed(20), "after two seconds of patience"


def test_a_gap_is_filled_without_waiting(sending: Sending, peer: Peer) -> None:
    """A batch goes missing: the receipt of the next one names the gap, and the station goes back to it at once."""
    sending.write()
    assert sending.until_confirmed(20)
    peer.drop = 1
    for _ in range(3):
        sending.write()
        sending.uplink.pump(time.monotonic())
    assert sending.until_confirmed(1.5), "sooner than the two seconds of patience"
    assert peer.drop == 0
    assert peer.gaps[0] == (2, 2)
    assert [event.seq for event in peer.all] == [1, 2, 3, 4]


def test_receipts_not_signed_by_the_server_or_not_for_us_move_nothing(sending: Sending, peer: Peer) -> None:
    peer.receipts = False
    sending.write()
    outbox = sending.journal.outbox
    good = Receipt(v=1, station="a", epoch=outbox.epoch, upto=1, server_us=1, echo_mono_us=1)
    now = time.monotonic()
    assert not sending.uplink.receipt(seal(peer.station_key, good), now)
    for change in (replace(good, station="b"), replace(good, epoch="0" * 32)):
        assert not sending.uplink.receipt(seal(peer.key, change), now)
    assert not sending.uplink.receipt(b"nonsense", now)
    for change in (replace(good, upto=2), replace(good, head="f" * 64)):
        with pytest.raises(OlderImageError):
            sending.uplink.receipt(seal(peer.key, change), now)
    assert outbox.confirmed == 0
    assert sending.uplink.receipt(seal(peer.key, good), now)
    assert outbox.confirmed == 1


def test_the_status_says_online_and_the_will_says_offline(sending: Sending, peer: Peer) -> None:
    sending.write()
    assert sending.until_confirmed(20)
    assert peer.wait(lambda: bool(peer.statuses) and peer.statuses[-1].online)
    assert peer.statuses[-1].boot == sending.journal.boot
    sending.link.close()
    assert peer.wait(lambda: not peer.statuses[-1].online)
    assert decode_status(sending.link._status(online=False)).online is False


def test_what_is_published_without_a_connection_is_not_kept(tmp_path: Path, peer: Peer) -> None:
    queue: SimpleQueue[LinkEvent] = SimpleQueue()
    link = Link("b", "0" * 32, BrokerTable(port=free_port()), queue.put)
    link.start()
    assert isinstance(queue.get(timeout=20), LinkDown)
    link.publish(b"lost")
    began = time.monotonic()
    link.close()
    assert time.monotonic() - began < SOON


def test_a_broker_that_accepts_and_says_nothing_does_not_hold_up_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        queue: SimpleQueue[LinkEvent] = SimpleQueue()
        link = Link("b", "0" * 32, BrokerTable(port=silent.getsockname()[1]), queue.put)
        link.start()
        connection, _ = silent.accept()
        began = time.monotonic()
        link.close()
        assert time.monotonic() - began < SOON
        connection.close()


def test_a_broker_that_speaks_nonsense_is_left_and_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as liar:
        queue: SimpleQueue[LinkEvent] = SimpleQueue()
        link = Link("b", "0" * 32, BrokerTable(port=liar.getsockname()[1]), queue.put)
        link.start()
        for _ in range(2):
            connection, _ = liar.accept()
            connection.recv(1024)
            connection.sendall(b"\x30\xff\xff\xff\xff\xff nonsense")
            assert isinstance(queue.get(timeout=20), LinkDown)
            connection.close()
        link.close()


def test_unreadable_credentials_are_named() -> None:
    with pytest.raises(SettingsError, match="password_file /nowhere"):
        Link("b", "0" * 32, BrokerTable(password_file="/nowhere"), print)
    with pytest.raises(SettingsError, match="ca_file"):
        Link("b", "0" * 32, BrokerTable(ca_file="/nowhere"), print)
