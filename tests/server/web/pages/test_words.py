"""No text without its Chinese, no word of the record without its look."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

from server.domain import words as domain
from server.domain.wordings import WORDS
from server.web.pages import i18n
from server.web.pages.words import LOOKS, OWN, word

from .conftest import Reader
from .office import Office

WEB = Path(i18n.FOLDER).parent
PLACE = re.compile(r"%\((\w+)\)s")
SAYS = {**DEFAULT_KEYWORDS, "text": None}


def messages() -> Iterator[tuple[str, str | None]]:
    """Give every text that the pages and their code mark as one to translate, with its context."""
    for folder, methods, keywords in (
        ("pages", [("**.py", "python")], SAYS),
        ("templates", [("**.html", "jinja2.ext:babel_extract")], DEFAULT_KEYWORDS),
    ):
        options = {"**.html": {"newstyle_gettext": "true"}}
        for _, _, message, _, context in extract_from_dir(str(WEB / folder), methods, options, keywords=keywords):
            yield (str(message[0]) if isinstance(message, tuple | list) else str(message)), context


def test_every_text_has_its_chinese() -> None:
    catalog = i18n.read_catalog("zh")
    found = {(m.id if isinstance(m.id, str) else m.id[0], m.context): m for m in catalog if m.id}
    asked = set(messages())
    assert len(asked) > 200
    assert sorted(text for text, context in asked if not _translated(found.get((text, context)))) == []
    assert sorted(text for text, context in found if (text, context) not in asked) == []
    for (text, _), message in found.items():
        chinese = _string(message)
        assert set(PLACE.findall(text)) == set(PLACE.findall(chinese)), text
        assert not message.fuzzy, text


def _string(message: Message) -> str:
    string = message.string or ""
    return string if isinstance(string, str) else str(string[0])


def _translated(message: Message | None) -> bool:
    return message is not None and bool(_string(message))


@pytest.mark.parametrize(
    ("group", "vocabulary"),
    [
        ("verdict", domain.Verdict),
        ("lawful", domain.Legality),
        ("custody", domain.CustodyState),
        ("severity", domain.Severity),
        ("case", domain.CaseKind),
        ("incident", domain.IncidentKind),
        ("result", domain.StocktakeResult),
        ("result", domain.Bucket),
        ("request", domain.RequestState),
        ("request", domain.LoanState),
        ("alarm_state", domain.AlarmState),
        ("secrecy", domain.Secrecy),
        ("mode", domain.Mode),
        ("kind", domain.ItemKind),
        ("role", domain.Role),
        ("authority", domain.AuthorityKind),
        ("alarm", domain.AlarmKind),
    ],
)
def test_every_word_of_the_record_has_a_look(group: str, vocabulary: type[StrEnum]) -> None:
    icons = set(re.findall(r'<symbol id="(\w+)"', (WEB / "static" / "icons.svg").read_text(encoding="utf-8")))
    for name in vocabulary:
        assert name in OWN.get(group, ()) or group in LOOKS or group == "alarm"
        for language in i18n.LANGUAGES:
            shown = word(group, name, language)
            assert shown.text
            assert shown.text != name
            assert "_" not in shown.text
            assert shown.icon in icons
            assert shown.tone in {"good", "warn", "bad", "open", "info", "plain"}
        assert word(group, name, "zh").text != word(group, name, "en").text


def test_a_word_nobody_foresaw_is_shown_as_it_is() -> None:
    assert word("verdict", "beamed_up", "zh").text == "beamed up"
    assert word("secrecy", "cosmic_top", "en").text == "cosmic top"
    assert word("alarm", "door_melted", "en").text


def test_the_vocabulary_covers_what_has_only_a_look() -> None:
    for group, looks in LOOKS.items():
        assert set(looks) <= set(WORDS), group


@pytest.mark.parametrize(("cookie", "heading"), [("en", "Code"), ("zh", "编码"), (None, "编码")])
def test_files_and_answers_are_in_the_language_of_the_page(office: Office, cookie: str | None, heading: str) -> None:
    reader = Reader(office, "chen")
    reader.client.cookies.delete("guiwei_language")
    if cookie:
        reader.client.cookies.set("guiwei_language", cookie)
    reader.client.headers["accept-language"] = "zh-CN" if cookie == "en" else "en-GB"
    for path in ("/api/v1/exports/items?format=csv", "/api/v1/lists/items?format=csv"):
        first = reader.client.get(path).content.decode("utf-8-sig").splitlines()[0]
        assert heading.lower() in first.lower(), path
    report = reader.client.get("/api/v1/reports/loan_register/file?format=csv").content.decode("utf-8-sig")
    assert ("Borrower" if cookie == "en" else "借阅人") in report
    sent = {"items": ["T0010"], "mode": "loan", "purpose": "x"}
    answer = reader.client.post("/api/v1/requests", json=sent, headers={"x-csrf-token": reader.csrf})
    assert [reason["text"].isascii() for reason in answer.json()["reasons"]] == [cookie == "en"]
