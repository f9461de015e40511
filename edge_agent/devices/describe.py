"""The settings of every family as one Markdown table, made from the types that check them."""

from __future__ import annotations

from typing import Any, get_type_hints

import msgspec

from edge_agent.devices import FAMILIES, family
from edge_agent.devices.base import choices


def settings_table() -> str:
    """Give a line per setting: family, name, values, default, meaning."""
    lines = ["| family | setting | values | default | meaning |", "|---|---|---|---|---|"]
    for name in sorted(FAMILIES):
        kind = family(name).Settings
        fields = msgspec.structs.fields(kind)
        if not fields:
            lines.append(f"| {name} | – | | | nothing to set |")
        hints = get_type_hints(kind, include_extras=True)
        for field in fields:
            meaning = hints[field.name].__metadata__[0].description
            values = choices(hints[field.name])
            lines.append(f"| {name} | `{field.name}` | {values} | `{_shown(field.default)}` | {meaning} |")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return '""' if value == "" else str(value)
