"""A reader at an exit: what passes it is told of once, in the outbox, whatever the family; settings say what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.messages import ExitPassed
from edge_agent.devices.base import SettingsError, TagSeen
from edge_agent.emulators.reader18 import Reader18Emulator
from edge_agent.exits import AWAY_S, TOGETHER_S, WITHIN_S, Exit
from edge_agent.settings import load_settings
from tests.edge_agent.bench import TAGS, Bench, Broker
from tests.edge_agent.peer import Peer
from tests.edge_agent.test_settings import GOOD

A, B = "300833B2DDD9014000000001", "300833B2DDD9014000000002"
GATE = '[[devices]]\nname = "gate"\nfamily = "reader18"\nport = "{port}"\nrole = "exit"\nleaves = "room"\n'


def passes(gate: Exit, *reads: tuple[float, str]) -> list[tuple[float, str]]:
    """Feed reads, and look every tenth of a second; give what was told of, and when."""
    told, now, waiting = [], 0.0, list(reads)
    while now < 200:
        while waiting and waiting[0][0] <= now:
            at, epc = waiting.pop(0)
            gate.hear(TagSeen(epc), at)
        assert gate.passed(now) == gate.passed(now), "what could not be written is given again"
        told += [(round(now, 1), seen.epc) for seen in gate.passed(now)]
        if gate.passed(now):
            gate.was_told()
        now += 0.1
    return told


def test_one_stray_read_is_nothing_and_two_are_a_passing() -> None:
    assert passes(Exit("room"), (1.0, A)) == []
    assert passes(Exit("room"), (1.0, A), (1.0 + WITHIN_S + 1, A)) == []
    ((at, epc),) = passes(Exit("room"), (1.0, A), (1.2, A))
    assert epc == A
    assert at - 1.2 == pytest.approx(TOGETHER_S, abs=0.11)


def test_what_passes_together_is_told_together() -> None:
    told = passes(Exit("room"), (1.0, A), (1.1, B), (1.2, A), (1.3, B))
    assert [epc for _, epc in told] == [A, B]
    assert len({at for at, _ in told}) == 1


def test_what_stays_in_reach_is_told_of_once_and_again_when_it_was_away() -> None:
    stays = [(n / 2, A) for n in range(120)]
    assert len(passes(Exit("room"), *stays)) == 1
    back = 60 + AWAY_S + 1
    assert len(passes(Exit("room"), *stays, (back, A), (back + 0.2, A))) == 2


def test_tags_that_have_gone_are_forgotten() -> None:
    gate = Exit("premises")
    for n in range(5000):
        gate.hear(TagSeen(f"{n:024X}"), n / 10)
        if gate.passed(n / 10):
            gate.was_told()
    assert len(gate.tags) <= AWAY_S * 10 + 1


def test_a_station_tells_what_passes_its_exit(tmp_path: Path, broker: Broker, peer: Peer) -> None:
    emulator = Reader18Emulator(tmp_path / "gate")
    bench = Bench(tmp_path, broker, peer, extra=GATE.format(port=emulator.path))
    try:
        bench.start()
        emulator.put(TAGS[0])
        emulator.put(B)
        assert peer.wait(lambda: sum(len(event.items) for event in peer.of(ExitPassed)) == 2)
        told = peer.of(ExitPassed)
        assert {sighting.epc for event in told for sighting in event.items} == {TAGS[0], B}
        assert {(event.device, event.leaves) for event in told} == {("gate", "room")}
        assert all(sighting.reads >= 2 for event in told for sighting in event.items)
    finally:
        bench.close()
        emulator.close()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('port = "/dev/reader1"', 'port = "/dev/reader1"\nrole = "exit"', "stands at an exit, not behind a door"),
        ('port = "/dev/lock"', 'port = "/dev/lock"\nrole = "exit"', "role 'exit' is for UHF readers, not for lock8a"),
        ('port = "/dev/reader1"', 'port = "/dev/reader1"\nleaves = "town"', "leaves"),
    ],
)
def test_settings_of_an_exit_are_checked(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "station.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(SettingsError, match=says):
        load_settings(path)
