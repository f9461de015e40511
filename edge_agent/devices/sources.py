"""The sources of a station's devices: one each, but one line for devices that name the same port."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

from edge_agent.devices import SOURCES, make_source
from edge_agent.devices.base import Addressed, Dialect, Listener, SettingsError, Source
from edge_agent.devices.line import Line, LineSource
from edge_agent.devices.stream import StreamSource


class Plugged(Protocol):
    """A device of the settings file."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def family(self) -> str:
        """Its family."""

    @property
    def port(self) -> str:
        """Where it is plugged in."""

    @property
    def baudrate(self) -> int:
        """The line's speed; 0: as its maker delivers it."""


def make_sources(devices: Iterable[Plugged], dialects: Mapping[str, Dialect], listener: Listener) -> dict[str, Source]:
    """Build the source of every device, by name; `check_lines` has found no fault with them."""
    sources: dict[str, Source] = {}
    for port, plugged in _by_port(devices).items():
        if len(plugged) == 1:
            device = plugged[0]
            dialect = dialects[device.name]
            if device.baudrate and device.family not in SOURCES:
                sources[device.name] = StreamSource(device.name, dialect, port, listener, baudrate=device.baudrate)
            else:
                sources[device.name] = make_source(device.name, device.family, dialect, port, listener)
            continue
        members = [LineSource(device.name, dialects[device.name], listener) for device in plugged]
        Line(port, _speed(plugged[0], dialects), members)
        sources |= {member.name: member for member in members}
    return sources


def check_lines(devices: Iterable[Plugged], dialects: Mapping[str, Dialect]) -> None:
    """Refuse devices on one port that cannot share a line (SettingsError)."""
    for port, plugged in _by_port(devices).items():
        for at, device in enumerate(plugged if len(plugged) > 1 else ()):
            dialect, first = dialects[device.name], plugged[0]
            if not isinstance(dialect, Addressed):
                raise SettingsError(
                    f"device {device.name}: family '{device.family}' cannot share port {port} with "
                    f"{', '.join(other.name for other in plugged if other is not device)}; give it a port of its own"
                )
            if _speed(device, dialects) != _speed(first, dialects):
                raise SettingsError(
                    f"devices {first.name} and {device.name} share port {port} at {_speed(first, dialects)} and "
                    f"{_speed(device, dialects)} baud; set the devices to one speed and give it as baudrate"
                )
            for other in plugged[:at]:
                same = set(dialect.addresses) & set(dialects[other.name].addresses)  # type: ignore[attr-defined]
                if same and other.family == device.family:
                    raise SettingsError(
                        f"devices {other.name} and {device.name} share port {port} and address {min(same)}; "
                        "no two devices of a line may have one address"
                    )


def _by_port(devices: Iterable[Plugged]) -> dict[str, list[Plugged]]:
    ports: dict[str, list[Plugged]] = defaultdict(list)
    for device in devices:
        ports[device.port].append(device)
    return ports


def _speed(device: Plugged, dialects: Mapping[str, Dialect]) -> int:
    return device.baudrate or dialects[device.name].baudrate
