"""A paho client that reads many packets per system call and acknowledges many messages in one write.

Measured: paho reads a packet with three or more recv() calls, carries a message through a dozen functions and writes
every PUBACK by itself; this takes a third of its time. What is not a plain message of QoS 1 is left to paho.
"""

import socket
import struct
from collections.abc import Callable, Iterable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

_READ = 1 << 16
_PUBACK = 0x40
_ACK = struct.Struct("!BBH")
_PLAIN = 0x32
"""The first byte of a PUBLISH of QoS 1, but for DUP (8) and RETAIN (1)."""

Heard = Callable[[str, bytes, int], None]
"""Told of a message: its topic, its payload, its packet identifier."""


def plain_message(data: memoryview, at: int) -> tuple[str, bytes, int, int] | None:
    """Read the message of QoS 1 without properties that begins at `at`: topic, payload, packet identifier and its end.

    None when something else begins there, or it is not whole.
    """
    if at >= len(data) or data[at] & 0xF6 != _PLAIN:
        return None
    length, shift, body = 0, 0, at + 1
    while True:
        if body >= len(data) or shift > 21:
            return None
        digit = data[body]
        length |= (digit & 0x7F) << shift
        shift, body = shift + 7, body + 1
        if digit < 0x80:
            break
    end = body + length
    if end > len(data) or length < 5:
        return None
    named = body + 2 + (data[body] << 8 | data[body + 1])
    if named + 3 > end or data[named + 2]:
        return None
    mid = data[named] << 8 | data[named + 1]
    topic = str(data[body + 2 : named], "utf-8", "replace")
    return (topic, bytes(data[named + 3 : end]), mid, end) if mid else None


def _pass_on(client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
    if isinstance(client, BatchingClient):
        client.pass_on(str(message._topic, "utf-8", "replace"), bytes(message.payload), message.mid)


def _send_at_once(_client: mqtt.Client, _data: Any, link: Any) -> None:
    """Send small packets at once: else an answer waits some 40 ms for the acknowledgement of the one before it."""
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class BatchingClient(mqtt.Client):
    """An MQTT 5 client with manual acknowledgement."""

    def __init__(self, client_id: str, heard: Heard) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5,
            manual_ack=True,
            reconnect_on_failure=True,
        )
        self._read = memoryview(b"")
        self._read_from: Any = None
        self._heard = heard
        self.on_message = _pass_on
        self.on_socket_open = _send_at_once

    def ack_many(self, mids: Iterable[int]) -> None:
        """Acknowledge messages of QoS 1 in the order given, in one write."""
        packet = b"".join(_ACK.pack(_PUBACK, 2, mid) for mid in mids)
        if packet:
            self._packet_queue(_PUBACK, packet, 0, 1)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read until what was received is used up: select() does not know of it."""
        result = super().loop_read(max_packets)
        while result == MQTTErrorCode.MQTT_ERR_SUCCESS and self._read and self._sock is self._read_from:
            self._hear_plain()
            if self._read:
                result = super().loop_read(max_packets)
        return result

    def pass_on(self, topic: str, payload: bytes, mid: int) -> None:
        """Tell of a message."""
        self._heard(topic, payload, mid)

    def _hear_plain(self) -> None:
        """Take the plain messages that begin what was read; none while paho has begun with a packet."""
        if self._in_packet["command"]:
            return
        at = 0
        while (found := plain_message(self._read, at)) is not None:
            topic, payload, mid, at = found
            self._heard(topic, payload, mid)
        self._read = self._read[at:]

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self._read or self._sock is not self._read_from:
            self._read_from = self._sock
            self._read = memoryview(b"")
            self._read = memoryview(super()._sock_recv(_READ))
        part = bytes(self._read[:bufsize])
        self._read = self._read[bufsize:]
        return part
