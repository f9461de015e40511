"""Family esphome: sensor nodes on ESP32 that report over MQTT, as the files in firmware_config/esphome/ make them.

1. As a stream it is one message per line: `TOPIC PAYLOAD`, ended by LF (what `edge decode` uses); a station uses
   EsphomeSource. Topics are `guiwei/nodes/<node>/` and one of TOPICS below.
2. Contacts, tamper loops and badge readers only: a relay over plain MQTT is unsigned and could fire twice, so whatever
   looks like one is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import msgspec

from edge_agent.devices.base import TAMPER, DeviceReply, FrameError, Heard, LockState, read_settings
from edge_agent.devices.cards import badge_of_bits, badge_of_uid
from edge_agent.devices.rdm6300 import Rdm6300
from edge_agent.devices.texts import Texts

PREFIX = "guiwei/nodes/"
LONGEST = 512
RELAYS = {"switch", "lock", "relay", "output", "button", "command"}
OPEN = {"ON": False, "OFF": True}
"""What a contact's payload says of `closed`."""
STATUS = {"online": True, "offline": False}


class EsphomeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one node and of the broker it reports to."""

    username: Annotated[
        str, msgspec.Meta(description="Who the station is to this broker; not the station's own name")
    ] = ""
    password_file: Annotated[str, msgspec.Meta(description="File with the password, for a broker on this machine")] = ""
    ca_file: Annotated[str, msgspec.Meta(description="The authority that signed the broker's certificate")] = ""
    cert_file: Annotated[str, msgspec.Meta(description="Certificate shown to the broker")] = ""
    cert_key_file: Annotated[str, msgspec.Meta(description="Key of that certificate")] = ""
    absence_ms: Annotated[
        int,
        msgspec.Meta(
            ge=0, le=60000, description="A card held to the reader is reported again only after being away so long"
        ),
    ] = 1000


class Esphome(Texts):
    """Understand what nodes publish."""

    Settings: ClassVar[type[msgspec.Struct]] = EsphomeSettings
    baudrate: ClassVar[int] = 0
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = None
    pause: float = 0.2
    prompt_after: float | None = None
    longest: ClassVar[int] = LONGEST
    what: ClassVar[str] = "line"

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(EsphomeSettings, "esphome", settings)
        super().__init__(b"\n")

    @property
    def absence(self) -> float:
        """Seconds a card must be away."""
        return self.settings.absence_ms / 1000

    def _read(self, text: bytes, at: int) -> list[Heard]:
        topic, _, payload = text.rstrip(b"\r").decode("utf-8", "replace").partition(" ")
        return message(topic, payload, at) if topic or payload else []


def message(topic: str, payload: str, at: int = 0) -> list[Heard]:
    """Say what one message means."""
    node, _, rest = topic.removeprefix(PREFIX).partition("/")
    if not topic.startswith(PREFIX) or not rest:
        return [FrameError(at, f"topic '{topic[:80]}' is not {PREFIX}<node>/…")]
    if rest.partition("/")[0] in RELAYS:
        return [FrameError(at, f"topic '{rest[:80]}': a node carries no relay; locks hang on a wired board")]
    for pattern, read in TOPICS.items():
        found = re.fullmatch(pattern, rest)
        if found is not None:
            heard = read(payload.strip(), *(int(number) for number in found.groups()))
            if heard is not None:
                return (
                    [heard] if not isinstance(heard, bool) else [DeviceReply("status", {"node": node, "online": heard})]
                )
            return [FrameError(at, f"{rest}: '{payload[:40]}' is not what such a topic says")]
    return [FrameError(at, f"topic '{rest[:80]}' is none of {', '.join(TOPICS)}")]


def _status(payload: str) -> bool | None:
    return STATUS.get(payload.lower())


def _door(payload: str, number: int) -> LockState | None:
    closed = OPEN.get(payload.upper())
    return LockState(1, number, closed) if closed is not None and 0 < number < TAMPER else None


def _tamper(payload: str) -> LockState | None:
    closed = OPEN.get(payload.upper())
    return LockState(1, TAMPER, closed) if closed is not None else None


def _wiegand(payload: str) -> Heard | None:
    found = re.fullmatch(r"([0-9]{1,3}) (?:0x)?([0-9a-fA-F]{1,16})", payload)
    if found is None:
        return None
    bits, value = int(found[1]), int(found[2], 16)
    return badge_of_bits(bits, value) if 26 <= bits <= 64 and value < 1 << bits else None


def _rdm6300(payload: str) -> Heard | None:
    heard = Rdm6300().feed(b"\x02" + payload.encode("ascii", "replace") + b"\x03")
    return heard[0] if len(heard) == 1 and not isinstance(heard[0], FrameError) else None


def _pn532(payload: str) -> Heard | None:
    found = re.fullmatch(r"[0-9a-fA-F]{2}([-: ][0-9a-fA-F]{2}){3,9}", payload)
    return badge_of_uid(bytes.fromhex(re.sub("[-: ]", "", payload))) if found else None


TOPICS: dict[str, Callable[..., Heard | bool | None]] = {
    "status": _status,
    r"door/(\d{1,2})": _door,
    "tamper": _tamper,
    "wiegand": _wiegand,
    "rdm6300": _rdm6300,
    "pn532": _pn532,
}
"""Below a node's name: online or offline; contacts ON (open) or OFF; `<bits> <hex>`; 12 hex digits; `04-A1-…`."""
