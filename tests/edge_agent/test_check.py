"""`guiwei edge check`: what answered, how a door is wired whatever its maker thought, and the file it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from edge_agent.cli import app
from edge_agent.devices.sources import make_sources
from edge_agent.emulators.door_board import DoorBoard
from edge_agent.emulators.gpio import GpioEmulator
from edge_agent.emulators.kerong_cu16 import KerongEmulator
from edge_agent.emulators.lock8a import Lock8AEmulator
from edge_agent.emulators.m100 import M100Emulator
from edge_agent.emulators.modbus_relay import ModbusRelayEmulator
from edge_agent.emulators.rdm6300 import Rdm6300Emulator
from edge_agent.settings import Channel, DeviceTable, DoorTable, load_settings
from edge_agent.tools.commission import CommissionError, Found, commission, trials_of, write_settings

KEY = "ab" * 32
SETTINGS = """# The station in the corridor.
[station]
name = "a"
site = "test"
data = "{folder}/data"
state = "{folder}/state.json"
key_file = "{folder}/station.key"
server_key = "{key}"
server_pin_key = "{key}"

[[devices]]
name = "lock"  # behind the panel
family = "lock8a"
port = "{folder}/lock"
settings = {{ pause_ms = 20, feedback = "closing" }} # as the maker says

[[devices]]
family = "m100"
name = "reader"
port = "{folder}/reader"

[[devices]]
name = "badge"
family = "rdm6300"
port = "{folder}/badge"

