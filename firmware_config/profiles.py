"""Load and check the device profiles: how each family must be set up, in one TOML file per family.

1. Strict: an unknown key, a wrong type or a value out of range is an error that names file, line and key.
2. A profile describes itself: each setting carries its default and its range, so a new family is a new file.
3. Values a site gives instead of the defaults are checked against the same ranges.
"""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

FOLDER = Path(__file__).parent / "devices"

Scalar = str | int | float | bool
PARITIES = ("none", "even", "odd")
KINDS = ("uhf_reader", "lock_board", "badge_reader", "scanner", "contacts")


class ProfileError(ValueError):
    """A profile, or a value given for one of its settings, is wrong."""


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Serial:
    """The serial line as the device leaves its maker; `baudrates` are those it can be set to."""

    baudrate: int
    baudrates: tuple[int, ...]
    data_bits: int
    parity: str
    stop_bits: int


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a family's dialect: its default, and what else it may be."""

    name: str
    default: Scalar | list[int]
    choices: tuple[Scalar, ...]
    minimum: float | None
    maximum: float | None
    says: Words

    def wrong(self, value: object) -> str | None:
        """Tell what is wrong with a value; None when nothing is. A list is as good as each of its entries."""
        if isinstance(self.default, list):
            if not isinstance(value, list) or not value:
                return f"{value!r} should be a list such as {self.default!r}"
            return next((wrong for entry in value if (wrong := self._wrong(entry, self.default[0]))), None)
        return self._wrong(value, self.default)

    def _wrong(self, value: object, example: object) -> str | None:
        if _sort(value) != _sort(example):
            return f"{value!r} should be {_sort(example)}, such as {example!r}"
        if self.choices and value not in self.choices:
            return f"{value!r} is none of {', '.join(map(repr, self.choices))}{_hint(value, self.choices)}"
        if isinstance(value, int | float):
            if self.minimum is not None and value < self.minimum:
                return f"{value} is below the minimum of {self.minimum}"
            if self.maximum is not None and value > self.maximum:
                return f"{value} is above the maximum of {self.maximum}"
        return None


@dataclass(frozen=True, slots=True)
class Setup:
    """One thing to set in the device itself before it is used, by its maker's tool, switch or barcode."""

    what: str
    value: Scalar
    says: Words


@dataclass(frozen=True, slots=True)
class Check:
    """One step of commissioning: what to do at the device, and what must then be seen."""

    do: Words
    see: Words


