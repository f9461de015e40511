"""The device families a station can speak to: name -> "module:Class", imported when first used."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from edge_agent.devices.base import Dialect, SettingsError

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
