"""What forms have in common: moments of the office's own time, lists typed line by line, fields to look at again."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError

from server.service.errors import ServiceError

from .routing import Seen, explain


def local(look: Seen, text: str) -> datetime | str | None:
    """Read a moment of the office's own time; what cannot be read is left for the validation to name."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=look.zone)
    except ValueError:
        return text


def whole(text: str) -> int:
    """Read a number that a form carries hidden; one that is none is 0, which no record has."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def words(text: str) -> list[str]:
    """Read codes or user names, separated by lines, spaces or commas; each once."""
    return list(dict.fromkeys(text.replace(",", " ").replace("，", " ").replace("、", " ").split()))


def refused(look: Seen, error: ValidationError | ServiceError, fields: Mapping[str, str]) -> int:
    """Say at the top of the page which fields are not right, or why it was not done; give the answer's status."""
    if isinstance(error, ServiceError):
        return explain(look.page, error)
    wrong = {_label(fields, each["loc"]) for each in error.errors() if each["loc"]}
    names = ", ".join(sorted(map(look.page.text, wrong)))
    said = look.page.text("Please look again at: %(fields)s", fields=names)
    look.page.note("bad", said if names else look.page.text("Something in the form is not right"))
    return 422


def _label(fields: Mapping[str, str], where: tuple[int | str, ...]) -> str:
    """Give the label of the place itself (`sealed.phone`), else that of the field it is in."""
    field = str(where[0])
    return fields.get(".".join(map(str, where)), fields.get(field, field))
