"""`guiwei edge region`: write a radio region and power into a UHF reader, and read back what it really holds.

A reader that answers with an error, does not answer, or holds something else afterwards is refused: it must not be used
where the law wants that region. Families whose readers keep their region to themselves (LLRP) are not in the table.
"""

from __future__ import annotations

import json
import select
import time
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import typer

from edge_agent.devices import make_dialect
from edge_agent.devices.base import DeviceError, DeviceFault, DeviceReply, Dialect, FieldValue, Heard, SettingsError
from edge_agent.devices.decode import BAD, GOOD, WRONG_USE, settings_from
from edge_agent.devices.ports import open_port

ANSWER_S = 2.0


class Tuning(NamedTuple):
    """How one family is made quiet, set and asked: commands with the reply each waits for, and where the answer is."""

    quiet: Callable[[Any], list[tuple[str, bytes]]]
    region: Callable[[Any, str], tuple[str, bytes]]
    power: Callable[[Any, float], tuple[str, bytes]]
    ask: Callable[[Any], list[tuple[str, bytes]]]
    told: dict[str, tuple[str, str]]
    """For region and power_dbm: the reply's command and field."""


def _address(dialect: Any) -> int:
    return int(dialect.settings.addresses[0])


TUNINGS: dict[str, Tuning] = {
    "m100": Tuning(
        lambda d: [("stop", d.stop())],
        lambda d, region: ("set_region", d.set_region(region)),
        lambda d, dbm: ("set_power", d.set_power(dbm)),
        lambda d: [(name, d.command(name)) for name in ("get_region", "get_power")],
        {"region": ("get_region", "region"), "power_dbm": ("get_power", "dbm")},
    ),
    "reader18": Tuning(
        lambda _: [],
        lambda d, region: ("set_band", d.set_region(region, _address(d))),
        lambda d, dbm: ("set_power", d.set_power(round(dbm), _address(d))),
        lambda d: [("get_info", d.command("get_info", _address(d)))],
        {"region": ("get_info", "region"), "power_dbm": ("get_info", "power_dbm")},
    ),
    "thingmagic": Tuning(
        lambda d: [("continuous", d.stop())],
        lambda d, region: ("set_region", d.set_region(region)),
        lambda d, dbm: ("set_power", d.set_power(dbm)),
        lambda d: [("get_region", d.command("get_region")), ("get_power", d.command("get_power", option=0))],
        {"region": ("get_region", "region"), "power_dbm": ("get_power", "dbm")},
    ),
}


class Tuned(NamedTuple):
    """What a reader holds, and why it is refused ("" when it took what was wanted)."""

    region: FieldValue
    power_dbm: FieldValue
    refused: str


class Dialogue:
    """Questions and answers with one reader on a port of its own."""

    def __init__(self, dialect: Dialect, port: str) -> None:
        self._dialect = dialect
        self._port = open_port(port, dialect.baudrate)

    def ask(self, reply: str, command: bytes) -> DeviceReply | DeviceFault | None:
        """Send a command; give the reply of this name, or the fault told instead; None when nothing came in time."""
        self._port.write(command)
        end = time.monotonic() + ANSWER_S
        while time.monotonic() < end:
            for event in self._heard():
                if isinstance(event, DeviceFault) or (isinstance(event, DeviceReply) and event.command == reply):
                    return event
        return None

    def _heard(self) -> list[Heard]:
        """Give what comes next, at the latest after a pause."""
        ready, _, _ = select.select([self._port.fileno()], [], [], self._dialect.pause)
        return self._dialect.feed(self._port.read(4096)) if ready else self._dialect.silence()

    def close(self) -> None:
        """Let go of the port."""
        self._port.close()


def tune(family: str, port: str, region: str, power_dbm: float | None, settings: dict[str, Any] | None = None) -> Tuned:
    """Write region (and power, where given), then read both back (DeviceError: no such reader, region or port)."""
    if family not in TUNINGS:
        raise SettingsError(f"{family}: its readers cannot be told a region; these can: {', '.join(TUNINGS)}")
    dialect, how = make_dialect(family, settings), TUNINGS[family]
    writes = [how.region(dialect, region)] + ([] if power_dbm is None else [how.power(dialect, power_dbm)])
    dialogue = Dialogue(dialect, port)
    try:
        for reply, command in how.quiet(dialect):
            dialogue.ask(reply, command)
        refused = next((why for one in writes if (why := _why_not(one[0], dialogue.ask(*one)))), "")
        held = {reply: dialogue.ask(reply, command) for reply, command in how.ask(dialect)}
    finally:
        dialogue.close()
    found = {name: _field(held.get(reply), field) for name, (reply, field) in how.told.items()}
    wanted: dict[str, FieldValue] = {"region": region}
    if power_dbm is not None:
        wanted["power_dbm"] = round(power_dbm) if family == "reader18" else power_dbm
    other = [f"{name} is {found[name]}, not {value}" for name, value in wanted.items() if found[name] != value]
    return Tuned(found["region"], found["power_dbm"], refused or "; ".join(other))


def _why_not(what: str, answer: DeviceReply | DeviceFault | None) -> str:
    if answer is None:
        return f"{what}: no answer"
    if isinstance(answer, DeviceFault):
        return answer.what if answer.what.startswith(f"{what}:") else f"{what}: {answer.what}"
    return "" if answer.fields.get("ok") else f"{what}: refused"


def _field(answer: DeviceReply | DeviceFault | None, field: str) -> FieldValue:
    return answer.fields.get(field) if isinstance(answer, DeviceReply) else None


def region(
    family: Annotated[str, typer.Argument(help=f"One of: {', '.join(TUNINGS)}")],
    port: Annotated[str, typer.Argument(help="Serial port or socket://host:port; no station may hold it")],
    name: Annotated[str, typer.Argument(metavar="REGION", help="As in the family's settings, such as china_920_925")],
    power: Annotated[float | None, typer.Option("--power", help="Transmit power in dBm; left out, it is left")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the family, such as addresses")
    ] = None,
) -> None:
    """Write a radio region into a reader and read it back; exit 1 when the reader does not take it."""
    try:
        told = tune(family, port, name, power, settings_from(settings or []))
    except DeviceError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from None
    typer.echo(json.dumps(told._asdict()))
    raise typer.Exit(BAD if told.refused else GOOD)
