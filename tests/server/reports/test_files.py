"""The three kinds of file: no cell is ever calculated, Chinese is embedded, a long list is not held at once."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from server.reports import WRITERS
from server.reports.chart import HEIGHT, WIDTH, Box, Line, Word, parts, svg
from server.reports.model import Chart, Column, Cover, Document, Row, Series, Table

NASTY = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x","y")', "a\x00b\x0b", "题名😀")
TABLE = Table("原件", (Column("序号", 0.5, "C"), Column("题名", 3)), [(n, text) for n, text in enumerate(NASTY)])
CHART = Chart("趋势", ("1 月", "2 月"), (Series("借出", (3.0, 5.0)), Series("逾期", (0.0, 1.0))))
DOCUMENT = Document(
    "x",
    "未归还清单",
    "示范公司",
    "截至 2026-03-05",
    "陈刚 2026-03-05",
    (("月份", "=2026"),),
    (TABLE,),
    (CHART,),
    ("制表人",),
)


def written(form: str, document: Document = DOCUMENT) -> bytes:
    out = io.BytesIO()
    WRITERS[form].write(document, out)  # type: ignore[index]
    return out.getvalue()


def test_csv_is_utf8_with_a_mark_and_no_cell_is_a_formula() -> None:
    data = written("csv")
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert ["月份", "'=2026"] in rows
    cells = [row[1] for row in rows if len(row) == 2 and row[0].isdecimal()]
    assert cells == [f"'{text}" if text[0] in "=+-@\t" else text for text in NASTY]


def test_xlsx_holds_text_as_text_and_numbers_as_numbers() -> None:
    sheet = load_workbook(io.BytesIO(written("xlsx"))).active
    assert sheet is not None
    rows = [row for row in sheet.iter_rows() if isinstance(row[0].value, int)]
    assert [row[0].value for row in rows] == list(range(len(NASTY)))
    assert {row[1].data_type for row in rows} == {"s"}
    assert [row[1].value for row in rows][:6] == list(NASTY[:6])
    assert not re.search(rb"<f>", written("xlsx"))


def test_pdf_embeds_its_font_and_says_pages_and_printer() -> None:
    many = replace(DOCUMENT, tables=(Table("", TABLE.columns, [(n, "长" * (n % 90)) for n in range(120)]),))
    data = written("pdf", many)
    assert data.startswith(b"%PDF")
    assert b"/FontFile2" in data or b"/FontFile3" in data
    assert len(re.findall(rb"/Type /Page\b", data)) > 3


def test_a_cover_has_a_front_and_a_spine_in_their_sizes() -> None:
    cover = Cover(spine=20.0, spine_lines=("HT·2025-018", "华东客户合同档案" * 9))
    data = written("pdf", replace(DOCUMENT, cover=cover, facts=(("题名", "很长的题名" * 30),)))
    boxes = {
        tuple(round(float(n) / 72 * 25.4) for n in box.split()[2:])
        for box in re.findall(rb"/MediaBox \[([^\]]+)\]", data)
    }
    assert boxes == {(220, 310), (20, 310)}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_list_is_written_as_it_is_read(form: str) -> None:
    alive = 0

    def rows() -> Iterator[Row]:
        nonlocal alive
        for n in range(3000):
            alive = n
            yield n, "x" * 50

    made = Document("l", "清单", "", "", "", tables=(Table("", TABLE.columns, rows()),))
    assert WRITERS[form].write(made, io.BytesIO()) == 3000  # type: ignore[index]
    assert alive == 2999


def test_a_chart_stays_within_its_picture_and_its_words_are_escaped() -> None:
    hostile = Chart(
        "<b>", tuple(f"部门<{n}>" for n in range(40)), (Series("<i>&", tuple(float(n * 7) for n in range(40))),)
    )
    for chart in (CHART, replace(hostile, kind="line"), hostile, Chart("空", (), (Series("无", ()),))):
        for part in parts(chart):
            if isinstance(part, Box):
                assert 0 <= part.x <= part.x + part.width <= WIDTH
                assert 0 <= part.y <= part.y + part.height <= HEIGHT
            elif isinstance(part, Line):
                assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in part.points)
            else:
                assert isinstance(part, Word)
    assert "<b>" not in svg(hostile)
    assert "部门<" not in svg(hostile)
