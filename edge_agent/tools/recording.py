"""Recordings: what a station's devices said, byte by byte and with its time, so that a problem can be played again.

A text file: a head, then one JSON array a line, `[microseconds since the start, who, kind, what]`. A file that was cut
off is good up to its last whole line. What is in it:

1. No PIN: of a keypad only that something was typed. No badge: a number made for this file stands for each, the same
   every time, unless badges were asked for. No person either: of the server's answers only doors and reasons.
2. Families whose bytes can tell of neither are recorded as bytes and played through their own dialect again; of all
   others, and of devices that share a line, the readings are kept.
3. A recording never disturbs the station: what cannot be written ends it.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract.codec import open_answer
from contract.errors import ContractError
from contract.messages import Grant
from edge_agent.clock import Clock
from edge_agent.devices.base import (
    BadgeRead,
    CodeRead,
    DeviceFault,
    Dialect,
    FrameError,
    Listener,
    LockState,
    RoundDone,
    SettingsError,
    Source,
    SourceEvent,
    SourceState,
    TagSeen,
    UnlockReply,
)
from edge_agent.devices.rdm6300 import badge
from edge_agent.link import Arrived, LinkDown, LinkEvent, LinkUp, Wire
from edge_agent.plugs import FAMILY_DEFAULTS, Plugs
from edge_agent.settings import BrokerTable, DeviceTable, Settings

log = logging.getLogger("guiwei.recording")

VERSION: Literal[1] = 1
BYTES: Final = frozenset(
    {"m100", "lock8a", "kerong_cu16", "modbus_relay", "reader18", "thingmagic", "tsl_ascii2", "barcode_serial"}
)
"""Families whose bytes name no person. A family that is not here is recorded by its readings: that is the safe side."""
BADGES: Final = frozenset({"rdm6300", "pn532"})
"""Families whose bytes tell a badge's number, and nothing worse."""
Told = TagSeen | RoundDone | BadgeRead | CodeRead | LockState | UnlockReply | DeviceFault
"""Readings that a station acts on."""
TYPED: Final = "0000"
NOT_SAID: Final = "bytes that are no frame"
LINK: Final = "link"
MOST_HEAD: Final = 1 << 20


class Kept(msgspec.Struct, frozen=True):
    """How a device is recorded: by its bytes or by its readings."""

    family: str
    by: Literal["bytes", "readings"]


class Head(msgspec.Struct, frozen=True, tag_field="guiwei", tag="recording"):
    """The first line."""

    v: Literal[1]
    station: str
    started_us: int
    badges: bool
    devices: dict[str, Kept]


