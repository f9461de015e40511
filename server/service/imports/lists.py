"""Lists as files, and the labels of a whole list: what the page shows, all of it, as its reader may see it.

An exported list has the headings of an import, so what was corrected in it can be brought in elsewhere.
"""

import io
from collections.abc import Callable, Iterator

from pydantic import Field
from sqlmodel import col, select

from server.domain.wordings import WORDS
from server.domain.words import CustodyState
from server.exchange.kinds import Kind, field_named
from server.reports import WRITERS, Format
from server.reports.model import Column, Document, Row, Table
from server.service.context import Reading
from server.service.errors import InvalidError
from server.service.inputs import Input, Text
from server.service.lookups import known
from server.service.people.people import list_people
from server.service.records.items import list_items
from server.service.records.printing import draw_sheet
from server.service.shapes import ItemView, Page, PersonView, moment
from server.store.tables import ImportedItem, Item

PART = 500
ITEMS = (
    ("code", 1.4),
    ("title", 3.0),
    ("kind", 0.8),
    ("secrecy", 0.8),
    ("record_number", 1.6),
    ("category", 1.0),
    ("department", 1.0),
    ("parts", 0.5),
    ("pages", 0.5),
    ("place", 0.7),
)
PEOPLE = (("username", 1.2), ("name", 1.2), ("department", 1.4), ("role", 1.4))
NOW = {"zh": ("现在", "所在/持有人"), "en": ("Now", "Where, or with whom")}
TITLES = {Kind.ITEMS: ("档案清单", "Items"), Kind.PEOPLE: ("人员清单", "People")}
STATES = {"place": ("在柜", "in place"), "held": ("借出", "with a person"), "incident": ("下落不明", "unaccounted for")}


class NewLabelList(Input):
    """Which items to print labels of: those of an import, or those a search finds; in parts of at most 500."""

    number: int | None = Field(default=None, alias="import", ge=1, le=2**53)
    q: Text = ""
    custody: CustodyState | None = None
    after: int | None = Field(default=None, ge=0, le=2**62)
    limit: int = Field(default=240, ge=1, le=PART)


def items_file(look: Reading, q: str, custody: str | None, form: Format) -> bytes:
    """Write the items a search finds as a file."""
    found = _every(lambda after: list_items(look, q, custody, after, PART))
    rows = (_item_row(look, view) for view in found)
    return _written(look, Kind.ITEMS, ITEMS, NOW["en" if look.viewer.locale == "en" else "zh"], rows, form)


def people_file(look: Reading, form: Format) -> bytes:
    """Write the people as a file."""
    people: list[PersonView] = []
    page = list_people(look, None, PART)
    while page.next is not None:
        people += page.rows
        page = list_people(look, page.next, PART)
    people += page.rows
    rows = ((one.username, one.name, one.department, _word(look, one.role)) for one in people)
    return _written(look, Kind.PEOPLE, PEOPLE, (), rows, form)


def labels_of(look: Reading, asked: NewLabelList) -> tuple[bytes, list[str], int | None]:
    """Draw the labels of a part of a list; gives the PDF, the codes on it, and where the next part begins."""
    if asked.number is not None:
        query = select(Item).join(ImportedItem).where(Item.active, ImportedItem.job_id == asked.number)
        query = query.where(col(Item.id) > (asked.after or 0)).order_by(col(Item.id)).limit(asked.limit + 1)
        items = list(look.session.exec(query))
    else:
        ids = [view.id for view in list_items(look, asked.q, asked.custody, asked.after, asked.limit + 1).rows]
        items = list(look.session.exec(select(Item).where(col(Item.id).in_(ids)).order_by(col(Item.id))))
    if not items:
        raise InvalidError("no_items", "the list is empty; there is no label to print")
    part = items[: asked.limit]
    following = known(part[-1].id) if len(items) > asked.limit else None
    return draw_sheet(part), [item.code for item in part], following


def _every(part: Callable[[int | None], Page[ItemView]]) -> Iterator[ItemView]:
    after: int | None = None
    while True:
        page = part(after)
        yield from page.rows
        if page.next is None:
            return
        after = int(page.next)


def _item_row(look: Reading, view: ItemView) -> Row:
    now = view.custody
    where = now.place or now.person or (f"#{now.incident.id}" if now.incident else "")
    state = STATES[now.state][1 if look.viewer.locale == "en" else 0]
    words = (_word(look, view.kind), _word(look, view.secrecy))
    counts = (view.parts, view.pages)
    about = (view.record_number or "", view.category, view.department)
    return (view.code, view.title, *words, *about, *counts, view.home or "", state, where)


def _word(look: Reading, name: str) -> str:
    zh, en = WORDS.get(name, (name, name))
    return en if look.viewer.locale == "en" else zh


def _written(
    look: Reading,
    kind: Kind,
    fields: tuple[tuple[str, float], ...],
    more: tuple[str, ...],
    rows: Iterator[Row],
    form: Format,
) -> bytes:
    columns = [Column(_heading(kind, name, look.viewer.locale), width) for name, width in fields]
    columns += [Column(title) for title in more]
    title = TITLES[kind][1 if look.viewer.locale == "en" else 0]
    document = Document(
        name=kind,
        title=title,
        owner=look.viewer.name,
        made=moment(look.now_us, look.zone),
        printed=f"{look.viewer.name} {moment(look.now_us, look.zone)}",
        tables=(Table(title, tuple(columns), rows),),
        landscape=True,
        locale=look.viewer.locale,
    )
    out = io.BytesIO()
    WRITERS[form].write(document, out)
    return out.getvalue()


def _heading(kind: Kind, name: str, language: str) -> str:
    found = field_named(kind, name)
    return found.heading(language) if found else name
