"""One label for Zebra-compatible printers: ^GFA graphics, so that no text of a user is in the stream."""

from PIL import Image, ImageChops

from labels.errors import LabelError
from labels.model import Label
from labels.render import label_image
from labels.template import Template

COPIES = (1, 100)
LARGEST_FIELD = 99_999
"""Bytes one ^GF may count (ZPL II Programming Guide); printers cut a larger count, so large pictures go in strips."""


def label_zpl(label: Label, template: Template, dpi: int = 203, copies: int = 1) -> bytes:
    """Give the label as ZPL II in ASCII; each strip of the picture is one ^GFA at its own height.

    ^GFA holds bytes of data, bytes of the field (the same, as the data are uncompressed hex), bytes per row; a set bit
    is black, rows are padded to whole bytes with white.
    """
    if not COPIES[0] <= copies <= COPIES[1]:
        raise LabelError(f"{copies} copies of a label is not within {COPIES[0]} to {COPIES[1]}: print in several runs")
    picture = label_image(label, template, dpi)
    data, row = _black_bits(picture), (picture.width + 7) // 8
    height = LARGEST_FIELD // row
    strips = "".join(
        _graphic(top, data[top * row : (top + height) * row], row) for top in range(0, picture.height, height)
    )
    head = f"^XA\n^PW{picture.width}\n^LL{picture.height}\n^LH0,0\n^PQ{copies}\n"
    return f"{head}{strips}^XZ\n".encode("ascii")


def _black_bits(picture: Image.Image) -> bytes:
    """Turn set = white into set = black; the padding of a row, which Pillow leaves 0, stays white."""
    return ImageChops.invert(picture).tobytes()


def _graphic(top: int, data: bytes, row: int) -> str:
    return f"^FO0,{top}^GFA,{len(data)},{len(data)},{row},{data.hex().upper()}^FS\n"
