"""Several devices on one RS-485 line: whose answer is whose, who speaks next, and what is refused as a line."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.devices import make_dialect
from edge_agent.devices.base import (
    LockState,
    SettingsError,
    Source,
    SourceEvent,
    SourceState,
    TagSeen,
    UnreachableError,
)
from edge_agent.devices.sources import check_lines, make_sources
from edge_agent.emulators.door_board import DoorBoard
from edge_agent.emulators.kerong_cu16 import KerongEmulator
from edge_agent.emulators.lock8a import Lock8AEmulator
from edge_agent.emulators.modbus_relay import ModbusRelayEmulator
from edge_agent.emulators.pty_device import PtyDevice
from edge_agent.emulators.reader18 import Reader18Emulator
from edge_agent.emulators.wire import Wire
from edge_agent.settings import DeviceTable

SOON = 10.0
FAST: dict[str, Any] = {"poll_ms": 20, "pause_ms": 10}
SPEED = 9600
EPC = "300833B2DDD9014000000001"


def table(name: str, family: str, port: str, **given: Any) -> DeviceTable:
    return DeviceTable(name=name, family=family, port=port, baudrate=SPEED, settings=given)


class LineBench:
    """A wire with devices, the station's sources on it, and everything they said, in order."""

    def __init__(self, folder: Path, wired: dict[str, tuple[PtyDevice, str, dict[str, Any]]]) -> None:
        self.devices = {name: device for name, (device, _, _) in wired.items()}
        self.wire = Wire(folder / "line", self.devices.values())
        tables = [table(name, family, str(self.wire.path), **given) for name, (_, family, given) in wired.items()]
        self.dialects: dict[str, Any] = {each.name: make_dialect(each.family, each.settings) for each in tables}
        check_lines(tables, self.dialects)
        self._queue: queue.SimpleQueue[tuple[str, SourceEvent]] = queue.SimpleQueue()
        self.told: list[tuple[str, SourceEvent]] = []
        self.sources = make_sources(tables, self.dialects, lambda name, event: self._queue.put((name, event)))
        for source in self.sources.values():
            source.start()

    def wait(self, name: str, *wanted: SourceEvent) -> None:
        """Wait until a device has said one of these from now on."""
        until = time.monotonic() + SOON
        while True:
            self.told.append(self._queue.get(timeout=max(0.01, until - time.monotonic())))
            if self.told[-1][0] == name and self.told[-1][1] in wanted:
                return

    def state(self, name: str, state: str) -> None:
        """Wait until a device is in this state."""
        while True:
            self.told.append(self._queue.get(timeout=SOON))
            told, event = self.told[-1]
            if told == name and isinstance(event, SourceState) and event.state == state:
                return

    def all_told(self) -> list[tuple[str, SourceEvent]]:
        """Take what was said until now."""
        while not self._queue.empty():
            self.told.append(self._queue.get())
        return self.told

    def close(self) -> None:
        for source in self.sources.values():
            source.close()
        self.wire.close()


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[list[LineBench]]:
    made: list[LineBench] = []
    yield made
    for bench in made:
        bench.close()


BOARDS: dict[str, Any] = {
    "lock8a": lambda path: Lock8AEmulator(path, boards=(3,)),
    "kerong_cu16": lambda path: KerongEmulator(path, boards=(2,)),
    "kerong_2": lambda path: KerongEmulator(path, boards=(4,)),
    "modbus_relay": lambda path: ModbusRelayEmulator(path, boards=(7,)),
}
ADDRESS = {"lock8a": 3, "kerong_cu16": 2, "kerong_2": 4, "modbus_relay": 7}


def boards(folder: Path, *names: str, ajar: str = "") -> LineBench:
    """Name the boards by their families (kerong_2 is a second of its family), and one whose locks are all open."""
    families = {name: "kerong_cu16" if name == "kerong_2" else name for name in names}
    devices: dict[str, DoorBoard] = {name: BOARDS[name](folder / name) for name in names}
    for channel in range(1, devices[ajar].channels + 1) if ajar else ():
        devices[ajar].open_hook(channel)
    return LineBench(
        folder,
        {name: (devices[name], family, FAST | {"boards": (ADDRESS[name],)}) for name, family in families.items()},
    )


@pytest.mark.parametrize(
    "families", [("lock8a", "kerong_cu16"), ("modbus_relay", "lock8a"), ("kerong_cu16", "modbus_relay")], ids="-".join
)
def test_two_families_on_one_line(tmp_path: Path, lines: list[LineBench], families: tuple[str, str]) -> None:
    lines.append(bench := boards(tmp_path, *families))
    for name in families:
        device, address = bench.devices[name], ADDRESS[name]
        assert isinstance(device, DoorBoard)
        bench.wait(name, LockState(address, 2, closed=True))
        bench.sources[name].write(bench.dialects[name].open(address, 2))
        assert device.wait_fired(2, 1, SOON)
        bench.wait(name, LockState(address, 2, closed=False))
    for name in families:
        assert {event.board for told, event in bench.all_told() if told == name and isinstance(event, LockState)} == {
            ADDRESS[name]
        }


