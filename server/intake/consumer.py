"""Hear the stations over MQTT: hand batches to the intake service, acknowledge after the commit, send the answers.

Law 1: the client's callbacks only enqueue; one thread does all the rest.
Law 2: commit when nothing more waits, else when a third of the receive window does; never by a timer. While one batch
       is committed, the signatures of the next are checked and a third is received.
Law 3: acknowledge after the commit, then send receipts. A database that cannot commit gets no acknowledgement, is tried
       again with the same messages, and makes the server not ready.
"""

import gc
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract.codec import decode_status
from contract.errors import ContractError
from contract.messages import CertificateIssued
from contract.topics import Channel, pattern, station_of, topic
from server.domain.facts import facts
from server.intake.batch import Incoming
from server.intake.chores import Chores
from server.intake.client import BatchingClient
from server.intake.service import DATABASE_DOWN, Begun, IntakeService, Taken
from server.store import inbox

WINDOW: Final = 1500
"""Messages the broker may send before the first is acknowledged."""
OBJECTS_OF_A_BATCH: Final = 200_000
"""So many new objects before looking for garbage: a batch makes tens of thousands, and they all go with it."""
SESSION_SECONDS: Final = 24 * 3600
KEEPALIVE: Final = 15
_IDLE_SECONDS: Final = 0.25
_RETRY_SECONDS: Final = 0.5

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Broker:
    """How to reach the broker: by password (one machine) or certificate."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@facts
class _Arrived:
    """Something from the client's thread: a message, or (no topic) a new session that knows of nothing before."""

    topic: str
    payload: bytes
    mid: int
    connection: int


@dataclass(frozen=True, slots=True)
class _Batch:
    """What arrived together, and what the service has begun with it."""

    arrived: list[_Arrived]
    begun: Begun


