"""What bytes mean, for `guiwei edge decode`: the station's own Dialect, fed by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from edge_agent.devices import make_dialect
from edge_agent.devices.base import FrameError, SettingsError

GOOD, BAD, WRONG_USE = 0, 1, 2


def decode(family: str, chunks: Sequence[str], settings: Mapping[str, Any] | None = None) -> tuple[dict[str, Any], int]:
    """Feed chunks of hex without a pause between them, then one silence; give the result and the exit code.

    Result: {"readings": [{"type", ...}], "errors": [{"at", "what"}], "unparsed": hex}. Exit code 0 with readings and no
    error, else 1. SettingsError: unknown family or setting, or text that is not hex.
    """
    dialect = make_dialect(family, settings)
    heard = [event for chunk in chunks for event in dialect.feed(_bytes(chunk))]
    heard += dialect.silence()
    errors = [event for event in heard if isinstance(event, FrameError)]
    readings = [msgspec.to_builtins(event) for event in heard if not isinstance(event, FrameError)]
    result = {
        "readings": readings,
        "errors": [{"at": error.at, "what": error.what} for error in errors],
        "unparsed": "".join(error.rest for error in errors),
    }
    return result, GOOD if readings and not errors else BAD


def settings_from(pairs: Sequence[str]) -> dict[str, str]:
    """Read `key=value` pairs."""
    settings: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise SettingsError(f"--set takes key=value, not '{pair}'")
        settings[name] = value
    return settings


def _bytes(chunk: str) -> bytes:
    """Read hex as tools write it: `02A1FF`, `02 A1 FF`, `02:a1:ff`, `0x02, 0xA1, 0xFF`."""
    try:
        return bytes.fromhex(re.sub(r"0x|[:,]", " ", chunk))
    except ValueError:
        raise SettingsError(f"'{chunk}' is not hex: pairs of digits 0-9 A-F, as in 02A1FF") from None
