"""The device families a station can speak to: name -> "module:Class", imported when first used.

A family that is not a stream of bytes behind a port or socket has a Source of its own in SOURCES.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from edge_agent.devices.base import Dialect, Listener, SettingsError, Source

FAMILIES: dict[str, str] = {
    "barcode_serial": "edge_agent.devices.barcode_serial:BarcodeSerial",
    "barcode_camera": "edge_agent.devices.barcode_camera:BarcodeCamera",
    "barcode_hid": "edge_agent.devices.barcode_hid:BarcodeHid",
    "gpio": "edge_agent.devices.gpio:Gpio",
    "kerong_cu16": "edge_agent.devices.kerong_cu16:KerongCu16",
    "llrp": "edge_agent.devices.llrp:Llrp",
    "lock8a": "edge_agent.devices.lock8a:Lock8A",
    "m100": "edge_agent.devices.m100:M100",
    "pn532": "edge_agent.devices.pn532:Pn532",
    "reader18": "edge_agent.devices.reader18:Reader18",
    "modbus_relay": "edge_agent.devices.modbus_relay:ModbusRelay",
    "osdp": "edge_agent.devices.osdp:Osdp",
    "pcsc": "edge_agent.devices.pcsc:Pcsc",
    "esphome": "edge_agent.devices.esphome:Esphome",
    "rdm6300": "edge_agent.devices.rdm6300:Rdm6300",
    "thingmagic": "edge_agent.devices.thingmagic:ThingMagic",
    "tsl_ascii2": "edge_agent.devices.tsl_ascii2:TslAscii2",
}

SOURCES: dict[str, str] = {
    "gpio": "edge_agent.devices.gpio:GpioSource",
    "osdp": "edge_agent.devices.osdp_source:OsdpSource",
    "pcsc": "edge_agent.devices.pcsc_source:PcscSource",
    "esphome": "edge_agent.devices.esphome_source:EsphomeSource",
    "barcode_camera": "edge_agent.devices.barcode_camera:CameraSource",
    "barcode_hid": "edge_agent.devices.barcode_hid:HidSource",
    "llrp": "edge_agent.devices.llrp_source:LlrpSource",
}
"""Called as `Class(name, dialect, target, listener)`; every other family's is StreamSource."""
STREAM = "edge_agent.devices.stream:StreamSource"


def family(name: str) -> type[Dialect]:
    """Load a family's Dialect class; an unknown name names the nearest known one (SettingsError)."""
    if name not in FAMILIES:
        near = difflib.get_close_matches(name, FAMILIES, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(FAMILIES)}"
        raise SettingsError(f"no device family '{name}'; {hint}")
    loaded: type[Dialect] = _load(FAMILIES[name])
    return loaded


def _load(where: str) -> Any:
    module, _, attribute = where.partition(":")
    return getattr(import_module(module), attribute)


def make_dialect(name: str, settings: Mapping[str, Any] | None = None) -> Dialect:
    """Build a family's Dialect with checked settings."""
    return family(name)(**(settings or {}))


def make_source(name: str, family_name: str, dialect: Dialect, target: str, listener: Listener) -> Source:
    """Build the source of one device: `target` is a serial port or URL, for a camera a file, directory or device."""
    source: Source = _load(SOURCES.get(family_name, STREAM))(name, dialect, target, listener)
    return source
