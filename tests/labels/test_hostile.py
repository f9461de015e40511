"""Hostile label text: it cannot touch a symbol, reach a printer as a command, be evaluated, or break the drawing."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labels.codes import new_code
from labels.fonts import chinese_face
from labels.model import Label
from labels.render import area, label_image
from labels.sheet import sheet_pdf
from labels.template import load, shipped
from labels.text import ELLIPSIS, MARKS, literal, wrapped
from labels.zpl import label_zpl

CODE = new_code(987_654_321_098)
MARK = MARKS[0]
COVERED = chinese_face().covered
any_text = st.text(st.characters(exclude_categories=()), max_size=60)
Reader = Callable[[Image.Image], "Counter[tuple[str, str]]"]


def everywhere(text: str) -> Label:
    return Label(CODE, title=text, record_number=text, place=text, secrecy="secret")


def symbols_only(picture: Image.Image, name: str, dpi: int) -> list[bytes]:
    parts = [part for part in load(name).parts if part.kind in ("code128", "qr", "band")]
    return [picture.crop(area(part, dpi)).tobytes() for part in parts]


def test_symbols_and_band_stay_bit_for_bit(hostile: str) -> None:
    for name in shipped():
        plain = label_image(everywhere("x"), load(name), 300)
        attacked = label_image(everywhere(hostile), load(name), 300)
        assert symbols_only(attacked, name, 300) == symbols_only(plain, name, 300)


@settings(max_examples=60)
@given(any_text)
def test_symbols_and_band_stay_bit_for_bit_whatever_the_text(text: str) -> None:
    attacked = label_image(everywhere(text), load("shelf-60x40"), 203)
    plain = label_image(everywhere("x"), load("shelf-60x40"), 203)
    assert symbols_only(attacked, "shelf-60x40", 203) == symbols_only(plain, "shelf-60x40", 203)


def test_the_margins_stay_white(hostile: str) -> None:
    picture = label_image(everywhere(hostile), load("shelf-60x40"), 300)
    for edge in ((0, 0, picture.width, 20), (0, 0, 20, picture.height), (0, picture.height - 20, *picture.size)):
        assert set(picture.crop(edge).get_flattened_data()) == {255}


def test_both_decoders_read_only_the_code(hostile: str, reader: Reader) -> None:
    picture = label_image(everywhere(hostile), load("shelf-60x40"), 300)
    assert reader(picture) == {("code128", CODE): 1, ("qr", CODE): 1}


def test_zpl_holds_no_command_of_the_text(hostile: str) -> None:
    zpl = label_zpl(everywhere(hostile), load("shelf-60x40"), 203)
    assert zpl.isascii()
    commands = [part[:2].decode() for part in zpl.split(b"^")[1:]]
    assert commands == ["XA", "PW", "LL", "LH", "PQ", "FO", "GF", "FS", "XZ"]
    assert b"~" not in zpl


def test_pdf_holds_no_text_of_a_label(hostile: str) -> None:
    pdf = sheet_pdf([everywhere(hostile)])
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"endobj") == sheet_pdf([everywhere("x")]).count(b"endobj")
    assert b"OpenAction /JS" not in pdf
    assert b"/JavaScript" not in pdf


@pytest.mark.parametrize(
    ("written", "evaluated"),
    [
        ("{{7*7}}", "49"),
        ("{0.title}", "x"),
        ("{code}", CODE),
        ("{label.code}", CODE),
        ("%s", CODE),
        ("$code", CODE),
        ("&lt;", "<"),
        ("\\u4e2d", "中"),
    ],
)
def test_text_is_drawn_as_written(written: str, evaluated: str) -> None:
    assert literal(written, COVERED) == written
    template = load("shelf-60x40")
    assert label_image(Label(CODE, written), template, 203) != label_image(Label(CODE, evaluated), template, 203)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("合同\x00甲", f"合同{MARK}甲"),
        ("a\nb\tc", f"a{MARK}b{MARK}c"),
        ("\u202eabc", f"{MARK}abc"),
        ("a\u200bb", f"a{MARK}b"),
        ("\ud800", MARK),
        ("\ue000", MARK),
        ("😀", MARK),
        ("a\u3000b\u00a0c", "a b c"),
        ("e\u0301", "é"),
        ("  合同 ", "合同"),
        ("长" * 10_000, "长" * 400 + ELLIPSIS),
    ],
)
def test_what_would_be_hidden_is_shown(text: str, shown: str) -> None:
    assert literal(text, COVERED | {ord(MARK)}) == shown


def test_the_mark_is_one_the_font_has() -> None:
    assert literal("\x00", COVERED) != "?"
    assert literal("\x00", {ord("□"), ord("?")}) == "□"
    assert literal("\x00", {ord("?")}) == "?"


@given(any_text)
def test_literal_text_has_only_characters_the_font_draws(text: str) -> None:
    shown = literal(text, COVERED)
    assert all(ord(character) in COVERED for character in shown)
    assert shown.isprintable()


@given(st.text("ab 中文,.", max_size=80), st.integers(1, 4), st.integers(2, 30))
def test_lines_fit_and_lose_nothing_unsaid(text: str, lines: int, width: int) -> None:
    broken = wrapped(text.strip(), lines, lambda line: len(line) <= width)
    assert len(broken) <= lines
    assert all(len(line) <= width for line in broken)
    joined, whole = "".join(broken).replace(" ", ""), text.replace(" ", "")
    if joined.endswith(ELLIPSIS):
        assert whole.startswith(joined[:-1])
        assert whole != joined[:-1]
    else:
        assert joined == whole


def test_a_latin_word_is_not_broken() -> None:
    assert wrapped("Customer credit file", 3, lambda line: len(line) <= 10) == ["Customer", "credit", "file"]
    assert wrapped("Mississippi", 3, lambda line: len(line) <= 5) == ["Missi", "ssipp", "i"]
    assert wrapped("采购合同及补充协议", 2, lambda line: len(line) <= 4) == ["采购合同", "及补充…"]
