"""Stories of what only some sheets ask for: each says in `# sheet:` lines what it changes of the one that ships."""

import re
import shutil
from pathlib import Path

import pytest

from guiwei.drill.runner import run_file

STORIES = sorted((Path(__file__).parent / "stories" / "by_sheet").glob("*.toml"))
SHIPPED = Path(__file__).parents[2] / "server" / "policies" / "default.toml"
pytestmark = [pytest.mark.stories, pytest.mark.slow, pytest.mark.timeout(90)]


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story(path: Path, tmp_path: Path) -> None:
    sheet = SHIPPED.read_text(encoding="utf-8")
    for key, value in re.findall(r"^# sheet: (\w+) = (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        sheet, changed = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", sheet)
        assert changed == 1, f"the sheet has no line of its own for {key}"
    (tmp_path / "sheet.toml").write_text(sheet, encoding="utf-8")
    result = run_file(Path(shutil.copy(path, tmp_path)))
    seen = [f"{d.what}: expected {d.expected}, seen {d.seen}" for d in result.differences]
    assert result.as_expected, "\n".join([result.error or "", *seen])
