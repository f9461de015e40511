"""Every story that ships goes as it says, in a world of its own: real broker, server, stations, emulated devices."""

from pathlib import Path

import pytest

from guiwei.drill.runner import run_file, shipped

pytestmark = [pytest.mark.stories, pytest.mark.slow, pytest.mark.timeout(90)]


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_story(path: Path) -> None:
    result = run_file(path)
    seen = [f"{d.what}: expected {d.expected}, seen {d.seen}" for d in result.differences]
    assert result.as_expected, "\n".join([result.error or "", *seen])
