"""Which language somebody reads: one order for pages, files and answers."""

import re
from typing import Final

from fastapi import Request

from server.domain.reasons import Language

COOKIE: Final = "guiwei_language"
_KNOWN: Final[tuple[Language, ...]] = ("zh", "en")
_TAG: Final = re.compile(r"\b(zh|en)\b")


def language_of(request: Request, own: str | None) -> Language:
    """Give the reader's language: chosen in this browser, else the person's own, else the browser's, else Chinese.

    A program, which shows a token, says by Accept-Language what it wants.
    """
    found = _TAG.search(request.headers.get("accept-language", "").lower())
    asked = found[1] if found else None
    program = request.headers.get("authorization", "").lower().startswith("bearer ")
    wishes = [asked, own] if program else [request.cookies.get(COOKIE), own, asked]
    return next((known for wish in wishes for known in _KNOWN if known == wish), _KNOWN[0])
