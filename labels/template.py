"""Label templates as data: sizes in millimetres, boxes that do not overlap, fields by name, nothing evaluated.

Shipped templates lie in `labels/templates/`, one TOML file each; a company adds its own by giving a path.
"""

import math
import tomllib
from dataclasses import dataclass, fields
from itertools import combinations
from pathlib import Path
from typing import Any

from labels.errors import LabelError

FOLDER = Path(__file__).parent / "templates"
KINDS = ("code128", "qr", "text", "band")
TEXT_FIELDS = ("title", "record_number", "place", "code")
_TOUCHING = 0.001  # mm; sums of decimal fractions are not exact
ALIGNMENTS = ("left", "center", "right")


class TemplateError(LabelError):
    """The template is wrong; the message names it, the part, and what is allowed."""


@dataclass(frozen=True)
class Part:
    """Place a symbol of the code, a text field or the secrecy band on the label; box in mm from the top left."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    field: str = ""
    size: float = 3.0
    """Em of the text in mm."""
    lines: int = 1
    align: str = "left"

    def overlaps(self, other: "Part") -> bool:
        """Tell whether two boxes share any area."""
        shared_x = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        shared_y = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return shared_x > _TOUCHING and shared_y > _TOUCHING

    def leaves(self, width: float, height: float) -> bool:
        """Tell whether the box reaches beyond a label of this size."""
        beyond = max(self.x + self.width - width, self.y + self.height - height, -self.x, -self.y)
        return beyond > _TOUCHING


@dataclass(frozen=True)
class Template:
    """Hold the size of a label in mm and its parts; raises TemplateError when they cannot be printed as they stand."""

    name: str
    width: float
    height: float
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if not (10 <= self.width <= 300 and 10 <= self.height <= 300):
            raise TemplateError(f"template {self.name}: {self.width} x {self.height} mm is not within 10 to 300 mm")
        for part in self.parts:
            self._check(part)
        for one, other in combinations(self.parts, 2):
            if one.overlaps(other):
                raise TemplateError(
                    f"template {self.name}: {_named(one)} and {_named(other)} overlap: move one of them"
                )
        if not any(part.kind in ("code128", "qr") for part in self.parts):
            raise TemplateError(f"template {self.name}: no symbol: add a part of kind code128 or qr")

    def _check(self, part: Part) -> None:
        wrong = {
            f"kind is not one of {', '.join(KINDS)}": part.kind not in KINDS,
            f"field is not one of {', '.join(TEXT_FIELDS)}": part.kind == "text" and part.field not in TEXT_FIELDS,
            f"align is not one of {', '.join(ALIGNMENTS)}": part.align not in ALIGNMENTS,
            "lines is not 1 to 20": not 1 <= part.lines <= 20,
            "size is not 1 to 50 mm": not 1 <= part.size <= 50,
            "the box is empty": not (part.width > 0 and part.height > 0),
            f"the box leaves the label of {self.width} x {self.height} mm": part.leaves(self.width, self.height),
        }
        for what, found in wrong.items():
            if found:
                raise TemplateError(f"template {self.name}: {_named(part)}: {what}")


def shipped() -> list[str]:
    """Name the templates that come with the program."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str | Path) -> Template:
    """Load a shipped template by name, or a company's own by the path of its `.toml` file."""
    path = Path(name) if str(name).endswith(".toml") else FOLDER / f"{name}.toml"
    if path.parent == FOLDER and path.stem not in shipped():
        raise TemplateError(
            f"template {str(name)!a} is unknown: use {', '.join(shipped())}, or the path of a .toml file"
        )
    try:
        return read(path.stem, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TemplateError(f"template file {path} cannot be read: {error.strerror}") from error


def read(name: str, text: str) -> Template:
    """Read a template from TOML: `width`, `height` and a list of `[[parts]]`. Unknown or missing keys are refused."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"template {name}: not valid TOML: {error}") from error
    parts = data.pop("parts", None)
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise TemplateError(f"template {name}: no [[parts]]: add at least one symbol")
    made = tuple(Part(**_typed(f"template {name}, part {n}", part, Part)) for n, part in enumerate(parts, start=1))
    return Template(**_typed(f"template {name}", {**data, "name": name, "parts": made}, Template))


def _typed(where: str, data: dict[str, Any], kind: type[Part] | type[Template]) -> dict[str, Any]:
    """Check keys and types against a dataclass, so that a slip of the pen is named and not ignored."""
    known = {field.name: field for field in fields(kind)}
    required = {field.name for field in known.values() if field.default is field.default_factory}
    if unknown := sorted(data.keys() - known.keys()):
        raise TemplateError(f"{where}: unknown key {', '.join(unknown)}: use {', '.join(known)}")
    if missing := sorted(required - data.keys()):
        raise TemplateError(f"{where}: missing {', '.join(missing)}")
    for key, value in data.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise TemplateError(f"{where}: {key} = {value} is not a length")
        expected = (int, float) if known[key].type is float else known[key].type
        if key != "parts" and (isinstance(value, bool) or not isinstance(value, expected)):  # type: ignore[arg-type]
            raise TemplateError(f"{where}: {key} = {str(value)[:40]!a} is not of type {known[key].type.__name__}")  # type: ignore[union-attr]
    return data


def _named(part: Part) -> str:
    return f"{part.kind} {part.field}".strip()[:60] + f" at {part.x:g}, {part.y:g}"
