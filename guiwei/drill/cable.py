"""A network cable between a station and the broker: a TCP relay on loopback that can be cut and mended."""

import contextlib
import selectors
import socket
import threading

from guiwei.drill.ports import free_port


class Cable:
    """Relays connections from its own `port` to the broker's; `cut` drops them all and refuses new ones."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self._whole = threading.Event()
        self._whole.set()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", free_port()))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="cable", daemon=True)
        self._thread.start()

    @property
    def whole(self) -> bool:
        """Say whether the cable carries anything."""
        return self._whole.is_set()

    def cut(self) -> None:
        """Drop every connection and refuse new ones until `heal`."""
        self._whole.clear()
        with self._lock:
            ends = list(self._open)
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def heal(self) -> None:
        """Carry connections again."""
        self._whole.set()

    def close(self) -> None:
        """Take the cable away."""
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._thread.join(2)

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._whole.is_set():
                near.close()
                continue
            threading.Thread(target=self._carry, args=(near,), name="cable-carry", daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self.target, 2)
        except OSError:
            near.close()
            return
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open |= {near, far}
        try:
            self._pump(near, far)
        finally:
            with self._lock:
                self._open -= {near, far}
            near.close()
            far.close()

    def _pump(self, near: socket.socket, far: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while self._whole.is_set():
                for key, _ in selector.select(0.5):
                    try:
                        data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                        if not data:
                            return
                        key.data.sendall(data)
                    except OSError:
                        return
