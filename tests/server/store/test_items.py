"""Items and their custody: none without the other, and the database knows three states only."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from server.domain.scopes import Scope
from server.store.narrowing import narrow
from server.store.tables import Item, ItemCustody
from server.store.unit_of_work import Database
from tests.server.company import settle_in


def item(**more: Any) -> Item:
    return Item(code="F9", kind="file", title="", secrecy="ordinary", **more)


def test_no_item_is_taken_in_without_custody(database: Database) -> None:
    with pytest.raises(ValueError, match="F9 comes without its custody"), database.begin() as uow:
        uow.session.add(item())
    with database.read() as session:
        assert session.exec(select(Item.id)).all() == []


@pytest.mark.parametrize(
    "state",
    [
        {"state": "place"},
        {"state": "held"},
        {"state": "incident"},
        {"state": "place", "station": "a", "person_id": 1},
        {"state": "held", "person_id": 1, "incident_id": 1},
        {"state": "incident", "incident_id": 1, "station": "a"},
        {"state": "lost", "incident_id": 1},
    ],
    ids=str,
)
def test_custody_is_one_of_three_states(database: Database, state: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="one_custody_state"), database.begin() as uow:
        uow.session.add(item(custody=ItemCustody(**state)))


def test_custody_read_by_itself_is_narrowed_with_its_item(database: Database) -> None:
    settle_in(database, 3)
    with database.begin() as uow:
        uow.session.get_one(Item, 2).department = "sales"
        held = uow.session.get_one(Item, 3).custody
        held.state, held.person_id, held.station, held.door = "held", 1, None, None
    with database.read() as session:
        narrow(session, Scope(department=frozenset({"sales"})), 1)
        assert set(session.exec(select(ItemCustody.item_id))) == {2, 3}
        assert {one.id: one.custody.state for one in session.exec(select(Item))} == {2: "place", 3: "held"}
        both = select(Item.id, ItemCustody.state).join(ItemCustody)
        assert set(session.exec(both)) == {(2, "place"), (3, "held")}
