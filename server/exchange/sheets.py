"""Read a sheet somebody hands in: XLSX, or CSV in UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030.

Law 1: a file is data, whatever it says of itself: limits are held before anything is unpacked, no formula is worked
       out, no entity is followed, and a cell is a text.
Law 2: what cannot be read is refused whole, with what is wrong and what to do; half a file is never guessed.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import IO, Any, Final, Literal
from xml.parsers import expat

Form = Literal["csv", "xlsx"]

MAX_FILE: Final = 16 * 1024 * 1024
MAX_UNPACKED: Final = 96 * 1024 * 1024
MAX_PARTS: Final = 500
MAX_SHEETS: Final = 100
MAX_ELEMENTS: Final = 5_000_000
"""Of XML in all parts: a list of the most rows with 50 columns has as many."""
MAX_IN_ROW: Final = 16_384
"""Cells of a row, or runs of a text; the format itself knows no more columns."""
MAX_ROWS: Final = 50_000
MAX_COLUMNS: Final = 100
MAX_CELL: Final = 4_000
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a cell must not begin with where an office program would take it for a formula."""
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"


class SheetFileError(ValueError):
    """A file is not a sheet that can be read; `code` is stable, the text says what is wrong and what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as texts: its headings, and each row that is not empty with its number in the file (1 is the first)."""

    form: Form
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_sheet(data: bytes) -> Sheet:
    """Read a file by what is in it, not by its name; raises SheetFileError."""
    if len(data) > MAX_FILE:
        raise SheetFileError("file_too_large", f"a file may have {MAX_FILE // 1024 // 1024} MiB; split it")
    if not data.strip():
        raise SheetFileError("file_empty", "the file is empty")
    if data.startswith(_OLE):
        raise SheetFileError(
            "file_not_a_sheet", "this is an old .xls or a file with a password; save it as .xlsx without one"
        )
    form: Form = "xlsx" if data.startswith(_ZIP) else "csv"
    try:
        lines = _xlsx(data) if form == "xlsx" else _csv(data)
        return _sheet(form, lines)
    except SheetFileError:
        raise
    except Exception as error:  # a file made to break its reader may raise anything at all
        raise SheetFileError("file_broken", f"the file cannot be read: {type(error).__name__}: {error}") from None


def unhurt(text: str) -> str:
    """Give a text as it may stand in a cell that office programs open: never a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def write_sheet(form: Form, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write texts as a sheet; no cell of it is a formula. CSV is UTF-8 with BOM, as office programs expect."""
    lines = [headings, *rows]
    if form == "csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows([[unhurt(cell) for cell in line] for line in lines])
        return text.getvalue().encode("utf-8-sig")
    return _write_xlsx(lines)


