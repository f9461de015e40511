"""The documents name only what is there: every linked file, every file and folder in a table, every command."""

import re
from pathlib import Path

import pytest

from guiwei.cli import COMMANDS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)")
FILE = re.compile(r"`((?:edge_agent|contract|server|labels|firmware_config|guiwei|tests|docs)/[\w./-]*)`")
COMMAND = re.compile(r"`guiwei ([a-z]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_what_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [page.parent / found for found in LINK.findall(text) if "://" not in found]
    files = [ROOT / found for found in FILE.findall(text)]
    missing = [str(path) for path in (*links, *files) if not path.exists()]
    unknown = [name for name in COMMAND.findall(text) if name not in COMMANDS]
    assert (missing, unknown) == ([], [])


def test_the_way_of_one_event_names_a_file_for_every_step() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    steps = re.findall(r"^\| \d+ \|.*$", text, re.MULTILINE)
    assert len(steps) == 17
    assert all(FILE.search(step) for step in steps)
