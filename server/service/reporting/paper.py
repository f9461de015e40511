"""What reports are laid out with: the reader's language, the site's days, people by name, titles as far as known."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlmodel import col, select

from server.domain.wordings import WORDS
from server.reports.model import Chart, Column, Document, Row, Table
from server.service.context import Reading
from server.service.shapes import EPOCH, MASK
from server.store.tables import Person

Pair = tuple[str, str]
"""A text in Chinese and in English."""
HOUR_US: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: what stands above it, its share of the width, its side."""

    zh: str
    en: str
    width: float = 1.0
    align: str = "L"


@dataclass
class Paper:
    """One reader's way of reading reports; `site` is whose they are."""

    look: Reading
    site: str
    _names: dict[int, str] = field(default_factory=dict)

    @property
    def is_chinese(self) -> bool:
        """Say whether the reader reads Chinese."""
        return self.look.viewer.locale != "en"

    def say(self, zh: str, en: str) -> str:
        """Give a text in the reader's language."""
        return zh if self.is_chinese else en

    def word(self, name: str | None) -> str:
        """Word the vocabulary; anything else stands as it is."""
        return WORDS[name][0 if self.is_chinese else 1] if name in WORDS else name or ""

    def day(self, us: int | None) -> str:
        """Write a date."""
        return "" if us is None else self._local(us).strftime("%Y-%m-%d")

    def at(self, us: int | None) -> str:
        """Write a moment."""
        return "" if us is None else self._local(us).strftime("%Y-%m-%d %H:%M")

    def people(self, ids: Iterable[int | None]) -> "Paper":
        """Look people up at once."""
        wanted = {number for number in ids if number is not None} - self._names.keys()
        if wanted:
            rows = self.look.session.exec(select(Person.id, Person.name).where(col(Person.id).in_(wanted)))
            self._names |= {number: name for number, name in rows if number is not None}
        return self

    def person(self, number: int | None) -> str:
        """Give a person's name."""
        if number is None:
            return ""
        if number not in self._names:
            self.people([number])
        return self._names.get(number, "")

    def title(self, title: str, secrecy: str, involved_id: int | None = None) -> str:
        """Give a title if this reader may know it."""
        return title if self.look.viewer.sees_title(secrecy, involved_id) else MASK

    def kept_for(self, period: str) -> str:
        """Word a retention period of the sheet; one that it no longer has stands as it was called."""
        years = self.look.policy.retention.periods.get(period)
        if years is None:
            return period
        return self.say(f"{years} 年", f"{years} years") if years else self.say("永久", "for ever")

    def columns(self, headings: Iterable[Heading]) -> tuple[Column, ...]:
        """Head the columns in the reader's language."""
        return tuple(Column(self.say(h.zh, h.en), h.width, h.align) for h in headings)  # type: ignore[arg-type]

    def table(self, headings: Iterable[Heading], rows: Iterable[Row], title: Pair = ("", "")) -> Table:
        """Make a table."""
        return Table(self.say(*title), self.columns(headings), tuple(rows))

    def document(
        self,
        name: str,
        title: str,
        *,
        made_us: int | None = None,
        facts: Iterable[tuple[str, str]] = (),
        tables: Iterable[Table] = (),
        charts: Iterable[Chart] = (),
        signatures: Iterable[str] = (),
        **more: Any,
    ) -> Document:
        """Make a document of this site, printed now by this reader."""
        now, viewer = self.look.now_us, self.look.viewer
        return Document(
            name=name,
            title=title,
            owner=self.site,
            made=f"{self.say('截至', 'As of')} {self.at(now if made_us is None else made_us)}",
            printed=f"{viewer.name} {self.at(now)}",
            facts=tuple(facts),
            tables=tuple(tables),
            charts=tuple(charts),
            signatures=tuple(signatures),
            locale="zh" if self.is_chinese else "en",
            **more,
        )

    def _local(self, us: int) -> datetime:
        return datetime.fromtimestamp(us / 1_000_000, EPOCH.tzinfo).astimezone(self.look.zone)
