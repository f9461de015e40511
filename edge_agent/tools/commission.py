"""Commissioning a door: which settings make its wires read right, found while a person opens and closes it.

1. Every combination of the settings that makers disagree on listens to the same bytes; those whose states followed the
   door fit. A setting is found when all that fit agree on it.
2. Only this door may move meanwhile; nothing is fired.
3. The settings file is changed in place: comments and order stay.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from edge_agent.devices import make_dialect
from edge_agent.devices.base import Heard, LockState, SettingsError
from edge_agent.settings import Channel, DeviceTable, DoorTable

UNUSED = "ignore"
UNKNOWN: dict[str, tuple[str, ...]] = {
    "feedback": ("closing", "opening"),
    "byte_order": ("high_first", "low_first"),
    "closed": ("low", "high"),
    "infrared": (UNUSED, "on_closed", "on_open"),
    "gpi_closed": ("high", "low"),
}
"""Settings on which makers and wirings disagree, and what they may be."""
ROUNDS = 2
"""How often a wire must have spoken after the person's word before it is believed."""
PATIENCE_S = 5.0
OFTEN_MS = 50

Look = list[dict[tuple[int, int], bool | None]]
"""What each combination says of all channels at one moment: (board, channel) -> closed."""
Say = Callable[[str], None]
"""Tell a person what to do, and return when it is done."""


class CommissionError(Exception):
    """The test cannot tell; the message says why and what to do."""


class Trial:
    """A device's `dialect` at work as configured, while every combination of the unknown settings listens along."""

    def __init__(self, device: DeviceTable) -> None:
        known = make_dialect(device.family, device.settings).Settings.__struct_fields__
        given = device.settings | ({"poll_ms": OFTEN_MS} if "poll_ms" in known else {})
        self.names = [name for name in UNKNOWN if name in known]
        self.dialect = cast(Any, make_dialect(device.family, given))
        self._feed: Callable[[bytes], list[Heard]] = self.dialect.feed
        self._silence: Callable[[], list[Heard]] = self.dialect.silence
        self.dialect.feed, self.dialect.silence = self._hear, self._fall_silent
        self.now = {name: getattr(self.dialect.settings, name) for name in self.names}
        combinations = [
            dict(zip(self.names, values, strict=True))
            for values in itertools.product(*(UNKNOWN[name] for name in self.names))
        ]
        self._listeners = [(chosen, make_dialect(device.family, given | chosen)) for chosen in combinations]
        self._states: list[dict[tuple[int, int], tuple[bool | None, int]]] = [{} for _ in combinations]
        self._lock = threading.Lock()

    def _hear(self, data: bytes) -> list[Heard]:
        self._note([listener.feed(data) for _, listener in self._listeners])
        return self._feed(data)

    def _fall_silent(self) -> list[Heard]:
        self._note([listener.silence() for _, listener in self._listeners])
        return self._silence()

    def _note(self, heard: list[list[Heard]]) -> None:
        with self._lock:
            for states, events in zip(self._states, heard, strict=True):
                for event in events:
                    if isinstance(event, LockState):
                        _, times = states.get((event.board, event.lock), (None, 0))
                        states[event.board, event.lock] = (event.closed, times + 1)

    def look(self, wires: list[Channel]) -> Look:
        """Wait until every wire has spoken anew, and give what each combination says of all channels."""
        with self._lock:
            for states in self._states:
                states.clear()
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with self._lock:
                if any(
                    all(states.get((w.board, w.channel), (None, 0))[1] >= ROUNDS for w in wires)
                    for states in self._states
                ):
                    return [{place: closed for place, (closed, _) in states.items()} for states in self._states]
            time.sleep(0.02)
        raise CommissionError(
            f"{wires[0].device}: nothing heard of channel {', '.join(str(wire.channel) for wire in wires)}; "
            "is it powered, are the address and the line's speed right, is the station still running?"
        )

    def fitting(self, looks: list[Look], wires: list[Channel]) -> list[dict[str, str]]:
        """Give the combinations whose wires were closed, open, closed as the door was."""
        return [
            chosen
            for at, (chosen, _) in enumerate(self._listeners)
            if all(
                [look[at].get((wire.board, wire.channel)) for look in looks] == [True, False, True] for wire in wires
            )
        ]

    def moved(self, looks: list[Look]) -> list[tuple[int, int]]:
        """Give the channels that followed the door, as configured now."""
        at = next(at for at, (chosen, _) in enumerate(self._listeners) if chosen == self.now)
        shut, ajar, again = (look[at] for look in looks)
        return sorted(
            place
            for place in ajar
            if shut.get(place) is not None and shut.get(place) != ajar[place] != again.get(place)
        )


