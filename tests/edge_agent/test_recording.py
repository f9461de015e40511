"""A recorded station can be run again: the same readings, the same events at its doors; nothing personal is kept."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from contract.messages import AccessRequested, CodeScanned, Event, SessionEnded
from edge_agent.cli import app
from edge_agent.clock import Clock
from edge_agent.devices.base import (
    BadgeRead,
    CodeRead,
    FrameError,
    LockBoard,
    Reading,
    SettingsError,
    SourceEvent,
    SourceState,
)
from edge_agent.devices.rdm6300 import badge
from edge_agent.emulators.m100 import M100Emulator
from edge_agent.emulators.rdm6300 import Rdm6300Emulator
from edge_agent.plugs import Plugs
from edge_agent.settings import DeviceTable, Settings, load_settings
from edge_agent.tools.recording import BADGES, BYTES, RecordedPlugs, Recorder, head_of, read_recording
from edge_agent.tools.replay import run_again
from edge_agent.tools.stand_ins import ReplayClock, ReplaySource
from tests.edge_agent.bench import BADGE, GUIWEI, OTHER_BADGE, TAGS, Bench
from tests.edge_agent.peer import Peer

PIN = "907312"
Recorded = tuple[Settings, Path, list[tuple[str, SourceEvent]]]


class RecordedBench(Bench):
    """A bench whose station is recorded."""

    options: tuple[str, ...] = ()

    @property
    def recording(self) -> Path:
        """Where the recording is."""
        return self.folder / "recording.jsonl"

    def launch(self) -> None:
        """Start the agent, and have it recorded."""
        words = [str(GUIWEI), "edge", "record", str(self.settings), "-o", str(self.recording), *self.options]
        self.process = subprocess.Popen(words)


def told(event: Event) -> dict[str, Any]:
    """Give what an event says of session and doors, without moments, random tokens and counts of reads."""
    body = msgspec.to_builtins(event)
    keep = ("kind", "door", "cause", "codes", "code", "doors", "outcome", "why", "session", "credential", "pin")
    said = {name: body[name] for name in keep if body.get(name) is not None}
    for name in ("session", "pin", "credential"):
        said |= {name: True} if name in said else {}
    for name in ("taken", "put", "unread"):
        if name in body:
            said[name] = sorted(sighting["epc"] for sighting in body[name])
    return said


@pytest.mark.timeout(90)
def test_a_recorded_visit_happens_again(tmp_path: Path, broker: Any, peer: Peer) -> None:
    bench = RecordedBench(tmp_path, broker, peer)
    bench.put(*TAGS)
    try:
        bench.start()
        peer.answer = peer.deny
        bench.scanner.scan("GW-0001")
        assert peer.wait(lambda: bool(peer.of(CodeScanned)))
        bench.show()
        assert bench.wait(lambda state: (state["answer"] or {}).get("kind") == "denied")
        peer.answer = peer.grant
        bench.keypad.scan(PIN, aim="")
        bench.open()
        bench.take(*TAGS[:2])
        bench.shut()
        assert peer.wait(lambda: len(peer.of(SessionEnded)) == 1)
        bench.lock.force_door(1)
        assert bench.wait(lambda state: state["doors"]["1"]["phase"] == "open")
        bench.put(TAGS[0])
        bench.shut()
        assert bench.wait(lambda state: state["unsent"] == 0)
        assert bench.kill(15) == 0
    finally:
        bench.close()
    then = [told(event) for event in peer.all]
    assert {"door_opened", "door_closed"} < {event["kind"] for event in then}
    assert peer.of(AccessRequested)[1].pin is not None
    now: list[Event] = []

    def show(_at: int, who: str, what: SourceEvent | Event) -> None:
        if who == "station":
            assert isinstance(what, Event)
            now.append(what)

    run_again(bench.recording, load_settings(bench.settings), show, speed=2.0)
    assert [told(event) for event in now] == then
    _, lines = read_recording(bench.recording)
    text = bench.recording.read_text()
    assert PIN not in text
    assert PIN.encode().hex() not in text
    assert BADGE not in text
    assert BADGE.encode().hex() not in text
    assert sum(1 for _ in lines) > 50


SETTINGS = """
[station]
name = "a"
site = "test"
data = "{folder}/data"
state = "{folder}/state.json"
key_file = "{folder}/key"
server_key = "{key}"
server_pin_key = "{key}"
[[devices]]
name = "reader"
family = "m100"
port = "{folder}/reader"
[[devices]]
name = "badge"
family = "rdm6300"
port = "{folder}/badge"
settings = {{ absence_ms = 200 }}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A station with a reader and a badge reader."""
    path = tmp_path / "station.toml"
    path.write_text(SETTINGS.format(folder=tmp_path, key="ab" * 32))
    return load_settings(path)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A recording without badges, what was really read, and the settings."""
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "station.toml").write_text(SETTINGS.format(folder=folder, key="ab" * 32))
    settings = load_settings(folder / "station.toml")
    return settings, *record(settings, folder, badges=False)


