"""Durations and moments as stories write them: "90s", "1h30m", "2d"; RFC 3339 with an offset."""

import re
from datetime import datetime

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
MICROS = 1_000_000
LONGEST_S = 36_525 * 86_400


def duration_us(text: str | float) -> int:
    """Read a duration into microseconds; a bare number is seconds. Raises ValueError."""
    if isinstance(text, int | float):
        return _counted(text, text)
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if not rest or _PART.sub("", rest):
        raise ValueError(f"{text!r} is not a duration; write 10s, 5m, 2h30m or 1d")
    return _counted(sign * sum(float(n) * _SECONDS[unit] for n, unit in _PART.findall(rest)), text)


def _counted(seconds: float, text: str | float) -> int:
    if not abs(seconds) <= LONGEST_S:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return round(seconds * MICROS)


def moment_us(text: str | datetime) -> int:
    """Read a moment into microseconds UTC; it must carry an offset. Raises ValueError."""
    try:
        moment = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a moment; write it as 2026-03-02T09:00:00+08:00") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no offset; write it as 2026-03-02T09:00:00+08:00")
    return round(moment.timestamp() * MICROS)
