"""Many labels on A4 sheets as a PDF: a grid in millimetres, from any position of a started sheet, over many pages."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fpdf import FPDF

from labels.errors import LabelError
from labels.model import Label
from labels.render import MM, label_image
from labels.template import Template, load

PAGE = (210.0, 297.0)
"""A4, in mm."""

_MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""The same labels give the same bytes, so the document carries no moment of its own."""
_SLACK = 0.01


@dataclass(frozen=True)
class SheetLayout:
    """Say where the labels of a template lie on A4; all lengths in mm, `start` counts from 1 along the rows.

    The default is the 3 x 8 sheet of 70 x 37 mm labels without gaps. Raises LabelError when the grid leaves the page.
    """

    template: Template = field(default_factory=lambda: load("sheet-70x37"))
    columns: int = 3
    rows: int = 8
    left: float = 0.0
    top: float = 0.5
    gap_x: float = 0.0
    gap_y: float = 0.0
    start: int = 1
    dpi: int = 600
    outlines: bool = False
    """Draw a hairline around each label, for plain paper that is cut by hand."""

    def __post_init__(self) -> None:
        if self.columns < 1 or self.rows < 1:
            raise LabelError(f"sheet of {self.columns} x {self.rows} labels: give at least one column and one row")
        if min(self.left, self.top, self.gap_x, self.gap_y) < 0:
            raise LabelError("sheet: left, top and the gaps are 0 mm or more")
        right, bottom = (a + b for a, b in zip(self.corner(self.columns * self.rows), self._size(), strict=True))
        if right > PAGE[0] + _SLACK or bottom > PAGE[1] + _SLACK:
            raise LabelError(
                f"sheet: the grid reaches {right:g} x {bottom:g} mm, A4 has {PAGE[0]:g} x {PAGE[1]:g}: "
                "take fewer columns or rows, smaller gaps or a smaller template"
            )
        if not 1 <= self.start <= self.columns * self.rows:
            raise LabelError(f"sheet: start {self.start} is not within 1 to {self.columns * self.rows}")

    def _size(self) -> tuple[float, float]:
        return self.template.width, self.template.height

    def corner(self, position: int) -> tuple[float, float]:
        """Give the top left corner in mm of a position, counted from 1 along the rows."""
        row, column = divmod(position - 1, self.columns)
        x = self.left + column * (self.template.width + self.gap_x)
        return x, self.top + row * (self.template.height + self.gap_y)


def sheet_pdf(labels: Iterable[Label], layout: SheetLayout | None = None) -> bytes:
    """Give a PDF with one page per sheet. Takes any iterable, so that a caller can show progress while it is drawn."""
    layout = layout or SheetLayout()
    per_page = layout.columns * layout.rows
    pdf = FPDF(unit="mm", format="A4")
    pdf.set_auto_page_break(auto=False)
    pdf.set_margin(0)
    pdf.set_title("Guiwei labels")
    pdf.set_creation_date(_MADE)
    pdf.set_line_width(0.1)
    count = 0
    for count, label in enumerate(labels, start=1):
        position = (layout.start + count - 2) % per_page + 1
        if count == 1 or position == 1:
            pdf.add_page()
        _place(pdf, label, layout, position)
    if not count:
        raise LabelError("there are no labels to print: choose at least one item")
    out = io.BytesIO()
    pdf.output(out)
    return out.getvalue()


def _place(pdf: FPDF, label: Label, layout: SheetLayout, position: int) -> None:
    x, y = layout.corner(position)
    picture = label_image(label, layout.template, layout.dpi)
    pdf.image(picture, x, y, picture.width * MM / layout.dpi, picture.height * MM / layout.dpi)
    if layout.outlines:
        pdf.rect(x, y, layout.template.width, layout.template.height)
