"""When a certificate's end is near: what is alarmed, and when the next one may be had. Real time, never a story's."""

from typing import Final

from server.domain.words import AlarmKind

DAY_US: Final = 86_400_000_000
RENEWED_US: Final = 90 * DAY_US
"""So long before its end a certificate may be had anew; stations ask 60 days before."""
KINDS: Final = ((7 * DAY_US, AlarmKind.CERTIFICATE_NEARLY_OVER), (30 * DAY_US, AlarmKind.CERTIFICATE_ENDING))
"""The alarm by how long a certificate still lasts, the more urgent first; over is nearly over."""


def alarm_for_end(until_us: int, now_us: int) -> AlarmKind | None:
    """Say which alarm the end of a certificate sets, if any; `until_us` 0 is an end that nobody knows."""
    if not until_us:
        return None
    return next((kind for before_us, kind in KINDS if until_us - now_us <= before_us), None)


def is_due(until_us: int, now_us: int) -> bool:
    """Say whether a station may have its next certificate."""
    return until_us - now_us <= RENEWED_US