class Answered(msgspec.Struct, frozen=True):
    """What the server answered: doors, or reasons as (rule, code, item)."""

    doors: list[int] = []
    reasons: list[tuple[str, str, str]] = []


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One thing that happened: `who` is a device or "link"; bytes as hex."""

    at_us: int
    who: str
    kind: Literal["state", "greeting", "prompt", "in", "silence", "write", "said", "bad", "answer", "up", "down"]
    what: msgspec.Raw = msgspec.Raw(b"null")


class Recorder:
    """Writes one file; used by every thread of a station."""

    def __init__(self, path: Path, head: Head, clock: Clock, most_bytes: int) -> None:
        self.head = head
        self._clock, self._start = clock, clock.mono_us()
        self._left = most_bytes
        self._lock = threading.Lock()
        self._stand_ins = secrets.token_bytes(32)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise SettingsError(f"{path}: there already; name another file") from None
        except OSError as error:
            raise SettingsError(f"{path}: {error.strerror}") from None
        self._file = os.fdopen(handle, "wb", buffering=0)
        self._write(msgspec.json.encode(head))

    def note(self, who: str, kind: str, what: object = None) -> None:
        """Write down what happened now."""
        line = msgspec.json.encode([self._clock.mono_us() - self._start, who, kind, what])
        with self._lock:
            self._write(line)

    def event(self, name: str, event: SourceEvent, *, keypad: bool) -> None:
        """Write down what a source told, without what must not be kept."""
        match event:
            case SourceState():
                self.note(name, "state", event)
            case _ if self.head.devices[name].by == "bytes":
                pass  # its dialect will say so again
            case CodeRead() if keypad:
                self.note(name, "said", CodeRead(TYPED))
            case BadgeRead():
                self.note(name, "said", event if self.head.badges else badge(self._stand_in(event.card)))
            case FrameError():
                self.note(name, "bad", event.at)
            case TagSeen() | RoundDone() | CodeRead() | LockState() | UnlockReply() | DeviceFault():
                self.note(name, "said", event)

    def close(self) -> None:
        """End the file."""
        with self._lock:
            self._file.close()

    def _stand_in(self, card: str) -> bytes:
        return hmac.digest(self._stand_ins, card.encode(), hashlib.sha256)[: max(5, len(card) // 2)]

    def _write(self, line: bytes) -> None:
        if self._file.closed:
            return
        self._left -= len(line) + 1
        try:
            if self._left < 0:
                raise OSError("the file is as large as it was allowed to become")
            self._file.write(line + b"\n")
        except OSError as error:
            log.error("recording ended: %s", error)
            self._file.close()


def head_of(settings: Settings, clock: Clock, *, badges: bool) -> Head:
    """Say how each device is recorded."""
    ports = [device.port for device in settings.devices]
    families = BYTES | BADGES if badges else BYTES
    kept = {}
    for device in settings.devices:
        plain = device.family in families and device.role != "keypad" and ports.count(device.port) == 1
        kept[device.name] = Kept(device.family, "bytes" if plain else "readings")
    return Head(VERSION, settings.station.name, clock.wall_us(), badges, kept)


class RecordedPlugs(Plugs):
    """The real things, and somebody who writes along."""

    def __init__(self, recorder: Recorder, server_key: Ed25519PublicKey) -> None:
        self._recorder, self._server_key = recorder, server_key

    def dialect(self, device: DeviceTable) -> Dialect:
        """Give what understands a device, and have what it is fed written down."""
        plain = super().dialect(device)
        if self._recorder.head.devices[device.name].by != "bytes":
            return plain
        tapped = _tapped(type(plain), device.name, self._recorder.note)
        return tapped(**FAMILY_DEFAULTS.get(device.family, {}) | device.settings)

    def sources(
        self, devices: Sequence[DeviceTable], dialects: Mapping[str, Dialect], listener: Listener
    ) -> dict[str, Source]:
        """Give what yields the devices' readings, and have them and every command written down."""
        keypads = {device.name for device in devices if device.role == "keypad"}

        def heard(name: str, event: SourceEvent) -> None:
            self._recorder.event(name, event, keypad=name in keypads)
            listener(name, event)

        found = super().sources(devices, dialects, heard)
        return {name: RecordedSource(source, self._recorder) for name, source in found.items()}

    def link(self, station: str, boot: str, broker: BrokerTable, inbox: Callable[[LinkEvent], None]) -> Wire:
        """Give the connection to the broker, and have the server's answers written down."""

        def arrived(event: LinkEvent) -> None:
            self._note_link(event)
            inbox(event)

        return super().link(station, boot, broker, arrived)

    def _note_link(self, event: LinkEvent) -> None:
        match event:
            case LinkUp():
                self._recorder.note(LINK, "up")
            case LinkDown():
                self._recorder.note(LINK, "down")
            case Arrived(channel="grants", retained=False):
                try:
                    answer = open_answer(self._server_key, event.payload)
                except ContractError:
                    return
                if isinstance(answer, Grant):
                    self._recorder.note(LINK, "answer", Answered(doors=answer.doors))
                else:
                    reasons = [(reason.rule, reason.code, reason.item) for reason in answer.reasons]
                    self._recorder.note(LINK, "answer", Answered(reasons=reasons))


class RecordedSource:
    """A source whose commands are written down."""

    def __init__(self, source: Source, recorder: Recorder) -> None:
        self.name = source.name
        self.start, self.close = source.start, source.close
        self._source, self._recorder = source, recorder

    def write(self, data: bytes) -> None:
        """Queue one command."""
        self._recorder.note(self.name, "write", data.hex())
        self._source.write(data)


def _tapped(kind: type[Dialect], name: str, note: Callable[[str, str, object], None]) -> Callable[..., Dialect]:
    """Give a family's dialect that writes down what it is fed and what it asks."""

    class Tapped(kind):  # type: ignore[misc, valid-type]
        inside = False

        def _noted(self, what: str, act: Callable[..., Any], *given: bytes) -> Any:
            if self.inside:  # a dialect that calls itself does so again when it is replayed
                return act(*given)
            self.inside = True
            try:
                said = act(*given)
            finally:
                self.inside = False
            sent = {"prompt": [said], "greeting": said}.get(what, given)
            note(name, what, b"".join(sent).hex())
            return said

        def feed(self, data: bytes) -> Any:
            return self._noted("in", super().feed, data)

        def silence(self) -> Any:
            return self._noted("silence", super().silence)

        def greeting(self) -> Any:
            return self._noted("greeting", super().greeting)

        def prompt(self) -> Any:
            return self._noted("prompt", super().prompt)

    return Tapped


def read_recording(path: Path) -> tuple[Head, Iterator[Line]]:
    """Read a recording (SettingsError: not one); its last line is left out when it was cut off."""
    try:
        with path.open("rb") as file:
            head = msgspec.json.decode(file.readline(MOST_HEAD), type=Head)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise SettingsError(f"{path}: not a recording of a station, or of another version ({error})") from None

    def lines() -> Iterator[Line]:
        decoder = msgspec.json.Decoder(Line)
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if number == 1:
                    continue
                if not line.endswith(b"\n"):
                    return
                try:
                    yield decoder.decode(line)
                except msgspec.DecodeError as error:
                    raise SettingsError(f"{path}, line {number}: {error}") from None

    return head, lines()
