"""`guiwei emulate STATION.toml`: a whole cabinet with no hardware, for a try-out, training or docker-compose.

The devices of the station's settings file appear at the ports it names, the agent runs as a child on these very
settings, and lines on standard input are the hands at the cabinet; `ACTS` says which.
"""

import shlex
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from edge_agent.devices import make_dialect
from edge_agent.devices.base import LockBoard, SettingsError
from edge_agent.devices.osdp import Osdp
from edge_agent.emulators.barcode_hid import BarcodeHidEmulator
from edge_agent.emulators.barcode_serial import BarcodeSerialEmulator
from edge_agent.emulators.gpio import GpioEmulator
from edge_agent.emulators.kerong_cu16 import KerongEmulator
from edge_agent.emulators.llrp import LlrpEmulator
from edge_agent.emulators.lock8a import Lock8AEmulator
from edge_agent.emulators.m100 import M100Emulator
from edge_agent.emulators.modbus_relay import ModbusRelayEmulator
from edge_agent.emulators.osdp import OsdpEmulator
from edge_agent.emulators.pn532 import Pn532Emulator
from edge_agent.emulators.rdm6300 import Rdm6300Emulator
from edge_agent.emulators.reader18 import Reader18Emulator
from edge_agent.emulators.thingmagic import ThingMagicEmulator
from edge_agent.emulators.tsl_ascii2 import TslAscii2Emulator
from edge_agent.emulators.wire import Wire
from edge_agent.settings import DeviceTable, Settings, load_settings

BADGE_READERS = (Rdm6300Emulator, Pn532Emulator, OsdpEmulator)
SCANNERS = (BarcodeSerialEmulator, BarcodeHidEmulator)
BADGE_HELD = 0.5

app = typer.Typer(add_completion=False, help="Run a station with emulated devices.")


class ActError(ValueError):
    """A line on standard input is no act at this cabinet."""


class Cabinet:
    """The emulated devices of one station, and what a person can do to them."""

    def __init__(self, settings: Settings) -> None:
        if not settings.devices:
            raise SettingsError("the settings have no [[devices]] yet; docs/setting-up-a-station.md has some to try")
        self.settings = settings
        self.doors = {door.door: door for door in settings.doors}
        self.devices: dict[str, Any] = {}
        ports = Counter(device.port for device in settings.devices)
        for device in settings.devices:
            maker = MAKERS.get(device.family)
            if maker is None:
                raise SettingsError(f"device {device.name}: no emulator for family {device.family!r}")
            port = Path(device.port)
            if "://" not in device.port:
                port.parent.mkdir(parents=True, exist_ok=True)
            if ports[device.port] > 1:
                port = port.with_name(f"{port.name}.{device.name}")
            self.devices[device.name] = maker(port, self.contacts(device.name), **self.board(device))
        self.wires = [
            Wire(Path(port), [self.devices[device.name] for device in settings.devices if device.port == port])
            for port, count in ports.items()
            if count > 1
        ]

    def board(self, device: DeviceTable) -> dict[str, Any]:
        """Give what an emulated device on a bus must know of its settings: addresses, how feedback is wired."""
        dialect = make_dialect(device.family, device.settings)
        if isinstance(dialect, Osdp):
            return {"addresses": dialect.settings.addresses}
        if not isinstance(dialect, LockBoard):
            return {}
        wired: dict[str, Any] = {
            name: device.settings[name] for name in ("feedback", "byte_order") if name in device.settings
        }
        return {"boards": dialect.addresses, **wired}

    def contacts(self, board: str) -> dict[int, int]:
        """Map each lock of a board to the channel of its door contact, where both hang on that board."""
        return {
            door.lock.channel: door.contact.channel
            for door in self.settings.doors
            if door.contact is not None and door.contact.device == door.lock.device == board
        }

    def act(self, line: str) -> None:
        """Do what one line says; raises ActError naming what would be right."""
        word, *values = shlex.split(line)
        if word not in ACTS or len(values) != len(ACTS[word][0].split()):
            known = "\n".join(f"  {name} {usage}".ljust(22) + says for name, (usage, says, _) in ACTS.items())
            raise ActError(f"{line.strip()!r} is no act; these are:\n{known}")
        try:
            ACTS[word][2](self, *values)
        except (KeyError, StopIteration, ValueError) as error:
            raise ActError(f"{line.strip()!r}: this cabinet has no such thing ({error})") from None

    def of_kind(self, kind: type | tuple[type, ...], role: str = "") -> Any:
        """Find the first device of a kind (or of several) and role."""
        names = (device.name for device in self.settings.devices if device.role == role)
        return next(self.devices[name] for name in names if isinstance(self.devices[name], kind))

    def lock(self, door: str) -> tuple[Any, int, int]:
        """Give the board, channel and address of a door's lock."""
        wire = self.doors[int(door)].lock
        return self.devices[wire.device], wire.channel, wire.board

    def reader(self, door: str) -> Any:
        """Give the first reader behind a door."""
        return self.devices[self.doors[int(door)].readers[0]]

    def badge(self, card: str) -> None:
        """Hold a badge to the reader for a moment."""
        reader = next(device for device in self.devices.values() if isinstance(device, BADGE_READERS))
        reader.present(card)
        threading.Timer(BADGE_HELD, reader.remove).start()

    def pull(self, door: str) -> None:
        """Pull at a door; it opens only when its lock is released."""
        board, lock, address = self.lock(door)
        typer.echo("open" if board.open_door(lock, address) else "locked")

    def force(self, door: str) -> None:
        """Break a door open."""
        board, lock, address = self.lock(door)
        board.force_door(lock, address)

    def push(self, door: str) -> None:
        """Push a door shut."""
        board, lock, address = self.lock(door)
        board.close_door(lock, address)

    def close(self) -> None:
        """Take every device away."""
        for device in (*self.wires, *self.devices.values()):
            device.close()


