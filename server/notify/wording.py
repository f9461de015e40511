"""The sentences for reasons and alarms, by language; the texts are in `wording_<language>.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

LANGUAGES: Final = ("zh", "en")


def reason_text(rule: str, code: str, item: str, params: Mapping[str, str], locale: str) -> str:
    """Give a refusal's sentence, beginning with the rule it comes from."""
    sentence = _fill(_texts(locale)["reasons"].get(code, code.replace("_", " ")), {"item": item, **params})
    return f"{rule} {sentence}"


def alarm_text(kind: str, facts: Mapping[str, str], locale: str) -> str:
    """Give an alarm's sentence; `facts` name person, item, station and door as far as they are known."""
    return _fill(_texts(locale)["alarms"].get(kind, kind.replace("_", " ")), facts)


@cache
def _texts(locale: str) -> dict[str, Any]:
    name = locale if locale in LANGUAGES else LANGUAGES[0]
    return tomllib.loads((Path(__file__).parent / f"wording_{name}.toml").read_text(encoding="utf-8"))


def _fill(sentence: str, facts: Mapping[str, str]) -> str:
    """Put facts in their places by plain replacement: a fact is never read as a template."""
    for name, value in facts.items():
        sentence = sentence.replace("{" + name + "}", value)
    return sentence
