"""What a card's number means, the same for every family of badge readers: UIDs, Wiegand bits.

1. `card` is the number as the card gives it, upper-case hex; how it is printed is given only where a rule says so.
2. A random UID names nobody; it is a fault that says so, never a badge.
"""

from __future__ import annotations

from edge_agent.devices.base import BadgeRead, DeviceFault, SourceEvent

RANDOM = 0x08
"""First byte of a 4-byte UID which phones and some cards draw anew each time (ISO/IEC 14443-3)."""
PARITY_HALF = {26: 13, 34: 17}
"""Wiegand lengths whose first half is kept even and whose second half odd by one parity bit each at the ends."""


def badge_of_uid(uid: bytes) -> BadgeRead | DeviceFault:
    """Give the badge of a contactless card's UID (4, 7 or 10 bytes; 8 for other standards)."""
    if len(uid) == 4 and uid[0] == RANDOM:
        return DeviceFault(RANDOM, "this card or phone shows a random number each time, which names nobody")
    return BadgeRead(uid.hex().upper())


def badge_of_bits(bits: int, value: int) -> BadgeRead:
    """Give the badge of Wiegand bits, first bit highest.

    26 and 34 bits whose parity holds lose their two parity bits and are facility and number; of any other bits nothing
    is known, so all of them are the card.
    """
    half = PARITY_HALF.get(bits)
    if half is None or (value >> half).bit_count() % 2 or not (value & ((1 << half) - 1)).bit_count() % 2:
        return BadgeRead(f"{value:0{max(4, -(-bits // 4))}X}")
    number = value >> 1 & (1 << bits - 2) - 1
    return BadgeRead(
        card=f"{number:0{(bits - 2) // 4}X}",
        decimal10=f"{number:010d}",
        facility_number=f"{number >> 16:03d},{number & 0xFFFF:05d}",
    )


class Held:
    """Remember which badges were there a moment ago: readers repeat what is held to them, a person shows it once."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: dict[BadgeRead, float] = {}

    def still(self, event: SourceEvent, now: float) -> bool:
        """Tell whether this very badge was seen within the time it must be away; `now` in seconds of any clock."""
        if not self._seconds or not isinstance(event, BadgeRead):
            return False
        self._seen = {badge: at for badge, at in self._seen.items() if now - at < self._seconds}
        before, self._seen[event] = event in self._seen, now
        return before
