"""Languages: the message ids are the English text; `i18n/<language>.po` holds what they are in another language."""

from collections.abc import Mapping
from functools import cache
from gettext import NullTranslations
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parent.parent / "i18n"
SOURCE = "en"
LANGUAGES: Mapping[str, str] = {"zh": "中文", "en": "English"}  # the first is the one for people who said nothing
DEFAULT = next(iter(LANGUAGES))


def N_(message: str) -> str:  # noqa: N802 -- the mark gettext's extractors know
    """Mark a text as one to translate, where it is written down but not yet shown."""
    return message


def read_catalog(language: str) -> Catalog:
    """Read a language's catalog from its .po file."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


class Translations(NullTranslations):
    """The texts of one language; a text that is missing is shown in English."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language
        self._texts: dict[str, str] = {}
        if language != SOURCE:
            for message in read_catalog(language):
                if message.id and message.string:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    self._texts[key] = message.string if isinstance(message.string, str) else message.string[0]

    def gettext(self, message: str) -> str:
        """Give the text in this language."""
        return self._texts.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Give the text for `n` things; Chinese has one form."""
        return self._texts.get(msgid1) or (msgid1 if n == 1 else msgid2)


@cache
def translations(language: str) -> Translations:
    """Give a language's texts; a language nobody knows is the default one."""
    return Translations(language if language in LANGUAGES else DEFAULT)
