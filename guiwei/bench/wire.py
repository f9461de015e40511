"""A publisher that costs next to nothing: stations' packets are encoded beforehand and sent over plain sockets."""

import socket
import struct
import threading
from collections.abc import Mapping, Sequence

_WAIT = 60.0


def connect(port: int, name: str, password: str) -> socket.socket:
    """Connect as an MQTT 5 client with a clean session; raises ConnectionError when the broker refuses."""
    payload = b"".join(_text(part) for part in (name, name, password))
    body = _text("MQTT") + bytes([5, 0b1100_0010]) + struct.pack("!H", 60) + b"\0" + payload
    link = socket.create_connection(("127.0.0.1", port), timeout=_WAIT)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(b"\x10" + _length(len(body)) + body)
    kind, answer = _packet(link)
    if kind != 0x20 or answer[1] != 0:
        raise ConnectionError(f"{name}: the broker refuses the connection ({answer[1:2].hex()})")
    return link


def packet(topic: str, payload: bytes, number: int) -> bytes:
    """Encode a PUBLISH of QoS 1."""
    body = _text(topic) + struct.pack("!H", number) + b"\0" + payload
    return b"\x32" + _length(len(body)) + body


def packets(topic: str, payloads: Sequence[bytes]) -> bytes:
    """Encode many, numbered from 1."""
    return b"".join(packet(topic, payload, number) for number, payload in enumerate(payloads, 1))


def publish_all(links: Mapping[str, socket.socket], blobs: Mapping[str, bytes], counts: Mapping[str, int]) -> None:
    """Send every station's packets at once and wait for the broker's acknowledgements."""
    threads = [threading.Thread(target=_publish, args=(links[name], blobs[name], counts[name])) for name in blobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _publish(link: socket.socket, blob: bytes, count: int) -> None:
    sender = threading.Thread(target=link.sendall, args=(blob,))
    sender.start()
    acknowledged, buffer = 0, b""
    while acknowledged < count:
        buffer += link.recv(65536)
        while len(buffer) >= 2 and len(buffer) >= 2 + buffer[1]:
            if buffer[0] == 0x40 and buffer[1] > 2 and buffer[4] >= 0x80:
                raise ConnectionError(f"the broker refuses a message ({buffer[4]:#x})")
            acknowledged += buffer[0] == 0x40
            buffer = buffer[2 + buffer[1] :]
    sender.join()


def _packet(link: socket.socket) -> tuple[int, bytes]:
    head = _exactly(link, 2)
    return head[0] & 0xF0, _exactly(link, head[1])


def _exactly(link: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = link.recv(count - len(data))
        if not part:
            raise ConnectionError("the broker closed the connection")
        data += part
    return data


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("!H", len(raw)) + raw


def _length(value: int) -> bytes:
    encoded = bytearray()
    while True:
        value, digit = divmod(value, 128)
        encoded.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(encoded)
