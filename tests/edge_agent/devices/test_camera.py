"""Codes read from pictures made here: turned, small, non-ASCII, several, none, and files that are no pictures."""

from __future__ import annotations

import io
import json
import queue
from pathlib import Path

import barcode
import cv2
import numpy
import pytest
import zxingcpp
from barcode.writer import ImageWriter
from PIL import Image
from typer.testing import CliRunner

from edge_agent import camera
from edge_agent.cli import app
from edge_agent.devices import make_source
from edge_agent.devices.barcode_camera import BarcodeCamera
from edge_agent.devices.base import CodeRead, FrameError, ProtocolError, SourceEvent, SourceState

CODE = "GW7K3M9Q2P"


def code128(text: str = CODE) -> Image.Image:
    written = io.BytesIO()
    barcode.get("code128", text, writer=ImageWriter()).write(written, {"write_text": False})
    return Image.open(written).convert("L")


def symbol(text: str, kind: zxingcpp.BarcodeFormat = zxingcpp.BarcodeFormat.QRCode, scale: int = 5) -> Image.Image:
    return Image.fromarray(numpy.array(zxingcpp.create_barcode(text, kind).to_image(scale=scale)))


def png(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def texts(data: bytes) -> list[str]:
    return [event.text for event in camera.scan_bytes(data) if isinstance(event, CodeRead)]


def test_a_code128_label_is_read() -> None:
    assert camera.scan_bytes(png(code128())) == [CodeRead(CODE, "code128", "]C0")]


@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 135, 180])
def test_a_turned_label_is_read(degrees: int) -> None:
    assert texts(png(code128().rotate(degrees, expand=True, fillcolor=255))) == [CODE]


def test_non_ascii_text_is_never_wrong() -> None:
    assert texts(png(symbol("盒-7 档案"))) == ["盒-7 档案"]
    assert camera._zbar(numpy.array(symbol("盒-7 档案"))) == []


def test_each_decoder_reads_ascii() -> None:
    picture = numpy.array(symbol(CODE))
    assert [event.text for event in camera._zbar(picture) if isinstance(event, CodeRead)] == [CODE]
    assert [event.text for event in camera._zxing(picture) if isinstance(event, CodeRead)] == [CODE]


def test_several_codes_come_top_to_bottom() -> None:
    sheet = Image.new("L", (700, 900), 255)
    for n, text in enumerate(["C3", "A1", "B2"]):
        sheet.paste(symbol(text), (40 + 150 * (n % 2), 40 + 280 * n))
    assert texts(png(sheet)) == ["C3", "A1", "B2"]


def test_a_small_picture_is_enlarged() -> None:
    """One and a half pixels a module."""
    small = symbol(CODE, scale=3)
    small = small.resize((small.width // 2, small.height // 2), Image.Resampling.BILINEAR)
    assert texts(png(small)) == [CODE]


def test_later_attempts_turn_and_enlarge() -> None:
    shapes = [attempt.shape for attempt in camera._attempts(numpy.full((100, 200), 255, numpy.uint8))]
    assert shapes[0] == (100, 200)
    assert shapes[2] == (200, 400)
    assert shapes[1][0] > 210
    assert len(shapes) == 4


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + bytes(40), b"GIF89a" + bytes(10)])
def test_what_is_no_picture_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "upload.png"
    path.write_bytes(data)
    with pytest.raises(ProtocolError, match=r"upload\.png: not a picture"):
        camera.scan_file(path)


def test_the_dialect_takes_a_picture_as_a_frame() -> None:
    data = png(code128())
    dialect = BarcodeCamera()
    for start in range(0, len(data), 100):
        assert dialect.feed(data[start : start + 100]) == []
    assert dialect.silence() == [CodeRead(CODE, "code128", "]C0")]
    dialect.feed(png(Image.new("L", (50, 50), 255)))
    (error,) = dialect.silence()
    assert isinstance(error, FrameError)
    assert error.at == len(data)


def listen(target: Path, wanted: int) -> list[SourceEvent]:
    heard: queue.Queue[SourceEvent] = queue.Queue()
    dialect = BarcodeCamera(interval_ms=20)
    source = make_source("camera", "barcode_camera", dialect, str(target), lambda _, event: heard.put(event))
    source.start()
    try:
        return [heard.get(timeout=20) for _ in range(wanted)]
    finally:
        source.close()


def test_a_directory_is_read_picture_by_picture(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(symbol("A1")))
    (tmp_path / "b.png").write_bytes(b"torn")
    (tmp_path / "c.jpg").write_bytes(png(symbol("C3")))
    (tmp_path / "notes.txt").write_text("no picture")
    online, first, refused, last = listen(tmp_path, 4)
    assert isinstance(online, SourceState)
    assert isinstance(first, CodeRead)
    assert isinstance(refused, FrameError)
    assert "b.png: not a picture" in refused.what
    assert isinstance(last, CodeRead)
    assert (online.state, first.text, last.text) == ("online", "A1", "C3")


def test_a_file_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(symbol("A1")))
    online, read = listen(tmp_path / "a.png", 2)
    assert isinstance(online, SourceState)
    assert read == CodeRead("A1", "qr", "]Q1")


def test_a_video_reports_each_code_once_and_its_end(tmp_path: Path) -> None:
    path = tmp_path / "film.avi"
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (400, 400))
    for text in ["A1", "A1", "A1", "B2", "B2"]:
        page = Image.new("L", (400, 400), 255)
        page.paste(symbol(text, scale=8), (60, 60))
        film.write(numpy.array(page.convert("RGB")))
    film.release()
    online, first, second, end = listen(path, 4)
    assert isinstance(online, SourceState)
    assert isinstance(first, CodeRead)
    assert isinstance(second, CodeRead)
    assert isinstance(end, SourceState)
    assert (online.state, first.text, second.text, end.state) == ("online", "A1", "B2", "offline")


def test_a_camera_not_plugged_in_is_offline(tmp_path: Path) -> None:
    (state,) = listen(tmp_path / "video9", 1)
    assert isinstance(state, SourceState)
    assert state.state == "offline"
    assert "plugged in" in state.why


def test_scan_image_prints_a_line_per_code(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(symbol("A1")))
    good = CliRunner().invoke(app, ["scan-image", str(tmp_path / "a.png")])
    assert good.exit_code == 0
    assert json.loads(good.stdout)["text"] == "A1"
    (tmp_path / "b.png").write_bytes(b"torn")
    mixed = CliRunner().invoke(app, ["scan-image", str(tmp_path), str(tmp_path / "none.png")])
    assert mixed.exit_code == 1
    assert len(mixed.stdout.splitlines()) == 1
    assert "b.png: not a picture" in mixed.stderr
    assert "none.png: No such file" in mixed.stderr
