"""Measure the intake: messages per second through a real broker into a real database, beside C `mosquitto_sub`.

Reference and subject take the same signed messages in turn, each with a broker and a database of its own. The subject
is the server's own `guiwei server intake` process; a message counts when its event is committed. Every verdict
committed is compared with the oracle's.
"""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from contract.topics import topic
from guiwei.bench.figures import Result, figure, quantile, say
from guiwei.bench.plan import UNKNOWN, Traffic, acts, oracle, traffic
from guiwei.bench.stage import (
    BenchError,
    Store,
    postgres_stores,
    server_intake,
    sqlite_stores,
    stage,
    timed,
    until_heard,
)
from guiwei.drill.clock import real_us
from guiwei.drill.postgres import postgres_cluster
from guiwei.drill.process import ProcessError

SQLITE_LEAST: Final = 0.12
POSTGRES_LEAST: Final = 0.10
NAIVE_LEAST: Final = 5.0
NAIVE_EVENTS: Final = 400
PACED: Final = 200.0
_COMMITTED: Final = "SELECT COALESCE(SUM(upto), 0) FROM epoch"
_HELLO: Final = "SELECT COUNT(*) FROM quarantine"
_FORGED: Final = "SELECT COUNT(*) FROM quarantine WHERE reason = 'bad_signature'"
_SAID: Final = "SELECT session, epc, verdict FROM movement"

Truth = set[tuple[int, str, str]]
Fresh = Callable[[], Store]