def wait(what: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + 10
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def record(settings: Settings, folder: Path, *, badges: bool) -> tuple[Path, list[tuple[str, SourceEvent]]]:
    """Record what two devices say for a moment; gives the file and what was really read."""
    heard: list[tuple[str, SourceEvent]] = []

    def listener(name: str, event: SourceEvent) -> None:
        heard.append((name, event))

    def count(of: str, kind: type) -> int:
        return sum(name == of and isinstance(event, kind) for name, event in heard)

    path, clock = folder / f"recording-{badges}", Clock()
    recorder = Recorder(path, head_of(settings, clock, badges=badges), clock, 10**7)
    plugs = RecordedPlugs(recorder, settings.server_key())
    reader, cards = M100Emulator(folder / "reader"), Rdm6300Emulator(folder / "badge")
    reader.put(TAGS[0])
    dialects = {device.name: plugs.dialect(device) for device in settings.devices}
    sources = plugs.sources(settings.devices, dialects, listener)
    try:
        for source in sources.values():
            source.start()
        for number, card in enumerate((BADGE, OTHER_BADGE, BADGE), start=1):
            cards.present(card)
            wait(lambda: count("badge", BadgeRead) == number)  # noqa: B023 (called at once)
            cards.remove()
            time.sleep(0.25)
        wait(lambda: count("reader", Reading) > 30)
    finally:
        for source in sources.values():
            source.close()
        reader.close()
        cards.close()
        recorder.close()
    return path, heard


def play(path: Path, settings: Settings) -> list[tuple[str, SourceEvent]]:
    """Have the devices of a recording say everything again, at once."""
    head, lines = read_recording(path)
    heard: list[tuple[str, SourceEvent]] = []
    sources = {
        device.name: ReplaySource(device, Plugs().dialect(device), lambda name, event: heard.append((name, event)))
        for device in settings.devices
    }
    for line in lines:
        sources[line.who].play(line, line.at_us / 1e6)
    assert head.station == "a"
    return heard


@pytest.mark.parametrize("badges", [False, True], ids=["stand_ins", "badges"])
def test_every_reading_is_read_again(recorded: Recorded, settings: Settings, tmp_path: Path, badges: bool) -> None:
    path, real = record(settings, tmp_path, badges=True) if badges else recorded[1:]
    again = play(path, settings)
    for name in ("reader", "badge"):
        then = [event for who, event in real if who == name]
        now = [event for who, event in again if who == name]
        if name == "badge" and not badges:
            cards = [event.card for event in now if isinstance(event, BadgeRead)]
            assert len(cards) == 3
            assert (cards[0] == cards[2], cards[0] != cards[1]) == (True, True)
            assert not {BADGE, OTHER_BADGE} & set(cards)
            assert list(map(type, now)) == list(map(type, then))
            continue
        assert now == then
    text = path.read_bytes()
    assert (BADGE.encode().hex().encode() in text) is badges
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_recording_that_was_cut_off_is_good_up_to_there(recorded: Recorded, tmp_path: Path) -> None:
    path, cut = recorded[1], tmp_path / "cut"
    cut.write_bytes(path.read_bytes()[:-7])
    assert list(read_recording(cut)[1]) == list(read_recording(path)[1])[:-1]


@pytest.mark.parametrize("content", [b"", b"{}", b"hello\n", b'{"guiwei":"recording","v":2}\n'])
def test_what_is_no_recording_is_refused(settings: Settings, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "strange"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="strange"):
        run_again(path, settings, lambda *_: None)


def test_what_cannot_be_played_on_is_said(recorded: Recorded, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    for line in (b'[1,"nobody","in","00"]\n', b'[1,"reader","in",7]\n', b"nonsense\n"):
        bad.write_bytes(recorded[1].read_bytes().splitlines(keepends=True)[0] + line)
        with pytest.raises(SettingsError, match="cannot be replayed further"):
            run_again(bad, recorded[0], lambda *_: None, speed=20)


def recorder_of(settings: Settings, path: Path, most: int = 10**6) -> Recorder:
    clock = Clock()
    return Recorder(path, head_of(settings, clock, badges=False), clock, most)


def test_a_recording_of_other_devices_is_refused(settings: Settings, tmp_path: Path) -> None:
    recorder_of(settings, tmp_path / "r").close()
    other = msgspec.structs.replace(settings, devices=settings.devices[:1])
    with pytest.raises(SettingsError, match="badge"):
        run_again(tmp_path / "r", other, lambda *_: None)


def test_a_file_that_is_there_is_not_written_over(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "r").write_text("mine")
    with pytest.raises(SettingsError, match="there already"):
        recorder_of(settings, tmp_path / "r")
    (tmp_path / "key").write_text("ab" * 32)
    said = CliRunner().invoke(app, ["record", str(tmp_path / "station.toml"), "-o", str(tmp_path / "r")])
    assert (said.exit_code, (tmp_path / "r").read_text()) == (2, "mine")


def test_a_recording_ends_when_it_is_large_and_the_station_goes_on(settings: Settings, tmp_path: Path) -> None:
    recorder = recorder_of(settings, tmp_path / "r", most=2000)
    for _ in range(100):
        recorder.note("reader", "in", "ab" * 20)
    assert (tmp_path / "r").stat().st_size <= 2000
    assert len(list(read_recording(tmp_path / "r")[1])) > 5


@pytest.mark.parametrize("family", sorted(BYTES | BADGES))
def test_a_tapped_dialect_understands_the_same(settings: Settings, tmp_path: Path, family: str) -> None:
    device = DeviceTable(name="it", family=family, port="/dev/it")
    clock, known = Clock(), msgspec.structs.replace(settings, devices=[device])
    recorder = Recorder(tmp_path / "r", head_of(known, clock, badges=True), clock, 10**6)
    plain, tapped = Plugs().dialect(device), RecordedPlugs(recorder, settings.server_key()).dialect(device)
    said = bytes(range(256)) * 3
    assert (plain.greeting(), plain.prompt()) == (tapped.greeting(), tapped.prompt())
    assert (plain.feed(said), plain.silence()) == (tapped.feed(said), tapped.silence())
    assert isinstance(plain, LockBoard) == isinstance(tapped, LockBoard)
    recorder.close()
    assert [line.kind for line in read_recording(tmp_path / "r")[1]] == ["greeting", "prompt", "in", "silence"]


SECRET = re.compile(r"0F00A1B2C3|907312")


@pytest.mark.parametrize(
    "event",
    [CodeRead(PIN), FrameError(3, f"control character in {PIN}", PIN.encode().hex()), badge(bytes.fromhex(BADGE))],
    ids=["pin", "torn", "badge"],
)
def test_what_a_keypad_or_badge_reader_says_is_not_kept(settings: Settings, tmp_path: Path, event: Reading) -> None:
    recorder = recorder_of(settings, tmp_path / "r")
    recorder.event("badge", event, keypad=True)
    recorder.event("badge", SourceState("online"), keypad=True)
    recorder.close()
    text = (tmp_path / "r").read_text()
    assert not SECRET.search(text)
    assert PIN.encode().hex() not in text
    assert len(text.splitlines()) == 3


def test_time_runs_faster() -> None:
    clock = ReplayClock(1_000_000, 10)
    time.sleep(0.05)
    assert clock.mono_us() >= 500_000
    assert clock.wall_us() - clock.mono_us() == pytest.approx(1_000_000, abs=100_000)


def test_what_is_printed_is_json(recorded: Recorded) -> None:
    path = recorded[1]
    said = CliRunner().invoke(app, ["replay", str(path), str(path.with_name("station.toml")), "--speed", "20"])
    assert said.exit_code == 0, said.output
    lines = [json.loads(line) for line in said.stdout.splitlines()]
    assert {"reader", "badge", "station"} == {line["who"] for line in lines}
    assert next(line["kind"] for line in lines if line["who"] == "station") == "station_started"