def _write_xlsx(lines: Iterable[Sequence[str]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    page = book.create_sheet("1")
    for line in lines:
        cells = []
        for text in line:
            cell = WriteOnlyCell(page, value=ILLEGAL_CHARACTERS_RE.sub("", text))
            cell.data_type = "s"  # a text, also when it begins with "="
            cells.append(cell)
        page.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(form: Form, lines: Iterator[tuple[int, tuple[str, ...]]]) -> Sheet:
    headings: tuple[str, ...] | None = None
    rows: list[tuple[int, tuple[str, ...]]] = []
    for number, cells in lines:
        if not any(cells):
            continue
        if headings is None:
            headings = _headings(cells)
            continue
        if len(rows) >= MAX_ROWS:
            raise SheetFileError("too_many_rows", f"a file may have {MAX_ROWS} rows; split it")
        if any(len(cell) > MAX_CELL for cell in cells):
            raise SheetFileError("cell_too_long", f"row {number}: a cell may have {MAX_CELL} characters")
        rows.append((number, cells[: len(headings)] + ("",) * (len(headings) - len(cells))))
    if headings is None or not rows:
        raise SheetFileError("file_empty", "the file has no rows under its headings")
    return Sheet(form, headings, tuple(rows))


def _headings(cells: tuple[str, ...]) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    if len(cells) > MAX_COLUMNS:
        raise SheetFileError("too_many_columns", f"a file may have {MAX_COLUMNS} columns")
    named = [cell for cell in cells if cell]
    if twice := sorted({cell for cell in named if named.count(cell) > 1}):
        raise SheetFileError("heading_twice", f"two columns are called {twice[0]!r}; rename one")
    return cells


def _clean(text: str) -> str:
    """Give a cell's text: no control characters, no blanks around it, no quote that only guarded a formula."""
    if not text.isprintable():
        text = "".join(c for c in text if c.isprintable() or c in "\n \u3000")
    text = text.strip()
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in DANGEROUS else text


def _csv(data: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    text = _decoded(data)
    head = text.splitlines()[0]
    delimiter = max(",\t;", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 0
    try:
        for cells in reader:
            if len(cells) > MAX_IN_ROW:
                raise _too_wide()
            yield before + 1, tuple(map(_clean, cells))
            before = reader.line_num
    except csv.Error as error:
        raise SheetFileError("file_broken", f"line {reader.line_num}: {error}; a quote is not closed?") from None


def _decoded(data: bytes) -> str:
    encodings = [name for bom, name in _BOMS if data.startswith(bom)] or ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SheetFileError("not_text", "this is neither XLSX nor text in UTF-8 or GB18030; save it as .xlsx or CSV UTF-8")


def _xlsx(data: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    from openpyxl import load_workbook

    _check_parts(data)
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False, keep_vba=False)
    try:
        if not book.worksheets:
            raise SheetFileError("file_empty", "the workbook has no sheet")
        page = book.worksheets[0]
        page.reset_dimensions()  # what the file says of its own size is not to be believed
        lines = page.iter_rows(max_col=MAX_COLUMNS + 1, max_row=4 * MAX_ROWS, values_only=True)
        for number, cells in enumerate(lines, 1):
            yield number, tuple("" if cell is None else _clean(_as_text(cell)) for cell in cells)
    finally:
        book.close()


def _check_parts(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        found = parts.infolist()
        if "xl/workbook.xml" not in {part.filename for part in found}:
            raise SheetFileError("file_not_a_sheet", "this archive is not a workbook; save the sheet as .xlsx")
        if len(found) > MAX_PARTS or sum(part.file_size for part in found) > MAX_UNPACKED:
            raise SheetFileError("file_too_large", "unpacked, this file is far larger than a list is; split it")
        count = _Count()
        for part in found:
            with parts.open(part) as file:
                count.look_through(file)


def _too_wide() -> SheetFileError:
    return SheetFileError(
        "too_many_columns", f"a row has more than {MAX_IN_ROW} cells; delete the columns beside the list"
    )


class _Count:
    """Counts the elements of a workbook's parts as they go by: their reader would make objects of them first."""

    def __init__(self) -> None:
        self._elements = self._sheets = 0
        self._in_row: int | None = None  # before a part's first row, where other parts have elements of the same name

    def look_through(self, file: IO[bytes]) -> None:
        """Count what a part holds; raises SheetFileError when it is more than a list has."""
        self._in_row = None
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._begin
        try:
            while data := file.read(65_536):
                parser.Parse(data)
        except expat.ExpatError:  # no XML, or none that can be read: who needs this part will say so
            return

    def _begin(self, name: str, _: object) -> None:
        name = name.rpartition(":")[2]
        self._elements += 1
        if name in ("row", "si"):
            self._in_row = 0
        elif name in ("c", "r") and self._in_row is not None:
            self._in_row += 1
            if self._in_row > MAX_IN_ROW:
                raise _too_wide()
        elif name == "sheet":
            self._sheets += 1
        if self._elements > MAX_ELEMENTS or self._sheets > MAX_SHEETS:
            raise SheetFileError(
                "file_too_large",
                f"a workbook may have {MAX_SHEETS} sheets and {MAX_ELEMENTS} elements; keep the list only, or split it",
            )


def _as_text(cell: Any) -> str:
    """Write a cell as it is read: whole numbers without a point, moments as ISO."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ", timespec="minutes")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
