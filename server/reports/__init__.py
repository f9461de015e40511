"""Turn facts into sheets and pages to print: CSV, XLSX, PDF.

Reads no database; it is handed the facts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Final, Literal

from server.reports.csv_file import write_csv
from server.reports.model import Document
from server.reports.pdf_file import write_pdf
from server.reports.xlsx_file import write_xlsx

Format = Literal["csv", "xlsx", "pdf"]


@dataclass(frozen=True, slots=True)
class Writer:
    """How a report becomes a file: `write` returns how many rows it wrote."""

    media: str
    write: Callable[[Document, IO[bytes]], int]


WRITERS: Final[dict[Format, Writer]] = {
    "csv": Writer("text/csv; charset=utf-8", write_csv),
    "xlsx": Writer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
    "pdf": Writer("application/pdf", write_pdf),
}
"""One row per kind of file."""
