"""Write a report as PDF: Chinese embedded, headings on every page, who printed it when, page x of y, places to sign."""

import logging
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import IO, Any, Final

from fpdf import FPDF
from fpdf.enums import TableCellFillMode, VAlign
from fpdf.fonts import FontFace

from labels.fonts import Face, chinese_face
from server.reports.chart import HEIGHT, WIDTH, Box, Line, Part, Word, parts
from server.reports.model import Chart, Column, Cover, Document, Table

_FONT: Final = "chinese"
_INK: Final = (20, 24, 28)
_SOFT: Final = (95, 104, 112)
_HEAD: Final = FontFace(fill_color=(228, 233, 237), color=_INK)
_MARGIN: Final = 15.0
_SAYS: Final = {
    "zh": ("第 {} 页，共 {} 页", "印制：{}", "无", "签字", "日期"),
    "en": ("Page {} of {}", "Printed: {}", "None", "Signature", "Date"),
}
_LOG: Final = logging.getLogger("fontTools.subset")
_LOG.setLevel(logging.ERROR)  # it warns of every table of a font that a document does not need
_MADE: Final = datetime(2000, 1, 1, tzinfo=UTC)


class _Paper(FPDF):
    """Pages with a footer; what the font lacks is shown as an empty box, never left out."""

    def __init__(self, document: Document, face: Face) -> None:
        size = (document.cover.width, document.cover.height) if document.cover else "A4"
        super().__init__("L" if document.landscape else "P", "mm", size)
        self.document = document
        self.covered = face.covered
        self.says = _SAYS[document.locale]
        self.has_footer = document.cover is None
        self.add_font(_FONT, fname=face.path, collection_font_number=face.number)
        self.set_title(document.title)
        self.set_creation_date(_MADE)
        self.set_margin(_MARGIN)
        self.set_auto_page_break(auto=True, margin=18)
        self.set_text_color(*_INK)
        self.set_font(_FONT, size=10)

    def footer(self) -> None:
        """Say who printed it when, and which page this is."""
        if not self.has_footer:
            return
        self.set_y(-13)
        self.set_font(_FONT, size=8)
        self.set_text_color(*_SOFT)
        self.cell(0, 5, self.plain(self.says[1].format(self.document.printed)), align="L", new_x="LMARGIN")
        self.cell(0, 5, self.says[0].format(self.page_no(), "{nb}"), align="R")
        self.set_text_color(*_INK)

    def plain(self, text: str) -> str:
        """Give the text as the font can draw it."""
        return "".join(
            letter if ord(letter) in self.covered or letter == "\n" else " " if letter.isspace() else "□"
            for letter in unicodedata.normalize("NFC", text)
        )


def write_pdf(document: Document, out: IO[bytes]) -> int:
    """Write the document; returns how many rows its tables have."""
    paper = _Paper(document, chinese_face())
    if document.cover is not None:
        _cover(paper, document, document.cover)
        out.write(paper.output())
        return 0
    paper.add_page()
    _head(paper, document)
    for chart in document.charts:
        _chart(paper, chart)
    rows = sum(_table(paper, table) for table in document.tables)
    if document.note:
        paper.ln(3)
        paper.multi_cell(0, 6, paper.plain(document.note), align="L", new_x="LMARGIN", new_y="NEXT")
    _signatures(paper, document.signatures)
    out.write(paper.output())
    return rows


def _head(paper: _Paper, document: Document) -> None:
    paper.set_font_size(9)
    paper.set_text_color(*_SOFT)
    paper.cell(0, 5, paper.plain(document.owner), align="L", new_x="LMARGIN")
    paper.cell(0, 5, paper.plain(document.made), align="R", new_x="LMARGIN", new_y="NEXT")
    paper.set_text_color(*_INK)
    paper.set_font_size(17)
    paper.cell(0, 13, paper.plain(document.title), align="C", new_x="LMARGIN", new_y="NEXT")
    paper.set_font_size(10)
    for name, value in document.facts:
        paper.set_text_color(*_SOFT)
        width = max(30.0, paper.get_string_width(paper.plain(name)) + 4)
        paper.cell(width, 6, paper.plain(name), align="L")
        paper.set_text_color(*_INK)
        paper.multi_cell(0, 6, paper.plain(value) or "—", align="L", new_x="LMARGIN", new_y="NEXT")
    paper.ln(2)


