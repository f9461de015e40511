"""The company at work, for every test of the web.

Here a test runs on SQLite. On PostgreSQL run `test_acts` and `test_leaks`, which go through every call of the API, and
the modules that name it in `DATABASES` because the database itself decides there: numbers, counts, lists, statistics.
"""

from pathlib import Path

import pytest

from server.store.unit_of_work import Database
from tests.conftest import fresh_database
from tests.server.web.house import House


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on the databases of its module, unless it says itself on which."""
    own = any("database_url" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "database_url" in metafunc.fixturenames and not own:
        metafunc.parametrize("database_url", getattr(metafunc.module, "DATABASES", ("sqlite",)), indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, migrated database."""
    return fresh_database(request, tmp_path)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    """A company with somebody in every post."""
    return House(database, tmp_path)
