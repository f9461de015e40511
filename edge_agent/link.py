"""The MQTT 5 connection: one fresh client per connection, callbacks that only enqueue, no lock of our own.

1. The outbox is the memory, the client has none: it is thrown away with its connection, the broker keeps the session.
2. Nothing a callback does can raise or wait; whatever happens arrives in the station's queue as a LinkEvent.
3. A PUBACK with reason >= 0x80, or 0x10 (nobody listens), is a failure.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract.codec import encode
from contract.messages import Status
from contract.signing import MAX_MESSAGE
from contract.topics import TOPICS, Channel, topic
from edge_agent.devices.base import SettingsError
from edge_agent.renewal import certificate_in_use
from edge_agent.settings import BrokerTable

KEEPALIVE = 15
SESSION_SECONDS = 24 * 3600
CONNECT_TIMEOUT = 5.0
RETRY_FIRST, RETRY_LAST = 0.2, 2.0
NOBODY_LISTENS = 0x10
FAILURE = 0x80


class LinkUp(msgspec.Struct, frozen=True):
    """The broker accepted the connection and the subscriptions are under way."""


class LinkDown(msgspec.Struct, frozen=True):
    """The connection is gone, or could not be made."""

    why: str


class Delivered(msgspec.Struct, frozen=True):
    """The broker answered a publication; `ok` is False when it would not take it or nobody listens."""

    ok: bool
    reason: int


class Arrived(msgspec.Struct, frozen=True):
    """A message came for this station."""

    channel: Channel
    payload: bytes
    retained: bool


LinkEvent = LinkUp | LinkDown | Delivered | Arrived


class Wire(Protocol):
    """What a station sends by."""

    def start(self) -> None:
        """Begin connecting; what happens arrives in the inbox."""

    def publish(self, payload: bytes) -> None:
        """Send one batch; without a connection nothing is sent and nothing kept."""

    def close(self) -> None:
        """Say good-bye and stop."""


def _at_once(_client: Client, _userdata: Any, link: Any) -> None:
    """Send small packets at once: waiting to fill a segment costs a question some 40 ms."""
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _Client(Client):
    """A client whose thread reports its own end, however it ends."""

    def __init__(self, station: str, ended: Callable[[str], None]) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id=station, protocol=MQTTv5, reconnect_on_failure=False)
        self._ended = ended

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> MQTTErrorCode:
        """Run until the connection is gone."""
        why = "closed"
        try:
            return super().loop_forever(timeout, retry_first_connection)
        except Exception as error:  # a malformed packet must not leave a link that looks alive
            why = f"{type(error).__name__}: {error}"
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        finally:
            self._ended(why)


class Link:
    """Keep one station connected to its broker."""

    def __init__(self, station: str, boot: str, broker: BrokerTable, inbox: Callable[[LinkEvent], None]) -> None:
        self._station, self._boot, self._broker, self._inbox = station, boot, broker, inbox
        self._client: Client | None = None
        self._gone = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep_connected, name="link", daemon=True)
        _tls(broker)  # what is wrong with the files is said at once
        self._password = _password(broker)
        self._listens = {topic(station, t.channel): t.channel for t in TOPICS if t.written_by == "server"}

    def start(self) -> None:
        """Begin connecting; what happens arrives in the inbox."""
        self._thread.start()

    def publish(self, payload: bytes) -> None:
        """Send one batch; without a connection nothing is sent and nothing kept."""
        client = self._client
        if client is not None:
            client.publish(topic(self._station, "up"), payload, qos=1)

    def close(self) -> None:
        """Say good-bye (status offline) and stop; returns within about a second."""
        self._closing.set()
        client = self._client
        if client is not None:
            client.publish(topic(self._station, "status"), self._status(online=False), qos=1, retain=True)
            client.disconnect(properties=_session(PacketTypes.DISCONNECT))
        else:
            self._gone.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1.0)

    # -- on the link's own thread -------------------------------------------------------------------------------------

    def _keep_connected(self) -> None:
        wait = RETRY_FIRST
        while not self._closing.is_set():
            self._gone.clear()
            try:
                client = self._new_client()
                client.connect(
                    self._broker.host,
                    self._broker.port,
                    keepalive=KEEPALIVE,
                    clean_start=False,
                    properties=_session(PacketTypes.CONNECT),
                )
            except (OSError, ssl.SSLError, SettingsError) as error:
                self._inbox(LinkDown(f"{self._broker.host}:{self._broker.port}: {error}"))
                self._closing.wait(wait)
                wait = min(wait * 2, RETRY_LAST)
                continue
            client.loop_start()
            self._gone.wait()
            client.loop_stop()
            connected, self._client = self._client is not None, None
            wait = RETRY_FIRST if connected else min(wait * 2, RETRY_LAST)
            self._closing.wait(wait)

    def _new_client(self) -> Client:
        client = _Client(self._station, self._ended)
        client.connect_timeout = CONNECT_TIMEOUT
        client.username_pw_set(self._broker.username or self._station, self._password)
        context = _tls(self._broker)  # read anew: the certificate may be the next one
        if context is not None:
            client.tls_set_context(context)
        client.will_set(topic(self._station, "status"), self._status(online=False), qos=1, retain=True)
        client.on_socket_open = _at_once
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        return client

    def _status(self, *, online: bool) -> bytes:
        return encode(Status(v=1, online=online, boot=self._boot))

    def _on_connect(self, client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._inbox(LinkDown(f"refused: {reason}"))
            return
        client.subscribe([(name, 1) for name in self._listens])
        client.publish(topic(self._station, "status"), self._status(online=True), qos=1, retain=True)
        self._client = client
        self._inbox(LinkUp())

    def _ended(self, why: str) -> None:
        self._inbox(LinkDown(why))
        self._gone.set()

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        channel = self._listens.get(message.topic)
        if channel is not None:
            self._inbox(Arrived(channel, bytes(message.payload), bool(message.retain)))

    def _on_publish(self, _client: Client, _userdata: Any, _mid: int, reason: Any, _properties: Any) -> None:
        self._inbox(Delivered(reason.value < FAILURE and reason.value != NOBODY_LISTENS, reason.value))


def _session(packet: int) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_SECONDS
    if packet == PacketTypes.CONNECT:
        properties.MaximumPacketSize = MAX_MESSAGE + 1024
    return properties


def _tls(broker: BrokerTable) -> ssl.SSLContext | None:
    if not broker.ca_file:
        return None
    try:
        context = ssl.create_default_context(cafile=broker.ca_file)
        if broker.cert_file:
            context.load_cert_chain(certificate_in_use(broker), broker.cert_key_file or broker.cert_file)
    except OSError as error:
        raise SettingsError(f"broker.ca_file, cert_file, cert_key_file: {error}") from None
    return context


def _password(broker: BrokerTable) -> str | None:
    if not broker.password_file:
        return None
    try:
        return Path(broker.password_file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"broker.password_file {broker.password_file}: {error}") from None
