"""A page to set up and prove a bar code scanner: what to set by its maker's own codes, and two symbols to scan then.

Makers' set-up codes are not printed here: none could be verified against a public document with its exact symbol, and a
wrong one sets something else. The steps are the device profile's; the symbols and what they must send are ours.
"""

import io

from fpdf import FPDF
from PIL import Image, ImageDraw

from firmware_config import profiles
from labels.fonts import chinese_face
from labels.render import MM
from labels.sheet import PAGE
from labels.symbols import code128, qr

FAMILY = "barcode_serial"
TEST = "GUIWEI-SCAN-1"
DPI = 300
EDGE, LINE = 15.0, 7.0
"""Margin and line pitch, in mm."""
HEADING_MM, TEXT_MM = 6.0, 3.6


def scanner_page(dpi: int = DPI) -> Image.Image:
    """Draw the page as a 1-bit picture."""
    page = Image.new("1", (_dots(PAGE[0], dpi), _dots(PAGE[1], dpi)), 255)
    pen, at = ImageDraw.Draw(page), EDGE
    for text, size in _lines():
        pen.text((_dots(EDGE, dpi), _dots(at, dpi)), text, fill=0, font=chinese_face().at(_dots(size, dpi)))
        at += LINE * (1.6 if size == HEADING_MM else 1)
    for number, (draw, aim, high) in enumerate(((code128, "]C0", 25.0), (qr, "]Q1", 45.0)), 1):
        symbol = draw(TEST, _dots(110, dpi), _dots(high, dpi), dpi)
        page.paste(symbol, (_dots((PAGE[0] - 110) / 2, dpi), _dots(at, dpi)))
        caption = f"{number}. {TEST}  →  {aim}{TEST}<CR>"
        pen.text(
            (_dots(EDGE, dpi), _dots(at + high + 1, dpi)), caption, fill=0, font=chinese_face().at(_dots(TEXT_MM, dpi))
        )
        at += high + 2 * LINE
    return page


def scanner_pdf() -> bytes:
    """Give the page as a PDF on A4."""
    pdf = FPDF(unit="mm", format="A4")
    pdf.set_auto_page_break(auto=False)
    pdf.set_margin(0)
    pdf.set_title("Guiwei scanner set-up")
    pdf.add_page()
    pdf.image(scanner_page(), 0, 0, PAGE[0], PAGE[1])
    out = io.BytesIO()
    pdf.output(out)
    return out.getvalue()


def _lines() -> list[tuple[str, float]]:
    """Give the text, each line with its size in mm."""
    steps = [
        (text, TEXT_MM)
        for number, step in enumerate(_steps(), 1)
        for text in (f"{number}. {step.says.zh}", f"    {step.says.en}")
    ]
    return [
        ("扫码枪设置 / Setting up a scanner", HEADING_MM),
        ("用扫码枪手册中的设置码，依次 / With the set-up codes of the scanner's own manual, in this order:", TEXT_MM),
        *steps,
        ("然后扫描下列两个码；站点应显示箭头右侧的内容。", TEXT_MM),
        ("Then scan these two; the station must receive what stands to the right of the arrow.", TEXT_MM),
    ]


def _steps() -> tuple[profiles.Setup, ...]:
    return profiles.load(FAMILY).setup


def _dots(millimetres: float, dpi: int) -> int:
    return round(millimetres / MM * dpi)