[[doors]]
door = 1
lock = {{ device = "lock", channel = 2 }}
contact = {{ device = "lock", channel = 20 }} # magnetic
readers = ["reader"]
"""


class Site:
    """A settings file and the devices it names."""

    def __init__(self, folder: Path, **lock: Any) -> None:
        self.file = folder / "station.toml"
        self.file.write_text(SETTINGS.format(folder=folder, key=KEY), "utf-8")
        self.lock = Lock8AEmulator(folder / "lock", contacts={2: 20}, **lock)
        self.reader = M100Emulator(folder / "reader", per_second=50)
        self.reader.put("300833B2DDD9014000000001")
        self.badge = Rdm6300Emulator(folder / "badge")

    def check(self, *arguments: str) -> Any:
        return CliRunner().invoke(app, ["check", str(self.file), "--seconds", "3", *arguments])

    def close(self) -> None:
        for device in (self.lock, self.reader, self.badge):
            device.close()


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(**lock: Any) -> Site:
        made.append(Site(tmp_path, **lock))
        return made[-1]

    yield make
    for site in made:
        site.close()


def test_what_answers_is_shown(sites: Callable[..., Site]) -> None:
    site = sites()
    site.lock.open_contact(20)
    shown = site.check("--json")
    told = json.loads(shown.stdout)
    lock, reader, badge = told["devices"]
    assert shown.exit_code == 0, shown.stderr
    assert (lock["state"], lock["answered"], lock["must_answer"]) == ("online", True, True)
    assert lock["firmware"] == ["board 1: CM06"], "the board's own word for its firmware"
    assert any(text.startswith("hardware ") for text in reader["firmware"])
    assert (reader["antennas"], reader["tags"]) == ([1], 1)
    assert (badge["answered"], badge["must_answer"], badge["good"]) == (False, False, True)
    assert told["doors"] == [{"door": 1, "lock": "closed", "contact": "open"}]


def test_a_board_that_is_not_polled_is_asked_once(sites: Callable[..., Site]) -> None:
    site = sites()
    text = site.file.read_text("utf-8")
    site.file.write_text(text.replace("pause_ms = 20,", "pause_ms = 20, poll_ms = 0,"), "utf-8")
    site.lock.open_hook(2)
    told = json.loads(site.check("--json").stdout)
    assert told["devices"][0]["answered"] is True
    assert told["doors"] == [{"door": 1, "lock": "open", "contact": "closed"}]


def test_what_does_not_answer_is_shown_and_exits_1(sites: Callable[..., Site]) -> None:
    site = sites()
    site.lock.faults.stall = True
    site.badge.unplug()
    shown = site.check("--seconds", "0.5")
    assert shown.exit_code == 1
    assert "DOES NOT ANSWER" in shown.stdout
    assert "not there; is the device plugged in" in shown.stdout


def test_wrong_use_exits_2(sites: Callable[..., Site], tmp_path: Path) -> None:
    site = sites()
    assert site.check("--door", "9").exit_code == 2
    assert "doors: 1" in site.check("--door", "9").stderr
    assert CliRunner().invoke(app, ["check", str(tmp_path / "none.toml")]).exit_code == 2


def test_without_a_person_nothing_is_found(sites: Callable[..., Site]) -> None:
    site = sites()
    before = site.file.read_bytes()
    shown = site.check("--door", "1", "--yes")
    assert shown.exit_code == 1
    assert "needs a person" in shown.stderr
    assert site.file.read_bytes() == before


def test_a_person_at_a_terminal_finds_how_the_door_is_wired(sites: Callable[..., Site]) -> None:
    """The whole command on a pseudo-terminal: told to close, open, close; shown the change; asked; the file changed."""
    site = sites(feedback="opening", byte_order="low_first")
    before = site.file.read_text("utf-8")
    master, slave = os.openpty()
    command = [sys.executable, "-m", "guiwei", "edge", "check", str(site.file), "--door", "1", "--json"]
    with subprocess.Popen(command, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        said = ""
        hands = Hands(site.lock, 2, 20)
        for _ in range(3):
            said += (told := _until(process.stderr, "press Enter. "))
            hands(told)
            os.write(master, b"\n")
        said += _until(process.stderr, "[y/N] ")
        assert site.file.read_text("utf-8") == before, "nothing is written before the answer"
        os.write(master, b"y\n")
        shown = json.loads(process.stdout.read())
        process.stderr.read()
        assert process.wait(30) == 0
    os.close(master)
    os.close(slave)
    assert "Door 1: open it" in said
    assert "lock: feedback = opening" in said
    assert shown["found"][0]["changed"] == {"feedback": "opening", "byte_order": "low_first"}
    assert shown["written"] is True
    after = site.file.read_text("utf-8")
    wanted = '{ pause_ms = 20, feedback = "opening", byte_order = "low_first"} # as the maker says'
    assert after == before.replace('{ pause_ms = 20, feedback = "closing" } # as the maker says', wanted)
    assert load_settings(site.file).devices[0].settings["byte_order"] == "low_first"


def _until(stream: Any, mark: str) -> str:
    said = ""
    while not said.endswith(mark):
        letter = stream.read(1)
        assert letter, said
        said += letter
    return said


# -- every wiring -----------------------------------------------------------------------------------------------------


class Hands:
    """A person who does with a door's channels what they are told."""

    def __init__(self, board: DoorBoard | GpioEmulator, *channels: int) -> None:
        self.board, self.channels = board, channels

    def __call__(self, told: str) -> None:
        for channel in self.channels:
            if ": open it" in told:
                self.board.open_contact(channel)
            else:
                self.board.close_contact(channel)


MAKE: dict[str, Any] = {"lock8a": Lock8AEmulator, "kerong_cu16": KerongEmulator, "modbus_relay": ModbusRelayEmulator}
WIRINGS: list[tuple[str, dict[str, Any], int, int, int]] = [
    (family, {"feedback": feedback} | order, address, lock, contact)
    for family, orders, address, lock, contact in (
        ("lock8a", ({"byte_order": "high_first"}, {"byte_order": "low_first"}), 1, 2, 20),
        ("kerong_cu16", ({},), 0, 2, 9),
        ("modbus_relay", ({},), 1, 2, 6),
    )
    for order in orders
    for feedback in ("closing", "opening")
]


