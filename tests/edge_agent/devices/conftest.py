"""What tests of sources and emulators begin with: a listener, and a UHF reader on its pty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.emulators.m100 import M100Emulator
from tests.edge_agent.devices.told import Told


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[M100Emulator]:
    emulator = M100Emulator(tmp_path / "reader", per_second=100)
    yield emulator
    emulator.close()
