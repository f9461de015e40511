"""What every device family has in common: its readings, what a Dialect and a Source are, three ways to fail.

1. A Dialect is bytes -> readings and commands -> bytes: no I/O, no clock, no unbounded buffer, never raises on bytes.
2. However a stream is cut into chunks, the readings and errors are the same.
3. An encoder refuses what the device would misunderstand (ProtocolError); it never guesses.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, Protocol, TypeVar, get_args, get_origin, runtime_checkable

import msgspec

FieldValue = str | int | float | bool | None


class DeviceError(Exception):
    """A device cannot be used; the three kinds below say what to do about it."""


class SettingsError(DeviceError):
    """The settings are wrong: correct them, trying again is useless."""


class UnreachableError(DeviceError):
    """The device cannot be reached now: check plug and power, try again later."""


class ProtocolError(DeviceError):
    """The device was reached and what was asked or answered breaks its protocol."""


def named(table: Mapping[str, V], what: str, name: str) -> V:
    """Look a word up in a table of what goes on the wire (ProtocolError: the word is none of them)."""
    if name not in table:
        raise ProtocolError(f"{what} {name!r} is none of {', '.join(table)}")
    return table[name]


def some_hex(what: str, text: str) -> bytes:
    """Read pairs of hex digits that go to a device (ProtocolError: they are none)."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ProtocolError(f"{what} {text!r} is not hex: pairs of digits 0-9 A-F") from None


def snake(name: str) -> str:
    """Give the JSON `type` of a reading class: TagSeen -> tag_seen."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Reading(msgspec.Struct, frozen=True, tag_field="type", tag=snake):
    """One thing a device said; in JSON its kind is the field `type`."""


class TagSeen(Reading, frozen=True):
    """A tag answered: EPC, PC and TID as upper-case hex, RSSI in dBm as the reader gives it."""

    epc: str
    antenna: int = 1
    rssi: float | None = None
    pc: str | None = None
    tid: str | None = None


class TagReported(TagSeen, frozen=True, tag="tag_seen"):
    """A tag as a reader with a clock of its own reports it: UTC in microseconds, and how often it answered."""

    first_seen_us: int | None = None
    last_seen_us: int | None = None
    count: int | None = None


class RoundDone(Reading, frozen=True):
    """One inventory round ended with no (further) tag."""


class MemoryRead(Reading, frozen=True):
    """Words read from one bank of one tag; everything as upper-case hex."""

    epc: str
    pc: str
    data: str


class ReaderInfo(Reading, frozen=True):
    """What a reader says of itself: `kind` is hardware, software or maker."""

    kind: str
    text: str


class BadgeRead(Reading, frozen=True):
    """A badge: `card` is its number in hex, 10 digits for EM4100, else as long as the card's own number.

    The others are renderings printed on cards (8H10D, 3D5D), empty where no rule says what is printed.
    """

    card: str
    decimal10: str = ""
    facility_number: str = ""


class CodeRead(Reading, frozen=True):
    """A printed code; `aim` and `symbology` are None when the scanner sends no AIM prefix, `gs1` maps AI -> value."""

    text: str
    symbology: str | None = None
    aim: str | None = None
    gs1: dict[str, str] | None = None


class LockState(Reading, frozen=True):
    """One lock's feedback contact; `closed` is None when the board cannot say."""

    board: int
    lock: int
    closed: bool | None


TAMPER = 64
"""The lock number under which a device reports its own tamper contact."""


class UnlockReply(Reading, frozen=True):
    """A board's answer to an opening; tells of actuation only, never that the door moved.

    `also` names the command the very same bytes would be when heard from the host's side.
    """

    board: int
    lock: int
    accepted: bool | None
    also: str | None = None


class DeviceReply(Reading, frozen=True):
    """A device's answer to a set-up or maintenance command."""

    command: str
    fields: dict[str, FieldValue]


class DeviceFault(Reading, frozen=True):
    """An error the device itself reports in a well-formed frame; PC and EPC where it names the tag."""

    code: int
    what: str
    pc: str | None = None
    epc: str | None = None


class BoardFault(DeviceFault, frozen=True, tag="device_fault", kw_only=True):
    """The same from one board of a bus."""

    board: int


class CommandSeen(Reading, frozen=True):
    """A command on the wire, as heard from the host's side."""

    name: str
    fields: dict[str, FieldValue]