class Found(NamedTuple):
    """What one device's settings should be, and what one door cannot tell."""

    device: str
    settings: dict[str, str]
    changed: dict[str, str]
    untold: tuple[str, ...]


def trials_of(door: DoorTable, devices: Mapping[str, DeviceTable]) -> dict[str, Trial]:
    """Build a trial for each device that a door's lock and contact hang on."""
    return {name: Trial(devices[name]) for name in {wire.device for wire in wires_of(door)}}


def wires_of(door: DoorTable) -> list[Channel]:
    """Give a door's wires."""
    return [wire for wire in (door.lock, door.contact) if wire is not None]


def commission(door: DoorTable, trials: Mapping[str, Trial], say: Say) -> list[Found]:
    """Have a person close, open and close a door, and find the settings (CommissionError: they cannot be told)."""
    looks: dict[str, list[Look]] = {name: [] for name in trials}
    for word in ("close", "open", "close"):
        how = " (with the key or the emergency release; nothing is fired)" if word == "open" else ", so that it latches"
        say(f"Door {door.door}: {word} it{how}; touch no other door.")
        for name, trial in trials.items():
            looks[name].append(trial.look([wire for wire in wires_of(door) if wire.device == name]))
    return [_judge(door, name, trial, looks[name]) for name, trial in trials.items()]


def _judge(door: DoorTable, name: str, trial: Trial, looks: list[Look]) -> Found:
    wires = [wire for wire in wires_of(door) if wire.device == name]
    fitting, moved = trial.fitting(looks, wires), trial.moved(looks)
    named = ", ".join(f"{board}/{channel}" for board, channel in moved) or "none"
    if len(moved) > len(wires):
        raise CommissionError(
            f"{name}: more than door {door.door} moved (board/channel {named}); do it again, one door only"
        )
    if not fitting:
        raise CommissionError(
            f"{name}: no settings fit door {door.door} on channel {', '.join(str(wire.channel) for wire in wires)}; "
            f"what moved is board/channel {named}. Is the door wired there, do lock and contact have one polarity?"
        )
    told = {key: values.pop() for key in trial.names if len(values := {chosen[key] for chosen in fitting}) == 1}
    untold = tuple(key for key in trial.names if key not in told and trial.now[key] != UNUSED)
    settings = {key: told.get(key, trial.now[key]) for key in trial.names}
    return Found(name, settings, {key: value for key, value in told.items() if value != trial.now[key]}, untold)


def write_settings(path: Path, found: list[Found]) -> None:
    """Write what was found into a settings file, leaving everything else of it as it is (SettingsError)."""
    import tomlkit  # here: a station that only runs must not wait for it
    from tomlkit.items import AoT

    document = tomlkit.parse(path.read_text("utf-8"))
    devices = document["devices"]
    assert isinstance(devices, AoT)
    for device in devices:
        for each in found:
            if device["name"] == each.device and each.changed:
                device.setdefault("settings", tomlkit.inline_table()).update(each.changed)
    beside = path.with_name(path.name + ".new")
    try:
        beside.write_text(tomlkit.dumps(document), "utf-8")
        beside.chmod(path.stat().st_mode & 0o777)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise SettingsError(f"{path}: {error.strerror}") from None