def run(board: DoorBoard | GpioEmulator, family: str, door: DoorTable, hands: Hands, **given: Any) -> Found:
    device = DeviceTable(name="lock", family=family, port=str(board.path), settings=given)
    trials = trials_of(door, {"lock": device})
    online = threading.Event()
    sources = make_sources([device], {"lock": trials["lock"].dialect}, lambda _name, _event: online.set())
    sources["lock"].start()
    try:
        assert online.wait(10)
        (found,) = commission(door, trials, hands)
        return found
    finally:
        sources["lock"].close()
        board.close()


def door_of(board: int, lock: int, contact: int | None) -> DoorTable:
    wired = None if contact is None else Channel(device="lock", board=board, channel=contact)
    return DoorTable(door=1, lock=Channel(device="lock", board=board, channel=lock), contact=wired)


@pytest.mark.parametrize(("family", "wired", "address", "lock", "contact"), WIRINGS)
def test_every_wiring_is_found_from_the_wrong_settings(
    tmp_path: Path, family: str, wired: dict[str, Any], address: int, lock: int, contact: int
) -> None:
    board = MAKE[family](tmp_path / "lock", **wired)
    wrong = "opening" if wired["feedback"] == "closing" else "closing"
    hands = Hands(board, lock, contact)
    found = run(board, family, door_of(address, lock, contact), hands, feedback=wrong, pause_ms=20)
    assert found.settings | wired == found.settings
    assert found.untold == ()
    assert found.changed["feedback"] == wired["feedback"]


def test_a_contact_on_an_infrared_input_is_found_though_these_are_not_used_yet(tmp_path: Path) -> None:
    board = KerongEmulator(tmp_path / "lock")
    found = run(board, "kerong_cu16", door_of(0, 2, 18), Hands(board, 2, 18))
    assert found.changed == {"infrared": "on_closed"}


@pytest.mark.parametrize(("lock", "contact"), [(10, None), (2, 18)], ids=["in the middle byte", "mirrored"])
def test_a_door_that_reads_alike_in_both_byte_orders_cannot_tell(
    tmp_path: Path, lock: int, contact: int | None
) -> None:
    board = Lock8AEmulator(tmp_path / "lock", locks=16, byte_order="low_first")
    channels = [lock] if contact is None else [lock, contact]
    found = run(board, "lock8a", door_of(1, lock, contact), Hands(board, *channels))
    assert (found.untold, found.changed) == (("byte_order",), {})


@pytest.mark.parametrize(
    ("opens", "says"),
    [
        ((), "no settings fit door 1 on channel 2; what moved is board/channel none"),
        ((5,), "what moved is board/channel 1/5"),
        ((2, 5), "more than door 1 moved"),
    ],
)
def test_what_fits_nothing_is_said(tmp_path: Path, opens: tuple[int, ...], says: str) -> None:
    board = Lock8AEmulator(tmp_path / "lock")
    with pytest.raises(CommissionError, match=says):
        run(board, "lock8a", door_of(1, 2, None), Hands(board, *opens))


@pytest.mark.parametrize("closed", ["low", "high"])
def test_a_contact_on_a_gpio_line_is_found_too(tmp_path: Path, closed: str) -> None:
    lines = GpioEmulator(tmp_path / "chip", lines=(3, 4), closed=closed)
    found = run(lines, "gpio", door_of(1, 3, None), Hands(lines, 3), lines=[3, 4])
    assert found.settings == {"closed": closed}


def test_a_device_without_settings_gets_them_and_all_else_stays(tmp_path: Path) -> None:
    file = tmp_path / "station.toml"
    text = '# one\n[[devices]]\nname = "a"\n\n[[devices]] # two\nname = "b"\n[devices.settings]\npoll_ms = 40 # often\n'
    file.write_text(text, "utf-8")
    file.chmod(0o640)
    write_settings(file, [Found("b", {}, {"feedback": "opening"}, ()), Found("a", {}, {"closed": "high"}, ())])
    assert file.read_text("utf-8") == (
        '# one\n[[devices]]\nname = "a"\nsettings = {closed = "high"}\n\n[[devices]] # two\nname = "b"\n'
        '[devices.settings]\npoll_ms = 40 # often\nfeedback = "opening"\n'
    )
    assert file.stat().st_mode & 0o777 == 0o640
