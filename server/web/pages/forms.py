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


def words(text: str) -> list[str]:
    """Read codes or user names, separated by lines, spaces or commas; each once."""
    return list(dict.fromkeys(text.replace(",", " ").replace("，", " ").replace("、", " ").split()))


def refused(look: Seen, error: ValidationError | ServiceError, fields: Mapping[str, str]) -> int:
    """Say at the top of the page which fields are not right, or why it was not done; give the answer's status."""
    if isinstance(error, ServiceError):
        return explain(look.page, error)
    wrong = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
    names = ", ".join(sorted(look.page.text(fields.get(name, name)) for name in wrong))
    look.page.note("bad", look.page.text("Please look again at: %(fields)s", fields=names))
    return 422
