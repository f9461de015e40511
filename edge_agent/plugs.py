"""What a station is plugged into: clock, devices, broker. The one seam by which it is recorded and replayed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edge_agent.clock import Clock
from edge_agent.devices import make_dialect
from edge_agent.devices.base import Dialect, Listener, Source
from edge_agent.devices.sources import make_sources
from edge_agent.link import Link, LinkEvent, Wire
from edge_agent.settings import BrokerTable, DeviceTable

OFTEN = {"poll_ms": 40}
FAMILY_DEFAULTS: dict[str, dict[str, Any]] = {"lock8a": OFTEN, "kerong_cu16": OFTEN, "modbus_relay": OFTEN}


class Plugs:
    """The real things."""

    def clock(self, file: str) -> Clock:
        """Give the time."""
        return Clock(file)

    def dialect(self, device: DeviceTable) -> Dialect:
        """Give what understands a device."""
        return make_dialect(device.family, FAMILY_DEFAULTS.get(device.family, {}) | device.settings)

    def sources(
        self, devices: Sequence[DeviceTable], dialects: Mapping[str, Dialect], listener: Listener
    ) -> dict[str, Source]:
        """Give what yields the devices' readings, by name."""
        return make_sources(devices, dialects, listener)

    def link(self, station: str, boot: str, broker: BrokerTable, inbox: Callable[[LinkEvent], None]) -> Wire:
        """Give the connection to the broker."""
        return Link(station, boot, broker, inbox)