def test_a_reader_and_a_relay_board_on_one_line(tmp_path: Path, lines: list[LineBench]) -> None:
    reader, relays = Reader18Emulator(tmp_path / "uhf"), ModbusRelayEmulator(tmp_path / "relays", stuck=(3,))
    reader.put(EPC)
    bench = LineBench(
        tmp_path, {"uhf": (reader, "reader18", {"poll_ms": 50}), "relays": (relays, "modbus_relay", FAST)}
    )
    lines.append(bench)
    until = time.monotonic() + SOON
    while not any(isinstance(event, TagSeen) and event.epc == EPC for _, event in bench.all_told()):
        assert time.monotonic() < until, bench.told
        time.sleep(0.02)
    bench.wait("relays", LockState(1, 5, closed=True))
    assert relays.on() == set(), "relays are switched off at the start"


def test_two_boards_of_one_family_keep_their_own_polarity(tmp_path: Path, lines: list[LineBench]) -> None:
    """The states one board sends by itself are read with its own settings, while the other is asked."""
    one = Lock8AEmulator(tmp_path / "one", boards=(1,), report_head=0x81)
    two = Lock8AEmulator(tmp_path / "two", boards=(2,), feedback="opening", report_head=0x82)
    bench = LineBench(
        tmp_path,
        {
            "one": (one, "lock8a", FAST | {"boards": (1,)}),
            "two": (two, "lock8a", {"boards": (2,), "feedback": "opening", "poll_ms": 0, "pause_ms": 10}),
        },
    )
    lines.append(bench)
    bench.wait("one", LockState(1, 4, closed=True))
    two.open_hook(4)
    bench.wait("two", LockState(2, 4, closed=False))
    two.close_hook(4)
    bench.wait("two", LockState(2, 4, closed=True))
    states = [(name, event.board) for name, event in bench.all_told() if isinstance(event, LockState)]
    assert set(states) == {("one", 1), ("two", 2)}


def test_an_opening_goes_before_every_question(tmp_path: Path, lines: list[LineBench]) -> None:
    """However many questions are due, the command is the next thing on the wire."""
    heard: list[int] = []

    class Listening(KerongEmulator):
        def _obey(self, board: int, lock: int, code: int) -> None:
            heard.append(code)
            super()._obey(board, lock, code)

    families = {f"b{n}": (Listening(tmp_path / f"b{n}", boards=(n,)), n) for n in range(4)}
    given = {"poll_ms": 1, "pause_ms": 5}
    bench = LineBench(
        tmp_path,
        {name: (device, "kerong_cu16", given | {"boards": (n,)}) for name, (device, n) in families.items()},
    )
    lines.append(bench)
    bench.wait("b3", LockState(3, 1, closed=True))
    bench.sources["b2"].write(bench.dialects["b2"].open(2, 5))
    until_now = len(heard)
    assert families["b2"][0].wait_fired(5, 1, SOON)
    assert heard.index(0x31) - until_now <= 1, "only the question already under way comes first"
    bench.wait("b2", LockState(2, 5, closed=False))
    asked = [code for code in heard if code == 0x32]
    assert len(asked) > 4


def test_openings_asked_for_at_once_are_never_powered_at_once(tmp_path: Path, lines: list[LineBench]) -> None:
    relays = ModbusRelayEmulator(tmp_path / "relays")
    wired: dict[str, tuple[PtyDevice, str, dict[str, Any]]] = {
        "relays": (relays, "modbus_relay", FAST | {"pulse_ms": 200}),
        "other": (KerongEmulator(tmp_path / "other"), "kerong_cu16", FAST),
    }
    lines.append(bench := LineBench(tmp_path, wired))
    bench.wait("relays", LockState(1, 1, closed=True))
    for lock in (1, 2, 3):
        bench.sources["relays"].write(bench.dialects["relays"].open(1, lock))
    assert relays.wait_fired(3, 1, SOON)
    assert (relays.most_on, [relays.fired(n) for n in (1, 2, 3)]) == (1, [1, 1, 1])


def test_every_device_gets_its_turn(tmp_path: Path, lines: list[LineBench]) -> None:
    """A device that asks for much does not keep the others waiting, and one that is silent does not either."""
    bench = boards(tmp_path, "lock8a", "kerong_cu16", "modbus_relay")
    lines.append(bench)
    for name in bench.devices:
        bench.wait(name, LockState(ADDRESS[name], 1, closed=True))
    bench.dialects["kerong_cu16"].turn = 0.1
    bench.devices["kerong_cu16"].faults.stall = True
    bench.state("kerong_cu16", "offline")
    with pytest.raises(UnreachableError, match="without an answer"):
        bench.sources["kerong_cu16"].write(b"\x00")
    told, until = len(bench.all_told()), time.monotonic() + SOON
    counted = dict.fromkeys(bench.devices, 0)
    while sum(counted.values()) < 12 and time.monotonic() < until:
        time.sleep(0.02)
        heard = bench.all_told()[told:]
        counted = {
            name: sum(1 for who, event in heard if who == name and getattr(event, "lock", 0) == 1) for name in counted
        }
    assert counted["kerong_cu16"] == 0
    assert min(counted["lock8a"], counted["modbus_relay"]) >= 4, counted
    bench.devices["kerong_cu16"].faults.stall = False
    bench.state("kerong_cu16", "online")


