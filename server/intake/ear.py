"""The ear: holds the connection to the broker, and reads what stations send, in a process of its own.

Half of all there is to do with an event is done here, beside the judging of those before it. The ear decides nothing,
and holds no key of the server's: what it cannot vouch for goes on as it came, and it acknowledges what it is told to.
It ends when its input does, and so never outlives the intake, however that ends.
"""

import contextlib
import os
import queue
import signal
import threading
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract.errors import ContractError
from contract.topics import pattern, station_of
from server.intake.batch import Incoming, Opened, read
from server.intake.client import BatchingClient
from server.intake.wire import (
    Acknowledge,
    Broker,
    Came,
    Joined,
    Keys,
    Listening,
    Lost,
    News,
    Proven,
    Publish,
    read_frame,
    to_ear,
    write_frame,
)

SESSION_SECONDS: Final = 24 * 3600
KEEPALIVE: Final = 15
FRAME: Final = 25
"""Messages handed on together at most: the first are judged while those after them are read."""


class Ear:
    """Listens until told to stop."""

    def __init__(self, broker: Broker) -> None:
        self.keys: dict[str, bytes] = {}
        self.heard: queue.SimpleQueue[News | None] = queue.SimpleQueue()
        self.to_tell: queue.SimpleQueue[list[News] | None] = queue.SimpleQueue()
        self._connection = 0
        self._broker = broker
        self._client = self._make_client()

    def start(self) -> None:
        """Connect, and from then on connect again whenever the connection is lost."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_SECONDS
        properties.ReceiveMaximum = self._broker.window
        self._client.connect_async(
            self._broker.host, self._broker.port, keepalive=KEEPALIVE, clean_start=False, properties=properties
        )
        self._client.loop_start()

    def stop(self) -> None:
        """Take leave of the broker; it keeps the session."""
        self._client.disconnect()
        self._client.loop_stop()

    def obey(self, order: Keys | Acknowledge | Publish | Broker) -> None:
        """Do what the intake says."""
        match order:
            case Acknowledge(connection, mids):
                if connection == self._connection:
                    self._client.ack_many(mids)
            case Publish(topic, payload):
                self._client.publish(topic, payload, qos=1)
            case Keys(keys):
                self.keys = keys
            case Broker():
                raise ValueError("an ear calls one broker, once")

    def read_on(self) -> None:
        """Check and read what is heard until told to stop, whether or not the intake has time to be told of it."""
        try:
            while (found := self._next()) is not None:
                self.to_tell.put(found)
        finally:
            self.to_tell.put(None)

    def _next(self) -> list[News] | None:
        """Wait for news and take what else has come; None when told to stop."""
        found: list[News] = []
        one = self.heard.get()
        with contextlib.suppress(queue.Empty):
            while one is not None:
                found.append(proven(one, self.keys) if isinstance(one, Came) and one.is_up else one)
                if len(found) == FRAME:
                    return found
                one = self.heard.get_nowait()
            return None
        return found

    # ------------------------------------------------------------ the client's thread

    def _make_client(self) -> BatchingClient:
        broker = self._broker
        client = BatchingClient(broker.username or "server-intake", self._on_message)
        if broker.password:
            client.username_pw_set(broker.username, broker.password)
        if broker.ca:
            client.tls_set(broker.ca, broker.certificate or None, broker.key or None)
        client.max_inflight_messages_set(200)
        client.reconnect_delay_set(min_delay=1, max_delay=8)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        return client

    def _on_connect(self, client: mqtt.Client, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.heard.put(Lost(f"refused: {reason}"))
            return
        self._connection += 1
        self.heard.put(Joined(bool(flags.session_present)))
        client.subscribe([(pattern("up"), 1), (pattern("status"), 1)])

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        granted = not any(reason.is_failure for reason in reasons)
        self.heard.put(Listening(granted, ", ".join(str(reason) for reason in reasons)))

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.heard.put(Lost(str(reason)))

    def _on_message(self, name: str, payload: bytes, mid: int) -> None:
        self.heard.put(Came(self._connection, mid, name.rpartition("/")[2], _speaker(name), payload))


def proven(came: Came, keys: dict[str, bytes]) -> Came | Proven:
    """Check and read a station's batch; if anything is against it, it stays as it came, for the intake to say what."""
    key = keys.get(came.station)
    unit = None if key is None else read(Incoming(came.payload, came.station), {came.station: key})
    return Proven(came.connection, came.mid, key, unit) if key is not None and isinstance(unit, Opened) else came


def serve() -> None:
    """Be the ear of the process at the other end of standard input and output."""
    for number in (signal.SIGINT, signal.SIGTERM):  # whoever stops the intake may tell both; the intake ends this
        signal.signal(number, signal.SIG_IGN)
    source, sink = os.fdopen(0, "rb"), os.fdopen(1, "wb")
    broker = read_frame(source, to_ear)
    if not isinstance(broker, Broker):
        raise TypeError("an ear is told first whom to call")
    ear = Ear(broker)

    def follow() -> None:
        try:
            with contextlib.suppress(EOFError):
                while True:
                    ear.obey(read_frame(source, to_ear))
        finally:
            ear.heard.put(None)

    for work in (follow, ear.read_on):
        threading.Thread(target=work).start()
    ear.start()
    with contextlib.suppress(BrokenPipeError):
        while (found := ear.to_tell.get()) is not None:
            write_frame(sink, found)
    ear.stop()
    with contextlib.suppress(BrokenPipeError):
        sink.close()


def _speaker(name: str) -> str:
    try:
        return station_of(name)
    except ContractError:
        return ""
