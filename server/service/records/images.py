"""Judge whether a file is an image that can be decoded, at a cost that is bounded before its decoder begins.

Law: nothing that holds a lock waits for a decoder; this is called before a transaction begins, off the event loop.
"""

from pathlib import Path
from typing import Final

from server.domain.attachments import MOST_PIXELS, MOST_SCANS, Flaw

FORMS: Final = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/tiff": "TIFF",
}
"""The only decoder that a file of a type is given to."""
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_BARE: Final = frozenset({0x00, 0x01, *range(0xD0, _END)})
"""What stands after 0xFF without a length: a stuffed byte, restarts, the start."""


def flaw_of(path: Path, media: str) -> Flaw | None:
    """Say what keeps a file from being decoded as the image it begins as, or None."""
    from PIL import Image  # drawing's library: only who attaches an image waits for it

    try:
        with Image.open(path, formats=[FORMS[media]]) as image:
            if image.width * image.height > MOST_PIXELS:
                return Flaw.TOO_MANY_PIXELS
            if media == "image/jpeg" and scans_of(path.read_bytes()) > MOST_SCANS:
                return Flaw.TOO_MANY_SCANS
            image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Flaw.TOO_MANY_PIXELS
    except Exception:  # a file made to break its decoder may raise anything at all
        return Flaw.UNREADABLE
    return None


def scans_of(data: bytes) -> int:
    """Count the scans of a JPEG up to its end, walking over its segments as its decoder does."""
    scans = at = 0
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 3:
        marker = data[at + 1]
        if marker == _END:
            break
        if marker == 0xFF:  # a filler; the marker is still to come
            at += 1
        elif marker in _BARE:
            at += 2
        else:
            scans += marker == _SCAN
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return scans
