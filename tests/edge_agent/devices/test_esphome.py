"""Sensor nodes at a real broker: contacts, badges, last will; what may not be believed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_agent.devices import make_dialect
from edge_agent.devices.base import (
    BadgeRead,
    DeviceFault,
    FrameError,
    LockState,
    ProtocolError,
    SourceState,
    UnreachableError,
)
from edge_agent.devices.esphome_source import EsphomeSource
from edge_agent.emulators.esphome import EsphomeEmulator
from firmware_config.mosquitto import Node, access_list, replace_file
from guiwei.drill.broker import broker, start_broker
from guiwei.drill.process import Process
from tests.edge_agent.devices.told import Told

NODE, READER, STRANGER = "cabinet-a", "a-nodes", "b-nodes"
Listen = Callable[..., tuple[EsphomeSource, Told]]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, int]]:
    """A broker at which one node writes and one reader may read it, each with its name as password."""
    folder = tmp_path_factory.mktemp("broker")
    process, port = broker(folder, {name: name for name in (NODE, READER, STRANGER)})
    nodes = [Node(NODE, READER, f"guiwei/nodes/{NODE}"), Node("other", STRANGER, "guiwei/nodes/other")]
    replace_file(folder / "access", access_list([], [], nodes))
    start_broker(process, port)
    yield process, port
    process.stop()


@pytest.fixture
def url(service: tuple[Process, int]) -> str:
    return f"mqtt://127.0.0.1:{service[1]}/{NODE}"


@pytest.fixture
def node(url: str) -> Iterator[EsphomeEmulator]:
    emulator = EsphomeEmulator(url, NODE)
    yield emulator
    emulator.close()


@pytest.fixture
def listen(tmp_path: Path, url: str) -> Iterator[Listen]:
    begun: list[EsphomeSource] = []

    def begin(target: str = url, username: str = READER, **settings: object) -> tuple[EsphomeSource, Told]:
        (tmp_path / "password").write_text(username + "\n")
        given = {"username": username, "password_file": str(tmp_path / "password"), **settings}
        told = Told()
        begun.append(EsphomeSource("node", make_dialect("esphome", given), target, told))  # type: ignore[arg-type]
        begun[-1].start()
        return begun[-1], told

    yield begin
    for source in begun:
        source.close()


def test_contacts_and_badges(node: EsphomeEmulator, listen: Listen) -> None:
    source, told = listen()
    told.until("online")
    assert {told.next(LockState) for _ in range(3)} == {LockState(1, n, closed=True) for n in (1, 2, 64)}
    node.contact("door/2", is_open=True)
    assert told.next(LockState, lambda state: state.lock == 2 and not state.closed) == LockState(1, 2, closed=False)
    node.contact("tamper", is_open=True)
    assert told.next(LockState, lambda state: state.lock == 64 and not state.closed) == LockState(1, 64, closed=False)
    for _ in range(3):
        node.present("0F00A1B2C3")
    assert told.next(BadgeRead).card == "0F00A1B2C3"
    node.present("04A1B2C3")
    assert told.next(BadgeRead).card == "04A1B2C3"
    node.swipe("10111011000000110010000110")
    assert told.next(BadgeRead).facility_number == "118,01603"
    node.present("08A1B2C3")
    assert told.next(DeviceFault).code == 8
    with pytest.raises(ProtocolError):
        source.write(b"")


def test_a_node_that_dies_leaves_its_contacts_unknown_until_it_is_back(node: EsphomeEmulator, listen: Listen) -> None:
    source, told = listen()
    told.until("online")
    assert {told.next(LockState).lock for _ in range(3)} == {1, 2, 64}
    node.unplug()
    unknown = {told.next(LockState, lambda state: state.closed is None) for _ in range(3)}
    assert unknown == {LockState(1, n, closed=None) for n in (1, 2, 64)}
    told.until("offline")
    with pytest.raises(UnreachableError):
        source.write(b"")
    node.plug()
    told.until("online")
    assert {told.next(LockState) for _ in range(3)} == {LockState(1, n, closed=True) for n in (1, 2, 64)}


def test_contacts_that_do_not_change_are_told_again_and_again(node: EsphomeEmulator, listen: Listen) -> None:
    """A door whose contact is not heard for two seconds is lost; a node tells what changes only."""
    _, told = listen()
    told.until("online")
    began = time.monotonic()
    for _ in range(4):
        assert told.next(LockState, lambda state: state.lock == 2).closed is True
    assert time.monotonic() - began < 4 * 2
    node.unplug()
    told.until("offline")
    time.sleep(0.7)
    assert not any(isinstance(event, LockState) for event in told.events.queue)


def test_while_a_node_is_offline_its_last_states_are_not_believed(node: EsphomeEmulator, listen: Listen) -> None:
    node.unplug()
    _, told = listen()
    told.until("offline")
    node.plug()
    told.until("online")
    assert told.next(LockState).closed is True


def test_a_retained_badge_and_a_relay_are_refused(node: EsphomeEmulator, listen: Listen) -> None:
    node.publish("pn532", "04-A1-B2-C3", retain=True)
    _, told = listen()
    while not isinstance(error := told.events.get(timeout=10), FrameError):
        assert not isinstance(error, BadgeRead)
    assert "not believed" in error.what
    node.publish("pn532", "", retain=True)
    node.publish("switch/lock_1", "ON")
    while not isinstance(error := told.events.get(timeout=10), FrameError) or "relay" not in error.what:
        pass


def test_who_may_not_read_is_told_so(node: EsphomeEmulator, listen: Listen) -> None:
    """Mosquitto 2 grants the subscription and delivers nothing; the node then never counts as online."""
    source, told = listen(username=STRANGER)
    told.until("offline")
    node.contact("door/1", is_open=True)
    node.contact("door/1", is_open=False)
    assert source.state.state != "online"
    assert not any(isinstance(event, LockState) for event in told.events.queue)


@pytest.mark.parametrize(
    ("target", "settings", "state", "why"),
    [
        ("mqtt://broker.example/cabinet-a", {}, "fault", "without TLS only a broker on this machine"),
        ("mqtts://broker.example/", {}, "fault", "not mqtts://HOST"),
        ("http://broker.example/x", {}, "fault", "not mqtts://HOST"),
        ("mqtts://broker.example/+", {}, "fault", "not mqtts://HOST"),
        ("mqtts://broker.example/x", {"ca_file": "/none"}, "fault", "ca_file"),
        ("mqtt://127.0.0.1/x", {"password_file": "/none"}, "fault", "password_file /none"),
        ("mqtt://127.0.0.1:1/x", {}, "offline", "connecting"),
    ],
)
def test_a_target_that_cannot_be_says_why(
    listen: Listen, target: str, settings: dict[str, object], state: str, why: str
) -> None:
    _, told = listen(target, **settings)
    event = told.events.get(timeout=10)
    assert isinstance(event, SourceState)
    assert (event.state, why in event.why) == (state, True), event.why
