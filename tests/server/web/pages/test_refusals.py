"""No error of a use case reaches a Chinese reader in English."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import server.exchange.sheets
import server.service
from server.service import errors
from server.web.pages import i18n
from server.web.pages.refusals import IN_SHORT, PLAIN

from .conftest import Reader
from .office import Office
from .test_what_is_wrong import said

RAISED = {"ConflictError", "InvalidError", "ForbiddenError", "SheetFileError"}
API_ONLY = {
    "certificate_request",
    "code_or_epc",
    "code_refused",
    "items_are_too_many",
    "not_empty",
    "of",
    "one_label",
    "subject",
}
"""What no page can ask for."""


def codes() -> Iterator[str]:
    """Give the codes of the errors that use cases raise, and of those about sheets that are handed in."""
    folder = Path(errors.__file__).parent
    for path in (*folder.rglob("*.py"), Path(server.exchange.sheets.__file__)):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in RAISED:
                code = call.args[0]
                if isinstance(code, ast.Constant):
                    yield str(code.value)


def test_every_error_has_a_sentence() -> None:
    raised = set(codes())
    assert len(raised) > 70
    assert sorted(raised - set(PLAIN) - set(IN_SHORT)) == sorted(API_ONLY)
    assert set(PLAIN).isdisjoint(IN_SHORT)
    chinese = i18n.translations("zh")
    assert [text for text in (*PLAIN.values(), *IN_SHORT.values()) if chinese.gettext(text).isascii()] == []


@pytest.mark.parametrize(
    ("language", "stale", "plain"),
    [
        ("zh", "此内容已被他人修改，请重新打开页面查看。", "请写明更改档号的事由；原档号将以此事由注销。"),
        (
            "en",
            "the record has been changed since: look again, it is version 1 now",
            "Say why the record number changes; the old one is cancelled with that reason.",
        ),
    ],
)
def test_an_error_is_told_in_the_readers_language(office: Office, language: str, stale: str, plain: str) -> None:
    chen = Reader(office, "chen", language)
    status, page = chen.post("/items/T0000/record", version=9, title="x")
    assert (status, said(page)) == (412, stale)
    status, page = chen.post("/items/T0000/record", version="none", title="x")
    assert (status, said(page)) == (412, stale)
    status, page = chen.post("/items/T0000/record", version=1, record_number="HT·2026-901")
    assert (status, said(page)) == (422, plain)


@pytest.mark.parametrize(("language", "sentence"), [("zh", "文件中没有数据行。"), ("en", "the file is empty")])
def test_a_sheet_that_is_none_is_told_so(office: Office, language: str, sentence: str) -> None:
    reader = Reader(office, "chen", language)
    status, page = reader.hand_in("/imports", {"file": ("a.csv", b"")}, kind="items")
    assert (status, said(page)) == (422, sentence)
