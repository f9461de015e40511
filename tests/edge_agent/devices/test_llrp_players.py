"""Recorded LLRP sessions played by what does not listen, and simulators that know little: all are read."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from edge_agent.devices import llrp_rospec, llrp_session, llrp_source, make_dialect, make_source
from edge_agent.devices.base import TagReported
from tests.edge_agent.devices.frames_llrp_strangers import EPC, GREETING, LONG_TAG, OK, TAG, said
from tests.edge_agent.devices.told import Told


@contextmanager
def served(serve: Callable[[socket.socket], None], told: Told) -> Iterator[None]:
    """A program that serves every connection so, and a source that connects to it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    link, _ = listener.accept()
                    with link:
                        serve(link)
                except OSError:
                    if listener.fileno() < 0:
                        return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        url = f"llrp://127.0.0.1:{listener.getsockname()[1]}"
        source = make_source("uhf", "llrp", make_dialect("llrp"), url, told)
        source.start()
        try:
            yield
        finally:
            source.close()
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llrp_source, "RETRY_FIRST", 0.05)


RECORDED = b"".join(
    [
        GREETING,
        *(said(kind, OK, 900 + kind) for kind in (11, 12, 13, 51, 31, 30)),
        said(61, TAG.replace(b"\x34\x15", b"\xdd\xdd")),
        said(34, OK, 0),
        said(63, bytes.fromhex("00f600190080000c00060a24181e400000fe000b00000000010001")),
        *(said(61, LONG_TAG + TAG, n) for n in range(3000)),
        said(62, b"", 5),
    ]
)
"""What a reader said to another client, whose numbers and order of questions were not ours; 3000 reports."""


@pytest.mark.parametrize("stays", [True, False], ids=["stays", "hangs up"])
def test_a_recorded_session_played_regardless_of_what_is_asked_is_read(stays: bool, told: Told) -> None:
    done = threading.Event()

    def play(link: socket.socket) -> None:
        if not done.is_set():
            link.sendall(RECORDED)
            if stays:
                done.wait(10)

    with served(play, told):
        told.until("online")
        for _ in range(3000):
            assert told.next(TagReported).epc == "AABBCCDD11223344"
            assert told.next(TagReported).epc == EPC
        done.set()


def test_a_player_of_reports_alone_is_heard_after_a_while(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llrp_session, "ANSWER_S", 0.1)

    def play(link: socket.socket) -> None:
        link.sendall(GREETING)
        while True:
            link.sendall(said(61, TAG))
            time.sleep(0.02)

    with served(play, told):
        told.until("online")
        assert told.next(TagReported).epc == EPC


def test_a_simulator_that_hangs_up_on_what_it_does_not_know_is_spared_that(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows SET_READER_CONFIG and keepalives only, and reports from then on."""
    monkeypatch.setattr(llrp_session, "APART_S", 0.0)
    monkeypatch.setattr(llrp_rospec, "AGAIN_S", 0.05)

    def simulate(link: socket.socket) -> None:
        link.sendall(GREETING)
        while True:
            head = link.recv(10, socket.MSG_WAITALL)
            if len(head) < 10:
                return
            kind, size, number = struct.unpack(">HII", head)
            if kind & 0x3FF not in (3, 72):
                return
            link.recv(size - 10, socket.MSG_WAITALL)
            link.sendall(said(13, OK, number + 7000) + said(61, TAG))

    with served(simulate, told):
        told.until("online")
        assert told.next(TagReported).epc == EPC
