"""What a story's cabinet may be built of: for each role the families that can be played, and how each is plugged in.

A person carries one card, numbered in the story. Where a reader is of another kind than an EM4100 number is for, the
card is one of both kinds, and the number it has for that reader is made of the first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from edge_agent.emulators.barcode_hid import BarcodeHidEmulator
from edge_agent.emulators.barcode_serial import BarcodeSerialEmulator
from edge_agent.emulators.door_board import DoorBoard
from edge_agent.emulators.kerong_cu16 import KerongEmulator
from edge_agent.emulators.llrp import LlrpEmulator
from edge_agent.emulators.lock8a import Lock8AEmulator
from edge_agent.emulators.m100 import M100Emulator
from edge_agent.emulators.modbus_relay import ModbusRelayEmulator
from edge_agent.emulators.osdp import OsdpEmulator
from edge_agent.emulators.pn532 import Pn532Emulator
from edge_agent.emulators.rdm6300 import Rdm6300Emulator
from edge_agent.emulators.reader18 import Reader18Emulator
from edge_agent.emulators.tcp_device import TcpDevice
from edge_agent.emulators.thingmagic import ThingMagicEmulator
from edge_agent.emulators.tsl_ascii2 import TslAscii2Emulator

PULL_S: Final = 0.05
ABSENCE: Final = "absence_ms = 250"
UIDS: Final = (8, 14, 20)
"""Hex digits of a contactless card's own number."""
EM4100: Final = 10
ASKED: Final = frozenset({"osdp", "pn532"})
"""Badge readers that tell of a card only while they are asked: a station that stands still never learns of it."""


class Device(Protocol):
    """What every emulated device can do."""

    def plug(self) -> None:
        """Plug it in."""

    def unplug(self) -> None:
        """Pull its plug."""

    def close(self) -> None:
        """Take it away."""


@dataclass(frozen=True, slots=True)
class Family:
    """How a family is played: what stands at its port, and what it is set to that its profile is not."""

    make: Callable[[Path], Any]
    settings: str = ""
    tids: str = ""
    """What a reader is set to where tags' own numbers are to be told; "" when it cannot tell them."""


@dataclass(frozen=True, slots=True)
class Board:
    """How a lock board is wired: door n's contact is on channel `contact + n`, the station's inputs on the last."""

    make: Callable[[Path], DoorBoard]
    contact: int
    channels: int
    settings: str = ""

    def inputs(self) -> dict[str, int]:
        """Give the channels of the station's own inputs."""
        kinds = ("enclosure_tamper", "mains_lost", "on_battery")
        return {kind: self.channels - at for at, kind in enumerate(kinds)}


class HeldSled(TslAscii2Emulator):
    """A handheld in a holder at a door, its trigger tied down; as a scanner it is aimed and pulled once a code."""

    tied = True

    def tick(self) -> float:
        """Pull the trigger again."""
        if self.tied:
            self.pull()
        return PULL_S


class AimedSled(HeldSled):
    """A handheld that somebody scans codes with."""

    tied = False

    def scan(self, text: str, aim: str = "]C0") -> None:
        """Aim at a code and pull the trigger twice."""
        self.aim(aim + text)
        self.pull(twice=True)


READERS: Final[Mapping[str, Family]] = {
    "m100": Family(M100Emulator),
    "llrp": Family(lambda _: LlrpEmulator(), tids="tid_words = 6"),
    "reader18": Family(Reader18Emulator),
    "thingmagic": Family(ThingMagicEmulator),
    "tsl_ascii2": Family(HeldSled),
}
BADGES: Final[Mapping[str, Family]] = {
    "rdm6300": Family(Rdm6300Emulator, ABSENCE),
    "pn532": Family(Pn532Emulator, f"{ABSENCE}, poll_ms = 50"),
    "osdp": Family(OsdpEmulator, ABSENCE),
}
SCANNERS: Final[Mapping[str, Family]] = {
    "barcode_serial": Family(BarcodeSerialEmulator),
    "barcode_hid": Family(BarcodeHidEmulator),
    "tsl_ascii2": Family(AimedSled),
}
LOCKS: Final[Mapping[str, Board]] = {
    "lock8a": Board(lambda path: Lock8AEmulator(path, locks=12, channels=24), 12, 24),
    "kerong_cu16": Board(
        lambda path: KerongEmulator(path, boards=(1,)), 16, 32, 'boards = [1], infrared = "on_closed"'
    ),
    "modbus_relay": Board(
        lambda path: ModbusRelayEmulator(path, locks=12, inputs=32), 16, 32, "relays = 12, inputs = 32"
    ),
}


def port_of(device: Any) -> str:
    """Say where a device is plugged in."""
    return device.url if isinstance(device, TcpDevice) else str(device.path)


def card_for(family: str, number: str) -> str:
    """Give the number that a reader of this family sees of the card with this number."""
    return f"04{number}80" if family == "pn532" and len(number) == EM4100 else number


def cards_of(number: str) -> list[str]:
    """Give every number under which somebody's card is known."""
    return list(dict.fromkeys([number, *(card_for(family, number) for family in BADGES)]))
