"""What forms have in common: moments of the office's own time, lists typed line by line, fields to look at again."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError

from .routing import Seen


def local(look: Seen, text: str) -> datetime | str | None:
    """Read a moment of the office's own time; what cannot be read is left for the validation to name."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=look.zone)
    except ValueError:
        return text


def words(text: str) -> list[str]:
    """Read codes or user names, separated by lines, spaces or commas; each once."""
    return list(dict.fromkeys(text.replace(",", " ").replace("，", " ").replace("、", " ").split()))


def look_again(look: Seen, error: ValidationError, fields: Mapping[str, str]) -> None:
    """Say at the top of the page which fields are not right."""
    wrong = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
    names = ", ".join(sorted(look.page.text(fields.get(name, name)) for name in wrong))
    look.page.note("bad", look.page.text("Please look again at: %(fields)s", fields=names))
