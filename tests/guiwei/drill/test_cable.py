"""The cable carries both ways, drops everything when cut, refuses while cut, and carries again when mended."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from guiwei.drill.cable import Cable
from guiwei.drill.ports import free_port

WAIT = 20.0


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """Run a TCP server that sends back what it hears."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(end: socket.socket) -> None:
        with end, contextlib.suppress(OSError):
            while data := end.recv(65536):
                end.sendall(data)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                end, _ = listener.accept()
                threading.Thread(target=answer, args=(end,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(WAIT)


@pytest.fixture
def cable(echo: tuple[str, int]) -> Iterator[Cable]:
    cable = Cable(echo)
    yield cable
    cable.close()


def connect(cable: Cable) -> socket.socket:
    return socket.create_connection(("127.0.0.1", cable.port), WAIT)


def hears_back(end: socket.socket, data: bytes) -> bool:
    """Send and collect the echo; False when the connection is gone."""
    got = b""
    with contextlib.suppress(OSError):
        end.sendall(data)
        while len(got) < len(data):
            part = end.recv(65536)
            if not part:
                return False
            got += part
    return got == data


def test_carries_both_ways(cable: Cable) -> None:
    with connect(cable) as one, connect(cable) as two:
        assert hears_back(one, b"hello")
        assert hears_back(two, bytes(range(256)) * 300)
        assert cable.whole


def test_cut_drops_what_is_open_and_refuses_what_is_new(cable: Cable) -> None:
    with connect(cable) as end:
        assert hears_back(end, b"before")
        begun = time.monotonic()
        cable.cut()
        assert not cable.whole
        assert not hears_back(end, b"after")
        assert time.monotonic() - begun < 5
    with connect(cable) as end:
        assert not hears_back(end, b"while cut")


def test_heal_carries_again(cable: Cable) -> None:
    cable.cut()
    cable.heal()
    assert cable.whole
    with connect(cable) as end:
        assert hears_back(end, b"again")


def test_nobody_behind_it_is_a_dropped_connection() -> None:
    cable = Cable(("127.0.0.1", free_port()))
    try:
        with connect(cable) as end:
            assert not hears_back(end, b"anybody?")
    finally:
        cable.close()


def test_close_takes_the_port_away(echo: tuple[str, int]) -> None:
    cable = Cable(echo)
    cable.close()
    with pytest.raises(OSError, match="refused"):
        connect(cable)
