"""Months of random acts: whatever is tried, the invariants of the rule book hold (R02, R10, R11, R18, R54, R60)."""

from pathlib import Path

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import postgres_copy
from tests.server.months.machine import bounded, on, on_sqlite

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_r02_r10_r11_r18_r54_r60_hold_over_months_of_random_acts(sqlite_template: Path) -> None:
    run_state_machine_as_test(on_sqlite(sqlite_template), settings=bounded(15, 30))


def test_they_hold_on_postgresql_too(postgres_url: str) -> None:
    run_state_machine_as_test(on(lambda _: postgres_copy(postgres_url)), settings=bounded(3, 25))
