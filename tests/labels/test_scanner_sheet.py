"""The scanner's page names every step of the profile, and its two symbols are what it says they are."""

from __future__ import annotations

from pathlib import Path

import zxingcpp
from typer.testing import CliRunner

from firmware_config import profiles
from labels.cli import app
from labels.scanner_sheet import TEST, _lines, scanner_page


def test_both_symbols_are_read_back() -> None:
    found = {(one.text, one.symbology_identifier) for one in zxingcpp.read_barcodes(scanner_page().convert("L"))}
    assert found == {(TEST, "]C0"), (TEST, "]Q1")}


def test_every_step_of_the_profile_is_on_the_page() -> None:
    text = " ".join(line for line, _ in _lines())
    steps = profiles.load("barcode_serial").setup
    assert {step.what for step in steps} >= {"suffix", "aim_prefix"}
    assert all(step.says.zh in text and step.says.en in text for step in steps)


def test_no_line_leaves_the_page_and_nothing_is_drawn_over() -> None:
    page = scanner_page(150)
    ink = page.convert("L").point(lambda value: 255 - value).getbbox()
    assert ink is not None
    left, top, right, bottom = ink
    assert left >= 80
    assert top >= 80
    assert right <= page.width - 40
    assert bottom <= page.height - 80


def test_the_command_writes_a_pdf(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["scanner", "--out", str(tmp_path / "scanner.pdf")])
    assert told.exit_code == 0
    assert (tmp_path / "scanner.pdf").read_bytes()[:5] == b"%PDF-"
