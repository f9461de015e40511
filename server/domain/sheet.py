"""Read a TOML table into a frozen dataclass, strictly: every field given, nothing else given, every word known."""

import dataclasses
from collections.abc import Mapping
from datetime import date, time
from difflib import get_close_matches
from enum import Enum
from types import MappingProxyType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")
ALL = "*"


class SheetError(ValueError):
    """A policy sheet that cannot be used; `problems` lists everything wrong with it, each with its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("policy sheet refused:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = tuple(problems)


def build(cls: type[T], table: object, place: str = "") -> T:
    """Make a `cls` of this table or raise a SheetError that lists every problem."""
    problems: list[str] = []
    made = _read(cls, table, place, problems)
    if problems:
        raise SheetError(problems)
    return made  # type: ignore[no-any-return]


def _read(kind: Any, value: object, place: str, problems: list[str]) -> Any:
    origin = get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, value, place, problems)
    if origin in (frozenset, tuple):
        return _read_many(kind, origin, value, place, problems)
    if origin is Mapping:
        return _read_mapping(kind, value, place, problems)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _read_word(kind, value, place, problems)
    if type(value) is kind and kind in (str, int, bool, date, time):
        return value
    problems.append(f"{place}: needs a {kind.__name__}, has {value!r}")
    return None


def _read_dataclass(kind: Any, value: object, place: str, problems: list[str]) -> Any:
    if not isinstance(value, dict):
        problems.append(f"{place}: needs a table, has {value!r}")
        return None
    hints = get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}
    inner = f"{place}." if place else ""
    problems += [f"{inner}{key}: not known{_nearest(key, fields)}" for key in value if key not in fields]
    given: dict[str, Any] = {}
    for name, field in fields.items():
        if name in value:
            given[name] = _read(hints[name], value[name], inner + name, problems)
        elif field.default is dataclasses.MISSING:
            problems.append(f"{inner}{name}: missing; it must be given")
    return kind(**given) if not problems else None


def _read_many(kind: Any, origin: Any, value: object, place: str, problems: list[str]) -> Any:
    inner = get_args(kind)[0]
    if not isinstance(value, list):
        problems.append(f"{place}: needs a list, has {value!r}")
        return None
    if value == [ALL] and isinstance(inner, type) and issubclass(inner, Enum):
        return origin(inner)
    return origin([_read(inner, part, f"{place}[{n}]", problems) for n, part in enumerate(value)])


def _read_mapping(kind: Any, value: object, place: str, problems: list[str]) -> Any:
    key_kind, inner = get_args(kind)
    if not isinstance(value, dict):
        problems.append(f"{place}: needs a table, has {value!r}")
        return None
    return MappingProxyType(
        {
            _read(key_kind, key, f"{place}.{key}", problems): _read(inner, part, f"{place}.{key}", problems)
            for key, part in value.items()
        }
    )


def _read_word(kind: type[Enum], value: object, place: str, problems: list[str]) -> Any:
    words = [str(member.value) for member in kind]
    if value in words:
        return kind(value)
    problems.append(f"{place}: {value!r} is not one of {', '.join(words)}{_nearest(str(value), words)}")
    return None


def _nearest(word: str, known: Any) -> str:
    close = get_close_matches(word, list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""
