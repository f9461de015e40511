"""Templates, layouts, fonts and labels: what is wrong is refused by name before anything is printed."""

from pathlib import Path

import pytest

from labels.codes import CodeError, new_code
from labels.errors import LabelError
from labels.fonts import FILES, FontError, chinese_face
from labels.model import Label
from labels.render import label_image
from labels.sheet import SheetLayout, sheet_pdf
from labels.symbols import SymbolError
from labels.template import TemplateError, load, read, shipped
from labels.zpl import label_zpl

QR = '[[parts]]\nkind = "qr"\nx = 2\ny = 2\nwidth = 18\nheight = 18\n'
SIZE = "width = 60\nheight = 40\n"
CODE = new_code(42)


def text_part(**changes: object) -> str:
    keys = {"kind": '"text"', "field": '"title"', "x": 25, "y": 2, "width": 30, "height": 5} | changes
    return SIZE + QR + "[[parts]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())


def test_the_shipped_templates_load() -> None:
    assert shipped() == ["seal-40x30", "sheet-70x37", "shelf-60x40"]
    assert load("shelf-60x40").width == 60


def test_a_companys_own_template_is_loaded_by_path(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(text_part(), encoding="utf-8")
    assert load(tmp_path / "own.toml") == read("own", text_part())


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("width = ", "not valid TOML"),
        (SIZE, r"no \[\[parts\]\]"),
        (SIZE + "parts = [1]\n", r"no \[\[parts\]\]"),
        ("height = 40\n" + QR, "missing width"),
        ("width = 60\nheight = 'x'\n" + QR, "height = 'x' is not of type float"),
        ("width = true\nheight = 40\n" + QR, "width = 'True' is not of type float"),
        ("width = nan\nheight = 40\n" + QR, "width = nan is not a length"),
        ("width = 60\nheight = 4000\n" + QR, "not within 10 to 300"),
        (SIZE + "font = 'x'\n" + QR, "unknown key font"),
        (text_part(kind='"image"'), "kind is not one of"),
        (text_part(field='"__class__"'), "field is not one of title"),
        (text_part(field='"code.__class__"'), "field is not one of title"),
        (text_part(format='"{0}"'), "part 2: unknown key format"),
        (text_part(align='"justify"'), "align is not one of"),
        (text_part(lines=0), "lines is not 1 to 20"),
        (text_part(lines=1.5), "lines = '1.5' is not of type int"),
        (text_part(size=500), "size is not 1 to 50"),
        (text_part(width=0), "the box is empty"),
        (text_part(width=36), "leaves the label"),
        (text_part(x=-1), "leaves the label"),
        (text_part(x="-inf"), "x = -inf is not a length"),
        (text_part(x=19), "qr at 2, 2 and text title at 19, 2 overlap"),
        (SIZE + '[[parts]]\nkind = "band"\nx = 2\ny = 2\nwidth = 18\nheight = 18\n', "no symbol"),
    ],
)
def test_a_wrong_template_is_refused(toml: str, said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        read("own", toml)


@pytest.mark.parametrize("name", ["none", "../secrets", "/etc/passwd", "none.toml", "\x1b[2J"])
def test_an_unknown_template_is_refused(name: str) -> None:
    with pytest.raises(TemplateError) as caught:
        load(name)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(("kind", "width"), [("qr", 8), ("code128", 40)])
def test_a_symbol_too_fine_to_read_is_refused_with_the_room_it_needs(kind: str, width: int) -> None:
    part = f'[[parts]]\nkind = "{kind}"\nx = 0\ny = 0\nwidth = {width}\nheight = {width}\n'
    with pytest.raises(SymbolError, match=r"give it (\d+\.\d) mm in the template") as caught:
        label_image(Label(CODE, "x"), read("own", SIZE + part), 203)
    needed = float(str(caught.value).split("give it ")[1].split(" mm")[0]) + 0.1
    wider = part.replace(f"width = {width}", f"width = {needed}").replace(f"height = {width}", f"height = {needed}")
    assert label_image(Label(CODE, "x"), read("own", "width = 60\nheight = 60\n" + wider), 203)


@pytest.mark.parametrize("dpi", [0, 72, 5000])
def test_an_unlikely_resolution_is_refused(dpi: int) -> None:
    with pytest.raises(LabelError, match="not within 150 to 1200"):
        label_image(Label(CODE, "x"), load("shelf-60x40"), dpi)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"columns": 4}, "take fewer columns"),
        ({"top": 2.0}, "A4 has 210 x 297"),
        ({"columns": 0}, "at least one column"),
        ({"left": -1.0}, "0 mm or more"),
        ({"start": 25}, "start 25 is not within 1 to 24"),
        ({"start": 0}, "start 0 is not within"),
    ],
)
def test_a_grid_that_leaves_the_page_is_refused(changes: dict[str, float], said: str) -> None:
    with pytest.raises(LabelError, match=said):
        SheetLayout(**changes)  # type: ignore[arg-type]


def test_an_empty_sheet_is_refused() -> None:
    with pytest.raises(LabelError, match="no labels to print"):
        sheet_pdf([])


@pytest.mark.parametrize("copies", [0, -1, 101])
def test_unlikely_numbers_of_copies_are_refused(copies: int) -> None:
    with pytest.raises(LabelError, match="not within 1 to 100"):
        label_zpl(Label(CODE, "x"), load("shelf-60x40"), 203, copies)
    assert b"^PQ3\n" in label_zpl(Label(CODE, "x"), load("shelf-60x40"), 203, 3)


def test_a_label_needs_a_right_code_and_a_known_secrecy() -> None:
    assert Label(CODE.lower(), "x").code == CODE
    with pytest.raises(CodeError, match="not one of our labels"):
        Label("HT·2026-Y-0001", "x")
    with pytest.raises(LabelError, match="secrecy 'geheim' is unknown: use ordinary, secret"):
        Label(CODE, "x", secrecy="geheim")


def test_the_secrecy_is_seen() -> None:
    template = load("shelf-60x40")
    bands = {
        level: label_image(Label(CODE, "x", secrecy=level), template, 203).crop((16, 16, 464, 56)).tobytes()
        for level in ("ordinary", "secret", "confidential", "top_secret")
    }
    assert len(set(bands.values())) == 4
    black = {level: sum(8 - byte.bit_count() for byte in band) / (448 * 40) for level, band in bands.items()}
    assert black["ordinary"] < 0.3
    assert min(share for level, share in black.items() if level != "ordinary") > 0.7


def test_a_missing_font_is_said(tmp_path: Path) -> None:
    with pytest.raises(FontError, match="apt-get install fonts-wqy-zenhei"):
        chinese_face([str(tmp_path)])


def test_a_broken_font_is_said(tmp_path: Path) -> None:
    (tmp_path / FILES[0][0]).write_bytes(b"not a font")
    with pytest.raises(FontError, match="cannot be read"):
        chinese_face([str(tmp_path)])
