"""Codes in pictures: zxing-cpp, then pyzbar, then both again on turned and enlarged pictures; the first to read wins.

pyzbar gives wrong text for anything but ASCII without saying so, so its answer counts only when it is pure ASCII.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from edge_agent.devices.barcode_serial import AIM, EXACT, read_content
from edge_agent.devices.base import CodeRead, FrameError, Heard, ProtocolError, SettingsError, UnreachableError

LARGEST = 32 * 1024 * 1024
"""Bytes of the largest picture file taken."""
MOST_PIXELS = 50_000_000
ENLARGE_BELOW = 4_000_000
"""Pixels above which a picture is not enlarged any more."""
ZBAR_NAMES = {"QRCODE": "qr", "EAN13": "ean-13", "EAN8": "ean-8", "I25": "itf", "PDF417": "pdf417"}


def library(name: str) -> Any:
    """Load one of the camera's libraries (SettingsError: not installed)."""
    try:
        return import_module(name)
    except ImportError as error:
        raise SettingsError(
            f"reading codes from pictures needs the extra 'camera' or 'camera-headless' ({error})"
        ) from None


def scan_file(path: Path) -> list[Heard]:
    """Read the codes in a picture file (UnreachableError: no such file; ProtocolError: no picture)."""
    try:
        if path.stat().st_size > LARGEST:
            raise ProtocolError(f"{path}: larger than {LARGEST // 1024 // 1024} MiB; give a smaller picture")
        return scan_bytes(path.read_bytes(), str(path))
    except OSError as error:
        raise UnreachableError(f"{path}: {error.strerror}") from None


def scan_bytes(data: bytes, name: str = "picture") -> list[Heard]:
    """Read the codes in the bytes of a picture file (ProtocolError: not a picture, too many pixels)."""
    cv2, numpy = library("cv2"), library("numpy")
    try:
        picture = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_GRAYSCALE) if data else None
    except cv2.error:
        picture = None
    if picture is None:
        raise ProtocolError(f"{name}: not a picture that can be read (PNG, JPEG, BMP, TIFF or WebP)")
    return scan_picture(picture)


def scan_picture(picture: Any) -> list[Heard]:
    """Read the codes in an 8-bit picture (numpy array, grey or BGR), top to bottom; [] when there are none."""
    if picture.shape[0] * picture.shape[1] > MOST_PIXELS:
        raise ProtocolError(f"picture of {picture.shape[1]} x {picture.shape[0]} pixels; at most {MOST_PIXELS} go")
    for attempt in _attempts(picture):
        for decoder in (_zxing, _zbar):
            if found := decoder(attempt):
                return found
    return []


def _attempts(picture: Any) -> Iterator[Any]:
    """Give the picture as it is, turned by 45 degrees, enlarged, and both."""
    cv2 = library("cv2")
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    yield grey
    yield _turned(grey)
    if grey.size <= ENLARGE_BELOW:
        large = cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        yield large
        yield _turned(large)


def _turned(grey: Any) -> Any:
    cv2 = library("cv2")
    height, width = grey.shape
    side = int((height + width) * 0.7072) + 2
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 45, 1)
    turn[:, 2] += (side - width) / 2, (side - height) / 2
    return cv2.warpAffine(grey, turn, (side, side), flags=cv2.INTER_LINEAR, borderValue=255)


def _zxing(grey: Any) -> list[Heard]:
    zxing = library("zxingcpp")
    symbols = zxing.read_barcodes(grey, text_mode=zxing.TextMode.Plain)
    heard: list[Heard] = []
    for symbol in sorted(symbols, key=lambda s: (s.position.top_left.y, s.position.top_left.x)):
        aim = symbol.symbology_identifier
        name = EXACT.get(aim) or AIM.get(aim[1:2]) or symbol.format.name.lower()
        heard += [event for event in read_content(symbol.text, name, aim, 0) if event not in heard]
    return heard


def _zbar(grey: Any) -> list[Heard]:
    try:
        pyzbar = import_module("pyzbar.pyzbar")
    except ImportError:  # libzbar0 is not installed: one decoder fewer, `guiwei doctor` says so
        return []
    heard: list[Heard] = []
    for symbol in sorted(pyzbar.decode(grey), key=lambda s: (s.rect.top, s.rect.left)):
        if symbol.data.isascii() and symbol.data:
            read = CodeRead(symbol.data.decode("ascii"), ZBAR_NAMES.get(symbol.type, symbol.type.lower()))
            heard += [read] if read not in heard else []
    return heard


def none_found(name: str) -> FrameError:
    """Say that a picture holds no code that can be read."""
    return FrameError(0, f"{name}: no code found; come closer, light it evenly, keep it flat")
