"""Sheets as files: every encoding and form a list comes in, and files made to hurt whoever opens them."""

import contextlib
import io
import zipfile
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from server.exchange import sheets
from server.exchange.cells import CellError, last_moment, moment
from server.exchange.faults import FAULTS, fault_text
from server.exchange.kinds import FIELDS, Kind, guess, read_row
from server.exchange.sheets import DANGEROUS, SheetFileError, read_sheet, write_sheet

ZONE = ZoneInfo("Asia/Shanghai")
CELL = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=12)


@settings(deadline=None)  # writing and reading a workbook takes as long as the machine has others to serve
@given(st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=6), st.sampled_from(["csv", "xlsx"]))
def test_what_is_written_is_read_again_and_is_never_a_formula(rows: list[list[str]], form: sheets.Form) -> None:
    rows = [row for row in rows if any(row) and not any(cell.startswith("'") for cell in row)]
    data = write_sheet(form, ["甲", "乙"], rows)
    if not rows:
        with pytest.raises(SheetFileError, match="no rows"):
            read_sheet(data)
        return
    assert [cells for _, cells in read_sheet(data).rows] == [tuple(row) for row in rows]
    if form == "csv":
        for line in data.decode("utf-8-sig").splitlines():
            assert not line.lstrip('"').startswith(DANGEROUS)
    else:
        page = load_workbook(io.BytesIO(data)).worksheets[0]
        assert {cell.data_type for line in page.iter_rows() for cell in line if cell.value is not None} <= {"s"}


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in parts.items():
            target.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return out.getvalue()


def workbook(sheet: bytes) -> bytes:
    """A real workbook whose first sheet says something else."""
    out, book = io.BytesIO(), Workbook()
    book.worksheets[0].append(["题名"])
    book.save(out)
    made = io.BytesIO()
    with zipfile.ZipFile(out) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            data = sheet if part.filename == "xl/worksheets/sheet1.xml" else source.read(part)
            target.writestr(part.filename, data)
    return made.getvalue()


def test_a_file_that_unpacks_to_far_more_than_a_list_is_refused_before_it_is_unpacked() -> None:
    bomb = archive(xl__workbook_xml=b"<workbook/>", xl__worksheets__sheet1_xml=bytes(sheets.MAX_UNPACKED + 1))
    assert len(bomb) < 200_000
    with pytest.raises(SheetFileError) as refused:
        read_sheet(bomb)
    assert refused.value.code == "file_too_large"
    many = archive(xl__workbook_xml=b"<workbook/>", **{f"part{n}": b"" for n in range(sheets.MAX_PARTS + 1)})
    with pytest.raises(SheetFileError) as refused:
        read_sheet(many)
    assert refused.value.code == "file_too_large"


HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = b"</sheetData></worksheet>"


def with_part(name: str, data: bytes) -> bytes:
    """A workbook of one cell, one of whose parts is another."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(write_sheet("xlsx", ["题名"], [["x"]]))) as source,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.infolist():
            if part.filename != name:
                target.writestr(part.filename, source.read(part))
        target.writestr(name, data)
    return made.getvalue()


def refused(data: bytes) -> SheetFileError:
    """Read a file that is refused before its reader makes anything of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openpyxl, "load_workbook", None)
        with pytest.raises(SheetFileError) as refusal:
            read_sheet(data)
    return refusal.value


@pytest.mark.parametrize("cell", [b"<c><v>1</v></c>", b'<x:c xmlns:x="u"/>'])
def test_a_row_of_more_cells_than_the_format_knows_is_refused_before_it_is_read(cell: bytes) -> None:
    most = cell * sheets.MAX_IN_ROW
    with pytest.raises(SheetFileError, match="100 columns"):
        read_sheet(workbook(HEAD + b"<row>" + b"<c><v>1</v></c>" * sheets.MAX_IN_ROW + b"</row><row/>" + TAIL))
    found = refused(workbook(HEAD + b"<row>" + most + cell + b"</row>" + TAIL))
    assert (found.code, str(sheets.MAX_IN_ROW) in str(found)) == ("too_many_columns", True)