@dataclass(frozen=True, slots=True)
class Profile:
    """All that is to be known to set up one family of devices."""

    family: str
    kind: str
    name: Words
    serial: Serial | None
    """None for a device on the network."""
    settings: tuple[Setting, ...]
    setup: tuple[Setup, ...]
    commissioning: tuple[Check, ...]

    def choose(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Return the dialect's settings: the defaults, and instead of them what is given (ProfileError)."""
        known = {setting.name: setting for setting in self.settings}
        for name, value in given.items():
            if name not in known:
                raise ProfileError(f"{self.family}: no setting {name!r}{_hint(name, known)}")
            if (wrong := known[name].wrong(value)) is not None:
                raise ProfileError(f"{self.family}: setting {name}: {wrong}")
        return {name: setting.default for name, setting in known.items()} | dict(given)


def families(folder: Path = FOLDER) -> tuple[str, ...]:
    """Name the families that have a profile."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


def load(family: str, folder: Path = FOLDER) -> Profile:
    """Load the profile of one family; raises ProfileError."""
    if family not in families(folder):
        raise ProfileError(f"no profile for {family!r}{_hint(family, families(folder))}")
    return load_file(folder / f"{family}.toml")


def load_file(path: Path) -> Profile:
    """Load a profile file whose name is its family; raises ProfileError."""
    text = path.read_text("utf-8")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{path.name}: {error}") from None
    profile = _profile(_Table(path.name, text, "", content))
    if profile.family != path.stem:
        raise ProfileError(f"{path.name}: family: {profile.family!r} does not match the file's name")
    return profile


class _Table:
    """One table of a file, taken apart key by key; `close` refuses what nobody asked for."""

    def __init__(self, file: str, text: str, where: str, content: object) -> None:
        self.file, self.text, self.where = file, text, where
        if not isinstance(content, dict):
            self.refuse("", "should be a table")
        self.content: dict[str, Any] = content
        self.asked: list[str] = []

    def refuse(self, key: str, what: str) -> NoReturn:
        path = ".".join(part for part in (self.where, key) if part)
        line = _line_of(self.text, path)
        raise ProfileError(f"{self.file}{f', line {line}' if line else ''}: {path}: {what}")

    def take(self, key: str, *kinds: type, default: object = None) -> Any:
        """Return the value of a key of one of the kinds (never bool for int)."""
        self.asked.append(key)
        if key not in self.content:
            if default is None:
                self.refuse(key, "is missing")
            return default
        value = self.content[key]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            self.refuse(key, f"{value!r} should be {' or '.join(kind.__name__ for kind in kinds)}")
        return value

    def table(self, key: str, default: dict[str, object] | None = None) -> "_Table":
        path = f"{self.where}.{key}" if self.where else key
        return _Table(self.file, self.text, path, self.take(key, dict, default=default))

    def tables(self, key: str) -> list["_Table"]:
        rows = self.take(key, list, default=())
        return [_Table(self.file, self.text, f"{key}[{at}]", row) for at, row in enumerate(rows, 1)]

    def close(self) -> None:
        for key in self.content:
            if key not in self.asked:
                self.refuse(key, f"unknown key{_hint(key, self.asked)}")


def _profile(table: _Table) -> Profile:
    kind = table.take("kind", str)
    if kind not in KINDS:
        table.refuse("kind", f"{kind!r} is none of {', '.join(KINDS)}{_hint(kind, KINDS)}")
    settings = table.table("settings", default={})
    profile = Profile(
        family=table.take("family", str),
        kind=kind,
        name=_words(table.table("name")),
        serial=_serial(table.table("serial")) if "serial" in table.content else None,
        settings=tuple(_setting(name, settings.table(name)) for name in settings.content),
        setup=tuple(_setup(row) for row in table.tables("setup")),
        commissioning=tuple(_check(row) for row in table.tables("commissioning")),
    )
    table.close()
    return profile


def _words(table: _Table) -> Words:
    words = Words(zh=table.take("zh", str), en=table.take("en", str))
    table.close()
    return words


def _serial(table: _Table) -> Serial:
    serial = Serial(
        baudrate=table.take("baudrate", int),
        baudrates=tuple(table.take("baudrates", list)),
        data_bits=table.take("data_bits", int, default=8),
        parity=table.take("parity", str, default="none"),
        stop_bits=table.take("stop_bits", int, default=1),
    )
    allowed = {"data_bits": (7, 8), "parity": PARITIES, "stop_bits": (1, 2), "baudrate": serial.baudrates}
    for key, values in allowed.items():
        value = getattr(serial, key)
        if value not in values:
            table.refuse(key, f"{value!r} is none of {', '.join(map(str, values))}{_hint(value, values)}")
    table.close()
    return serial


def _setting(name: str, table: _Table) -> Setting:
    setting = Setting(
        name=name,
        default=table.take("default", str, int, float, bool, list),
        choices=tuple(table.take("choices", list, default=())),
        minimum=table.take("minimum", int, float) if "minimum" in table.content else None,
        maximum=table.take("maximum", int, float) if "maximum" in table.content else None,
        says=Words(table.take("zh", str), table.take("en", str)),
    )
    table.asked += ["minimum", "maximum"]
    table.close()
    if (wrong := setting.wrong(setting.default)) is not None:
        table.refuse("default", wrong)
    return setting


def _setup(table: _Table) -> Setup:
    setup = Setup(
        table.take("what", str),
        table.take("value", str, int, float, bool),
        Words(table.take("zh", str), table.take("en", str)),
    )
    table.close()
    return setup


def _check(table: _Table) -> Check:
    check = Check(_words(table.table("do")), _words(table.table("see")))
    table.close()
    return check


def _sort(value: object) -> str:
    """Name the sort of a value as TOML has it; whole and other numbers are one sort."""
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case _:
            return type(value).__name__


def _hint(word: object, known: Iterable[object]) -> str:
    near = difflib.get_close_matches(str(word), [str(name) for name in known], n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _line_of(text: str, path: str) -> int | None:
    """Find the line of a key such as settings.power_dbm.default or setup[2].value; None when it is not written."""
    here, counts = "", dict[str, int]()
    table, _, key = path.rpartition(".")
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("[["):
            name = line.strip("[] ")
            counts[name] = counts.get(name, 0) + 1
            here = f"{name}[{counts[name]}]"
        elif line.startswith("["):
            here = line.strip("[] ")
        if path == here and line.startswith("["):
            return number
        if here == table and line.partition("=")[0].strip() == key:
            return number
    return None
