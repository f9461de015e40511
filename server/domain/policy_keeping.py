"""The part of the policy sheet about building and keeping the record (R30-R38): tables, and what they leave open."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from server.domain.words import Role, Secrecy

HOLES = ("fonds", "year", "department", "category", "term")
"""What a record number may be made of, beside its sequence."""
HOLE = re.compile(r"\{([a-z]+)(?::([1-9]))?\}")


@dataclass(frozen=True)
class NumberScheme:
    """How one kind of record number is written (R30): `{seq:4}` counts on within all that is the same before it."""

    name: str
    pattern: str


@dataclass(frozen=True)
class Category:
    """A category items are sorted into (R31), and its code in record numbers."""

    key: str
    zh: str
    en: str
    code: str


@dataclass(frozen=True)
class DocumentKind:
    """A kind of document that files are expected to hold (R34)."""

    key: str
    zh: str
    en: str


@dataclass(frozen=True)
class FileType:
    """A type of file and the documents it is expected to hold (R34)."""

    key: str
    zh: str
    en: str
    expected: tuple[str, ...]


@dataclass(frozen=True)
class FilingStep:
    """One event on the way to a formal file, and how long after the one before it may come; all 0 for no limit."""

    event: str
    months: int
    days: int
    office_days: int


@dataclass(frozen=True)
class FilingRow:
    """How one kind of papers becomes a formal file (R32): its events in order; with the last one it is formal."""

    kind: str
    rule: str
    steps: tuple[FilingStep, ...]


@dataclass(frozen=True)
class SealedField:
    """A sensitive field of a customer (R38): whose role needs it; `approval` says that the role alone does not do."""

    field: str
    zh: str
    en: str
    roles: frozenset[Role]
    approval: bool


@dataclass(frozen=True)
class Grades:
    """Who approves that a grade or credit file is seen or changed (R37), for how long, and which grades need a plan."""

    approvers: frozenset[Role]
    instead: frozenset[Role]
    hours: int
    plan_for: frozenset[str]
    all: tuple[str, ...]


@dataclass(frozen=True)
class Attachments:
    """What may be attached: its size, and its type as its content says."""

    largest_mb: int
    media: frozenset[str]


@dataclass(frozen=True)
class Keeping:
    """Building and keeping the record."""

    fonds: str
    categories_closed: bool
    originals: frozenset[Secrecy]
    remind_days: int
    departments: Mapping[str, str]
    grades: Grades
    attachments: Attachments
    number: tuple[NumberScheme, ...]
    category: tuple[Category, ...]
    document: tuple[DocumentKind, ...]
    file_type: tuple[FileType, ...]
    filing: tuple[FilingRow, ...]
    sealed: tuple[SealedField, ...]

    @cached_property
    def schemes(self) -> Mapping[str, NumberScheme]:
        """Give the schemes by name."""
        return {row.name: row for row in self.number}

    @cached_property
    def types(self) -> Mapping[str, FileType]:
        """Give the types of files by key."""
        return {row.key: row for row in self.file_type}

    @cached_property
    def documents(self) -> Mapping[str, DocumentKind]:
        """Give the kinds of documents by key."""
        return {row.key: row for row in self.document}

    @cached_property
    def filings(self) -> Mapping[str, FilingRow]:
        """Give the ways to a formal file by kind."""
        return {row.kind: row for row in self.filing}

    @cached_property
    def sealed_fields(self) -> Mapping[str, SealedField]:
        """Give the sensitive fields by name."""
        return {row.field: row for row in self.sealed}

    @cached_property
    def _categories(self) -> Mapping[str, Category]:
        return {name: row for row in self.category for name in (row.key, row.zh, row.en)}

    def category_of(self, text: str) -> Category | None:
        """Find a category by its key or its name in either language."""
        return self._categories.get(text)


def keeping_gaps(keeping: Keeping) -> list[str]:
    """Say what this part of the sheet leaves open or contradicts."""
    found = [f"keeping.number[{n}].{what}" for n, row in enumerate(keeping.number) for what in _pattern_gaps(row)]
    for name, keys in (
        ("number", [row.name for row in keeping.number]),
        ("category", [row.key for row in keeping.category]),
        ("document", [row.key for row in keeping.document]),
        ("file_type", [row.key for row in keeping.file_type]),
        ("filing", [row.kind for row in keeping.filing]),
        ("sealed", [row.field for row in keeping.sealed]),
    ):
        found += [f"keeping.{name}: {key!r} stands there twice" for key in _twice(keys)]
    found += [
        f"keeping.file_type {row.key!r} expects {key!r}, and there is no such keeping.document"
        for row in keeping.file_type
        for key in row.expected
        if key not in keeping.documents
    ]
    found += [f"keeping.filing {row.kind!r}: needs two steps at least" for row in keeping.filing if len(row.steps) < 2]
    if keeping.remind_days < 0 or keeping.grades.hours < 1 or keeping.attachments.largest_mb < 1:
        found.append("keeping: grades.hours and attachments.largest_mb must be at least 1, remind_days at least 0")
    if not keeping.grades.approvers or not keeping.grades.plan_for <= set(keeping.grades.all):
        found.append("keeping.grades: needs approvers, and plan_for only names grades of `all`")
    return found


def _pattern_gaps(row: NumberScheme) -> Iterable[str]:
    holes = [hole[1] for hole in HOLE.finditer(row.pattern)]
    if holes.count("seq") != 1 or "{" in HOLE.sub("", row.pattern):
        yield f"pattern: {row.pattern!r} needs {{seq:4}} exactly once, and no other braces than its holes"
    for name in holes:
        if name not in (*HOLES, "seq"):
            yield f"pattern: {{{name}}} is not one of {', '.join(HOLES)}, seq"


def _twice(keys: list[str]) -> list[str]:
    return sorted({key for key in keys if keys.count(key) > 1})
