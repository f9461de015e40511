"""Days as forms give them."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo


def day_end(day: str, zone: ZoneInfo) -> datetime | None:
    """Give the last second of a day that a form's date field names, None when it was left empty; raises ValueError."""
    return datetime.combine(date.fromisoformat(day), time(23, 59, 59), zone) if day else None
