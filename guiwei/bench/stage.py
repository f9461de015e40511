"""Where a measurement takes place: a fresh broker, stations connected to it, a fresh copy of the base, the server."""

import contextlib
import os
import shutil
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

from contract.topics import topic
from guiwei.bench import base
from guiwei.bench.plan import Traffic
from guiwei.bench.wire import connect, packet, packets, publish_all
from guiwei.drill.broker import broker, start_broker
from guiwei.drill.process import Process
from server.service.keys import make_keys

_PATIENCE: Final = 300.0


class BenchError(RuntimeError):
    """A measurement cannot be believed: something was lost, invented or judged otherwise."""


@dataclass(frozen=True, slots=True)
class Store:
    """A database that holds a fresh base: its URL, and how to ask it from outside."""

    url: str
    ask: Callable[[str], list[Any]]


@dataclass(frozen=True, slots=True)
class Stage:
    """A broker with the stations connected to it."""

    port: int
    folder: Path
    links: dict[str, socket.socket]


def sqlite_stores(folder: Path) -> Callable[[], Store]:
    """Make the base once; each call gives a copy of it."""
    template = folder / "base.sqlite"
    base.load(f"sqlite:///{template}")
    with contextlib.closing(sqlite3.connect(template)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = folder / "copy.sqlite"

    def fresh() -> Store:
        for path in folder.glob("copy.sqlite*"):
            path.unlink()
        shutil.copy(template, copy)
        with copy.open("rb+") as file:
            os.fsync(file.fileno())  # what the copy left to write is not the intake's to wait for
        return Store(f"sqlite:///{copy}", _asker(lambda: sqlite3.connect(copy)))

    return fresh


def postgres_stores(url: str) -> Callable[[], Store]:
    """Make the base once in a cluster; each call gives a copy of it."""
    admin = url.replace("+psycopg", "")
    base_url, copy_url = (url.replace("/postgres?", f"/{name}?") for name in ("base", "copy"))

    def run(*statements: str) -> None:
        with psycopg.connect(admin, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    run("CREATE DATABASE base")
    base.load(base_url)

    def fresh() -> Store:
        run("DROP DATABASE IF EXISTS copy WITH (FORCE)", "CREATE DATABASE copy TEMPLATE base", "CHECKPOINT")
        return Store(copy_url, _asker(lambda: psycopg.connect(copy_url.replace("+psycopg", ""), autocommit=True)))

    return fresh


def _asker(connect: Callable[[], Any]) -> Callable[[str], list[Any]]:
    """Ask over one connection, made when first needed: to begin one, often, would cost the subject its processor."""
    kept: list[Any] = []

    def ask(query: str) -> list[Any]:
        if not kept:
            kept.append(connect())
        return list(kept[0].execute(query).fetchall())

    return ask


@contextlib.contextmanager
def stage(folder: Path, stations: list[str], also: Sequence[str] = ()) -> Iterator[Stage]:
    """Run a broker of its own with these stations connected; those in `also` may connect."""
    place = Path(tempfile.mkdtemp(dir=folder))
    process, port = broker(place, {name: name for name in [*stations, *also, "server"]})
    start_broker(process, port)
    links: dict[str, socket.socket] = {}
    try:
        for name in stations:
            links[name] = connect(port, name, name)
        yield Stage(port, place, links)
    finally:
        for link in links.values():
            link.close()
        process.stop()


@contextlib.contextmanager
def server_intake(where: Stage, store: Store) -> Iterator[Process]:
    """Run the server's intake process on this stage."""
    data = where.folder / "keys"
    make_keys(data)
    env = {
        **os.environ,  # noqa: TID251 -- the child needs PATH and the like
        "GUIWEI_DATABASE_URL": store.url,
        "GUIWEI_DATA": str(data),
        "GUIWEI_BROKER_HOST": "127.0.0.1",
        "GUIWEI_BROKER_PORT": str(where.port),
        "GUIWEI_BROKER_USERNAME": "server",
        "GUIWEI_BROKER_PASSWORD": "server",
        "GUIWEI_SITE": base.SITE,
    }
    process = Process("intake", [sys.executable, "-m", "guiwei", "server", "intake"], where.folder / "intake.log", env)
    process.start()
    try:
        yield process
    finally:
        process.stop(10)


def until_heard(where: Stage, heard: Callable[[], bool], part: Process | None = None) -> None:
    """Send messages that are none until somebody takes them: then the subject is there and warm."""
    name, link = next(iter(where.links.items()))
    end = time.monotonic() + 60
    while not heard():
        if part is not None:
            part.check()
        if time.monotonic() > end:
            raise BenchError("nobody took the first message within 60 s")
        link.sendall(packet(topic(name, "up"), b"hello", 60_000))
        _skip_acknowledgement(link)
        time.sleep(0.1)
    time.sleep(0.3)


def timed(where: Stage, sent: Traffic, done: Callable[[], bool], part: Process | None = None) -> float:
    """Publish everything at once; returns the seconds until `done`."""
    blobs = {name: packets(topic(name, "up"), messages) for name, messages in sent.by_station.items()}
    counts = {name: len(messages) for name, messages in sent.by_station.items()}
    sender = threading.Thread(target=publish_all, args=(where.links, blobs, counts))
    start = time.perf_counter()
    sender.start()
    while not done():
        if part is not None:
            part.check()
        if time.perf_counter() - start > _PATIENCE:
            raise BenchError(f"not everything was taken within {_PATIENCE:.0f} s")
        time.sleep(0.01)
    seconds = time.perf_counter() - start
    sender.join()
    return seconds


def _skip_acknowledgement(link: socket.socket) -> None:
    head = link.recv(2)
    link.recv(head[1])