class FrameError(msgspec.Struct, frozen=True):
    """Bytes that are no frame: `at` is the offset in the stream of the frame (or run of bytes) refused.

    `rest` is the hex of what was held of a frame that never became complete, empty when the frame was whole and wrong.
    """

    at: int
    what: str
    rest: str = ""


class SourceState(msgspec.Struct, frozen=True):
    """A source changed: online, offline (cannot be reached, being retried) or fault (settings; not retried)."""

    state: Literal["online", "offline", "fault"]
    why: str = ""


Heard = Reading | FrameError
SourceEvent = Reading | FrameError | SourceState
Listener = Callable[[str, SourceEvent], None]
"""Called on the source's own thread with (source name, event); must return at once (put it on a queue)."""


class Dialect(Protocol):
    """One family's protocol. Built as `Class(**settings)`; encoders are methods of each family's class."""

    Settings: ClassVar[type[msgspec.Struct]]
    baudrate: ClassVar[int]
    reopen_after_error: ClassVar[bool]
    """Close and open the port again after a FrameError, so that late bytes cannot answer the next request."""
    turn: ClassVar[float | None]
    """Half-duplex: seconds to wait for the answer to one write before the next write goes out."""

    @property
    def absence(self) -> float:
        """Seconds a reading must be absent before the same one is reported again; 0 reports every repetition."""

    @property
    def pause(self) -> float:
        """Seconds without a byte after which `silence` is called."""

    @property
    def unparsed(self) -> bytes:
        """Bytes received that belong to no reading and no error yet."""

    def feed(self, data: bytes) -> list[Heard]:
        """Take the next bytes of the stream."""

    def silence(self) -> list[Heard]:
        """Learn that the line has been silent for `pause`: whatever was waiting is now complete or torn."""

    def greeting(self) -> list[bytes]:
        """Give what to send each time the port has been opened."""

    def prompt(self) -> bytes:
        """Give what makes the device report again; b"" for a device that speaks by itself."""

    @property
    def prompt_after(self) -> float | None:
        """Seconds of silence after which the prompt is due; None for never."""


@runtime_checkable
class Addressed(Protocol):
    """A family whose devices have addresses and answer only when asked, so that several may share one line."""

    @property
    def addresses(self) -> tuple[int, ...]:
        """The boards or readers that are this device's own, as asked in turn."""


@runtime_checkable
class LockBoard(Addressed, Protocol):
    """A family that drives locks: it encodes the opening of exactly one of them."""

    turn: ClassVar[float | None]
    """As in every Dialect."""

    @property
    def pulse(self) -> float:
        """Seconds for which an opened lock stays powered; no other is opened meanwhile."""

    def open(self, board: int, lock: int) -> bytes:
        """Encode the command that opens one lock (ProtocolError: no such lock, or one that would open several)."""

    def answers(self, request: bytes, heard: list[Reading]) -> bool:
        """Tell whether what was heard, free of errors, is the answer to this request."""


class Source(Protocol):
    """Something that yields readings by itself until closed."""

    name: str

    def start(self) -> None:
        """Begin; events go to the listener from now on."""

    def write(self, data: bytes) -> None:
        """Queue one command; raise UnreachableError when the device is not online."""

    def close(self) -> None:
        """Stop, and return when nothing will be reported any more."""


S = TypeVar("S", bound=msgspec.Struct)
V = TypeVar("V")


def read_settings(kind: type[S], family: str, given: Mapping[str, Any]) -> S:
    """Check a family's settings strictly, converting text; an unknown name names the nearest known (SettingsError)."""
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(fields) or 'none'}"
            raise SettingsError(f"{family}: no setting '{name}'; {hint}")
        listed = isinstance(value, str) and isinstance(fields[name].default, tuple)
        values[name] = value.split(",") if listed else value
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        named = re.search(r"`\$\.(\w+)", str(error))
        hint = f"; it may be {choices(fields[named[1]].type)}" if named else ""
        raise SettingsError(f"{family}: {error}{hint}") from None


def choices(kind: Any) -> str:
    """Say in words what values a setting takes."""
    while hasattr(kind, "__metadata__"):
        meta = next((m for m in kind.__metadata__ if isinstance(m, msgspec.Meta)), msgspec.Meta())
        if meta.ge is not None and meta.le is not None:
            return f"{meta.ge} to {meta.le}"
        kind = kind.__origin__
    if get_origin(kind) is Literal:
        return ", ".join(str(choice) or '""' for choice in get_args(kind))
    if get_origin(kind) is tuple:
        return "whole numbers with commas between"
    return {bool: "true or false", int: "a whole number", str: "text"}.get(kind, "a number")
