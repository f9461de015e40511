"""A station whose doors hang on boards of two families on one RS-485 line: granted at once, fired one by one."""

from __future__ import annotations

from pathlib import Path

from contract.messages import DoorClosed, UnlockDone
from edge_agent.emulators.modbus_relay import ModbusRelayEmulator
from edge_agent.emulators.wire import Wire
from tests.edge_agent.bench import Bench, Broker
from tests.edge_agent.peer import Peer


def test_two_doors_on_two_boards_of_one_line(tmp_path: Path, broker: Broker, peer: Peer) -> None:
    bench = Bench(tmp_path, broker, peer, doors=2)
    relays = ModbusRelayEmulator(tmp_path / "relays", boards=(7,), contacts={2: 6}, stuck=(4,))
    wire = Wire(tmp_path / "line", [bench.lock, relays])
    text = bench.settings.read_text("utf-8").replace(f'port = "{tmp_path}/lock"', f'port = "{tmp_path}/line"')
    for channel, relay_channel in ((2, 2), (14, 6)):
        lock = f'{{ device = "lock", channel = {channel} }}\n'
        assert lock in text
        text = text.replace(lock, f'{{ device = "relays", board = 7, channel = {relay_channel} }}\n')
    device = f'[[devices]]\nname = "relays"\nfamily = "modbus_relay"\nport = "{tmp_path}/line"\n'
    bench.settings.write_text(text + device + "settings = { boards = [7], pause_ms = 10 }\n", "utf-8")
    try:
        peer.doors = [1, 2]
        bench.start()
        assert relays.on() == set(), "what was stuck is off"
        bench.show()
        bench.open(1)
        assert relays.wait_fired(2, 1, 10.0)
        assert bench.wait(lambda state: state["doors"]["2"]["hook"] == "unlocked")
        assert relays.open_door(2)
        assert bench.wait(lambda state: state["doors"]["2"]["phase"] == "open")
        bench.lock.close_door(1)
        relays.close_door(2)
        assert peer.wait(lambda: len(peer.of(DoorClosed)) == 2)
    finally:
        bench.close()
        wire.close()
    assert sorted((done.door, done.outcome) for done in peer.of(UnlockDone)) == [(1, "unlocked"), (2, "unlocked")]
    assert {closed.cause for closed in peer.of(DoorClosed)} == {"session"}
    assert (bench.lock.fired(1), relays.fired(2), bench.lock.fired(2)) == (1, 1, 0)
