"""What a file folder holds (卷内目录) and what of the expected is missing (R34); the sheet's categories (R31)."""

from pydantic import Field
from sqlmodel import Session, col, func, select

from server.domain.contents import document_reasons, missing
from server.service.context import Reading, Writing
from server.service.errors import NotFoundError, RefusedError
from server.service.inputs import Input, Name, Text
from server.service.lookups import item_coded, known, usernames
from server.service.records.record_changes import ITEM, keep_changes
from server.service.records.record_numbers import record_of
from server.service.shapes import MASK, Page, Shape, moment
from server.store.tables import Content, Item, Record


class NewContent(Input):
    title: Name
    kind: Text = Field(default="", description="the kind of document, as the policy sheet names it")
    number: Text = ""
    author: Text = ""
    dated: Text = ""
    pages: Text = ""
    original: bool = True
    note: Text = ""


class NewRemoval(Input):
    reason: Name


class ContentView(Shape):
    id: int
    position: int
    kind: str
    number: str
    author: str
    title: str
    dated: str
    pages: str
    original: bool
    note: str
    added_at: str
    added_by: str | None


class Expected(Shape):
    """A document the file is expected to hold, and whether it does."""

    key: str
    zh: str
    en: str
    held: bool


class ContentsView(Shape):
    item: str
    file_type: str
    rows: list[ContentView]
    expected: list[Expected]
    missing: list[str]


class CategoryView(Shape):
    key: str
    zh: str
    en: str
    code: str


def list_contents(look: Reading, code: str) -> ContentsView:
    """Show what a file holds and what is missing; its documents' titles are for who may read the file's own."""
    item = item_coded(look.session, code)
    record = look.session.get(Record, known(item.id))
    rows = _held(look.session, known(item.id))
    shown = look.viewer.sees_title(item.secrecy, item.custody.person_id)
    people = usernames(look.session, (row.added_by_id for row in rows))
    file_type = record.file_type if record else ""
    held = {row.kind for row in rows}
    keeping = look.policy.keeping
    row_type = keeping.types.get(file_type)
    return ContentsView(
        item=item.code,
        file_type=file_type,
        rows=[_view(look, row, people, shown) for row in rows],
        expected=[
            Expected(key=key, zh=keeping.documents[key].zh, en=keeping.documents[key].en, held=key in held)
            for key in (row_type.expected if row_type else ())
        ],
        missing=list(missing(keeping, file_type, held)),
    )


def add_content(work: Writing, code: str, new: NewContent) -> ContentsView:
    """Enter a document at the end of a file's contents list."""
    item = item_coded(work.session, code)
    if reasons := document_reasons(work.policy.keeping, new.kind):
        raise RefusedError(reasons)
    last = select(func.max(Content.position)).where(Content.item_id == item.id)
    position = (work.session.exec(last).one() or 0) + 1
    row = Content(
        **new.model_dump(), item_id=known(item.id), position=position, added_us=work.now_us, added_by_id=work.viewer.id
    )
    work.session.add(row)
    _note(work, item, ("", f"{position} {new.title}"), new.note)
    return list_contents(work, code)


def remove_content(work: Writing, code: str, number: int, why: str) -> ContentsView:
    """Strike a document from the list, with the reason; its place in the order stays empty."""
    item = item_coded(work.session, code)
    row = work.session.get(Content, number)
    if row is None or row.item_id != item.id or row.removed_us is not None:
        raise NotFoundError("document", number)
    row.removed_us = work.now_us
    work.session.add(row)
    _note(work, item, (f"{row.position} {row.title}", ""), why)
    return list_contents(work, code)


def missing_of(look: Reading, item_id: int) -> list[str]:
    """List the keys of what a file should hold and does not."""
    record = look.session.get(Record, item_id)
    if record is None or not record.file_type:
        return []
    return list(missing(look.policy.keeping, record.file_type, {row.kind for row in _held(look.session, item_id)}))


def copies_in(session: Session, item_id: int) -> int:
    """Count the documents of a file that are not originals."""
    return sum(not row.original for row in _held(session, item_id))


def list_categories(look: Reading) -> Page[CategoryView]:
    """List the categories of the policy sheet."""
    rows = [CategoryView(key=r.key, zh=r.zh, en=r.en, code=r.code) for r in look.policy.keeping.category]
    return Page(rows=rows)


def _held(session: Session, item_id: int) -> list[Content]:
    query = select(Content).where(Content.item_id == item_id, col(Content.removed_us).is_(None))
    return list(session.exec(query.order_by(col(Content.position))))


def _note(work: Writing, item: Item, change: tuple[str, str], why: str) -> None:
    version = record_of(work.session, known(item.id)).version
    work.session.flush()
    keep_changes(work, ITEM, item.code, known(item.id), version, {"contents": change}, why)


def _view(look: Reading, row: Content, people: dict[int | None, str], shown: bool) -> ContentView:
    return ContentView(
        id=known(row.id),
        position=row.position,
        kind=row.kind,
        number=row.number if shown else MASK,
        author=row.author if shown else MASK,
        title=row.title if shown else MASK,
        dated=row.dated,
        pages=row.pages,
        original=row.original,
        note=row.note if shown else MASK,
        added_at=moment(row.added_us, look.zone),
        added_by=people.get(row.added_by_id),
    )