def _table(paper: _Paper, table: Table) -> int:
    if table.title:
        _heading(paper, table.title, 30)
    paper.set_font_size(9)
    paper.set_line_width(0.15)
    paper.set_draw_color(*_SOFT)
    rows = 0
    with paper.table(
        col_widths=[column.width for column in table.columns],
        text_align=[column.align for column in table.columns],
        headings_style=_HEAD,
        line_height=5,
        padding=(0.8, 1.2),
        v_align=VAlign.M,
        cell_fill_mode=TableCellFillMode.NONE,
    ) as grid:
        _cells(paper, grid.row(), (column.title for column in table.columns), table.columns, heading=True)
        for row in table.rows:
            texts = ("" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in row)
            _cells(paper, grid.row(), texts, table.columns)
            rows += 1
        if not rows and table.columns:
            grid.row().cell(paper.says[2], colspan=len(table.columns), align="C")
    paper.set_font_size(10)
    paper.ln(4)
    return rows


def _cells(
    paper: _Paper, row: object, texts: Iterable[str], columns: tuple[Column, ...], heading: bool = False
) -> None:
    for text, column in zip(texts, columns, strict=True):
        row.cell(paper.plain(text), align="C" if heading else column.align)  # type: ignore[attr-defined]


def _heading(paper: _Paper, text: str, room: float) -> None:
    if paper.will_page_break(room):
        paper.add_page()
    paper.set_font_size(12)
    paper.cell(0, 9, paper.plain(text), new_x="LMARGIN", new_y="NEXT")
    paper.set_font_size(10)


def _signatures(paper: _Paper, names: tuple[str, ...]) -> None:
    for name in names:
        if paper.will_page_break(14):
            paper.add_page()
        paper.ln(4)
        paper.cell(50, 8, paper.plain(name))
        paper.cell(70, 8, f"{paper.says[3]}：", border="B")
        paper.cell(0, 8, f"{paper.says[4]}：", border="B", new_x="LMARGIN", new_y="NEXT")


def _chart(paper: _Paper, chart: Chart) -> None:
    scale = paper.epw / WIDTH if not paper.document.landscape else 0.32
    _heading(paper, chart.title, HEIGHT * scale + 12)
    left, top = paper.l_margin, paper.get_y()
    for part in parts(chart):
        _draw(paper, part, left, top, scale)
    paper.set_fill_color(255)
    paper.set_font_size(10)
    paper.set_y(top + HEIGHT * scale + 3)


def _draw(paper: _Paper, part: Part, left: float, top: float, scale: float) -> None:
    if isinstance(part, Box):
        paper.set_fill_color(part.colour)
        paper.rect(left + part.x * scale, top + part.y * scale, part.width * scale, part.height * scale, style="F")
    elif isinstance(part, Line):
        paper.set_draw_color(part.colour)
        paper.set_line_width(part.width * scale)
        paper.polyline([(left + x * scale, top + y * scale) for x, y in part.points])
    elif isinstance(part, Word):
        paper.set_font_size(12 * scale / 0.3528)
        text = paper.plain(part.text)
        wide = paper.get_string_width(text)
        x = left + part.x * scale - {"start": 0.0, "middle": wide / 2, "end": wide}[part.anchor]
        paper.text(x, top + part.y * scale, text)


def _cover(paper: _Paper, document: Document, cover: Cover) -> None:
    """Draw the front of the folder, and its spine on a page of its own."""
    paper.set_auto_page_break(auto=False)
    paper.add_page()
    paper.set_font_size(15)
    paper.set_xy(_MARGIN, 28)
    paper.cell(0, 10, paper.plain(document.owner), align="C", new_x="LMARGIN", new_y="NEXT")
    paper.set_font_size(26)
    paper.cell(0, 22, paper.plain(document.title), align="C", new_x="LMARGIN", new_y="NEXT")
    paper.set_y(84)
    for name, value in document.facts:
        paper.set_x(28)
        paper.set_font_size(14)
        paper.cell(42, 17, paper.plain(name))
        x, y, width = paper.get_x(), paper.get_y(), cover.width - 28 - paper.get_x()
        lines: Any = paper.multi_cell(width, 8, paper.plain(value), align="L", dry_run=True, output="LINES")
        for n, line in enumerate(lines[:2]):
            paper.set_xy(x, y + (4.5 if len(lines) == 1 else 0.5) + 8 * n)
            paper.cell(width, 8, line)
        paper.line(x, y + 16, x + width, y + 16)
        paper.set_y(y + 19)
    paper.add_page(format=(cover.spine, cover.height))
    paper.set_margin(0)
    paper.set_font_size(min(13.0, cover.spine))
    y = 24.0
    for line in cover.spine_lines:
        for letter in paper.plain(line)[:34]:
            paper.set_xy(0, y)
            paper.cell(cover.spine, 5.6, letter, align="C")
            y += 5.6
        y += 9