def test_the_line_unplugged_and_back(tmp_path: Path, lines: list[LineBench]) -> None:
    lines.append(bench := boards(tmp_path, "lock8a", "modbus_relay"))
    bench.wait("lock8a", LockState(3, 1, closed=True))
    bench.wire.unplug()
    bench.state("modbus_relay", "offline")
    with pytest.raises(UnreachableError):
        bench.sources["lock8a"].write(b"\x00")
    bench.wire.plug()
    bench.state("modbus_relay", "online")
    bench.wait("lock8a", LockState(3, 1, closed=True))


@given(
    late=st.lists(st.sampled_from([0.0, 0.0, 0.03, 0.06, 0.1, 0.14]), min_size=8, max_size=14),
    pair=st.sampled_from([("lock8a", "modbus_relay"), ("kerong_2", "kerong_cu16"), ("lock8a", "kerong_cu16")]),
    split=st.booleans(),
)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_answer_is_taken_for_anothers(
    tmp_path_factory: pytest.TempPathFactory, late: list[float], pair: tuple[str, str], split: bool
) -> None:
    """Answers come after their time, into the other's questions: every state told is one its own board was in.

    One board's locks are all closed, the other's all open, so that every state told by the wrong one is a wrong state.
    """
    shut, ajar = pair
    bench = boards(tmp_path_factory.mktemp("line"), *pair, ajar=ajar)
    try:
        for dialect in bench.dialects.values():
            dialect.turn = 0.05
        for at, delay in enumerate(late):
            bench.devices[pair[at % 2]].faults.late = delay
            bench.devices[pair[at % 2]].faults.split = split
            time.sleep(0.04)
        for each in bench.devices.values():
            each.faults.late, each.faults.split = 0.0, False
        bench.wait(ajar, LockState(ADDRESS[ajar], 1, closed=False))
        bench.wait(shut, LockState(ADDRESS[shut], 1, closed=True))
        states = [(name, event) for name, event in bench.all_told() if isinstance(event, LockState)]
        assert {(event.board, event.closed) for name, event in states if name == shut} == {(ADDRESS[shut], True)}
        assert {(event.board, event.closed) for name, event in states if name == ajar} == {(ADDRESS[ajar], False)}
    finally:
        bench.close()


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (("lock8a", {}), ("m100", {}), "family 'm100' cannot share port /dev/x with a"),
        (("lock8a", {}), ("lock8a", {}), "devices a and b share port /dev/x and address 1"),
        (("lock8a", {"boards": (1, 2)}), ("lock8a", {"boards": (2, 3)}), "address 2"),
    ],
)
def test_what_cannot_be_a_line_is_refused(
    first: tuple[str, dict[str, Any]], second: tuple[str, dict[str, Any]], says: str
) -> None:
    tables = [table("a", first[0], "/dev/x", **first[1]), table("b", second[0], "/dev/x", **second[1])]
    with pytest.raises(SettingsError, match=says):
        check_lines(tables, {each.name: make_dialect(each.family, each.settings) for each in tables})


def test_two_speeds_on_one_line_are_refused() -> None:
    tables = [DeviceTable(name=name, family=name, port="/dev/x") for name in ("lock8a", "kerong_cu16")]
    with pytest.raises(SettingsError, match="at 9600 and 19200 baud"):
        check_lines(tables, {each.name: make_dialect(each.family) for each in tables})


def keep_writing(source: Source) -> None:
    """Write until it is refused: a thread that is failing takes its moment to come to its end."""
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        source.write(b"\x00")
        time.sleep(0.01)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_line_whose_listener_fails_does_not_look_alive(tmp_path: Path) -> None:
    failed = threading.Event()

    def fail(_name: str, event: SourceEvent) -> None:
        if isinstance(event, LockState):
            failed.set()
            raise RuntimeError("listener broke")

    wire = Wire(tmp_path / "line", [KerongEmulator(tmp_path / "a"), ModbusRelayEmulator(tmp_path / "b")])
    tables = [table(name, name, str(wire.path)) for name in ("kerong_cu16", "modbus_relay")]
    sources = make_sources(tables, {each.name: make_dialect(each.family) for each in tables}, fail)
    for source in sources.values():
        source.start()
    assert failed.wait(SOON)
    with pytest.raises(UnreachableError, match="listener broke"):
        keep_writing(sources["modbus_relay"])
    for source in sources.values():
        source.close()
    wire.close()
