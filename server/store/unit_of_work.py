"""The one unit of work: the only place that commits, on SQLite and PostgreSQL alike.

Law 1: one act, one transaction, with its ledger entries in it.
Law 2: one writer at a time. In a process by a lock; between processes by BEGIN IMMEDIATE (SQLite) or one advisory lock
       (PostgreSQL), taken before anything is read, so that what was checked is still so when it is written.
Law 3: what must be told to others is told after the commit, by a listener, never before.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, Engine, create_engine, event
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
    "wal_autocheckpoint=65536",  # pages, 256 MiB: only if `tidy` had no quiet moment before
)
_SETTINGS = (
    "random_page_cost = 1.1",  # what is asked for is in memory or on a drive without heads: no reading of whole tables
    "jit = off",  # no statement here is worth compiling
)

log = structlog.get_logger(__name__)


class NestedWorkError(RuntimeError):
    """A thread asked for a second unit of work while it still has one open."""


class UnitOfWork:
    """One transaction: its connection, its ORM session (made when first asked for), its ledger entries."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._session: Session | None = None
        self._ledger = LedgerWriter(connection)

    @property
    def session(self) -> Session:
        """Give the ORM session of this transaction; flush it freely, it cannot commit."""
        if self._session is None:
            self._session = Session(bind=self.connection, expire_on_commit=False)
        return self._session

    def ledger(self, kind: str, at_us: int, body: Mapping[str, Any]) -> int:
        """Append a ledger entry; returns its number. People stand in the body as pseudonyms."""
        return self._ledger.append(kind, at_us, body)

    def ledger_of(self, kind: str, at_us: int, body: Mapping[str, Any] | msgspec.Struct) -> int:
        """Append an entry whose body names its kind and moment, and holds facts as they are judged (structs, words).

        It may hold no floating point numbers.
        """
        return self._ledger.append_facts(kind, at_us, body)

    def flush(self) -> None:
        """Send everything held back to the database; the commit follows."""
        if self._session is not None:
            self._session.flush()
        self._ledger.flush()

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

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Open the one writing transaction; commit when the block ends, roll back when it raises."""
        if self._owner == threading.get_ident():
            raise NestedWorkError("this thread already has a unit of work open: pass that one on")
        with self._lock:
            self._owner = threading.get_ident()
            try:
                with self.engine.connect().execution_options(guiwei_write=True) as connection:
                    work = UnitOfWork(connection)
                    try:
                        with connection.begin():
                            yield work
                            work.flush()
                    finally:
                        work.close()
            finally:
                self._owner = None
        for listener in self._listeners:
            _call(listener)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session for reading; nothing done in it is kept."""
        with self.engine.connect() as connection, Session(bind=connection, expire_on_commit=False) as session:
            yield session

    def tidy(self) -> None:
        """Bring what SQLite's log holds into the database file, disturbing nobody; for moments when nothing waits."""
        if self.is_sqlite:
            with closing(self.engine.raw_connection()) as connection:
                try:
                    connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
                except sqlite3.Error as error:
                    log.warning("log_not_tidied", error=str(error))

    def on_commit(self, listener: Callable[[], object]) -> None:
        """Call `listener` after every commit of this process, in the committing thread; it must not block."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        # isolation_level None: the driver begins nothing by itself, our "begin" below says what is begun
        arguments = {"isolation_level": None, "check_same_thread": False, "timeout": BUSY_SECONDS}
        engine = create_engine(url, connect_args=arguments, pool_size=16, hide_parameters=True)
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        # each statement is planned for its values: with plans for any values the database works twice as long
        arguments = {"prepare_threshold": None}
        engine = create_engine(url, connect_args=arguments, pool_size=8, pool_pre_ping=True, hide_parameters=True)
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


def _call(listener: Callable[[], object]) -> None:
    try:
        listener()
    except Exception:
        log.exception("listener_failed")
