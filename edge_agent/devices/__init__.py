"""The device families a station can speak to: name -> "module:Class", imported when first used."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from edge_agent.devices.base import Dialect, Listener, SettingsError, Source

FAMILIES: dict[str, str] = {
    "barcode_serial": "edge_agent.devices.barcode_serial:BarcodeSerial",
    "barcode_camera": "edge_agent.devices.barcode_camera:BarcodeCamera",
    "lock8a": "edge_agent.devices.lock8a:Lock8A",
    "m100": "edge_agent.devices.m100:M100",
    "rdm6300": "edge_agent.devices.rdm6300:Rdm6300",
}


def family(name: str) -> type[Dialect]:
    """Load a family's Dialect class; an unknown name names the nearest known one (SettingsError)."""
    if name not in FAMILIES:
        near = difflib.get_close_matches(name, FAMILIES, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(FAMILIES)}"
        raise SettingsError(f"no device family '{name}'; {hint}")
    module, _, attribute = FAMILIES[name].partition(":")
    loaded: type[Dialect] = getattr(import_module(module), attribute)
    return loaded


def make_dialect(name: str, settings: Mapping[str, Any] | None = None) -> Dialect:
    """Build a family's Dialect with checked settings."""
    return family(name)(**(settings or {}))


def make_source(
    name: str, family_name: str, target: str, listener: Listener, settings: Mapping[str, Any] | None = None
) -> Source:
    """Build the source of one device: `target` is a serial port or URL, for a camera a file, directory or device."""
    dialect = make_dialect(family_name, settings)
    if family_name == "barcode_camera":
        from edge_agent.devices.barcode_camera import BarcodeCamera, CameraSource

        assert isinstance(dialect, BarcodeCamera)
        return CameraSource(name, dialect, target, listener)
    from edge_agent.devices.stream import StreamSource

    return StreamSource(name, dialect, target, listener)