def test_a_workbook_of_more_than_a_list_has_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"<sst><si>" + b"<r><t>x</t></r>" * (sheets.MAX_IN_ROW + 1) + b"</si></sst>"
    assert refused(with_part("xl/sharedStrings.xml", text)).code == "too_many_columns"
    named = b"<workbook><sheets>" + b"<sheet/>" * (sheets.MAX_SHEETS + 1) + b"</sheets></workbook>"
    assert refused(with_part("xl/workbook.xml", named)).code == "file_too_large"
    monkeypatch.setattr(sheets, "MAX_ELEMENTS", 1000)
    assert refused(workbook(HEAD + b"<row/>" * 1000 + TAIL)).code == "file_too_large"
    monkeypatch.undo()
    formulas = b"<calcChain>" + b"<c/>" * (sheets.MAX_IN_ROW + 1) + b"</calcChain>"  # as of a list with that many
    assert read_sheet(with_part("xl/calcChain.xml", formulas)).rows == ((2, ("x",)),)
    picture = b"\x89PNG" + b"<row/>" * 1000
    assert read_sheet(with_part("xl/media/image1.png", picture)).rows == ((2, ("x",)),)


def test_a_line_of_more_cells_than_the_format_knows_is_refused_too() -> None:
    line = "题名\nx" + "," * (sheets.MAX_IN_ROW - 1)
    assert read_sheet(line.encode()).rows == ((2, ("x",)),)
    with pytest.raises(SheetFileError, match=str(sheets.MAX_IN_ROW)):
        read_sheet(f"{line},".encode())


def test_entities_are_never_followed() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    head = b'<?xml version="1.0"?>'
    body = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'  # noqa: E501
    with pytest.raises(SheetFileError) as refused:
        read_sheet(workbook(head + laughs + body))
    assert refused.value.code == "file_broken"


def test_a_sheet_that_lies_about_its_size_costs_nothing() -> None:
    body = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
        b'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>\xe9\xa2\x98\xe5\x90\x8d</t></is></c></row>'
        b'<row r="2"><c r="A2" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>'
    )
    assert read_sheet(workbook(body)).rows == ((2, ("x",)),)


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(SheetFileError) as refused:
        read_sheet(("题名\n" + "x\n" * (sheets.MAX_ROWS + 1)).encode())
    assert refused.value.code == "too_many_rows"
    with pytest.raises(SheetFileError) as refused:
        read_sheet(bytes(sheets.MAX_FILE + 1))
    assert refused.value.code == "file_too_large"


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for one in (data, b"PK\x03\x04" + data):
        with contextlib.suppress(SheetFileError):
            assert read_sheet(one).headings


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_usual_heading_is_guessed(kind: Kind, language: str) -> None:
    headings = [one.heading(language) for one in FIELDS[kind]]
    assert len(set(headings)) == len(headings)
    assert guess(kind, headings) == {one.name: one.heading(language) for one in FIELDS[kind]}


def test_headings_as_people_write_them_are_guessed() -> None:
    assert guess(Kind.ITEMS, ["序号", "案卷题名(全称)", " 档 号 ", "密级*", "存放位置", "总页数"]) == {
        "title": "案卷题名(全称)",
        "record_number": " 档 号 ",
        "secrecy": "密级*",
        "place": "存放位置",
        "pages": "总页数",
    }


@pytest.mark.parametrize(
    "cell", ["2026-03-02", "2026/3/2", "2026年3月2日", "2026.03.02", "2026-03-02 12:00", "2026-03-02T12:00:00"]
)
def test_a_day_is_read_as_people_write_it(cell: str) -> None:
    assert moment(cell, ZONE) == 1_772_424_000_000_000
    assert last_moment("2026-03-02", ZONE) == 1_772_424_000_000_000 + (11 * 60 + 59) * 60_000_000


@pytest.mark.parametrize("cell", ["昨天", "2026-13-02", "2026-02-30", "02/03/2026", "2026-03-02 25:00"])
def test_what_is_no_day_is_said_to_be_none(cell: str) -> None:
    with pytest.raises(CellError):
        moment(cell, ZONE)


def test_every_fault_there_is_has_its_wording() -> None:
    hostile = {
        "value": "{0} %s </td>",
        "limit": "1",
        "form": "x",
        "least": "1",
        "most": "2",
        "choices": "a",
        "row": "3",
    }
    for code in FAULTS:
        for language in ("zh", "en"):
            what, fix = fault_text(code, hostile, language)
            assert what
            assert fix
    values, faults = read_row(Kind.PEOPLE, {"username": 0, "name": 1}, ["ok", "x" * 300], ZONE)
    assert [(fault.at, fault.code) for fault in faults] == [("name", "too_long")]
    assert values["role"] == "requester"
