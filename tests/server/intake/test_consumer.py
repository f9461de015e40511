"""The intake on a real broker: acknowledged after the commit, killed at the worst moment, and nothing counts twice."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlmodel import select

from contract.codec import encode, open_answer, open_receipt
from contract.messages import Grant, Receipt, Status
from contract.topics import topic
from server.intake.consumer import Consumer
from server.intake.wire import Broker
from server.store.tables import Inbox, Movement, Outgoing, Quarantine, Station
from server.store.unit_of_work import Database
from tests.server.company import KEYS, WANG, Writer, allow, intake, settle_in

PUBLIC = KEYS.signing.public_key()


class StationClient:
    """A station's connection to the broker, with what it hears."""

    def __init__(self, port: int, name: str = "a") -> None:
        self.name = name
        self.heard: list[tuple[str, bytes]] = []
        ready = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5)
        self.client.username_pw_set(name, name)
        self.client.on_message = lambda _c, _d, m: self.heard.append((m.topic.split("/")[-1], bytes(m.payload)))
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.client.subscribe([(topic(name, channel), 1) for channel in ("receipt", "grants", "command")])
        assert ready.wait(20)

    def send(self, payload: bytes) -> None:
        self.client.publish(topic(self.name, "up"), payload, 1)

    def of(self, channel: str) -> list[bytes]:
        return [payload for kind, payload in self.heard if kind == channel]

    def receipts(self) -> list[Receipt]:
        return [open_receipt(PUBLIC, payload) for payload in self.of("receipt")]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def wait(what: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@contextmanager
def running(database: Database, port: int) -> Iterator[Consumer]:
    consumer = Consumer(intake(database), Broker("127.0.0.1", port, "server", "server"))
    stop = threading.Event()
    thread = threading.Thread(target=consumer.run, args=(stop,))
    thread.start()
    try:
        wait(lambda: consumer.ready)
        yield consumer
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def test_grant_receipt_and_status(database: Database, mosquitto: int) -> None:
    settle_in(database)
    allow(database, WANG, 1)
    writer, station = Writer(), StationClient(mosquitto)
    with running(database, mosquitto):
        status = encode(Status(v=1, online=True, boot="0" * 32))
        station.client.publish(topic("a", "status"), status, 1, retain=True)
        session, asks = writer.asks(WANG)
        station.send(asks)
        wait(lambda: station.of("grants") and station.of("receipt"))
        grant = open_answer(PUBLIC, station.of("grants")[0])
        assert isinstance(grant, Grant)
        assert (grant.session, grant.doors) == (session, [1])
        station.send(b"no envelope")
        station.send(writer.closes(session, taken=[1]))
        wait(lambda: station.receipts()[-1].upto == 2)
        assert station.receipts()[-1].echo_mono_us == writer.mono
    with database.read() as db:
        assert [movement.verdict for movement in db.exec(select(Movement))] == ["as_approved"]
        assert [(row.station, row.reason) for row in db.exec(select(Quarantine))] == [("a", "not_an_envelope")]
        assert db.get_one(Station, "a").online
    station.close()


def test_commands_outlive_a_crash(database: Database, mosquitto: int) -> None:
    settle_in(database)
    with database.begin() as uow:
        uow.session.add(Outgoing(command="c", station="a", payload=b"sweep", awaits=1, created_us=1))
    station = StationClient(mosquitto)
    with running(database, mosquitto):
        wait(lambda: station.of("command") == [b"sweep"])
    with running(database, mosquitto):
        wait(lambda: station.of("command") == [b"sweep", b"sweep"])
        with database.begin() as uow:
            uow.session.add(Outgoing(command="d", station="a", payload=b"again", awaits=1, created_us=2))
        wait(lambda: station.of("command")[-1] == b"again", 3)
    station.close()


CHILD = """
import os, signal, sys, threading
from server.intake.consumer import Consumer
from server.intake.wire import Broker
from server.store import inbox
from server.store.unit_of_work import Database
from tests.server.company import intake
url, port, moment = sys.argv[1], int(sys.argv[2]), sys.argv[3]
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
if moment == "before the commit":
    inbox.note_heard = die  # the last thing written: everything is there, nothing is committed
elif moment == "before the acknowledgement":
    Consumer._send = die
consumer = Consumer(intake(Database(url)), Broker("127.0.0.1", port, "server", "server"))
if moment == "before the acknowledgement":
    consumer._hearing.acknowledge = die
consumer.run(threading.Event())
"""


@pytest.mark.parametrize("moment", ["before the commit", "before the acknowledgement"])
def test_killed_between_receive_and_answer(database: Database, mosquitto: int, moment: str) -> None:
    settle_in(database)
    allow(database, WANG, 1)
    writer, station = Writer(), StationClient(mosquitto)
    with running(database, mosquitto):  # makes the session at the broker that outlives its client
        session, asks = writer.asks(WANG)
        station.send(asks)
        wait(station.receipts)
    child = subprocess.Popen([sys.executable, "-c", CHILD, database.url, str(mosquitto), moment])
    try:
        station.send(writer.closes(session, taken=[1, 2]))
        assert child.wait(20) == -9
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    with database.read() as db:
        assert len(db.exec(select(Movement)).all()) == (0 if moment == "before the commit" else 2)
    with running(database, mosquitto):
        wait(lambda: station.receipts()[-1].upto == 2)
    with database.read() as db:
        assert {(m.item_id, m.verdict) for m in db.exec(select(Movement))} == {(1, "as_approved"), (2, "extra")}
        assert len(db.exec(select(Movement)).all()) == 2
        assert len(db.exec(select(Inbox)).all()) == 2
    station.close()


def test_a_database_that_is_down_gets_no_acknowledgement(database: Database, mosquitto: int) -> None:
    settle_in(database)
    writer, station = Writer(), StationClient(mosquitto)
    with running(database, mosquitto) as consumer:
        with database.engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("ALTER TABLE inbox RENAME TO inbox_gone")
        station.send(writer.asks(WANG)[1])
        wait(lambda: not consumer.ready)
        assert station.receipts() == []
        with database.begin() as uow:
            uow.connection.exec_driver_sql("ALTER TABLE inbox_gone RENAME TO inbox")
        wait(lambda: station.receipts() and consumer.ready)
    assert json.loads(station.of("receipt")[0].split(b"\n", 1)[1])["upto"] == 1
    station.close()
