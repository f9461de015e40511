"""Every printed symbol is read back by two decoders, from the PDF, the PNG and the ZPL as a printer would draw it."""

import io
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from labels.codes import TOKENS, new_code
from labels.model import Label
from labels.sheet import SheetLayout, sheet_pdf
from labels.single import label_png
from labels.symbols import code128, qr
from labels.template import load, read, shipped
from labels.zpl import LARGEST_FIELD, label_zpl

Reader = Callable[[Image.Image], "Counter[tuple[str, str]]"]
Symbols = Callable[..., "Counter[tuple[str, str]]"]


def pages_of(pdf: bytes, folder: Path) -> list[Image.Image]:
    """Rasterise a PDF as a 300 dpi laser printer would."""
    (folder / "sheet.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "300", "-gray", "sheet.pdf", "page"], cwd=folder, check=True, timeout=60)
    return [Image.open(path) for path in sorted(folder.glob("page-*.pgm"))]


def drawn_by_printer(zpl: bytes) -> Image.Image:
    """Draw ZPL as a printer would, knowing only the commands a label may hold; anything else fails."""
    head = re.match(rb"\^XA\n\^PW(\d+)\n\^LL(\d+)\n\^LH0,0\n\^PQ(\d+)\n", zpl)
    assert head
    picture = Image.new("1", (int(head[1]), int(head[2])), 255)
    rest, drawn = zpl[head.end() :], 0
    while field := re.match(rb"\^FO0,(\d+)\^GFA,(\d+),(\d+),(\d+),([0-9A-F]+)\^FS\n", rest):
        top, count, total, row = (int(field[group]) for group in range(1, 5))
        assert count == total == len(field[5]) // 2 <= LARGEST_FIELD
        assert top == drawn
        assert count % row == 0
        assert row == (picture.width + 7) // 8
        strip = Image.frombytes("1", (row * 8, count // row), bytes(b ^ 0xFF for b in bytes.fromhex(field[5].decode())))
        assert set(strip.crop((picture.width, 0, row * 8, strip.height)).get_flattened_data()) <= {255}
        picture.paste(strip, (0, top))
        drawn, rest = drawn + strip.height, rest[field.end() :]
    assert drawn == picture.height
    assert rest == b"^XZ\n"
    return picture


def test_a_sheet_over_two_pages(reader: Reader, symbols: Symbols, some_labels: list[Label], tmp_path: Path) -> None:
    layout = SheetLayout(start=5)
    first, second = pages_of(sheet_pdf(some_labels, layout), tmp_path)
    assert reader(first) == symbols(layout.template, *some_labels[:20])
    assert reader(second) == symbols(layout.template, *some_labels[20:])


def test_the_start_position_leaves_the_used_labels_alone(some_labels: list[Label], tmp_path: Path) -> None:
    (page,) = pages_of(sheet_pdf(some_labels[:1], SheetLayout(start=6)), tmp_path)
    left, top, right, bottom = page.point(lambda grey: 255 - grey).getbbox() or (0, 0, 0, 0)
    dots = 300 / 25.4
    assert 140 * dots < left < right < 210 * dots
    assert 37.5 * dots < top < bottom < 74.5 * dots


@pytest.mark.parametrize("outlines", [False, True])
def test_another_grid(
    outlines: bool, reader: Reader, symbols: Symbols, some_labels: list[Label], tmp_path: Path
) -> None:
    template = load("seal-40x30")
    layout = SheetLayout(template, 4, 8, left=10, top=12, gap_x=5, gap_y=4, dpi=300, outlines=outlines)
    (page,) = pages_of(sheet_pdf(some_labels, layout), tmp_path)
    for position, label in enumerate(some_labels, start=1):
        x, y = layout.corner(position)
        box = [round(mm * 300 / 25.4) for mm in (x, y, x + template.width, y + template.height)]
        assert reader(page.crop((box[0], box[1], box[2], box[3]))) == symbols(template, label)


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_a_png_at_every_resolution(
    name: str, dpi: int, reader: Reader, symbols: Symbols, some_labels: list[Label]
) -> None:
    template = load(name)
    for label in some_labels[:4]:
        with Image.open(io.BytesIO(label_png(label, template, dpi))) as picture:
            assert picture.mode == "1"
            assert picture.info["dpi"] == pytest.approx((dpi, dpi), abs=0.5)
            assert picture.width == pytest.approx(template.width * dpi / 25.4, abs=0.5)
            assert reader(picture) == symbols(template, label)


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("dpi", [203, 300])
def test_zpl_as_a_printer_draws_it(
    name: str, dpi: int, reader: Reader, symbols: Symbols, some_labels: list[Label]
) -> None:
    template = load(name)
    for label in some_labels[:4]:
        assert reader(drawn_by_printer(label_zpl(label, template, dpi))) == symbols(template, label)


def test_zpl_is_the_same_picture_as_the_png(some_labels: list[Label]) -> None:
    template = load("shelf-60x40")
    for dpi in (203, 300):
        with Image.open(io.BytesIO(label_png(some_labels[1], template, dpi))) as png:
            assert drawn_by_printer(label_zpl(some_labels[1], template, dpi)).tobytes() == png.tobytes()


def test_a_large_label_goes_in_strips(reader: Reader, symbols: Symbols, some_labels: list[Label]) -> None:
    template = read("large", 'width=100\nheight=150\n[[parts]]\nkind="qr"\nx=10\ny=40\nwidth=80\nheight=80')
    zpl = label_zpl(some_labels[0], template, 300)
    assert zpl.count(b"^GFA") == 3
    assert reader(drawn_by_printer(zpl)) == symbols(template, some_labels[0])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, TOKENS - 1))
def test_any_code_reads_back_from_both_symbols(reader: Reader, token: int) -> None:
    code = new_code(token)
    assert reader(code128(code, 480, 60, 203)) == {("code128", code): 1}
    assert reader(qr(code, 150, 150, 203)) == {("qr", code): 1}


@pytest.mark.parametrize("code", ["GW2222222222", "GW2345678933", "GWZZZZZZZZZ", "GW99A99B99C9"])
def test_runs_of_digits_do_not_upset_code128(code: str, reader: Reader) -> None:
    assert reader(code128(code, 600, 60, 203)) == {("code128", code): 1}


def test_the_quiet_zone_is_white(some_labels: list[Label]) -> None:
    bars = code128(some_labels[0].code, 480, 40, 203)
    left, _, right, _ = bars.convert("L").point(lambda grey: 255 - grey).getbbox() or (0, 0, 0, 0)
    assert left >= 20
    assert 480 - right >= 20
    square = qr(some_labels[0].code, 146, 146, 203)
    box = square.convert("L").point(lambda grey: 255 - grey).getbbox() or (0, 0, 0, 0)
    assert min(box[0], box[1], 146 - box[2], 146 - box[3]) >= 4 * 5


def test_the_same_labels_give_the_same_bytes(some_labels: list[Label]) -> None:
    assert sheet_pdf(some_labels[:3]) == sheet_pdf(iter(some_labels[:3]))


def test_every_shipped_template_shows_the_secrecy() -> None:
    assert all("band" in {part.kind for part in load(name).parts} for name in shipped())
