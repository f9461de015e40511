"""What is asked and said about imports."""

from typing import Annotated

from pydantic import Field, StringConstraints

from server.exchange.kinds import Kind
from server.service.inputs import Input
from server.service.shapes import Shape

Heading = Annotated[str, StringConstraints(max_length=200)]
Columns = Annotated[dict[Heading, Heading], Field(max_length=50)]
"""A map from field to heading."""


class NewImport(Input):
    """What a sheet is: which kind of list, and which heading holds which field where the guess is wrong."""

    kind: Kind
    filename: Annotated[str, StringConstraints(max_length=200)] = ""
    mapping: Columns = Field(default={})
    dry_run: bool = False


class Resume(Input):
    """How to go on: with another mapping, or for real after a dry run."""

    mapping: Columns | None = None
    dry_run: bool = False


class FaultView(Shape):
    row: int
    column: str
    code: str
    what: str
    fix: str


class FieldView(Shape):
    name: str
    title: str
    required: bool
    heading: str | None


class ImportView(Shape):
    id: int
    kind: Kind
    filename: str
    form: str
    dry_run: bool
    state: str
    total: int
    handled: int
    done: int
    failed: int
    backup: str
    by: str | None
    created_at: str
    updated_at: str
    headings: list[str] = Field(default=[])
    fields: list[FieldView] = Field(default=[])
    preview: list[list[str]] = Field(default=[])
    faults: list[FaultView] = Field(default=[])
