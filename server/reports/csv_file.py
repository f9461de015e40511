"""Write a report as CSV: UTF-8 with a byte order mark, so that office programs read it; text is never a formula."""

import csv
import io
from typing import IO, Final

from server.reports.model import Cell, Document

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet program calculate a cell instead of showing it."""


def write_csv(document: Document, out: IO[bytes]) -> int:
    """Write the tables under each other; returns how many rows they have. A list alone has only its heading."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer, rows = csv.writer(text), 0
    bare = not document.facts and len(document.tables) == 1
    if not bare:
        writer.writerows([[safe(document.title)], *([safe(name), safe(value)] for name, value in document.facts)])
    for table in document.tables:
        if not bare:
            writer.writerows([[], *([[safe(table.title)]] if table.title else [])])
        writer.writerow([safe(column.title) for column in table.columns])
        for row in table.rows:
            writer.writerow([safe(cell) for cell in row])
            rows += 1
    text.flush()
    text.detach()
    return rows


def safe(cell: Cell) -> Cell:
    """Put a quote before text that would be calculated; a number is a number."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
