"""What does not fit into one message: lists of sightings cut into as many events as they take, none left out. PURE."""

from __future__ import annotations

from collections.abc import Iterable

from contract.codec import encode
from contract.messages import MAX_TAGS, Sighting

MOST_BYTES = 200 * 1024
"""Most bytes of events in one message; leaves room for the envelope."""
MOST_SIGHTING_BYTES = MOST_BYTES - 4096
"""Most bytes of sightings in one event; leaves room for what else it says."""


def parts(**lists: Iterable[Sighting]) -> list[dict[str, list[Sighting]]]:
    """Cut named lists, in the order given, into parts that each fit into one event; one part at least."""
    part: dict[str, list[Sighting]] = {name: [] for name in lists}
    found, size = [part], 0
    for name, sightings in lists.items():
        for sighting in sightings:
            size += len(encode(sighting)) + 1
            if size > MOST_SIGHTING_BYTES or len(part[name]) == MAX_TAGS:
                part, size = {each: [] for each in lists}, len(encode(sighting)) + 1
                found.append(part)
            part[name].append(sighting)
    return found
