"""What tests share: real databases (SQLite and PostgreSQL) and a real broker."""

import contextlib
import itertools
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from guiwei.drill.broker import broker, start_broker
from guiwei.drill.postgres import postgres_cluster
from server.store.migrate import migrate
from server.store.unit_of_work import Database

_numbers = itertools.count(1)
STATION_NAMES = ("a", "b", "server", "canary")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database to copy."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    migrate(f"sqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL cluster of this test run, with a migrated database `guiwei_template` to copy."""
    with postgres_cluster(durable=False) as url:
        _postgres(url, "CREATE DATABASE guiwei_template")
        migrate(url.replace("/postgres?", "/guiwei_template?"))
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, migrated database of either kind."""
    return fresh_database(request, tmp_path)


def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Make a fresh, migrated database of the kind the fixture is asked for; gives its URL."""
    if request.param == "sqlite":
        path = tmp_path / "guiwei.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    return postgres_copy(request.getfixturevalue("postgres_url"))


def postgres_copy(url: str) -> str:
    """Make a fresh, migrated database in the cluster of this test run; gives its URL."""
    name = f"guiwei_{next(_numbers)}"
    _postgres(url, f"CREATE DATABASE {name} TEMPLATE guiwei_template")
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The database itself."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[int]:
    """A real broker's port; clients `server`, `a` and `b` show their own name as password."""
    folder = tmp_path / "broker"
    folder.mkdir()
    process, port = broker(folder, {name: name for name in STATION_NAMES if name != "canary"})
    start_broker(process, port)
    yield port
    process.stop()


def _postgres(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement)
