"""What pages say beside the API's shapes: people by name, items by title as far as the reader may know it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from server.service.context import Reading
from server.service.errors import ForbiddenError, NotFoundError
from server.service.lending.loans import loan_views
from server.service.lookups import known, place_of
from server.service.paging import paged
from server.service.records.items import item_views, title_for
from server.service.shapes import MASK, ItemView, LoanView, Page
from server.store import queries_pages
from server.store.tables import Person

PEOPLE = frozenset(
    [
        "person",
        "applicant",
        "filed_by",
        "approver",
        "acknowledged_by",
        "closed_by",
        "returned_by",
        "opened_by",
        "given_by",
        "reviewed_by",
        "recorded_by",
        "username",
    ]
)


@dataclass
class Names:
    """Names and titles for one reader; what a page is about is looked up at once, anything else when asked for."""

    look: Reading
    _people: dict[str, str] = field(default_factory=dict)
    _items: dict[str, ItemView] = field(default_factory=dict)

    def about(self, things: Iterable[BaseModel]) -> "Names":
        """Look up everybody and everything these answers mention."""
        people, items = set[str](), set[str]()
        for thing in things:
            if isinstance(thing, ItemView):
                self._items[thing.code] = thing
            _mentioned(thing, people, items)
        self._people |= queries_pages.people_names(self.look.session, people - self._people.keys())
        self._look_up(items - self._items.keys())
        return self

    def person(self, username: str) -> str:
        """Give a person's name."""
        if username not in self._people:
            self._people |= queries_pages.people_names(self.look.session, [username])
        return self._people.get(username, username)

    def item(self, code: str) -> ItemView:
        """Give an item as this reader may see it."""
        if code not in self._items:
            self._look_up([code])
        if code not in self._items:
            raise NotFoundError("item", code)
        return self._items[code]

    def find(self, code: str) -> ItemView | None:
        """Give an item as this reader may see it, or None when nobody knows the code."""
        try:
            return self.item(code)
        except NotFoundError:
            return None

    def _look_up(self, codes: Collection[str]) -> None:
        """Look items up; of what is lent to the reader, or was, the title is told as their loans tell it."""
        found = queries_pages.items_by_code(self.look.session, codes)
        views = item_views(self.look, found)
        masked, reader = [view.id for view in views if view.masked], self.look.viewer.id
        lent = queries_pages.lent_to(self.look.session, reader, masked)
        for item, view in zip(found, views, strict=True):
            if view.id in lent:
                told = {"title": title_for(self.look, item, reader), "masked": False}
                view = view.model_copy(update=told)
            self._items[view.code] = view


def items_at(look: Reading, place: str, after: int, limit: int) -> Page[ItemView]:
    """List what belongs at a place; raises InvalidError when there is no such door."""
    station, door = place_of(look.session, place)
    found = queries_pages.items_at_home(look.session, station, door, after, limit + 1)
    return paged(found, limit, lambda rows: item_views(look, rows))


def soonest_due(look: Reading, limit: int) -> list[LoanView]:
    """List what is out, soonest due first: everybody's for those whose business it is, else one's own."""
    person_id = None if look.viewer.sees_all else look.viewer.id
    return loan_views(look, queries_pages.loans_soonest(look.session, person_id, limit))


def held_by(look: Reading, person: Person, limit: int) -> list[LoanView]:
    """List what a person has out, soonest due first; only for those whose business it is."""
    if not look.viewer.sees_all and look.viewer.id != person.id:
        raise ForbiddenError("not_your_business", "only the records office and the person see what somebody holds")
    return loan_views(look, queries_pages.loans_soonest(look.session, known(person.id), limit))


def get_loan(look: Reading, number: int) -> LoanView:
    """Show one loan to those whose business it is."""
    found = queries_pages.loan_numbered(look.session, number)
    if found is None or not (look.viewer.sees_all or found[0].person_id == look.viewer.id):
        raise NotFoundError("loan", number)
    return loan_views(look, [found])[0]


def _mentioned(thing: Any, people: set[str], items: set[str]) -> None:
    for name in type(thing).model_fields:
        value = getattr(thing, name)
        if isinstance(value, BaseModel):
            _mentioned(value, people, items)
        elif isinstance(value, list) and value and isinstance(value[0], BaseModel):
            for each in value:
                _mentioned(each, people, items)
        elif name in PEOPLE and isinstance(value, str):
            people.add(value)
        elif name == "item" and isinstance(value, str) and value != MASK:
            items.add(value)
        elif name == "items" and isinstance(value, list):
            items.update(value)
