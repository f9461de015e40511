"""Draw a label as a 1-bit picture in printer dots: every output (sheet, PNG, printer languages) is this one picture.

Laws:
1. Each part is drawn in a picture of its own size and pasted at its place: no text can reach a symbol or its margin.
2. Symbols come from the code alone; text is literal.
"""

from PIL import Image, ImageDraw

from labels.codes import display
from labels.errors import LabelError
from labels.fonts import Face, chinese_face
from labels.model import SECRECY, Label
from labels.symbols import code128, qr
from labels.template import Part, Template
from labels.text import literal, wrapped

MM = 25.4
BLACK, WHITE = 0, 255
DPI_RANGE = (150, 1200)
_LINE_HEIGHT = 1.18


def label_image(label: Label, template: Template, dpi: float) -> Image.Image:
    """Draw the label, 1-bit. Raises LabelError when a symbol does not fit or no font is installed."""
    if not DPI_RANGE[0] <= dpi <= DPI_RANGE[1]:
        raise LabelError(f"{dpi:g} dpi is not within {DPI_RANGE[0]} to {DPI_RANGE[1]}: label printers have 203 or 300")
    picture = Image.new("1", (dots(template.width, dpi), dots(template.height, dpi)), WHITE)
    for part in template.parts:
        left, top, right, bottom = area(part, dpi)
        picture.paste(_drawn(label, part, right - left, bottom - top, dpi), (left, top))
    return picture


def area(part: Part, dpi: float) -> tuple[int, int, int, int]:
    """Give the box of a part in dots: left, top, right, bottom. Edges are rounded, so parts that touch still touch."""
    edges = (part.x, part.y, part.x + part.width, part.y + part.height)
    left, top, right, bottom = (dots(edge, dpi) for edge in edges)
    return left, top, right, bottom


def dots(millimetres: float, dpi: float) -> int:
    """Turn millimetres into whole printer dots."""
    return round(millimetres * dpi / MM)


def _drawn(label: Label, part: Part, width: int, height: int, dpi: float) -> Image.Image:
    match part.kind:
        case "code128":
            return code128(label.code, width, height, dpi)
        case "qr":
            return qr(label.code, width, height, dpi)
        case "band":
            return _draw_band(label, part, width, height, dpi)
        case _:
            return _draw_text(label, part, width, height, dpi)


def _draw_text(label: Label, part: Part, width: int, height: int, dpi: float) -> Image.Image:
    texts = {
        "title": label.title,
        "record_number": label.record_number,
        "place": label.place,
        "code": display(label.code),
    }
    return _lines(texts[part.field], part, width, height, dpi, BLACK)


def _draw_band(label: Label, part: Part, width: int, height: int, dpi: float) -> Image.Image:
    """Draw the secrecy: white on black, or for ordinary items black inside a thin frame."""
    ink = BLACK if label.secrecy == "ordinary" else WHITE
    band = _lines(SECRECY[label.secrecy], part, width, height, dpi, ink)
    if label.secrecy == "ordinary":
        ImageDraw.Draw(band).rectangle((0, 0, width - 1, height - 1), outline=BLACK, width=max(1, dots(0.2, dpi)))
    return band


def _lines(text: str, part: Part, width: int, height: int, dpi: float, ink: int) -> Image.Image:
    """Draw text in its box, vertically centred, at the size of the template; what does not fit is cut, never shrunk."""
    face: Face = chinese_face()
    font = face.at(dots(part.size, dpi))
    step = round(font.size * _LINE_HEIGHT)
    lines = wrapped(literal(text, face.covered), part.lines, lambda line: font.getlength(line) <= width)
    picture = Image.new("1", (width, height), WHITE - ink)
    draw = ImageDraw.Draw(picture)
    draw.fontmode = "1"
    y = (height - step * len(lines)) / 2 + step / 2
    for line in lines:
        x = {"left": 0.0, "center": width / 2, "right": float(width)}[part.align]
        draw.text((x, y), line, fill=ink, font=font, anchor={"left": "lm", "center": "mm", "right": "rm"}[part.align])
        y += step
    return picture
