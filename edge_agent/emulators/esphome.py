"""A sensor node at a broker, as ESPHome behaves: birth, last will, retained contacts, badges said once."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

WAIT = 10.0


class EsphomeEmulator:
    """One node with two door contacts, a tamper loop and all kinds of badge readers."""

    def __init__(self, url: str, password: str | None = None) -> None:
        where = urlsplit(url)
        self._host, self._port = where.hostname or "127.0.0.1", where.port or 1883
        self.node = where.path.strip("/")
        self._password = password
        self._contacts = {"door/1": False, "door/2": False, "tamper": False}
        self._client: Client | None = None
        self.plug()

    def plug(self) -> None:
        """Give the node its power: it connects, says so and tells its contacts."""
        connected = threading.Event()
        client = Client(CallbackAPIVersion.VERSION2, client_id=self.node, protocol=MQTTv311, reconnect_on_failure=False)
        client.on_connect = lambda *_: connected.set()
        if self._password is not None:
            client.username_pw_set(self.node, self._password)
        client.will_set(self._topic("status"), "offline", qos=1, retain=True)
        client.connect(self._host, self._port, keepalive=15)
        client.loop_start()
        if not connected.wait(WAIT):
            raise OSError(f"the node {self.node} finds no broker at {self._host}:{self._port}")
        self._client = client
        self.publish("status", "online", retain=True)
        for topic, is_open in self._contacts.items():
            self.publish(topic, "ON" if is_open else "OFF", retain=True)

    def unplug(self) -> None:
        """Cut the power: the broker says the last will."""
        client, self._client = self._client, None
        if client is None:
            return
        link: Any = client.socket()
        with contextlib.suppress(OSError, AttributeError):
            link.shutdown(socket.SHUT_RDWR)
        client.disconnect()
        client.loop_stop()

    def close(self) -> None:
        """Stop for good."""
        self.unplug()

    def contact(self, topic: str, *, is_open: bool) -> None:
        """Open or close one of door/1, door/2, tamper."""
        self._contacts[topic] = is_open
        self.publish(topic, "ON" if is_open else "OFF", retain=True)

    def present(self, card: str) -> None:
        """Hold a card to its reader: 10 hex digits to the RDM6300, any other UID to the PN532."""
        data = bytes.fromhex(card)
        if len(data) == 5:
            check = 0
            for byte in data:
                check ^= byte
            self.publish("rdm6300", (data + bytes((check,))).hex().upper())
        else:
            self.publish("pn532", data.hex("-").upper())

    def remove(self) -> None:
        """Take the card away: the node says nothing of it."""

    def swipe(self, bits: str) -> None:
        """Send bits, as a Wiegand reader does."""
        self.publish("wiegand", f"{len(bits)} {int(bits, 2):x}")

    def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Say something below the node's own topics."""
        if self._client is not None:
            self._client.publish(self._topic(topic), payload, qos=1, retain=retain).wait_for_publish(WAIT)

    def _topic(self, rest: str) -> str:
        return f"guiwei/nodes/{self.node}/{rest}"
