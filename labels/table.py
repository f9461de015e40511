"""Read labels from a CSV table: UTF-8, one header row, one label per row; every fault names its row."""

import csv
import io

from labels.errors import LabelError
from labels.model import Label

COLUMNS = ("code", "title", "record_number", "secrecy", "place")
REQUIRED = ("code", "title")


def read_table(data: bytes) -> list[Label]:
    """Read all labels. Raises LabelError naming the row (the header is row 1) and what to do."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelError(f"table: byte {error.start} is not UTF-8: save the table as `CSV UTF-8`") from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    header = rows.fieldnames or []
    if unknown := [name[:40] for name in header if name not in COLUMNS]:
        raise LabelError(f"table: unknown column {unknown[0]!a}: use {', '.join(COLUMNS)}")
    if missing := [name for name in REQUIRED if name not in header]:
        raise LabelError(f"table: no column {missing[0]!r} in row 1: use {', '.join(COLUMNS)}")
    labels: dict[str, Label] = {}
    try:
        for number, row in enumerate(rows, start=2):
            label = _label(number, row)
            if label.code in labels:
                raise LabelError(f"table row {number}: code {label.code} is there twice: give each item its own")
            labels[label.code] = label
    except csv.Error as error:
        raise LabelError(f"table line {rows.line_num}: not valid CSV ({error}): save the table again as CSV") from error
    return list(labels.values())


def _label(number: int, row: dict[str, str]) -> Label:
    if None in row or None in row.values():
        raise LabelError(f"table row {number}: not as many cells as the header: quote cells that hold a comma")
    try:
        return Label(**{name: value for name, value in row.items() if value or name in REQUIRED})
    except LabelError as error:
        raise LabelError(f"table row {number}: {error}") from error
