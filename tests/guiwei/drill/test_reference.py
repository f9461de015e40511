"""docs/stories.md says what the story format is: its tables are made from it, its example is read."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from guiwei.drill import reference
from guiwei.drill.steps import STEPS
from guiwei.drill.story import read_story

PAGE = Path(__file__).resolve().parents[3] / "docs" / "stories.md"


def test_the_tables_are_up_to_date() -> None:
    page = PAGE.read_text("utf-8")
    assert reference.filled(page) == page, "run: python -m guiwei.drill.reference docs/stories.md"


def test_every_table_is_on_the_page() -> None:
    marks = re.findall(r"<!-- table: (\w+) -->", PAGE.read_text("utf-8"))
    assert sorted(marks) == sorted(reference.tables())


def test_every_key_of_a_step_is_explained_and_no_other() -> None:
    keys = {key for kind in STEPS.values() for key in kind.__struct_encode_fields__} - set(reference.COMMON)
    assert keys == reference.KEYS.keys()


@pytest.mark.parametrize("kind", reference.WORDS, ids=lambda kind: kind.__name__)
def test_every_key_of_a_table_is_explained_and_no_other(kind: type[msgspec.Struct]) -> None:
    assert set(kind.__struct_encode_fields__) == reference.WORDS[kind].keys()


def test_the_example_is_read(tmp_path: Path) -> None:
    found = re.search(r"<!-- example -->\n```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found
    (tmp_path / "example.toml").write_text(found[1], encoding="utf-8")
    assert read_story(tmp_path / "example.toml").name == tomllib.loads(found[1])["name"]