class Consumer:
    """Runs the intake on MQTT until it is told to stop."""

    def __init__(self, service: IntakeService, broker: Broker, window: int = WINDOW) -> None:
        self._service = service
        self._broker = broker
        self._window = window
        self._most = max(1, window // 3)
        self._queue: queue.SimpleQueue[_Arrived] = queue.SimpleQueue()
        self._connection = 0
        self._subscribed = False
        self._store_ok = True
        self._thread = 0
        self._client = self._make_client()
        self._chores = Chores(service, self._publish)
        service.database.on_commit(self.wake)

    @property
    def ready(self) -> bool:
        """Say whether stations are heard and what they say is committed."""
        return self._subscribed and self._store_ok

    def wake(self) -> None:
        """Look for new commands to send soon (called after every commit of this process; our own give none)."""
        if threading.get_ident() != self._thread:
            self._chores.look = True

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        self._thread = threading.get_ident()
        self._service.checker.may_start = True
        gc.freeze()
        gc.set_threshold(OBJECTS_OF_A_BATCH)
        self._client.connect_async(
            self._broker.host,
            self._broker.port,
            keepalive=KEEPALIVE,
            clean_start=False,
            properties=_session(self._window),
        )
        self._client.loop_start()
        try:
            begun: _Batch | None = None
            while not stop.is_set():
                arrived = self._next(wait=begun is None)
                fresh = self._begin(arrived, stop) if arrived else None
                if begun is not None:
                    self._take(begun, stop)
                begun = fresh
                self._do_chores(idle=begun is None)
        finally:
            self._service.close()
            self._client.disconnect()
            self._client.loop_stop()

    def _next(self, wait: bool) -> list[_Arrived]:
        """Take all that waits, up to a third of the window; with `wait`, wait for something first."""
        batch: list[_Arrived] = []
        try:
            batch.append(self._queue.get(timeout=_IDLE_SECONDS) if wait else self._queue.get_nowait())
            while len(batch) < self._most:
                batch.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _begin(self, arrived: list[_Arrived], stop: threading.Event) -> _Batch | None:
        """Have signatures checked."""
        begun = self._patiently(lambda: self._service.begin(_messages(arrived)), stop)
        return None if begun is None else _Batch(arrived, begun)

    def _take(self, batch: _Batch, stop: threading.Event) -> None:
        """Commit a batch, in order; then acknowledge, then answer."""
        taken = self._patiently(lambda: self._commit(batch), stop)
        if taken is not None:
            self._client.ack_many(a.mid for a in batch.arrived if a.mid and a.connection == self._connection)
            self._send(taken)

    def _patiently(self, act: Callable[[], T], stop: threading.Event) -> T | None:
        """Act; whatever goes wrong nothing was committed, so say not ready and try again. None: told to stop."""
        while not stop.is_set():
            try:
                done = act()
            except Exception as error:
                self._store_ok = False
                log.error("intake_failed", error=str(error), exc_info=not isinstance(error, DATABASE_DOWN))
                stop.wait(_RETRY_SECONDS)
                continue
            self._store_ok = True
            return done
        return None

    def _commit(self, batch: _Batch) -> Taken:
        taken = self._service.finish(batch.begun) if batch.begun.looked else Taken()
        for arrived in batch.arrived:
            if not arrived.topic:
                with self._service.database.begin() as uow:
                    inbox.note_all_silent(uow.connection)
            elif arrived.topic.endswith("/status"):
                self._note_status(arrived)
        return taken

    def _note_status(self, arrived: _Arrived) -> None:
        station = _speaker(arrived.topic)
        try:
            status = decode_status(arrived.payload)
        except ContractError as error:
            log.warning("status_refused", station=station, reason=error.reason, detail=error.detail)
            return
        with self._service.database.begin() as uow:
            inbox.save_status(uow.connection, station, status.online, self._service.clock.wall_us())
        if status.online:
            self._chores.forget_sent(station)

    def _send(self, taken: Taken) -> None:
        for answer in taken.answers:
            channel: Channel = "command" if isinstance(answer, CertificateIssued) else "grants"
            self._publish(topic(answer.station, channel), self._service.sign(answer))
        for (station, _), receipt in taken.receipts.items():
            self._publish(topic(station, "receipt"), self._service.sign(receipt))
        for refusal in taken.refused:
            log.warning("message_quarantined", station=refusal.station, reason=refusal.reason, detail=refusal.detail)

    def _do_chores(self, idle: bool) -> None:
        try:
            self._chores.run(idle)
        except DATABASE_DOWN as error:
            log.error("chores_failed", error=str(error))

    def _publish(self, name: str, payload: bytes) -> None:
        self._client.publish(name, payload, qos=1)

    # ------------------------------------------------------------ the client's thread

    def _make_client(self) -> BatchingClient:
        client = BatchingClient(self._broker.username or "server-intake", self._on_message)
        if self._broker.password:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.ca is not None:
            client.tls_set(str(self._broker.ca), _text(self._broker.certificate), _text(self._broker.key))
        client.max_inflight_messages_set(200)
        client.reconnect_delay_set(min_delay=1, max_delay=8)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        return client

    def _on_connect(self, client: mqtt.Client, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.error("broker_refuses", reason=str(reason))
            return
        self._connection += 1
        if not flags.session_present:
            self._queue.put(_Arrived("", b"", 0, self._connection))
        client.subscribe([(pattern("up"), 1), (pattern("status"), 1)])

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        self._subscribed = not any(reason.is_failure for reason in reasons)
        if not self._subscribed:
            log.error("broker_denies_subscription", reasons=[str(reason) for reason in reasons])

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._subscribed = False
        log.warning("broker_lost", reason=str(reason))

    def _on_message(self, name: str, payload: bytes, mid: int) -> None:
        self._queue.put(_Arrived(name, payload, mid, self._connection))


def _session(window: int) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_SECONDS
    properties.ReceiveMaximum = window
    return properties


def _messages(arrived: list[_Arrived]) -> list[Incoming]:
    return [Incoming(one.payload, _speaker(one.topic)) for one in arrived if one.topic.endswith("/up")]


def _speaker(name: str) -> str:
    """Say on whose topic a message came; "" (nobody) when no station may have that name."""
    try:
        return station_of(name)
    except ContractError:
        return ""


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
