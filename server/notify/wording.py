"""The sentences for alarms and notices, by language; the texts are in `wording_<language>.toml`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("zh", "en")


def alarm_text(kind: str, person: str | None, item: str | None, place: str, locale: str) -> str:
    """Give an alarm's sentence: what it is, then the item, the person and the place as far as they are known.

    It names items by code only, so that it may be sent where a title must not be read.
    """
    about = " · ".join(part for part in (item, person, place) if part)
    sentence = _texts(locale)["alarms"].get(kind, kind)
    return f"{sentence}: {about}" if about else sentence


def notice_text(kind: str, about: str, locale: str) -> str:
    """Give a notice's sentence and the number it is about."""
    return f"{_texts(locale)['notices'].get(kind, kind)}: {about}"


@cache
def _texts(locale: str) -> dict[str, dict[str, str]]:
    name = locale if locale in LANGUAGES else LANGUAGES[0]
    return tomllib.loads((Path(__file__).parent / f"wording_{name}.toml").read_text(encoding="utf-8"))
