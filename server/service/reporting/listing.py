"""A list as a report: one column per field of what is listed; row after row, however many there are."""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel

from server.domain.reasons import Language
from server.domain.wordings import WORDS
from server.reports.model import Cell, Column, Document, Row, Table
from server.service.context import Reading
from server.service.reporting.list_words import FIELDS, LISTS
from server.service.reporting.paper import Paper
from server.service.shapes import Page

PART: Final = 500
WORDED: Final = frozenset({"kind", "state", "secrecy", "mode", "role", "result", "outcome"})
"""Fields whose words are worded for the reader."""

Part = Callable[[Reading, str | None], Page[Any]]
"""Gives the part of a list that begins after a cursor."""


def listing(look: Reading, site: str, name: str, model: type[BaseModel], part: Part) -> Document:
    """Make a report of a list that is read part by part."""
    paper = Paper(look, site)
    fields = columns_of(model)
    heads = tuple(Column(heading(field, "zh" if paper.is_chinese else "en")) for field in fields)
    title = paper.say(*LISTS.get(name, (name, name.replace("-", " ").capitalize())))
    return paper.document(name, title, tables=(Table("", heads, _rows(paper, fields, part)),), landscape=True)


def columns_of(model: type[BaseModel]) -> list[str]:
    """Name the fields of what is listed; those of a part of it as `part.field`."""
    found = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += [f"{name}.{one}" for one in columns_of(inner)]
        else:
            found.append(name)
    return found


def heading(field: str, language: Language) -> str:
    """Say what stands in a column."""
    names = field.split(".")
    if language == "en":
        return " ".join(names).replace("_", " ").capitalize()
    return "·".join(FIELDS.get(name, name) for name in names)


def _rows(paper: Paper, fields: list[str], part: Part) -> Iterator[Row]:
    after: str | None = None
    while True:
        page = part(paper.look, after)
        for view in page.rows:
            yield tuple(_cell(paper, view, field) for field in fields)
        after = page.next
        if after is None:
            return


def _cell(paper: Paper, view: Any, field: str) -> Cell:
    for name in field.split("."):
        view = getattr(view, name, None)
    text = _plain(view)
    return paper.word(text) if isinstance(text, str) and field.split(".")[-1] in WORDED and text in WORDS else text


def _plain(value: Any) -> Cell:
    if value is None or (isinstance(value, float | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_plain(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(str(_plain(one)) for one in value)
    return str(value)
