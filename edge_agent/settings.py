"""A station's settings: one TOML file, read strictly; every mistake names file, key and what would be right."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from msgspec import Meta

from contract.topics import STATION_NAME
from edge_agent.devices import make_dialect
from edge_agent.devices.base import Dialect, FieldValue, LockBoard, SettingsError
from edge_agent.devices.sources import check_lines
from firmware_config import profiles

KEY_DIGITS = Meta(pattern="^[0-9a-fA-F]{64}$", description="64 hex digits")

LEAST_MB = 8


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table of the file."""


class StationTable(Table, frozen=True, kw_only=True):
    """Who this station is and where it keeps things."""

    name: str
    site: str
    data: str
    state: str
    key_file: str
    server_key: Annotated[str, KEY_DIGITS]
    server_pin_key: Annotated[str, KEY_DIGITS]
    clock_file: str = ""
    outbox_mb: Annotated[int, Meta(ge=0, le=65536, description="Most the outbox may take; 0: the whole disk")] = 0


class BrokerTable(Table, frozen=True, kw_only=True):
    """Where the broker is and how the station shows who it is."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8883
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    cert_key_file: str = ""
    renewed_file: Annotated[str, Meta(description="Set by the agent: where it keeps what it renewed")] = ""


class SessionTable(Table, frozen=True, kw_only=True):
    """How long a session may idle and a door stand open, in seconds of the station's clock."""

    idle_seconds: Annotated[float, Meta(gt=0)] = 60
    left_open_seconds: Annotated[float, Meta(gt=0)] = 120


class PresenceTable(Table, frozen=True, kw_only=True):
    """How a door is listened to after a closing; `[doors.presence]` says what differs behind one door."""

    pass_ms: Annotated[int, Meta(ge=10, le=5000, description="Least a pass lasts")] = 200
    settle_seconds: Annotated[float, Meta(ge=0.1, le=60, description="Then what is not certain is unread")] = 2.9
    risk: Annotated[float, Meta(gt=0, lt=0.1, description="Chance that a closing calls gone what is there")] = 1e-3
    far_db: Annotated[float, Meta(ge=0, le=60, description="How much weaker a neighbour's tag is; 0: unknown")] = 20.0


class ReferenceTable(Table, frozen=True, kw_only=True):
    """A tag glued before an antenna: while it is read, the antenna hears."""

    antenna: Annotated[int, Meta(ge=0, le=64)] = 1
    epc: Annotated[str, Meta(pattern="^[0-9A-F]{4,128}$")]
    reader: Annotated[str, Meta(description="Needed where a door has several")] = ""


class DeviceTable(Table, frozen=True, kw_only=True):
    """One device: its family's name and where it is plugged in."""

    name: str
    family: str
    port: str
    baudrate: Annotated[int, Meta(ge=0, le=4_000_000, description="Speed of the line; 0: as the family has it")] = 0
    role: Annotated[str, Meta(pattern="^(|keypad|exit)$")] = ""
    leaves: Annotated[Literal["room", "premises"], Meta(description="What one leaves past a reader at an exit")] = (
        "premises"
    )
    settings: dict[str, FieldValue | list[int]] = {}


class Channel(Table, frozen=True, kw_only=True):
    """A channel of a lock board."""

    device: str
    channel: Annotated[int, Meta(ge=1, le=64)]
    board: Annotated[int, Meta(ge=0, le=247)] = 1


class DoorTable(Table, frozen=True, kw_only=True):
    """One door: its lock, its contact where one is wired separately, and the readers behind it."""

    door: Annotated[int, Meta(ge=1, le=99)]
    lock: Channel
    contact: Channel | None = None
    readers: list[str] = []
    references: list[ReferenceTable] = []
    presence: PresenceTable = PresenceTable()


class InputTable(Channel, frozen=True, kw_only=True):
    """A contact that tells something of the station itself; wired so that a cut cable reads as bad."""

    kind: Literal["enclosure_tamper", "mains_lost", "on_battery"]
    good: Literal["closed", "open"] = "closed"
    good_seconds: Annotated[float, Meta(ge=0, le=3600, description="So long it must be good to be over")] = 5.0


class Settings(Table, frozen=True, kw_only=True):
    """The whole file."""

    station: StationTable
    broker: BrokerTable = BrokerTable()
    session: SessionTable = SessionTable()
    presence: PresenceTable = PresenceTable()
    devices: list[DeviceTable] = []
    doors: list[DoorTable] = []
    inputs: list[InputTable] = []

    def station_key(self) -> Ed25519PrivateKey:
        """Read the station's own key (SettingsError: not there, or not 64 hex digits)."""
        path = Path(self.station.key_file)
        try:
            return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text().strip()))
        except (OSError, ValueError) as error:
            raise SettingsError(f"station.key_file {path}: needs 64 hex digits of an Ed25519 key ({error})") from None

    def server_key(self) -> Ed25519PublicKey:
        """Give the key the server signs with."""
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.station.server_key))

    def pin_key(self) -> X25519PublicKey:
        """Give the key PINs are sealed to."""
        return X25519PublicKey.from_public_bytes(bytes.fromhex(self.station.server_pin_key))


