"""A file folder's official forms: its cover (案卷封面), contents list (卷内文件目录) and closing note (卷内备考表)."""

import re
from collections.abc import Sequence
from typing import Final

from sqlmodel import col, select

from server.domain.words import Secrecy
from server.reports.model import Cover, Document, Row
from server.service.lookups import item_coded
from server.service.reporting.paper import Heading, Paper
from server.service.shapes import MASK
from server.store.tables import Content, Filing, Item, RetentionTerm

SPINES: Final = ((60, 10.0), (120, 15.0))
"""Pages up to which a spine of so many mm does; 20 mm beyond."""
_WIDEST: Final = 20.0
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
CONTENT_HEADINGS: Final = (
    Heading("顺序号", "No.", 0.6, "C"),
    Heading("文号", "Number", 1.2),
    Heading("责任者", "Author", 1.2),
    Heading("题名", "Title", 3.0),
    Heading("日期", "Date", 1.0),
    Heading("页号", "Pages", 0.8),
    Heading("备注", "Note", 1.0),
)


def folder_cover(paper: Paper, code: str) -> Document:
    """Make the front and the spine of a file's folder."""
    item, contents = _folder(paper, code)
    term = paper.look.session.get(RetentionTerm, item.id)
    years = sorted({year for one in contents for year in _YEAR.findall(one.dated)})
    span = "—".join(dict.fromkeys((years[0], years[-1]))) if years else ""
    title, number = paper.title(item.title, item.secrecy), _number(paper, item)
    facts = (
        (paper.say("全宗名称", "Fonds"), paper.site),
        (paper.say("类目名称", "Category"), item.category),
        (paper.say("案卷题名", "Title"), title),
        (paper.say("时间", "Years"), span),
        (paper.say("保管期限", "Kept for"), paper.kept_for(term.period) if term else ""),
        (
            paper.say("件页数", "Items, pages"),
            paper.say(
                f"{len(contents) or item.parts} 件 {item.pages} 页", f"{len(contents) or item.parts}, {item.pages}"
            ),
        ),
        (paper.say("归档号", "Code"), item.code),
        (paper.say("档号", "Record number"), number),
    )
    spine = next((width for most, width in SPINES if item.pages <= most), _WIDEST)
    cover = Cover(spine=spine, spine_lines=(number, title))
    return paper.document("folder_cover", paper.say("案卷", "File"), facts=facts, cover=cover)


def contents_list(paper: Paper, code: str) -> Document:
    """List the documents in a file's folder."""
    item, contents = _folder(paper, code)
    may = paper.look.viewer.sees_title(item.secrecy)
    rows: list[Row] = [
        (n, one.number, one.author, one.title if may else MASK, one.dated, one.pages, one.note)
        for n, one in enumerate(contents, 1)
    ]
    title = paper.say("卷内文件目录", "Contents of the folder")
    facts = ((paper.say("档号", "Record number"), _number(paper, item)),)
    return paper.document("contents_list", title, facts=facts, tables=(paper.table(CONTENT_HEADINGS, rows),))


def folder_note(paper: Paper, code: str) -> Document:
    """Make the closing note of a file's folder: what is in it, who made it up, who checked it, when."""
    item, contents = _folder(paper, code)
    copies = sum(not one.original for one in contents)
    paper.people(one.added_by_id for one in contents)
    makers = "、".join(dict.fromkeys(filter(None, (paper.person(one.added_by_id) for one in contents))))
    filing = paper.look.session.get(Filing, item.id)
    made_us = filing.formal_us if filing and filing.formal_us else max((one.added_us for one in contents), default=None)
    own = len(contents) - copies
    state = paper.say(
        f"本卷共 {len(contents)} 件，其中原件 {own} 件、复制件 {copies} 件，{item.parts} 份，{item.pages} 页。",
        f"{len(contents)} documents: {own} originals, {copies} copies; {item.parts} parts, {item.pages} pages.",
    )
    facts = (
        (paper.say("档号", "Record number"), _number(paper, item)),
        (paper.say("案卷题名", "Title"), paper.title(item.title, item.secrecy)),
        (paper.say("本卷情况说明", "State of the folder"), state),
        (paper.say("立卷人", "Made up by"), makers),
        (paper.say("检查人", "Checked by"), ""),
        (paper.say("立卷时间", "Made up on"), paper.day(made_us)),
    )
    signed = (paper.say("立卷人", "Made up by"), paper.say("检查人", "Checked by"))
    return paper.document("folder_note", paper.say("卷内备考表", "Closing note"), facts=facts, signatures=signed)


def _folder(paper: Paper, code: str) -> tuple[Item, Sequence[Content]]:
    session = paper.look.session
    item = item_coded(session, code)
    query = select(Content).where(Content.item_id == item.id, col(Content.removed_us).is_(None))
    return item, list(session.exec(query.order_by(col(Content.position), col(Content.id))))


def _number(paper: Paper, item: Item) -> str:
    """Give the record number as far as it may be read: it can say what a secret file is about."""
    is_open = item.secrecy == Secrecy.ORDINARY or paper.look.viewer.sees_title(item.secrecy)
    return item.record_number or "" if is_open else ""
