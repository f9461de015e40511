"""The one unit of work: the only place that commits, on SQLite and PostgreSQL alike.

Law 1: one act, one transaction, with its ledger entries in it.
Law 2: one writer at a time. In a process by a lock; between processes by BEGIN IMMEDIATE (SQLite) or one advisory lock
       (PostgreSQL), taken before anything is read, so that what was checked is still so when it is written.
Law 3: what must be told to others is told after the commit, by a hook, never before.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event
from sqlmodel import Session

from server.store.ledger import LedgerWriter

BUSY_SECONDS = 10
WRITER_LOCK = 0x6775697765690001  # the advisory lock's number: "guiwei", 1
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",  # else INSERT OR REPLACE deletes without asking the trigger that refuses it
    f"busy_timeout={BUSY_SECONDS * 1000}",
    "cache_size=-65536",  # KiB; the default of 2 MiB does not hold the indexes' upper pages
    "wal_autocheckpoint=8192",  # pages, 32 MiB: a full batch fills the default of 1000, and would copy them every time
)
_SETTINGS = (
    "random_page_cost = 1.1",  # what is asked for is in memory or on a drive without heads: no reading of whole tables
    "jit = off",  # no statement here is worth compiling
)

log = structlog.get_logger(__name__)


class NestedWorkError(RuntimeError):
    """A thread asked for a second unit of work while it still has one open."""


class UnitOfWork:
    """One transaction: its connection, its ORM session (made when first asked for), its ledger entries, its hooks."""

    def __init__(self, connection: Connection, scribe: Executor | None = None) -> None:
        self._connection = connection
        self._scribe = scribe
        self._writing: list[Future[None]] = []
        self._session: Session | None = None
        self._ledger = LedgerWriter(lambda: self.connection)
        self._hooks: list[Callable[[], object]] = []

    @property
    def connection(self) -> Connection:
        """Give the connection of this transaction, once all that `write` was given is written."""
        while self._writing:
            self._writing.pop(0).result()
        return self._connection

    @property
    def session(self) -> Session:
        """Give the ORM session of this transaction; flush it freely, it cannot commit."""
        connection = self.connection
        if self._session is None:
            self._session = Session(bind=connection, expire_on_commit=False)
        return self._session

    def write(self, act: Callable[[Connection], object]) -> None:
        """Write, with the ledger entries so far; where the database is another process, beside what follows.

        What goes wrong then is raised when the connection is next needed, at the latest before the commit.
        """
        entries = self._ledger.cut()

        def both(connection: Connection) -> None:
            act(connection)
            entries(connection)

        if self._scribe is None:
            both(self._connection)
        else:
            self._writing.append(self._scribe.submit(both, self._connection))

    def ledger(self, kind: str, at_us: int, body: Mapping[str, Any]) -> int:
        """Append a ledger entry; returns its number. People stand in the body as pseudonyms."""
        return self._ledger.append(kind, at_us, body)

    def ledger_of(self, kind: str, at_us: int, body: Mapping[str, Any]) -> int:
        """Append an entry whose body holds facts as they are judged (dataclasses, words): no floating point numbers."""
        return self._ledger.append_facts(kind, at_us, body)

    def after_commit(self, hook: Callable[[], object]) -> None:
        """Call `hook` once this work is committed; it is forgotten when the work fails."""
        self._hooks.append(hook)

    def flush(self) -> None:
        """Send everything held back to the database; the commit follows."""
        connection = self.connection
        if self._session is not None:
            self._session.flush()
        self._ledger.cut()(connection)

    def settle(self) -> None:
        """Wait until nothing is being written any more, however it ended."""
        wait(self._writing)

    def run_hooks(self) -> None:
        """Tell the others; a hook that fails is logged and undoes nothing."""
        for hook in self._hooks:
            _call(hook)

    def close(self) -> None:
        """Let go of the ORM session."""
        if self._session is not None:
            self._session.close()


class Database:
    """A database by its URL; gives units of work and read-only sessions."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._listeners: list[Callable[[], object]] = []
        self._scribe = ThreadPoolExecutor(1, "scribe")  # its thread begins with the first task

    @contextmanager
    def begin(self, beside: Callable[[], object] | None = None) -> Iterator[UnitOfWork]:
        """Open the one writing transaction; commit when the block ends, roll back when it raises.

        `beside` is done while the commit waits for the disk; it must not touch the database, and undoes nothing.
        """
        if self._owner == threading.get_ident():
            raise NestedWorkError("this thread already has a unit of work open: pass that one on")
        with self._lock:
            self._owner = threading.get_ident()
            try:
                with self.engine.connect().execution_options(guiwei_write=True) as connection:
                    work = UnitOfWork(connection, None if self.is_sqlite else self._scribe)
                    try:
                        with connection.begin() as transaction:
                            try:
                                yield work
                                work.flush()
                            finally:
                                work.settle()
                            if beside is not None:
                                self._commit(transaction, beside)
                    finally:
                        work.close()
            finally:
                self._owner = None
        work.run_hooks()
        for listener in self._listeners:
            _call(listener)

    def _commit(self, transaction: RootTransaction, beside: Callable[[], object]) -> None:
        done = self._scribe.submit(transaction.commit)
        try:
            _call(beside)
        finally:
            done.result()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session for reading; nothing done in it is kept."""
        with self.engine.connect() as connection, Session(bind=connection, expire_on_commit=False) as session:
            yield session

    def on_commit(self, listener: Callable[[], object]) -> None:
        """Call `listener` after every commit of this process, in the committing thread; it must not block."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Close every connection."""
        self._scribe.shutdown()
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        # isolation_level None: the driver begins nothing by itself, our "begin" below says what is begun
        arguments = {"isolation_level": None, "check_same_thread": False, "timeout": BUSY_SECONDS}
        engine = create_engine(url, connect_args=arguments, pool_size=16, hide_parameters=True)
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(url, pool_size=8, pool_pre_ping=True, hide_parameters=True)
        event.listen(engine, "connect", _set_postgresql)
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _set_pragmas(connection: Any, _record: Any) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _set_postgresql(connection: Any, _record: Any) -> None:
    for setting in _SETTINGS:
        connection.execute(f"SET {setting}")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("guiwei_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("guiwei_write"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")


def _call(hook: Callable[[], object]) -> None:
    try:
        hook()
    except Exception:
        log.exception("hook_failed")
