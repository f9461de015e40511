"""The commands of `guiwei labels`, as a person runs them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from labels.cli import app
from labels.codes import check, new_code

CODE = new_code(4711)


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_new_codes_are_codes() -> None:
    status, said = run("new-code", "3")
    assert status == 0
    assert [check(line) for line in said.splitlines()] == [True] * 3


def test_a_typed_code_is_checked() -> None:
    assert run("check-code", f" {CODE[:7].lower()} {CODE[7:]}") == (0, f"{CODE}   GW {CODE[2:7]} {CODE[7:]}\n")
    status, said = run("check-code", CODE[:-1])
    assert status == 1
    assert said.startswith("refused: ")


def test_a_table_becomes_a_sheet(tmp_path: Path) -> None:
    table = tmp_path / "items.csv"
    table.write_text(f'\ufeffcode,title,secrecy\n{CODE},"合同, 第一册",secret\n{new_code()},公章,\n', encoding="utf-8")
    status, said = run("sheet", str(table), "-o", str(tmp_path / "out.pdf"), "--start", "3", "--outlines")
    assert (status, said.startswith("2 labels in ")) == (0, True)
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"", "no column 'code'"),
        (b"code\n", "no column 'title'"),
        (b"code,title,__class__\n", "unknown column '__class__'"),
        (b"code,title\n", "no labels to print"),
        (b"code,title\nGW1,x\n", "table row 2: 'GW1': character '1' at position 3"),
        (f"code,title\n{CODE},x\n{CODE.lower()},y\n".encode(), f"table row 3: code {CODE} is there twice"),
        (f"code,title\n{CODE},x,y\n".encode(), "table row 2: not as many cells"),
        (f"code,title\n{CODE}\n".encode(), "table row 2: not as many cells"),
        (f'code,title\n{CODE},"x\n'.encode(), "not valid CSV"),
        ("code,title\n,合同".encode("gb18030"), "save the table as `CSV UTF-8`"),
    ],
)
def test_a_wrong_table_is_refused_with_its_row(table: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_bytes(table)
    status, output = run("sheet", str(tmp_path / "items.csv"), "-o", str(tmp_path / "out.pdf"))
    assert status == 1
    assert said in output
    assert not (tmp_path / "out.pdf").exists()


def test_one_label_as_png_and_zpl(tmp_path: Path) -> None:
    words = [CODE, "--title", "{0.__class__} ^XA", "--secrecy", "confidential", "--dpi", "300"]
    assert run("png", *words, "-o", str(tmp_path / "label.png"))[0] == 0
    assert run("zpl", *words, "-o", str(tmp_path / "label.zpl"))[0] == 0
    assert (tmp_path / "label.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "label.zpl").read_bytes().startswith(b"^XA\n^PW709\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["png", CODE, "--secrecy", "none"], "secrecy 'none' is unknown"),
        (["png", CODE, "--template", "none"], "template 'none' is unknown"),
        (["zpl", CODE, "--copies", "0"], "0 copies"),
        (["sheet", "missing.csv"], "missing.csv: No such file or directory"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_one(words: list[str], said: str, tmp_path: Path) -> None:
    status, output = run(*words, "-o", str(tmp_path / "out"))
    assert status == 1
    assert said in output
    assert output.startswith("refused: ")
    assert output.count("\n") == 1
