"""The API's document in docs/ is the one the code makes."""

from pathlib import Path

from server.web.app import api_document

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"


def test_the_committed_document_is_up_to_date() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == api_document(), "run: guiwei server openapi > docs/openapi.json"
