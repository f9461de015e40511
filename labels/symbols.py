"""Code 128 and QR as 1-bit pictures whose modules are whole printer dots, with their quiet zones around them."""

import segno
from barcode import Code128
from PIL import Image

from labels.errors import LabelError

QUIET_CODE128 = 10
QUIET_QR = 4
"""Quiet zone in modules on each side, as ISO/IEC 15417 and 18004 ask for."""

SMALLEST_CODE128_MM = 0.19
SMALLEST_QR_MM = 0.3
"""Modules finer than this are not printed: office scanners and phones no longer read them surely."""


class SymbolError(LabelError):
    """The symbol does not fit its box at this resolution."""


def code128(code: str, width: int, height: int, dpi: float) -> Image.Image:
    """Draw Code 128 as large as whole dots allow in a box of width x height pixels, centred, quiet zones included."""
    (modules,) = Code128(code).build()
    total = len(modules) + 2 * QUIET_CODE128
    dots = _dots("Code 128", total, width, dpi, SMALLEST_CODE128_MM)
    row = Image.new("1", (len(modules), 1))
    row.putdata([255 * (module == "0") for module in modules])
    return _centred(row.resize((len(modules) * dots, height), Image.Resampling.NEAREST), width, height)


def qr(code: str, width: int, height: int, dpi: float) -> Image.Image:
    """Draw a QR symbol (error correction Q) as large as whole dots allow in a box, centred, quiet zone included."""
    matrix = segno.make_qr(code, error="q", boost_error=False).matrix
    size = len(matrix)
    dots = _dots("QR", size + 2 * QUIET_QR, min(width, height), dpi, SMALLEST_QR_MM)
    picture = Image.new("1", (size, size))
    picture.putdata([255 * (not module) for row in matrix for module in row])
    return _centred(picture.resize((size * dots, size * dots), Image.Resampling.NEAREST), width, height)


def _dots(name: str, modules: int, room: int, dpi: float, smallest_mm: float) -> int:
    dots = room // modules
    if dots * 25.4 / dpi < smallest_mm:
        needed = -(-smallest_mm * dpi // 25.4) * modules * 25.4 / dpi
        raise SymbolError(
            f"{name} has {modules} modules and does not fit {room * 25.4 / dpi:.1f} mm at {dpi:g} dpi: "
            f"give it {needed:.1f} mm in the template, or print at a higher resolution"
        )
    return int(dots)


def _centred(symbol: Image.Image, width: int, height: int) -> Image.Image:
    box = Image.new("1", (width, height), 255)
    box.paste(symbol, ((width - symbol.width) // 2, (height - symbol.height) // 2))
    return box
