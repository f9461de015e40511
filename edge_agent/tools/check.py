"""`guiwei edge check SETTINGS`: talk to every device, show what answered; with --door, find how its lock is wired."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from edge_agent.devices import make_dialect
from edge_agent.devices.base import (
    Addressed,
    DeviceReply,
    Dialect,
    FrameError,
    LockBoard,
    LockState,
    ReaderInfo,
    Reading,
    RoundDone,
    SettingsError,
    Source,
    SourceEvent,
    SourceState,
    TagSeen,
    UnreachableError,
)
from edge_agent.devices.sources import make_sources
from edge_agent.settings import Channel, DoorTable, Settings, load_settings
from edge_agent.tools.commission import CommissionError, Found, commission, trials_of, write_settings

ALL_ANSWER, SOME_DO_NOT, WRONG_USE = 0, 1, 2
SETTLE_S = 0.2
"""Time given to a device that answered to say the rest."""


@dataclass
class Checked:
    """What one device said."""

    device: str
    family: str
    port: str
    must_answer: bool
    behind_door: bool = False
    """Whether it reads the tags behind a door: then it has not said all before it has looked for them."""
    state: str = "offline"
    why: str = ""
    answered: bool = False
    firmware: list[str] = field(default_factory=list)
    antennas: list[int] = field(default_factory=list)
    tags: int = 0
    errors: int = 0
    error: str = ""
    _looked: bool = False
    _seen: set[str] = field(default_factory=set)
    _states: dict[tuple[int, int], bool | None] = field(default_factory=dict)

    def hear(self, event: SourceEvent) -> None:
        """Take what the device said."""
        match event:
            case SourceState():
                self.state, self.why = event.state, event.why
            case FrameError():
                self.errors, self.error = self.errors + 1, event.what
            case TagSeen():
                self._seen.add(event.epc)
                self.tags = len(self._seen)
                self.antennas = sorted({*self.antennas, event.antenna})
            case LockState():
                self._states[event.board, event.lock] = event.closed
            case ReaderInfo():
                self._add(f"{event.kind} {event.text}")
            case DeviceReply() if event.command not in ("infrared", "all_off"):
                self._add(_version(event))
        self.answered = self.answered or isinstance(event, Reading)
        self._looked = self._looked or isinstance(event, TagSeen | RoundDone)

    def _add(self, text: str) -> None:
        if text not in self.firmware:
            self.firmware.append(text)

    def wire(self, wire: Channel | None) -> str:
        """Say what a wire of this device reads as."""
        closed = self._states.get((wire.board, wire.channel)) if wire else None
        return {True: "closed", False: "open", None: "–" if wire is None else "unknown"}[closed]

    @property
    def good(self) -> bool:
        """Tell whether nothing is wrong; what speaks only when it is used need only be there."""
        return self.state == "online" and (self.answered or not self.must_answer)

    @property
    def is_heard_out(self) -> bool:
        """Tell whether there is nothing more to wait for."""
        return self.good and (self._looked or not self.behind_door)

    @property
    def word(self) -> str:
        """Say it in a word or two."""
        if self.state != "online":
            return f"{self.state}: {self.why}"
        if self.answered:
            return "answers"
        return (
            "DOES NOT ANSWER" + (f" ({self.error})" if self.error else "")
            if self.must_answer
            else "there; speaks when used"
        )

    def shown(self) -> dict[str, Any]:
        """Give it as JSON."""
        return {name: value for name, value in asdict(self).items() if not name.startswith("_")} | {"good": self.good}


def check(
    settings: Annotated[Path, typer.Argument(metavar="SETTINGS", help="The station's settings, a TOML file")],
    door: Annotated[
        int | None, typer.Option("--door", metavar="N", help="Find how this door's lock and contact are wired")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write what was found without asking")] = False,
    seconds: Annotated[float, typer.Option(min=0.2, help="Longest wait for devices to answer")] = 4.0,
) -> None:
    """Talk to every device and show what answered; exit 0 when all do, 1 when not, 2 on wrong use."""
    try:
        raise typer.Exit(_check(settings, load_settings(settings), door, seconds, as_json=as_json, yes=yes))
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from None


def _check(path: Path, settings: Settings, number: int | None, seconds: float, *, as_json: bool, yes: bool) -> int:
    if not settings.devices:
        raise SettingsError(f"{path}: has no [[devices]] yet; docs/devices.md says what each family needs")
    door = _door(settings, number)
    devices = {device.name: device for device in settings.devices}
    trials = trials_of(door, devices) if door else {}
    dialects: dict[str, Dialect] = {
        name: trials[name].dialect if name in trials else make_dialect(device.family, device.settings)
        for name, device in devices.items()
    }
    readers = {reader for door in settings.doors for reader in door.readers}
    checked = {
        name: Checked(name, d.family, d.port, _must_answer(make_dialect(d.family, d.settings)), name in readers)
        for name, d in devices.items()
    }
    sources = make_sources(settings.devices, dialects, lambda name, event: checked[name].hear(event))
    found: list[Found] = []
    problem = ""
    try:
        _listen(sources, dialects, checked, seconds)
        if door:
            found = commission(door, trials, _say)
    except CommissionError as error:
        problem = str(error)
    finally:
        for source in sources.values():
            source.close()
    written = bool(found) and _write(path, found, yes=yes)
    _print(settings, checked, found, problem, written=written, as_json=as_json)
    unwritten = any(each.changed for each in found) and not written
    return SOME_DO_NOT if problem or unwritten or not all(each.good for each in checked.values()) else ALL_ANSWER


def _door(settings: Settings, number: int | None) -> DoorTable | None:
    if number is None:
        return None
    doors = {door.door: door for door in settings.doors}
    if number not in doors:
        raise SettingsError(f"--door {number}: no such door; doors: {', '.join(map(str, doors)) or 'none'}")
    return doors[number]


def _must_answer(dialect: Dialect) -> bool:
    return bool(dialect.greeting()) or dialect.prompt_after is not None or isinstance(dialect, LockBoard)


def _listen(
    sources: Mapping[str, Source], dialects: Mapping[str, Dialect], checked: Mapping[str, Checked], seconds: float
) -> None:
    """Start all, ask for what they do not say by themselves, and wait until they have said all they must."""
    for source in sources.values():
        source.start()
    until, asked = time.monotonic() + seconds, set[str]()
    while time.monotonic() < until:
        for name, each in checked.items():
            if each.state == "online" and name not in asked:
                asked.add(name)
                _ask(sources[name], dialects[name])
        if all(each.is_heard_out for each in checked.values()):
            break
        time.sleep(0.02)
    time.sleep(SETTLE_S)


def _ask(source: Source, dialect: Dialect) -> None:
    """Ask a device with addresses for what it does not say by itself, where its family knows such a question."""
    questions = [question for name in ("firmware", "query_all") if (question := getattr(dialect, name, None))]
    for address in dialect.addresses if isinstance(dialect, Addressed) else ():
        for question in questions:
            with contextlib.suppress(UnreachableError):
                source.write(question(address))


def _say(what: str) -> None:
    typer.echo(f"{what}\nThen press Enter. ", err=True, nl=False)
    if not sys.stdin.readline():
        raise CommissionError("nobody is there to open the door: this test needs a person at a terminal")


def _write(path: Path, found: list[Found], *, yes: bool) -> bool:
    """Show what would change, ask, and write; tell whether it was written."""
    changes = [f"  {each.device}: {key} = {value}" for each in found for key, value in each.changed.items()]
    if not changes:
        return False
    typer.echo("\n".join([f"Found, to be written into {path}:", *changes]), err=True)
    if not yes:
        typer.echo("Write it? [y/N] ", err=True, nl=False)
        if sys.stdin.readline().strip().lower() not in ("y", "yes", "j", "是"):
            return False
    write_settings(path, found)
    return True


def _print(
    settings: Settings,
    checked: Mapping[str, Checked],
    found: list[Found],
    problem: str,
    *,
    written: bool,
    as_json: bool,
) -> None:
    doors = [
        {
            "door": door.door,
            "lock": checked[door.lock.device].wire(door.lock),
            "contact": checked[door.contact.device].wire(door.contact) if door.contact else "–",
        }
        for door in settings.doors
    ]
    if as_json:
        told = {
            "devices": [each.shown() for each in checked.values()],
            "doors": doors,
            "found": [each._asdict() for each in found],
            "written": written,
            "problem": problem,
        }
        typer.echo(json.dumps(msgspec.to_builtins(told), ensure_ascii=False))
        return
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    console.print(
        _table(
            ("device", "family", "port", "what it says", "firmware", "antennas", "tags", "errors"),
            [
                (
                    each.device,
                    each.family,
                    each.port,
                    each.word,
                    "; ".join(each.firmware),
                    " ".join(map(str, each.antennas)),
                    each.tags,
                    each.errors,
                )
                for each in checked.values()
            ],
        )
    )
    console.print(_table(("door", "lock", "contact"), [tuple(door.values()) for door in doors]))
    for each in found:
        console.print(f"{each.device}: " + ", ".join(f"{key} = {value}" for key, value in each.settings.items()))
        if each.untold:
            console.print(f"{each.device}: this door cannot tell {', '.join(each.untold)}; try one on another channel")
    if problem:
        typer.echo(problem, err=True)


def _version(reply: DeviceReply) -> str:
    """Show what a device answered of itself; boards give their firmware as letters or as a register of hundredths."""
    board, fields = reply.fields.get("board"), dict(reply.fields)
    if reply.command == "firmware":
        raw = bytes.fromhex(str(fields["raw"]))
        return f"board {board}: {raw.decode('ascii') if raw.isascii() and raw.decode().isprintable() else raw.hex()}"
    if reply.command == "read_registers":
        return f"board {board}: V{int(str(fields['registers'])[:4] or '0', 16) / 100:.2f}"
    return ", ".join(f"{name} {value}" for name, value in fields.items())


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Table:
    table = Table(*heads)
    for row in rows:
        table.add_row(*map(str, row))
    return table
