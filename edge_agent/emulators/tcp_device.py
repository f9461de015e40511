"""A device on a TCP port: plugged, unplugged, plugged again at one address; one client at a time; faults on the wire.

The port is its own from the beginning to `close`: a socket that never listens keeps it while nobody is to be reached.
Subclasses say what the device does: `connected`, `received` (the client's bytes), `tick` (by itself), and `refuse` (a
second client). Bytes for a client that is not there are lost.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import ssl
import threading
import time

from edge_agent.emulators.pty_device import IDLE, STALLED, Faults

PATIENCE = 2.0
CHUNK = 65536


class TcpDevice:
    """A device with one TCP port on this machine; call `close` when done."""

    def __init__(self, port: int = 0, faults: Faults | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._place = _place(port)
        self.port: int = self._place.getsockname()[1]
        self.faults = faults or Faults()
        self.lock = threading.RLock()
        self._tls = tls
        self._listener: socket.socket | None = None
        self._link: socket.socket | None = None
        self._wake_read, self._wake_write = os.pipe()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="emulator-tcp", daemon=True)
        self.plug()
        self._thread.start()

    @property
    def url(self) -> str:
        """Where a station finds it."""
        return f"socket://127.0.0.1:{self.port}"

    # -- what the device does; for subclasses ----------------------------------------------------------------------

    def connected(self) -> None:
        """Greet a new client."""

    def refuse(self, link: socket.socket) -> None:
        """Tell a second client that there is one already."""

    def received(self, data: bytes) -> None:
        """Take bytes from the client."""

    def tick(self) -> float:
        """Do what is due by itself; give the seconds until the next time."""
        return IDLE

    def reset(self) -> None:
        """Forget what power loss forgets."""

    def send(self, data: bytes) -> None:
        """Send bytes to the client, through the faults."""
        with self.lock:
            data = self.faults.spoil(data)
            for piece in (data[n : n + 1] for n in range(len(data))) if self.faults.split else (data,):
                if self._link is not None and not self.faults.stall:
                    with contextlib.suppress(OSError):
                        self._link.sendall(piece)
                if self.faults.split:
                    time.sleep(0.0002)

    def hang_up(self) -> None:
        """End the connection."""
        with self.lock:
            if self._link is not None:
                self._link.close()
                self._link = None

    def wake(self) -> None:
        """Have `tick` called soon."""
        os.write(self._wake_write, b"\0")

    # -- the plug -----------------------------------------------------------------------------------------------

    def plug(self) -> None:
        """Plug the device in, with power just come."""
        with self.lock:
            if self._listener is not None:
                return
            self.reset()
            self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=True)
        self.wake()

    def unplug(self) -> None:
        """Take the power away: the connection ends, nobody listens."""
        with self.lock:
            self.hang_up()
            if self._listener is not None:
                self._listener.shutdown(socket.SHUT_RDWR)  # at once: a `select` that watches it would keep it open
                self._listener.close()
                self._listener = None
        self.wake()

    def close(self) -> None:
        """Stop the device for good."""
        if self._closing:
            return
        self._closing = True
        self.wake()
        self._thread.join(timeout=10)
        self.unplug()
        self._place.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _run(self) -> None:
        while not self._closing:
            with self.lock:
                pause = STALLED if self.faults.stall else self.tick()
                sockets = [s for s in (self._listener, self._link) if s is not None]
            watched: list[socket.socket | int] = [self._wake_read, *sockets]
            try:
                ready, _, _ = select.select(watched, [], [], min(pause, IDLE))
            except (OSError, ValueError):
                continue  # unplugged between the two
            if self._wake_read in ready:
                os.read(self._wake_read, CHUNK)
            with self.lock:
                if self._link is not None and self._link in ready:
                    self._take(self._link)
                if self._listener is not None and self._listener in ready:
                    self._accept(self._listener)

    def _accept(self, listener: socket.socket) -> None:
        try:
            link, _ = listener.accept()
            link.settimeout(PATIENCE)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = self._tls.wrap_socket(link, server_side=True) if self._tls else link
        except OSError:
            return
        if self._link is not None:
            self.refuse(link)
            link.close()
            return
        self._link = link
        self.connected()

    def _take(self, link: socket.socket) -> None:
        try:
            data = link.recv(CHUNK)
            while data and isinstance(link, ssl.SSLSocket) and link.pending():
                data += link.recv(CHUNK)
        except OSError:
            data = b""
        if data:
            self.received(data)
        else:
            self.hang_up()


def _place(port: int) -> socket.socket:
    """Keep a port (0: any) that only its own listeners may share, plugged or not (OSError: somebody has it).

    While it is bound, connecting is refused, and the kernel gives the port to nobody: neither to another `bind` nor to
    an outgoing connection. For binding it may follow a predecessor's dying connections (SO_REUSEADDR); from then on it
    shares with SO_REUSEPORT only, which a second device does not ask for before it has a place of its own.
    """
    place = socket.socket()
    try:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(("127.0.0.1", port))
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except OSError:
        place.close()
        raise
    return place
