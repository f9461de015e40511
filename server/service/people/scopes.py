"""To what somebody's rights are narrowed: as rows, as the rules see them, as they are shown and set (R40 R61)."""

import json
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field
from sqlmodel import Session

from server.domain.scopes import EVERYTHING, Scope, Thing
from server.domain.words import Secrecy
from server.service.inputs import Input, StationName, Text, micros, micros_or_none
from server.service.shapes import Shape, moment, moment_or_none
from server.store.tables import Item, RightScope


class NewScope(Input):
    """Limits to set; a respect left out (or null) is not narrowed, an empty list lets nothing through."""

    departments: list[Text] | None = Field(default=None, max_length=100)
    categories: list[Text] | None = Field(default=None, max_length=100)
    secrecy: list[Secrecy] | None = None
    cabinets: list[StationName] | None = Field(default=None, max_length=500)
    from_: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = None

    def facts(self) -> Scope:
        """Give the limits as the rules see them."""
        return Scope(
            _names(self.departments),
            _names(self.categories),
            _names(self.secrecy),
            _names(self.cabinets),
            micros_or_none(self.from_) or 0,
            None if self.until is None else micros(self.until),
        )


class ScopeView(Shape):
    departments: list[str] | None
    categories: list[str] | None
    secrecy: list[str] | None
    cabinets: list[str] | None
    from_at: str | None
    until_at: str | None


def scope_of(row: RightScope | None) -> Scope:
    """Give a row as the rules see it; without one nothing is narrowed."""
    if row is None:
        return EVERYTHING
    departments, categories = _read(row.departments), _read(row.categories)
    return Scope(departments, categories, _read(row.secrecy), _read(row.cabinets), row.from_us, row.until_us)


def scope_for(session: Session, person_id: int) -> Scope:
    """Give the limits of a person's rights."""
    return scope_of(session.get(RightScope, person_id))


def save_scope(session: Session, person_id: int, scope: Scope) -> None:
    """Keep the limits of a person's rights; no limits, no row."""
    row = session.get(RightScope, person_id)
    if scope == EVERYTHING:
        if row is not None:
            session.delete(row)
        return
    row = row or RightScope(person_id=person_id)
    row.departments, row.categories = _text(scope.department), _text(scope.category)
    row.secrecy, row.cabinets = _text(scope.secrecy), _text(scope.cabinet)
    row.from_us, row.until_us = scope.from_us, scope.until_us
    session.add(row)


def scope_view(scope: Scope, zone: ZoneInfo) -> ScopeView:
    """Give limits as they are shown."""
    return ScopeView(
        departments=_list(scope.department),
        categories=_list(scope.category),
        secrecy=_list(scope.secrecy),
        cabinets=_list(scope.cabinet),
        from_at=moment(scope.from_us, zone) if scope.from_us else None,
        until_at=moment_or_none(scope.until_us, zone),
    )


def thing_of(item: Item) -> Thing:
    """Give what an item's limits are judged by."""
    return Thing(item.department, item.category, item.secrecy, item.home_station)


def _names(words: Iterable[str] | None) -> frozenset[str] | None:
    return None if words is None else frozenset(map(str, words))


def _read(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(json.loads(text))


def _text(names: frozenset[str] | None) -> str | None:
    return None if names is None else json.dumps(sorted(names), ensure_ascii=False)


def _list(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)
