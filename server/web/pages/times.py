"""Days as forms give them."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo


def day_end(day: str, zone: ZoneInfo) -> datetime | str | None:
    """Give the last second of a day that a form names; what cannot be read is left for the validation to name."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time(23, 59, 59), zone)
    except ValueError:
        return day
