"""An LLRP reader over TCP: the conversation, what breaks it, inputs that trigger, what counts as a round."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest

from edge_agent.devices import llrp_rospec, llrp_session, llrp_source, make_dialect, make_source
from edge_agent.devices.base import (
    DeviceFault,
    FrameError,
    LockState,
    RoundDone,
    SourceEvent,
    SourceState,
    TagReported,
)
from edge_agent.devices.llrp_source import LlrpSource
from edge_agent.emulators.llrp import LlrpEmulator
from tests.edge_agent.devices.told import Told

EPC = "3415A537C8000000000F4241"
SET_UP = [1, 2, 64, 3, 3, 3, 41, 21, 20, 24]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llrp_source, "RETRY_FIRST", 0.1)
    monkeypatch.setattr(llrp_session, "GRACE_S", 0.1)
    monkeypatch.setattr(llrp_rospec, "AGAIN_S", 0.5)


@pytest.fixture
def reader() -> Iterator[LlrpEmulator]:
    emulator = LlrpEmulator(per_second=200)
    yield emulator
    emulator.close()


@contextmanager
def client(reader: LlrpEmulator, told: Told, **settings: Any) -> Iterator[LlrpSource]:
    source = make_source("uhf", "llrp", make_dialect("llrp", settings), reader.url, told)
    assert isinstance(source, LlrpSource)
    source.start()
    try:
        yield source
    finally:
        source.close()


def drained(told: Told) -> list[SourceEvent]:
    events = list(told.events.queue)
    for _ in events:
        told.events.get()
    return events


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_the_conversation_in_its_order_and_what_is_read(reader: LlrpEmulator, told: Told) -> None:
    reader.put(EPC, rssi=-57, antenna=2)
    reader.put("ABCD" * 9, antenna=3)
    before = time.time_ns() // 1000
    with client(reader, told, antennas=(2, 3), power_dbm=20.2, region="china_920_925") as source:
        tag = told.next(TagReported, lambda tag: tag.epc == EPC)
        long = told.next(TagReported, lambda tag: tag.epc == "ABCD" * 9)
        assert source.state.state == "online"
        assert list(reader.commands) == SET_UP
    assert (tag.antenna, tag.rssi, tag.count, tag.tid, long.antenna) == (2, -57, 1, None, 3)
    assert before <= (tag.first_seen_us or 0) <= (tag.last_seen_us or 0) <= time.time_ns() // 1000
    until(lambda: not reader.reading)
    assert list(reader.commands)[-2:] == [21, 14]


def test_a_refused_delete_is_no_fault(reader: LlrpEmulator, told: Told) -> None:
    with client(reader, told):
        told.next(RoundDone)
    assert not [event for event in drained(told) if isinstance(event, DeviceFault)]


def test_tids_are_read_by_an_access_spec(reader: LlrpEmulator, told: Told) -> None:
    reader.put(EPC, tid="E28011052000AAAABBBBCCCC")
    reader.put("BEEF", tid="E2801105")
    with client(reader, told, tid_words=6):
        assert told.next(TagReported, lambda tag: tag.epc == EPC).tid == "E28011052000AAAABBBBCCCC"
        assert told.next(DeviceFault).epc == "BEEF"
        assert told.next(TagReported, lambda tag: tag.epc == "BEEF").tid is None


def test_many_tags_in_one_report(reader: LlrpEmulator, told: Told) -> None:
    epcs = {f"{n:024X}" for n in range(20)}
    for epc in epcs:
        reader.put(epc)
    with client(reader, told, report_every=7):
        seen: set[str] = set()
        while seen < epcs:
            seen.add(told.next(TagReported).epc)


def test_inputs_are_contacts_told_at_once_and_again(reader: LlrpEmulator, told: Told) -> None:
    with client(reader, told, gpi_ports=2, gpi_closed="low", poll_ms=50):
        told.until("online")
        reader.level(2, high=True)
        assert told.next(LockState, lambda state: state.lock == 2 and state.closed is False).board == 1
        drained(told)
        assert told.next(LockState, lambda state: state.lock == 2).closed is False
        assert told.next(LockState, lambda state: state.lock == 1).closed is True
        assert reader.setup.ports_on == {1, 2}


def test_an_input_starts_and_stops_reading(reader: LlrpEmulator, told: Told) -> None:
    """Nothing is read, and no round is claimed, while the door is closed."""
    reader.put(EPC)
    reader.level(3, high=True)
    with client(reader, told, start="gpi", trigger_port=3, poll_ms=20):
        told.until("online")
        time.sleep(0.15)
        assert not [event for event in drained(told) if isinstance(event, TagReported | RoundDone)]
        reader.level(3, high=False)
        told.next(TagReported)
        told.next(RoundDone)
        reader.level(3, high=True)
        until(lambda: not reader.reading)
        time.sleep(0.5)
        drained(told)
        time.sleep(0.1)
        assert not [event for event in drained(told) if isinstance(event, TagReported | RoundDone)]


def test_a_door_open_already_when_connecting_is_read(reader: LlrpEmulator, told: Told) -> None:
    reader.put(EPC)
    with client(reader, told, start="gpi", trigger_port=3):
        told.next(TagReported)
    assert 22 in reader.commands


def test_rounds_go_on_without_tags_and_end_with_the_rospec(reader: LlrpEmulator, told: Told) -> None:
    with client(reader, told, poll_ms=20):
        told.next(RoundDone)
        told.next(RoundDone)
        reader.end_rospec()
        until(lambda: not reader.reading)
        time.sleep(0.1)
        drained(told)
        time.sleep(0.2)
        assert RoundDone() not in drained(told)
        told.next(RoundDone)  # enabled again
        assert reader.reading


def test_keepalives_are_acknowledged_and_prove_rounds_where_nothing_is_asked(reader: LlrpEmulator, told: Told) -> None:
    with client(reader, told, poll_ms=0, keepalive_ms=100):
        told.next(RoundDone)
        told.next(RoundDone)
        until(lambda: reader.acknowledged >= 2)


def test_three_keepalives_missed_end_the_connection(reader: LlrpEmulator, told: Told) -> None:
    with client(reader, told, poll_ms=0, keepalive_ms=100):
        told.until("online")
        reader.keeps_alive = False
        state = next(event for event in iter(told.events.get, None) if isinstance(event, SourceState))
        assert (state.state, "3 keepalives missed" in state.why) == ("offline", True)
        reader.keeps_alive = True
        told.until("online")


def test_a_reader_serves_one_client_and_the_second_is_told(reader: LlrpEmulator, told: Told) -> None:
    other = Told()
    with client(reader, told):
        told.until("online")
        with client(reader, other):
            assert other.next(DeviceFault).code == 2
            until(lambda: any("another client" in getattr(event, "why", "") for event in list(other.events.queue)))
            assert told.next(DeviceFault).code == 4
            told.next(RoundDone)
    with client(reader, other):
        other.until("online")


def test_an_absurd_length_ends_the_connection_and_a_new_one_begins(reader: LlrpEmulator, told: Told) -> None:
    reader.put(EPC)
    with client(reader, told):
        told.until("online")
        reader.send(bytes.fromhex("043d7fffffff0000000c"))
        event = next(event for event in iter(told.events.get, None) if isinstance(event, FrameError))
        assert "more than" in event.what
        told.until("online")
        told.next(TagReported)


def test_a_reader_that_hangs_up_is_left_alone_for_longer_and_longer(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llrp_source, "RETRY_FIRST", 0.05)
    monkeypatch.setattr(llrp_source, "RETRY_LAST", 0.2)
    called: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"llrp://127.0.0.1:{listener.getsockname()[1]}"
        source = make_source("uhf", "llrp", make_dialect("llrp"), url, told)
        source.start()
        for _ in range(5):
            listener.accept()[0].close()
            called.append(time.monotonic())
        source.close()
    pauses = [after - before for before, after in pairwise(called)]
    for pause, least in zip(pauses, (0.05, 0.1, 0.2, 0.2), strict=True):
        assert least * 0.9 <= pause < least + 2


def test_an_antenna_that_is_cut_is_told(reader: LlrpEmulator, told: Told) -> None:
    with client(reader, told):
        told.until("online")
        reader.break_antenna(2)
        assert told.next(DeviceFault).what == "antenna 2 disconnected"


def test_a_reader_set_up_for_another_band_does_not_read(reader: LlrpEmulator, told: Told) -> None:
    with client(reader, told, region="europe"):
        state = next(event for event in iter(told.events.get, None) if isinstance(event, SourceState))
        assert state.state == "offline"
        assert "920625 kHz lies outside" in state.why
        assert 24 not in reader.commands
