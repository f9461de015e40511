"""Stories written from the documents alone, by somebody who had not seen the shipped ones, go as they say."""

from pathlib import Path

import pytest

from guiwei.drill.runner import run_file

STORIES = sorted((Path(__file__).parent / "stories").glob("*.toml"))
pytestmark = [pytest.mark.stories, pytest.mark.slow, pytest.mark.timeout(90)]


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story(path: Path) -> None:
    result = run_file(path)
    seen = [f"{d.what}: expected {d.expected}, seen {d.seen}" for d in result.differences]
    assert result.as_expected, "\n".join([result.error or "", *seen])
