"""Listen to one ESPHome node at a broker: its contacts, its badge readers, and whether it is there at all.

1. The session is clean: a badge shown while the station was not listening must not open a door later.
2. A contact counts while its node is online, and is told again and again, because what is not heard is lost; offline it
   is unknown. Retained badges are refused.
3. The station's own certificate is not used: its client id is taken by the station's link, so this listener has a name
   of its own at the broker, and may read this node's topics only.
"""

from __future__ import annotations

import ssl
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent.devices.base import (
    BadgeRead,
    DeviceReply,
    FrameError,
    Heard,
    Listener,
    LockState,
    ProtocolError,
    SettingsError,
    SourceState,
    UnreachableError,
)
from edge_agent.devices.cards import Held
from edge_agent.devices.esphome import PREFIX, Esphome, EsphomeSettings, message

PORTS = {"mqtt": 1883, "mqtts": 8883}
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
KEEPALIVE = 15
AGAIN_S = 0.5
"""Seconds between two tellings of the contacts: the node tells them when they change only."""
RETRY_FIRST, RETRY_LAST = 1, 30
"""Whole seconds between attempts to connect."""
REFUSED = 0x80


class EsphomeSource:
    """Listen to one node; `target` is mqtts://HOST[:PORT]/NODE, or mqtt:// for a broker on this machine."""

    def __init__(self, name: str, dialect: Esphome, target: str, listener: Listener) -> None:
        self.name, self.target = name, target
        self.state = SourceState("offline", "not started")
        self._settings = dialect.settings
        self._held = Held(dialect.absence)
        self._listener = listener
        self._contacts: dict[tuple[int, int], LockState] = {}
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._closed = False
        self._ended = threading.Event()
        self._repeater = threading.Thread(target=self._repeat, name=f"device-{name}-again", daemon=True)

    def start(self) -> None:
        """Begin; events go to the listener from now on, on the connection's own thread."""
        try:
            client, host, port, self._topics = self._make()
        except SettingsError as error:
            self._change(SourceState("fault", str(error)))
            return
        client.on_connect, client.on_disconnect = self._guard(self._connected), self._guard(self._lost)
        client.on_connect_fail = self._guard(lambda *_: self._away(f"no broker at {host}:{port}"))
        client.on_subscribe, client.on_message = self._guard(self._subscribed), self._guard(self._message)
        self._change(SourceState("offline", f"{self.target}: connecting"))
        self._client = client
        client.connect_async(host, port, keepalive=KEEPALIVE, clean_start=True)
        client.loop_start()
        self._repeater.start()

    def write(self, data: bytes) -> None:
        """Refuse: nodes take no commands (UnreachableError: the node is not even there)."""
        if self.state.state != "online":
            raise UnreachableError(f"{self.name}: {self.state.state}: {self.state.why}")
        raise ProtocolError(f"{self.name}: a sensor node takes no commands ({len(data)} bytes)")

    def close(self) -> None:
        """Stop, and return when nothing will be reported any more."""
        with self._lock:
            self._closed = True
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._ended.set()
            self._repeater.join(timeout=10)

    def _make(self) -> tuple[Client, str, int, str]:
        """Give the client, where it connects, and the topics it listens to (SettingsError)."""
        url, given = urlsplit(self.target), self._settings
        node = url.path.strip("/")
        if url.scheme not in PORTS or not url.hostname or not node or "/" in node or set(node) & set("+#"):
            raise SettingsError(f"{self.target}: not mqtts://HOST[:PORT]/NODE")
        if url.scheme == "mqtt" and url.hostname not in LOOPBACK:
            raise SettingsError(f"{self.target}: without TLS only a broker on this machine; use mqtts://")
        client = Client(CallbackAPIVersion.VERSION2, client_id=given.username, protocol=MQTTv5)
        client.reconnect_delay_set(RETRY_FIRST, RETRY_LAST)
        if given.username:
            client.username_pw_set(given.username, _password(given))
        if url.scheme == "mqtts":
            client.tls_set_context(_tls(given))
        return client, url.hostname, url.port or PORTS[url.scheme], f"{PREFIX}{node}/#"

    # -- on the connection's thread -------------------------------------------------------------------------------

    def _guard(self, act: Callable[..., None]) -> Callable[..., None]:
        """Let nothing out of a callback: it would end the thread while the connection looks alive."""

        def guarded(*given: Any) -> None:
            with self._lock:
                if self._closed:
                    return
                try:
                    act(*given)
                except Exception as error:
                    self.state = SourceState("fault", f"the program failed: {error!r}")
                    traceback.print_exc()  # where the journal keeps it

        return guarded

    def _connected(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._away(f"the broker refuses: {reason}")
        else:
            client.subscribe(self._topics, qos=1)

    def _subscribed(self, _client: Client, _data: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        if any(reason.value >= REFUSED for reason in reasons):
            self._change(
                SourceState("fault", f"{self.target}: the broker does not let '{self._settings.username}' read")
            )

    def _lost(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._away(f"the connection to the broker ended: {reason}")

    def _message(self, _client: Client, _data: Any, came: MQTTMessage) -> None:
        for heard in message(came.topic, came.payload.decode("utf-8", "replace")):
            self._take(heard, retained=came.retain)

    def _take(self, heard: Heard, *, retained: bool) -> None:
        if isinstance(heard, DeviceReply):
            self._status(online=heard.fields["online"] is True)
        elif isinstance(heard, LockState):
            self._contacts[heard.board, heard.lock] = heard
            if self.state.state == "online":
                self._listener(self.name, heard)
        elif retained:
            self._listener(self.name, FrameError(0, "a badge that the broker kept is not believed; set retain: false"))
        elif not (isinstance(heard, BadgeRead) and self._held.still(heard, time.monotonic())):
            self._listener(self.name, heard)

    def _status(self, *, online: bool) -> None:
        if not online:
            self._away("the node is offline")
        elif self.state.state != "online":
            self._change(SourceState("online", self.target))
            self._tell_contacts()

    def _repeat(self) -> None:
        """Tell the contacts again until closed."""
        tell = self._guard(self._tell_contacts)
        while not self._ended.wait(AGAIN_S):
            tell()

    def _tell_contacts(self) -> None:
        if self.state.state == "online":
            for contact in self._contacts.values():
                self._listener(self.name, contact)

    def _away(self, why: str) -> None:
        """Tell that nothing is known of the node any more; what its contacts said before does not count."""
        if self.state.state == "online":
            for board, lock in self._contacts:
                self._listener(self.name, LockState(board, lock, closed=None))
        self._contacts.clear()
        self._change(SourceState("offline", f"{self.target}: {why}"))

    def _change(self, state: SourceState) -> None:
        before, self.state = self.state, state
        if state.state != before.state or before.why == "not started":
            self._listener(self.name, state)


def _password(given: EsphomeSettings) -> str | None:
    if not given.password_file:
        return None
    try:
        return Path(given.password_file).read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"esphome: password_file {given.password_file}: {error}") from None


def _tls(given: EsphomeSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=given.ca_file or None)
        if given.cert_file:
            context.load_cert_chain(given.cert_file, given.cert_key_file or None)
    except OSError as error:
        raise SettingsError(f"esphome: ca_file, cert_file, cert_key_file: {error}") from None
    return context
