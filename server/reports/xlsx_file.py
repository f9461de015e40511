"""Write a report as XLSX, row by row: one sheet per table, the facts above the first; text is never a formula."""

import re
from typing import IO, Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from server.reports.model import Cell, Document, Table

_LONGEST: Final = 32_000
"""A cell holds 32,767 characters."""
_SHEET_NAME: Final = re.compile(r"[\\/*?:\[\]]")
_UNIT: Final = 12.0
_BOLD: Final = Font(bold=True)
_WRAP: Final = Alignment(wrap_text=True, vertical="top")


def write_xlsx(document: Document, out: IO[bytes]) -> int:
    """Write the workbook; returns how many rows its tables have."""
    book = Workbook(write_only=True)
    try:
        rows = _fill(book, document)
    except BaseException:
        for sheet in book.worksheets:
            sheet.close()  # what is half written is let go of
        raise
    book.save(out)
    return rows


def _fill(book: Workbook, document: Document) -> int:
    rows, names = 0, set[str]()
    for n, table in enumerate(document.tables or (Table("", (), ()),)):
        sheet: Any = book.create_sheet(_name(table.title or document.title, names))
        for index, column in enumerate(table.columns, 1):
            sheet.column_dimensions[get_column_letter(index)].width = max(8.0, column.width * _UNIT)
        if n == 0 and (document.facts or len(document.tables) > 1):
            sheet.append([_cell(sheet, document.title, bold=True)])
            for name, value in document.facts:
                sheet.append([_cell(sheet, name, bold=True), _cell(sheet, value)])
            sheet.append([])
        elif n == 0:
            sheet.freeze_panes = "A2"
        sheet.append([_cell(sheet, column.title, bold=True) for column in table.columns])
        for row in table.rows:
            sheet.append([_cell(sheet, cell) for cell in row])
            rows += 1
    return rows


def _cell(sheet: Any, value: Cell, bold: bool = False) -> Any:
    """Make a cell; whatever text begins with, it is text."""
    if not isinstance(value, str):
        return value
    made = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\ufffd", value[:_LONGEST]))
    made.data_type = "s"
    made.quotePrefix = value.startswith(("=", "+", "-", "@"))
    if bold:
        made.font = _BOLD
    elif "\n" in value:
        made.alignment = _WRAP
    return made


def _name(title: str, taken: set[str]) -> str:
    """Give a sheet a name that office programs allow, once."""
    plain = _SHEET_NAME.sub(" ", title).strip(" '")[:28] or "1"
    found, n = plain, 1
    while found.lower() in taken:
        n += 1
        found = f"{plain}_{n}"
    taken.add(found.lower())
    return found
