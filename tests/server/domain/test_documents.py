"""The document of the verdicts says what the code does. Run as a program it writes `docs/verdicts.md` anew."""

from pathlib import Path

from server.domain.diagrams import WHEN, page
from server.domain.words import Verdict

ROOT = Path(__file__).parents[3]
VERDICTS = ROOT / "docs/verdicts.md"


def test_the_page_of_verdicts_is_what_the_tables_say() -> None:
    assert VERDICTS.read_text(encoding="utf-8") == page(), "python -m tests.server.domain.test_documents writes it anew"
    assert set(WHEN) == set(Verdict)


if __name__ == "__main__":
    VERDICTS.write_text(page(), encoding="utf-8")