def load_settings(path: Path) -> Settings:
    """Read and check a settings file (SettingsError names file, key and what is wrong)."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None
    try:
        _check_names(Settings, given, "")
        settings = msgspec.convert(_with_presence(given), Settings)
        _check_whole(settings)
    except (msgspec.ValidationError, SettingsError) as error:
        raise SettingsError(f"{path}: {error}") from None
    return settings


def _with_presence(given: dict[str, Any]) -> dict[str, Any]:
    """Let every door inherit what `[presence]` says."""
    doors, common = given.get("doors"), given.get("presence")
    if not isinstance(doors, list) or not isinstance(common, dict):
        return given
    return given | {"doors": [door | {"presence": common | door.get("presence", {})} for door in doors]}


def _check_names(kind: type[msgspec.Struct], given: Any, where: str) -> None:
    """Refuse unknown keys at any depth, naming the nearest known one."""
    if not isinstance(given, dict):
        return
    known = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
            raise SettingsError(f"unknown key '{where}{name}'; {hint}")
        inner = next((table for table in _tables(known[name])), None)
        for number, part in enumerate(value if isinstance(value, list) else [value]):
            if inner is not None:
                place = f"{where}{name}[{number}]." if isinstance(value, list) else f"{where}{name}."
                _check_names(inner, part, place)


def _tables(annotation: Any) -> list[type[Table]]:
    """Find the tables an annotation is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return [annotation]
    return [table for part in getattr(annotation, "__args__", ()) for table in _tables(part)]


def _check_whole(settings: Settings) -> None:
    """Check what single keys cannot show: names, references, doubles, and the devices' own settings."""
    if not STATION_NAME.fullmatch(settings.station.name):
        raise SettingsError(f"station.name '{settings.station.name}': 1-32 of a-z 0-9 _ -, beginning with a-z 0-9")
    if 0 < settings.station.outbox_mb < LEAST_MB:
        raise SettingsError(
            f"station.outbox_mb {settings.station.outbox_mb}: 0 for the whole disk, or {LEAST_MB} and more"
        )
    names = [device.name for device in settings.devices]
    _once("devices.name", names)
    _once("doors.door", [door.door for door in settings.doors])
    dialects = {device.name: make_dialect(device.family, device.settings) for device in settings.devices}
    check_lines(settings.devices, dialects)
    exits = {device.name: device.family for device in settings.devices if device.role == "exit"}
    for name, kind in exits.items():
        if profiles.load(kind).kind != "uhf_reader":
            raise SettingsError(f"device {name}: role 'exit' is for UHF readers, not for {kind}")
    wired: list[tuple[str, int, int]] = []
    for door in settings.doors:
        for wire in (door.lock, door.contact):
            if wire is not None:
                _known(f"door {door.door}", wire.device, names)
                _asked(f"door {door.door}", wire, dialects[wire.device])
                wired.append((wire.device, wire.board, wire.channel))
        _check_references(door)
        for reader in door.readers:
            _known(f"door {door.door} readers", reader, names)
            if reader in exits:
                raise SettingsError(f"door {door.door} readers: '{reader}' stands at an exit, not behind a door")
    for wire in settings.inputs:
        _known(f"input {wire.kind}", wire.device, names)
        _asked(f"input {wire.kind}", wire, dialects[wire.device])
        wired.append((wire.device, wire.board, wire.channel))
    _once("channel (device, board, channel)", wired)


def _check_references(door: DoorTable) -> None:
    """Refuse a reference tag of which nobody can say before which antenna it is."""
    for tag in door.references:
        if tag.reader not in door.readers and (tag.reader or len(door.readers) != 1):
            readers = ", ".join(door.readers) or "none"
            raise SettingsError(f"door {door.door} reference {tag.epc}: reader '{tag.reader}' is none of {readers}")
    _once(f"door {door.door} references.epc", [tag.epc for tag in door.references])


def _once(what: str, values: list[Any]) -> None:
    double = next((value for value in values if values.count(value) > 1), None)
    if double is not None:
        raise SettingsError(f"{what} {double!r} is given twice")


def _asked(what: str, wire: Channel, dialect: Dialect) -> None:
    """Refuse a board that is never asked: its door would never be known."""
    if isinstance(dialect, LockBoard) and wire.board not in dialect.addresses:
        listed = ", ".join(map(str, dialect.addresses)) or "none"
        raise SettingsError(
            f"{what}: device '{wire.device}' asks boards {listed}, not {wire.board}; correct board or boards"
        )


def _known(what: str, name: str, names: list[str]) -> None:
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"devices: {', '.join(names) or 'none'}"
        raise SettingsError(f"{what}: no device '{name}'; {hint}")
