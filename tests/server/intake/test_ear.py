"""The intake's ear: it vouches for what is all it should be, comes back when lost, ends with its input."""

import os
import signal
import subprocess
import sys
import time
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.messages import AccessRequested
from server.intake.batch import Opened
from server.intake.ear import FRAME, Ear, proven
from server.intake.hearing import Hearing
from server.intake.wire import Broker, Came, Joined, Listening, Lost, News, Proven, news, read_frame, write_frame
from server.store.unit_of_work import Database
from tests.server.company import STATION_KEYS, WANG, Writer, intake, settle_in
from tests.server.intake.test_consumer import StationClient

T = TypeVar("T")
KEYS = {name: key.public_key().public_bytes_raw() for name, key in STATION_KEYS.items()}


def came(payload: bytes, station: str = "a") -> Came:
    return Came(1, 7, "up", station, payload)


def test_it_vouches_for_what_is_all_it_should_be() -> None:
    said = proven(came(Writer().asks(WANG)[1]), KEYS)
    assert isinstance(said, Proven)
    assert (said.mid, said.key, said.unit.station) == (7, KEYS["a"], "a")
    assert isinstance(said.unit.events[0], AccessRequested)


@pytest.mark.parametrize("what", ["rubbish", "forged", "another's topic", "a key it does not know"])
def test_what_it_cannot_vouch_for_goes_on_as_it_came(what: str) -> None:
    payload = Writer().asks(WANG)[1]
    given = {
        "rubbish": came(b"no envelope"),
        "forged": came(payload[:-2] + b" }"),
        "another's topic": came(payload, "b"),
        "a key it does not know": came(payload, "c"),
    }[what]
    assert proven(given, KEYS) is given


def test_its_word_counts_only_with_the_key_in_force(database: Database) -> None:
    settle_in(database)
    old = Ed25519PrivateKey.generate()
    key = old.public_key().public_bytes_raw()
    said = proven(came(Writer(key=old).asks(WANG)[1]), {"a": key})
    assert isinstance(said, Proven)
    service = intake(database)
    taken = service.commit(service.read([said]))
    assert [refusal.reason for refusal in taken.refused] == ["bad_signature"]
    good = proven(came(Writer().asks(WANG)[1]), KEYS)
    assert isinstance(good, Proven)
    (unit,) = service.read([good]).units
    assert isinstance(unit, Opened)
    assert unit is good.unit


def test_what_it_says_survives_the_pipe() -> None:
    said: list[News] = [
        proven(came(Writer().asks(WANG)[1]), KEYS),
        came(b"x"),
        Joined(True),
        Listening(True, ""),
        Lost("x"),
    ]
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as source, os.fdopen(write_end, "wb") as sink:
        write_frame(sink, said)
        assert read_frame(source, news) == said


def test_it_reads_on_while_nobody_has_time_to_be_told() -> None:
    ear, writer = Ear(Broker("127.0.0.1", 1)), Writer()
    ear.keys = KEYS
    for _ in range(2 * FRAME + 1):
        ear.heard.put(came(writer.asks(WANG)[1]))
    ear.heard.put(Lost("x"))
    ear.heard.put(None)
    ear.read_on()
    told = [ear.to_tell.get(timeout=1) for _ in range(3)]
    assert [None if some is None else [type(one) for one in some] for some in told] == [
        [Proven] * FRAME,
        [Proven] * FRAME,
        None,  # it was told to stop before the last frame was full: what is in it comes again
    ]


def test_it_ends_when_it_cannot_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("server.intake.ear.proven", fail)
    ear = Ear(Broker("127.0.0.1", 1))
    ear.heard.put(came(b"x"))
    with pytest.raises(MemoryError):
        ear.read_on()
    assert ear.to_tell.get(timeout=1) is None


class Listener:
    """Hears from an ear, one piece of news after another."""

    def __init__(self, hearing: Hearing) -> None:
        self.hearing = hearing
        self._waiting: list[News] = []

    def until(self, kind: type[T], seconds: float = 30) -> T:
        """Pass over news until there is some of a kind."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._waiting = self._waiting or self.hearing.next(0.1, 10)
            while self._waiting:
                if isinstance(one := self._waiting.pop(0), kind):
                    return one
        raise AssertionError(f"no {kind.__name__}")


def test_a_lost_ear_is_started_again_and_hears_what_was_not_acknowledged(mosquitto: int) -> None:
    hearing = Hearing(Broker("127.0.0.1", mosquitto, "server", "server"))
    hearing.know(KEYS)
    listener, station = Listener(hearing), StationClient(mosquitto)
    try:
        listener.until(Listening)
        station.send(Writer().asks(WANG)[1])
        first = listener.until(Proven)
        assert hearing._ear is not None
        os.kill(hearing._ear.pid, signal.SIGKILL)
        listener.until(Lost)
        assert listener.until(Joined).remembered
        assert listener.until(Proven).unit == first.unit
    finally:
        station.close()
        hearing.close()
    assert hearing._ear is None


def test_it_ends_with_its_input(mosquitto: int) -> None:
    command = [sys.executable, "-c", "from server.intake.ear import serve; serve()"]
    ear = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert ear.stdin is not None
        write_frame(ear.stdin, Broker("127.0.0.1", mosquitto, "server", "server"))  # type: ignore[arg-type]
        ear.stdin.close()
        assert ear.wait(10) == 0
    finally:
        ear.kill()
        ear.wait()
        if ear.stdout is not None:
            ear.stdout.close()