MAKERS: dict[str, Callable[..., Any]] = {
    "m100": lambda port, _: M100Emulator(port),
    "llrp": lambda port, _: LlrpEmulator(int(port.name.partition(":")[2] or 5084)),
    "lock8a": lambda port, contacts, **wired: Lock8AEmulator(port, locks=12, contacts=contacts, **wired),
    "gpio": lambda port, _: GpioEmulator(port),
    "kerong_cu16": lambda port, contacts, **wired: KerongEmulator(port, contacts=contacts, **wired),
    "tsl_ascii2": lambda port, _: TslAscii2Emulator(port),
    "thingmagic": lambda port, _: ThingMagicEmulator(port),
    "reader18": lambda port, _: Reader18Emulator(port),
    "pn532": lambda port, _: Pn532Emulator(port),
    "modbus_relay": lambda port, contacts, **wired: ModbusRelayEmulator(port, contacts=contacts, **wired),
    "osdp": lambda port, _, **bus: OsdpEmulator(port, **bus),
    "rdm6300": lambda port, _: Rdm6300Emulator(port),
    "barcode_hid": lambda port, _: BarcodeHidEmulator(port),
    "barcode_serial": lambda port, _: BarcodeSerialEmulator(port),
}

# word -> (values, what it does, how)
ACTS: dict[str, tuple[str, str, Callable[..., None]]] = {
    "badge": ("HEX", "hold a badge to the reader", Cabinet.badge),
    "scan": ("TEXT", "scan a printed code", lambda self, text: self.of_kind(SCANNERS).scan(text)),
    "pin": (
        "DIGITS",
        "type a PIN on the keypad",
        lambda self, digits: self.of_kind(SCANNERS, "keypad").scan(digits, aim=""),
    ),
    "pull": ("DOOR", "pull at a door", Cabinet.pull),
    "force": ("DOOR", "break a door open", Cabinet.force),
    "push": ("DOOR", "push a door shut", Cabinet.push),
    "take": ("DOOR EPC", "take a tagged item out", lambda self, door, epc: self.reader(door).take(epc)),
    "put": ("DOOR EPC", "put a tagged item in", lambda self, door, epc: self.reader(door).put(epc)),
}


def hear(cabinet: Cabinet) -> None:
    """Do what each line of standard input says, until it ends."""
    for line in sys.stdin:
        if line.strip():
            try:
                cabinet.act(line)
            except ActError as error:
                typer.echo(str(error), err=True)


@app.command()
def emulate(
    settings_file: Annotated[Path, typer.Argument(metavar="STATION.toml", help="The station's settings.")],
    inside: Annotated[list[str] | None, typer.Option("--put", help="DOOR:EPC of an item that lies inside.")] = None,
) -> None:
    """Run a station with emulated devices; acts come as lines on standard input."""
    try:
        cabinet = Cabinet(load_settings(settings_file))
    except SettingsError as error:
        typer.echo(f"guiwei emulate: {error}", err=True)
        raise typer.Exit(1) from error
    try:
        for item in inside or ():
            cabinet.act("put " + item.replace(":", " ", 1))
        agent = subprocess.Popen(
            [sys.executable, "-m", "guiwei", "edge", "run", str(settings_file)], stdin=subprocess.DEVNULL
        )
        signal.signal(signal.SIGTERM, lambda *_: agent.terminate())
        threading.Thread(target=hear, args=(cabinet,), daemon=True).start()
        try:
            code = agent.wait()
        except KeyboardInterrupt:
            code = agent.wait(15)
    except ActError as error:
        raise typer.BadParameter(str(error)) from None
    finally:
        cabinet.close()
    raise typer.Exit(code)
