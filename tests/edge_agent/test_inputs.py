"""The station's own inputs: tamper, mains and battery, told at once when bad and over when they stay good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contract.messages import ConditionChanged
from edge_agent.devices.base import LockState, SettingsError
from edge_agent.inputs import Inputs
from edge_agent.outbox import OutboxError
from edge_agent.settings import InputTable, load_settings
from tests.edge_agent.bench import Bench
from tests.edge_agent.peer import Peer

INPUTS = """
[[inputs]]
kind = "enclosure_tamper"
device = "lock"
channel = 20
good_seconds = 0.2
[[inputs]]
kind = "mains_lost"
device = "lock"
channel = 21
good = "open"
good_seconds = 0.2
"""
TAMPER = InputTable(kind="enclosure_tamper", device="io", channel=64, good_seconds=5.0)
MAINS = InputTable(kind="mains_lost", device="io", channel=1, board=2, good="open", good_seconds=0.0)


class Told:
    """What was said about conditions, each only when it is news, as the station's health has it."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str, bool]] = []
        self.full = False

    def change(self, condition: str, *, active: bool, device: str) -> None:
        """Take a word, unless it is none or cannot be written."""
        if self.full:
            raise OutboxError("full")
        before = [was for name, where, was in self.all if (name, where) == (condition, device)]
        if active is not (before or [False])[-1]:
            self.all.append((condition, device, active))


def test_bad_at_once_good_when_it_stays() -> None:
    told = Told()
    inputs = Inputs([TAMPER, MAINS], told.change)
    closed: list[tuple[float, bool | None]] = [(0, True), (1, False), (2, True), (6, False), (7, None), (8, True)]
    for at, is_closed in closed:
        inputs.hear("io", LockState(1, 64, is_closed), at)
        inputs.tick(at)
    assert told.all == [("enclosure_tamper", "io/1/64", True)], "a loose wire is one alarm"
    inputs.tick(12.9)
    assert len(told.all) == 1
    inputs.tick(13.0)
    assert told.all[1:] == [("enclosure_tamper", "io/1/64", False)]


def test_only_the_very_contact_counts_and_its_good_level_may_be_open() -> None:
    told = Told()
    inputs = Inputs([TAMPER, MAINS], told.change)
    for device, board, channel in (("lock", 2, 1), ("io", 1, 1), ("io", 2, 2)):
        inputs.hear(device, LockState(board, channel, closed=True), 0.0)
    assert told.all == []
    inputs.hear("io", LockState(2, 1, closed=True), 0.0)
    inputs.hear("io", LockState(2, 1, closed=False), 1.0)
    inputs.tick(1.0)
    assert told.all == [("mains_lost", "io/2/1", True), ("mains_lost", "io/2/1", False)]


def test_what_could_not_be_written_is_told_as_soon_as_it_can_be() -> None:
    told = Told()
    inputs = Inputs([TAMPER], told.change)
    told.full = True
    with pytest.raises(OutboxError):
        inputs.hear("io", LockState(1, 64, closed=False), 0.0)
    told.full = False
    inputs.tick(1.0)
    assert told.all == [("enclosure_tamper", "io/1/64", True)]


def test_a_station_tells_of_them_and_says_when_they_are_over(bench: Bench, peer: Peer) -> None:
    with bench.settings.open("a") as settings:
        settings.write(INPUTS)
    bench.lock.open_contact(21)
    bench.start()
    bench.lock.open_contact(20)
    bench.lock.close_contact(21)
    assert peer.wait(lambda: len(peer.of(ConditionChanged)) == 2)
    bench.lock.close_contact(20)
    bench.lock.open_contact(21)
    assert peer.wait(lambda: len(peer.of(ConditionChanged)) == 4)
    told = sorted((event.condition, event.device, not event.active) for event in peer.of(ConditionChanged))
    both = [("enclosure_tamper", "lock/1/20"), ("mains_lost", "lock/1/21")]
    assert told == [(*what, over) for what in both for over in (False, True)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"channel = 20": "channel = 13"}, "channel (device, board, channel) ('lock', 1, 13) is given twice"),
        ({'device = "lock"\nchannel = 20': 'device = "lok"\nchannel = 20'}, "input enclosure_tamper: no device 'lok'"),
        ({"channel = 20": "channel = 20\nboard = 3"}, "device 'lock' asks boards 1, not 3"),
        ({"enclosure_tamper": "enclosure"}, "enclosure"),
        ({"good_seconds": "good_second"}, "did you mean 'good_seconds'"),
    ],
)
def test_mistakes_are_named(bench: Bench, change: dict[str, Any], says: str) -> None:
    added = INPUTS
    for old, new in change.items():
        added = added.replace(old, new, 1)
    path = Path(bench.settings)
    path.write_text(path.read_text() + added)
    with pytest.raises(SettingsError) as error:
        load_settings(path)
    assert says in str(error.value)