def measure(events: int, rounds: int, paced_seconds: float, postgres: bool) -> Result:
    """Run the whole bench."""
    result = Result("intake", rounds)
    say(f"signing {events} events twice")
    doings = acts(events)
    single, many = traffic(doings, 1, real_us()), traffic(doings, 20, real_us())
    truth = oracle(doings)
    with tempfile.TemporaryDirectory(prefix="gwbench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        say("making the base")
        kinds = {"sqlite": sqlite_stores(folder)}
        if postgres:
            kinds["postgres"] = postgres_stores(stack.enter_context(postgres_cluster()))
        for kind, fresh in kinds.items():
            _measure_kind(result, kind, fresh, folder, single, many, truth)
            _measure_paced(result, kind, fresh, folder, paced_seconds)
        _measure_naive(result, kinds["sqlite"], folder)
    _judge(result, postgres)
    return result


def _judge(result: Result, postgres: bool) -> None:
    for kind, least in (("sqlite", SQLITE_LEAST), *((("postgres", POSTGRES_LEAST),) if postgres else ())):
        theirs = result.reference[f"mosquitto_sub_beside_{kind}"]["value"]
        result.need(f"{kind}_to_mosquitto_sub", result.figures[f"{kind}_messages"]["value"] / theirs, least)
    naive = result.reference["naive_messages"]["value"]
    result.need("sqlite_to_naive", result.figures["sqlite_messages"]["value"] / naive, NAIVE_LEAST)


def _measure_kind(
    result: Result, kind: str, fresh: Fresh, folder: Path, single: Traffic, many: Traffic, truth: Truth
) -> None:
    """Take the reference before, between and after: it is over so soon that a moment's noise could be all of it."""
    theirs, ours, packed = [], [], []
    for number in range(result.runs):
        theirs.append(_mosquitto_sub(folder, single))
        ours.append(single.messages / _subject(folder, fresh(), single, truth))
        theirs.append(_mosquitto_sub(folder, single))
        packed.append(many.events / _subject(folder, fresh(), many, truth))
        theirs.append(_mosquitto_sub(folder, single))
        say(
            f"{kind} {number + 1}/{result.runs}: mosquitto_sub {', '.join(f'{rate:.0f}' for rate in theirs[-3:])}"
            f" messages/s, intake {ours[-1]:.0f} messages/s; with 20 a message {packed[-1]:.0f} events/s"
        )
    result.reference[f"mosquitto_sub_beside_{kind}"] = figure(theirs, "messages/s")
    result.figures[f"{kind}_messages"] = figure(ours, "messages/s")
    result.figures[f"{kind}_events_20_per_message"] = figure(packed, "events/s")


def _mosquitto_sub(folder: Path, sent: Traffic) -> float:
    """Let mosquitto_sub receive (and write to a file) the same messages; returns messages per second."""
    program = shutil.which("mosquitto_sub")
    if program is None:
        raise ProcessError("mosquitto_sub is not installed; `guiwei doctor` says how to get it")
    with stage(folder, list(sent.by_station)) as where:
        command = [program, "-V", "5", "-q", "1", "-h", "127.0.0.1", "-p", str(where.port), "-u", "server"]
        output = where.folder / "received"
        with output.open("wb") as file:
            child = subprocess.Popen([*command, "-P", "server", "-t", "guiwei/v1/+/up"], stdout=file)
            try:
                until_heard(where, lambda: output.stat().st_size > 0)
                before = output.stat().st_size
                size = sum(len(message) + 1 for messages in sent.by_station.values() for message in messages)
                return sent.messages / timed(where, sent, lambda: output.stat().st_size - before >= size)
            finally:
                child.kill()
                child.wait()


def _subject(folder: Path, store: Store, sent: Traffic, truth: Truth) -> float:
    """Let the server take the messages; returns seconds until all are committed, all verdicts compared."""
    with stage(folder, list(sent.by_station)) as where, server_intake(where, store) as server:
        until_heard(where, lambda: bool(store.ask(_HELLO)[0][0]), server)
        seconds = timed(where, sent, lambda: _has_all(store, sent) and _has_refused(store, sent), server)
    _compare(store, sent.forged, truth)
    return seconds


def _compare(store: Store, forged: int, truth: Truth) -> None:
    said = [(_number(session, epc), epc or "", verdict) for session, epc, verdict in store.ask(_SAID)]
    if len(said) != len(truth) or set(said) != truth:
        odd = sorted(set(said) ^ truth)[:5]
        raise BenchError(f"{len(said)} verdicts committed, {len(truth)} expected; the first that differ: {odd}")
    found = store.ask(_FORGED)[0][0]
    if found != forged:
        raise BenchError(f"{found} forged messages were quarantined, {forged} were sent")


def _number(session: str | None, epc: str) -> int:
    """Say which session a verdict is of; without a session only the item tells."""
    if session is not None:
        return int(session, 16) - 1
    item = int(epc[4:], 16)
    return item - UNKNOWN if item >= UNKNOWN else (item - 5) // 10


def _measure_paced(result: Result, kind: str, fresh: Fresh, folder: Path, seconds: float) -> None:
    """Publish 200 a second and take the time until the receipt, which follows the commit."""
    sent = traffic(acts(int(PACED * seconds)), 1, real_us(), forged=False)
    store = fresh()
    with stage(folder, ["probe"], also=list(sent.by_station)) as where, server_intake(where, store) as server:
        until_heard(where, lambda: bool(store.ask(_HELLO)[0][0]), server)
        waits = sorted(_paced(where.port, sent))
    result.figures[f"{kind}_publish_to_receipt_p50"] = figure([quantile(waits, 0.5) * 1000], "ms")
    result.figures[f"{kind}_publish_to_receipt_p99"] = figure([quantile(waits, 0.99) * 1000], "ms")
    say(f"{kind}: at 200 events/s {quantile(waits, 0.5) * 1000:.1f} ms (p50), {quantile(waits, 0.99) * 1000:.1f} (p99)")


def _send_at_once(_client: mqtt.Client, _data: Any, link: Any) -> None:
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _Probe:
    """A station that notes when it sent each event and when a receipt covered it."""

    def __init__(self, port: int, name: str, messages: list[bytes]) -> None:
        self.waits: list[float] = []
        self._name = name
        self.left = messages[::-1]
        self._sent: list[float] = []
        self._subscribed = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5)
        self.client.username_pw_set(name, name)
        self.client.on_message = self._on_receipt
        self.client.on_socket_open = _send_at_once
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.client.subscribe(topic(name, "receipt"), 1)
        if not self._subscribed.wait(10):
            raise BenchError(f"station {name} could not subscribe")

    def send_one(self) -> None:
        """Send the next event."""
        self._sent.append(time.perf_counter())
        self.client.publish(topic(self._name, "up"), self.left.pop(), 1)

    def _on_receipt(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        now = time.perf_counter()
        upto = json.loads(bytes(message.payload).split(b"\n", 1)[1])["upto"]
        self.waits += [now - sent for sent in self._sent[len(self.waits) : upto]]


def _paced(port: int, sent: Traffic) -> list[float]:
    probes = [_Probe(port, name, messages) for name, messages in sent.by_station.items()]
    start = time.perf_counter()
    for number in range(sent.events):
        time.sleep(max(0.0, start + number / PACED - time.perf_counter()))
        next(probe for turn in range(len(probes)) if (probe := probes[(number + turn) % len(probes)]).left).send_one()
    end = time.monotonic() + 30
    while sum(len(probe.waits) for probe in probes) < sent.events and time.monotonic() < end:
        time.sleep(0.05)
    for probe in probes:
        probe.client.disconnect()
        probe.client.loop_stop()
    waits = [wait for probe in probes for wait in probe.waits]
    if len(waits) != sent.events:
        raise BenchError(f"{len(waits)} of {sent.events} paced events were receipted")
    return waits


def _has_all(store: Store, sent: Traffic) -> bool:
    return bool(store.ask(_COMMITTED)[0][0] >= sent.events)


def _has_refused(store: Store, sent: Traffic) -> bool:
    """Say whether the forged messages are kept too: a station's last may come after its last event, and by itself."""
    return bool(store.ask(_FORGED)[0][0] >= sent.forged)


def _naive_has_all(child: subprocess.Popen[bytes], store: Store, sent: Traffic) -> bool:
    if child.poll():
        raise BenchError(f"the naive consumer ended with exit code {child.returncode}")
    return _has_all(store, sent)


def _measure_naive(result: Result, fresh: Fresh, folder: Path) -> None:
    """Let the naive consumer take messages of the same kind."""
    rates = []
    sent = traffic(acts(NAIVE_EVENTS), 1, real_us())
    for _ in range(result.runs):
        store = fresh()
        with stage(folder, list(sent.by_station)) as where:
            command = [sys.executable, "-m", "guiwei.bench.naive", store.url, str(where.port), str(sent.messages)]
            child = subprocess.Popen(command, stdout=subprocess.PIPE)
            try:
                if child.stdout is None or not child.stdout.readline():
                    raise BenchError("the naive consumer did not start")
                rates.append(sent.messages / timed(where, sent, partial(_naive_has_all, child, store, sent)))
            finally:
                child.kill()
                child.wait()
                if child.stdout is not None:
                    child.stdout.close()
    result.reference["naive_messages"] = figure(rates, "messages/s")
    say(f"naive consumer: {result.reference['naive_messages']['value']:.0f} messages/s")
