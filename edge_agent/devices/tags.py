"""Which tags count: one whose EPC is too short for the record names nothing, and must hide and spoil nothing."""

from __future__ import annotations

from edge_agent.devices.base import DeviceReply, Reading, TagSeen

SHORTEST, LONGEST = 2, 64
"""Bytes of an EPC that may stand in an event."""


def counted(tag: TagSeen) -> Reading:
    """Give the tag, or say that it is a blank one."""
    if len(tag.epc) >= 2 * SHORTEST:
        return tag
    return DeviceReply("blank_tag", {"antenna": tag.antenna, "epc": tag.epc})
