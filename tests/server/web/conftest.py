"""The company at work, for every test of the web."""

from pathlib import Path

import pytest

from server.store.unit_of_work import Database
from tests.server.web.house import House


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    """A company with somebody in every post."""
    return House(database, tmp_path)
