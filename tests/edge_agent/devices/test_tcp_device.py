"""A device on TCP keeps its port while it is unplugged, whatever else goes on on the machine."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from edge_agent.emulators.tcp_device import TcpDevice

WAIT = 10.0
TIMES = 200


@pytest.fixture
def device() -> Iterator[TcpDevice]:
    device = TcpDevice()
    yield device
    device.close()


def reached(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), WAIT)


def bind_to(port: int, *options: int) -> None:
    """Take a port as another program would."""
    with socket.socket() as other:
        for option in options:
            other.setsockopt(socket.SOL_SOCKET, option, 1)
        other.bind(("127.0.0.1", port))


@contextlib.contextmanager
def crowd(listener: socket.socket) -> Iterator[None]:
    """Take ports as fast as possible all the while: outgoing connections and sockets bound to any port."""
    over, taken = threading.Event(), [0]

    def take() -> None:
        while not over.is_set():
            with contextlib.ExitStack() as held:
                for _ in range(50):
                    held.enter_context(reached(listener.getsockname()[1])).setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
                    )
                    held.enter_context(listener.accept()[0])
                    held.enter_context(socket.create_server(("127.0.0.1", 0)))
            taken[0] += 1

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(WAIT)
    assert taken[0] > 0


def test_it_comes_back_at_its_port_however_crowded_the_machine(device: TcpDevice) -> None:
    port = device.port
    with socket.create_server(("127.0.0.1", 0)) as listener, crowd(listener):
        for _ in range(TIMES):
            with reached(port):
                device.unplug()
            for _ in range(5):
                with pytest.raises(ConnectionRefusedError):
                    reached(port)
            device.plug()
            assert device.port == port


@pytest.mark.parametrize("plugged", [True, False])
@pytest.mark.parametrize("options", [(), (socket.SO_REUSEADDR,)])
def test_nobody_else_gets_its_port(device: TcpDevice, plugged: bool, options: tuple[int, ...]) -> None:
    with reached(device.port):
        if not plugged:
            device.unplug()
        with pytest.raises(OSError, match="in use"):
            bind_to(device.port, *options)
        with pytest.raises(OSError, match="in use"):
            TcpDevice(device.port)


def test_the_next_device_may_have_the_port_of_one_that_is_closed(device: TcpDevice) -> None:
    with reached(device.port):
        device.close()
        after = TcpDevice(device.port)
    reached(after.port).close()
    after.close()
