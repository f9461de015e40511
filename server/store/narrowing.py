"""Narrow what a session reads to what somebody's rights reach: whatever a query asks, it finds nothing outside.

Every table that speaks of an item (`item_id`) is narrowed with it, also one that comes later; a request with all its
items. What one holds oneself, and what one asked for, stays within reach. `WHOLE` lifts it for one query: names for
numbers that the reader has already.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, event, exists, false, or_, select, true
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlmodel import Session, SQLModel

from server.domain.scopes import Scope
from server.store import tables

WHOLE: Final = "guiwei_whole"
_SCOPE: Final = "guiwei_scope"
_item: Final[Table] = tables.Item.__table__  # type: ignore[attr-defined]
_custody: Final[Table] = tables.ItemCustody.__table__  # type: ignore[attr-defined]
_alarm: Final[Table] = tables.Alarm.__table__  # type: ignore[attr-defined]
_person: Final[Table] = tables.Person.__table__  # type: ignore[attr-defined]
_COLUMNS: Final = {
    "department": "department",
    "category": "category",
    "secrecy": "secrecy",
    "cabinet": "home_station",
}
_LISTS: Final[tuple[tuple[Any, str, Any, str], ...]] = (
    (tables.Request, "id", tables.RequestItem, "request_id"),
    (tables.Emergency, "authority_id", tables.Line, "authority_id"),
    (tables.Destruction, "id", tables.DestructionItem, "destruction_id"),
)
"""What is about several items, and where these are listed: within reach when all of them are."""


def narrow(session: Session, scope: Scope, person_id: int) -> Session:
    """Let a session for reading find only what this person's rights reach; without limits it stays as it is."""
    remember(session, scope, person_id)
    if scope.limits and not event.contains(session, "do_orm_execute", _narrowed):
        event.listen(session, "do_orm_execute", _narrowed)
    return session


def remember(session: Session, scope: Scope, person_id: int) -> None:
    """Say who reads in this session, for look-ups that ask `reach_of` for themselves."""
    session.info[_SCOPE] = (scope, person_id)


def reach_of(session: Session) -> tuple[Scope, int] | None:
    """Give the limits and the person of a session, None when nobody's limits apply."""
    found: tuple[Scope, int] | None = session.info.get(_SCOPE)
    return found if found is not None and found[0].limits else None


def _narrowed(state: ORMExecuteState) -> None:
    if state.is_select and not state.execution_options.get(WHOLE):
        scope, person_id = state.session.info[_SCOPE]
        state.statement = state.statement.options(*_criteria(scope, person_id))


@cache
def _criteria(scope: Scope, person_id: int) -> tuple[Any, ...]:
    items = select(_item.c.id).where(_within(_item.c, scope, person_id))
    alarms = select(_alarm.c.id).where(_about(_alarm.c, scope, items))
    found: list[tuple[Any, ColumnElement[bool]]] = [
        (tables.Item, _within(tables.Item, scope, person_id)),
        (tables.ItemCustody, _of_reached(tables.ItemCustody, scope, person_id)),
        *((table, _all_of(table, key, listed, by, items, person_id)) for table, key, listed, by in _LISTS),
        *((table, _about(table, scope, items)) for table in _about_items()),
        *((table, or_(table.subject != "item", table.subject_id.in_(items))) for table in _with_subject()),
        *((table, or_(table.alarm_id.is_(None), table.alarm_id.in_(alarms))) for table in _about_alarms()),
    ]
    return tuple(with_loader_criteria(table, clause, include_aliases=True) for table, clause in found)


def _within(item: Any, scope: Scope, person_id: int) -> ColumnElement[bool]:
    limits = [getattr(item, _COLUMNS[name]).in_(sorted(allowed)) for name, allowed in scope.limits]
    held = select(_custody.c.item_id).where(_custody.c.person_id == person_id)
    return or_(item.id.in_(held), and_(true(), *limits))


def _of_reached(custody: Any, scope: Scope, person_id: int) -> ColumnElement[bool]:
    """Narrow custody item by item: it is read with every item, so all that are reached are not looked up for it."""
    item = _item.alias("reached")
    its = and_(item.c.id == custody.item_id, _within(item.c, scope, person_id))
    return exists(select(item.c.id).where(its).correlate_except(item))


def _all_of(table: Any, key: str, listed: Any, by: str, items: Any, person_id: int) -> ColumnElement[bool]:
    rows = listed.__table__.c
    beyond = select(rows[by]).where(rows.item_id.not_in(items))
    asked = ("applicant_id", "filed_by_id", "by_id")
    own = [getattr(table, name) == person_id for name in asked if hasattr(table, name)]
    return or_(*own, getattr(table, key).not_in(beyond))


@cache
def _about_items() -> tuple[Any, ...]:
    """Give every table that speaks of an item, except custody, and those that say which items something is about."""
    others = {tables.ItemCustody, *(listed for _, _, listed, _ in _LISTS)}
    return tuple(one for one in _every() if hasattr(one, "item_id") and one not in others)


@cache
def _about_alarms() -> tuple[Any, ...]:
    """Give every table that speaks of an alarm."""
    return tuple(one for one in _every() if hasattr(one, "alarm_id"))


@cache
def _with_subject() -> tuple[Any, ...]:
    """Give every table about something that may be an item."""
    return tuple(one for one in _every() if hasattr(one, "subject_id"))


def _every() -> Iterable[Any]:
    return (mapper.class_ for mapper in SQLModel._sa_registry.mappers)


def _about(table: Any, scope: Scope, items: Any) -> ColumnElement[bool]:
    """Narrow what is about an item with the item; what is about none, by its cabinet or its person's department."""
    rest: list[ColumnElement[bool]] = []
    limits = dict(scope.limits)
    if "cabinet" in limits and hasattr(table, "station"):
        rest.append(or_(table.station == "", table.station.in_(sorted(limits["cabinet"]))))
    if "department" in limits and hasattr(table, "person_id"):
        staff = select(_person.c.id).where(_person.c.department.in_(sorted(limits["department"])))
        rest.append(or_(table.person_id.is_(None), table.person_id.in_(staff)))
    none = and_(table.item_id.is_(None), *rest) if _nullable(table) else false()
    return or_(table.item_id.in_(items), none)


def _nullable(table: Any) -> bool:
    columns = table.__table__.c if hasattr(table, "__table__") else table
    return bool(columns.item_id.nullable)
