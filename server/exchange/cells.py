"""Read one cell: pure functions from a text to a value, each saying by code why a text will not do."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from server.domain.wordings import WORDS

Reader = Callable[[str, ZoneInfo], Any]

_MOMENT: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]*(\d{1,2})[:：时](\d{1,2})(?:[:：分]\d{1,2}秒?|分)?)?"
)


class CellError(ValueError):
    """A cell will not do; `code` has its wording in `faults`, `params` what the wording mentions."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def text(limit: int) -> Reader:
    """Read a text of at most `limit` characters."""

    def read(cell: str, zone: ZoneInfo) -> str:
        del zone
        if len(cell) > limit:
            raise CellError("too_long", limit=str(limit))
        return cell

    return read


def pattern(expression: str, form: str, change: Callable[[str], str] = str) -> Reader:
    """Read a text of a form that `form` describes; `change` is applied before it is compared."""
    wanted = re.compile(expression)

    def read(cell: str, zone: ZoneInfo) -> str:
        del zone
        if wanted.fullmatch(found := change(cell)) is None:
            raise CellError("wrong_form", form=form)
        return found

    return read


def number(least: int, most: int) -> Reader:
    """Read a whole number between two."""

    def read(cell: str, zone: ZoneInfo) -> int:
        del zone
        digits = cell.replace(",", "").replace("，", "").removesuffix("页").removesuffix("件").strip()
        if not digits.isascii() or not digits.isdecimal() or len(digits) > 9 or not least <= int(digits) <= most:
            raise CellError("not_a_number", least=str(least), most=str(most))
        return int(digits)

    return read


def choice(words: Mapping[str, tuple[str, ...]]) -> Reader:
    """Read one of some words: the word itself, or any way it is called."""
    known = {name.casefold(): word for word, names in words.items() for name in (word, *names)}

    def read(cell: str, zone: ZoneInfo) -> str:
        del zone
        if cell.casefold() not in known:
            raise CellError("not_a_choice", choices="、".join(names[0] if names else w for w, names in words.items()))
        return known[cell.casefold()]

    return read


def word(*names: str, also: Mapping[str, str] | None = None) -> Reader:
    """Read one of the vocabulary's words; `also` gives further names by word."""
    more = also or {}
    return choice({name: (*WORDS[name], *(more[name].split() if name in more else ())) for name in names})


def moment(cell: str, zone: ZoneInfo) -> int:
    """Read a day or a moment in the site's time; a day alone is its noon. Gives µs UTC."""
    found = _MOMENT.fullmatch(cell.strip())
    if found is None:
        raise CellError("not_a_moment")
    year, month, day, hour, minute = (int(part) if part else None for part in found.groups())
    try:
        at = datetime(year or 0, month or 0, day or 0, 12 if hour is None else hour, minute or 0, tzinfo=zone)
    except ValueError:
        raise CellError("not_a_moment") from None
    return round(at.timestamp() * 1_000_000)


def last_moment(cell: str, zone: ZoneInfo) -> int:
    """Read a day or a moment; a day alone is its last minute."""
    found = _MOMENT.fullmatch(cell.strip())
    return moment(f"{cell.strip()} 23:59" if found and found[4] is None else cell, zone)
