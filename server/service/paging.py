"""Lists in parts: a query asks for one row more than is shown, and that row says whether another part follows."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from server.service.shapes import Page

R = TypeVar("R")


class Numbered(Protocol):
    """What is shown in a list and can be gone on from."""

    @property
    def id(self) -> int:
        """The number that is the cursor."""
        ...


V = TypeVar("V", bound=Numbered)


def paged(found: Iterable[R], limit: int, show: Callable[[list[R]], list[V]]) -> "Page[V]":
    """Show the first `limit` of at most `limit` + 1 rows; the next part begins after the last one shown."""
    rows = list(found)
    shown = show(rows[:limit])
    return Page(rows=shown, next=str(shown[-1].id) if len(rows) > limit else None)
