"""The server's side of the contract for tests of a station: it checks every batch as the intake would, and answers.

Real MQTT through a real broker, real keys; only what a station is told is decided by the test (`answer`).
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract.codec import chain, check_place, decode_batch, decode_event, decode_status, encode, seal
from contract.messages import AccessRequested, Anchor, Denied, Event, Grant, Message, Reason, Receipt, Status
from contract.signing import check_signature, genesis, open_envelope
from contract.topics import topic

E = TypeVar("E", bound=Event)
Answer = Callable[[AccessRequested], "Grant | Denied | None"]


class Peer:
    """One server's intake for one station."""

    def __init__(self, port: int, station: str = "a") -> None:
        self.port, self.station = port, station
        self.key, self.pin_key = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
        self.station_key = Ed25519PrivateKey.generate()
        self.answer: Answer = self.grant
        self.doors = [1]
        self.receipts = True
        self.drop = 0
        """How many of the next batches to lose."""
        self.restored = False
        """Whether the station may come back with an older image of its disk, and so tell the past otherwise."""
        self.gaps: list[tuple[int, int]] = []
        self.events: dict[str, list[Event]] = {}
        self.hashes: dict[str, list[str]] = {}
        self.statuses: list[Status] = []
        self.wrong: list[str] = []
        self.changed = threading.Condition()
        self._client: Client | None = None

    # -- connection ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Connect and listen."""
        client = Client(CallbackAPIVersion.VERSION2, client_id="server-intake", protocol=MQTTv5)
        client.on_message = self._on_message
        client.on_connect = lambda client, *_: client.subscribe(
            [(topic(self.station, "up"), 1), (topic(self.station, "status"), 1)]
        )
        client.reconnect_delay_set(1, 1)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 3600
        client.connect_async("127.0.0.1", self.port, keepalive=15, clean_start=False, properties=properties)
        client.loop_start()
        self._client = client

    def close(self) -> None:
        """Disconnect."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None

    def publish(self, channel: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish to a station's channel."""
        assert self._client is not None
        self._client.publish(topic(self.station, channel), payload, qos=1, retain=retain)  # type: ignore[arg-type]

    def send(self, channel: str, message: Message) -> None:
        """Sign and publish."""
        self.publish(channel, seal(self.key, message))

    # -- what the station sends ---------------------------------------------------------------------------------------

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        with self.changed:
            try:
                if message.topic.endswith("/status"):
                    self.statuses.append(decode_status(bytes(message.payload)))
                else:
                    self._batch(bytes(message.payload))
            except Exception as error:  # a test asks for `wrong` at its end
                self.wrong.append(repr(error))
            self.changed.notify_all()

    def _batch(self, payload: bytes) -> None:
        if self.drop:
            self.drop -= 1
            return
        signature, body = open_envelope(payload)
        check_signature(self.station_key.public_key(), signature, body)
        batch = decode_batch(body)
        events = self.events.setdefault(batch.epoch, [])
        hashes = self.hashes.setdefault(batch.epoch, [])
        upto, gaps = len(events), []
        if batch.first > upto + 1:
            gaps = [(upto + 1, batch.first - 1)]
            self.gaps += [gap for gap in gaps if gap not in self.gaps]
        else:
            before = genesis(batch.station, batch.epoch) if batch.first == 1 else hashes[batch.first - 2]
            told = chain(batch)
            same = all(one == other for one, other in zip(told, hashes[batch.first - 1 :], strict=False))
            if self.restored and not (same and batch.previous == before):
                self._receipt(batch.epoch, batch.sent_mono_us, gaps)
                return
            assert batch.previous == before, "chain broken"
            for index, (raw, digest) in enumerate(zip(batch.events, told, strict=True)):
                event = decode_event(raw)
                check_place(batch, index, event)
                if event.seq <= len(events):
                    assert hashes[event.seq - 1] == digest, "other event under the same seq"
                    continue
                events.append(event)
                hashes.append(digest)
                if isinstance(event, AccessRequested):
                    self._answer(event)
        if self.receipts:
            self._receipt(batch.epoch, batch.sent_mono_us, gaps)

    def _receipt(self, epoch: str, echo_us: int, gaps: list[tuple[int, int]]) -> None:
        self.send(
            "receipt",
            Receipt(
                v=1,
                station=self.station,
                epoch=epoch,
                upto=len(self.events[epoch]),
                head=(self.hashes[epoch] or [genesis(self.station, epoch)])[-1],
                gaps=gaps,
                server_us=time.time_ns() // 1000,
                echo_mono_us=echo_us,
                anchor=Anchor(size=len(self.events[epoch]), root="ab" * 32),
            ),
        )

    def _answer(self, asked: AccessRequested) -> None:
        answer = self.answer(asked)
        if answer is not None:
            self.send("grants", answer)

    # -- answers ------------------------------------------------------------------------------------------------------

    def grant(self, asked: AccessRequested) -> Grant:
        """Grant `doors`."""
        return Grant(
            v=1,
            station=self.station,
            session=asked.session,
            challenge=asked.challenge,
            grant=secrets.token_hex(16),
            person="p1",
            doors=self.doors,
            items=[],
            issued_us=time.time_ns() // 1000,
            ttl_ms=30000,
        )

    def deny(self, asked: AccessRequested) -> Denied:
        """Refuse."""
        return Denied(
            v=1,
            station=self.station,
            session=asked.session,
            challenge=asked.challenge,
            person="p1",
            reasons=[Reason(rule="R02", code="no_authority")],
        )

    # -- for tests ----------------------------------------------------------------------------------------------------

    @property
    def all(self) -> list[Event]:
        """All events of the newest epoch."""
        return next(reversed(self.events.values()), [])

    def of(self, kind: type[E]) -> list[E]:
        """All events of a kind."""
        return [event for event in self.all if isinstance(event, kind)]

    def wait(self, holds: Callable[[], bool], timeout: float = 20.0) -> bool:
        """Wait until something holds of what has arrived."""
        with self.changed:
            return self.changed.wait_for(holds, timeout)

    def kinds(self) -> list[str]:
        """The kinds of all events in order."""
        return [str(msgspec.to_builtins(event)["kind"]) for event in self.all]

    def encoded(self) -> list[bytes]:
        """All events as bytes."""
        return [encode(event) for event in self.all]
