"""OSDP readers on a line: with and without the secure channel, two on one line, on bad lines, gone and back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_agent.devices import make_dialect, osdp_source
from edge_agent.devices.base import (
    BadgeRead,
    CodeRead,
    FrameError,
    LockState,
    ProtocolError,
    SettingsError,
    UnreachableError,
)
from edge_agent.devices.osdp import OsdpSettings
from edge_agent.devices.osdp_source import OsdpSource, read_keys
from edge_agent.emulators.osdp import OsdpEmulator
from tests.edge_agent.devices.told import Told

KEY, OTHER = bytes(range(16)), bytes(16)
CARD, BADGE = ("bb032180", 26), BadgeRead("760643", "0007734851", "118,01603")
Start = Callable[..., tuple[OsdpEmulator, OsdpSource, Told]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start readers and a source that knows the key of all of them, or none."""
    monkeypatch.setattr(osdp_source, "PATIENCE", 0.4)
    monkeypatch.setattr(osdp_source, "RETRY", 0.4)
    begun: list[OsdpEmulator | OsdpSource] = []

    def begin(
        *, key: bytes | None = None, reader_key: bytes | None = None, addresses: tuple[int, ...] = (5,)
    ) -> tuple[OsdpEmulator, OsdpSource, Told]:
        readers, told = OsdpEmulator(tmp_path / "line", addresses=addresses, key=reader_key), Told()
        file = tmp_path / "keys"
        settings: dict[str, object] = {"addresses": addresses, "absence_ms": 0}
        if key is not None:
            file.write_text("".join(f"{address} {key.hex()}\n" for address in addresses))
            settings["key_file"] = str(file)
        source = OsdpSource("line", make_dialect("osdp", settings), str(readers.path), told)  # type: ignore[arg-type]
        begun.extend((source, readers))
        source.start()
        return readers, source, told

    yield begin
    for one in begun:
        one.close()


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "secure"])
def test_cards_pins_and_contacts(start: Start, key: bytes | None) -> None:
    reader, source, told = start(key=key, reader_key=key)
    told.until("online")
    assert told.next(LockState) == LockState(1, 64, closed=True)
    reader.present(*CARD)
    assert told.next(BadgeRead) == BADGE
    reader.press("99*12")
    reader.press("34#5")
    assert told.next(CodeRead) == CodeRead("1234")
    reader.open_housing()
    assert told.next(LockState) == LockState(1, 64, closed=False)
    reader.activate(2)
    assert [told.next(LockState), told.next(LockState)] == [LockState(1, 1, closed=True), LockState(1, 2, closed=False)]
    with pytest.raises(ProtocolError):
        source.write(b"\x53")


@pytest.mark.parametrize("reader_key", [None, OTHER], ids=["none", "another"])
def test_a_reader_without_the_right_key_is_a_fault_and_never_believed(start: Start, reader_key: bytes | None) -> None:
    reader, source, told = start(key=KEY, reader_key=reader_key)
    reader.present(*CARD)
    told.until("fault")
    assert "not through the secure channel" in source.state.why
    assert KEY.hex() not in source.state.why
    assert not any(isinstance(event, BadgeRead) for event in told.events.queue)


def test_a_reader_that_falls_back_to_plain_is_a_fault_until_its_key_is_back(start: Start) -> None:
    reader, source, told = start(key=KEY, reader_key=KEY)
    told.until("online")
    reader.forget_key()
    reader.present(*CARD)
    told.until("fault")
    with pytest.raises(UnreachableError):
        source.write(b"")
    with reader.lock:
        reader._key = KEY
        reader.reset()
    told.until("online")
    reader.present("deadbeef")
    assert told.next(BadgeRead) == BadgeRead("DEADBEEF")


def test_of_two_on_a_line_each_is_heard_and_either_is_missed(start: Start) -> None:
    readers, _, told = start(key=KEY, reader_key=KEY, addresses=(5, 6))
    told.until("online")
    for address, card in ((5, "deadbeef"), (6, "04a1b2c3")):
        readers.present(card, address=address)
        assert told.next(BadgeRead).card == card.upper()
    with readers.lock:
        lost = readers._devices.pop(6)
    told.until("offline")
    readers.present("11223344", address=5)
    assert told.next(BadgeRead).card == "11223344"
    with readers.lock:
        readers._devices[6] = lost
    told.until("online")


def test_byte_by_byte_and_on_a_bad_line_cards_come_and_none_is_false(start: Start) -> None:
    reader, _, told = start(key=KEY, reader_key=KEY)
    reader.faults.split = True
    told.until("online")
    reader.present(*CARD)
    assert told.next(BadgeRead) == BADGE
    reader.faults.split, reader.faults.garble = False, 0.01
    for _ in range(10):
        reader.present(*CARD)
        time.sleep(0.05)
    reader.faults.garble = 0.0
    while not isinstance(told.events.get(timeout=10), FrameError):
        pass
    time.sleep(0.3)
    reader.present("deadbeef")
    seen = [told.next(BadgeRead)]
    while seen[-1] == BADGE:
        seen.append(told.next(BadgeRead))
    assert seen[-1] == BadgeRead("DEADBEEF")


def test_silent_unplugged_and_back(start: Start) -> None:
    reader, _, told = start()
    told.until("online")
    reader.faults.stall = True
    told.until("offline")
    reader.faults.stall = False
    told.until("online")
    reader.unplug()
    told.until("offline")
    reader.plug()
    told.until("online")
    reader.present(*CARD)
    assert told.next(BadgeRead) == BADGE


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("5 00", "line 1: a key has 32 hex digits"),
        ("# keys\n5\n", "line 2: a key has 32 hex digits"),
        ("5 zz", "line 1: should be"),
        (f"6 {OTHER.hex()}", "no key for reader 5"),
    ],
)
def test_a_wrong_key_file_names_its_line(tmp_path: Path, lines: str, says: str) -> None:
    (tmp_path / "keys").write_text(lines)
    with pytest.raises(SettingsError, match=says):
        read_keys(OsdpSettings(addresses=(5,), key_file=str(tmp_path / "keys")))
    with pytest.raises(SettingsError, match="No such file"):
        read_keys(OsdpSettings(addresses=(5,), key_file=str(tmp_path / "none")))


def test_addresses_are_given_once() -> None:
    with pytest.raises(SettingsError, match="each reader once"):
        make_dialect("osdp", {"addresses": [5, 5]})
