"""The ledger is checked again and again while the server runs; what does not hold is alarmed, and once (R60)."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from server.store.tables import Alarm, LedgerEntry
from server.store.unit_of_work import Database
from server.sweep.checking import Checking
from tests.server.web.house import House

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what is checked is read alike
DAY = 86_400


def looked(house: House, job: Checking, *days: float) -> list[tuple[str, str, int]]:
    """Let time pass and the job look; gives (kind, evidence, repeated) of every alarm."""
    for one in days:
        house.shift(one * DAY)
        job.turn(house.clock.wall_us())
    with house.database.read() as session:
        return [(row.kind, row.evidence, row.repeated) for row in session.exec(select(Alarm))]


def altered(house: House, statement: str) -> int:
    """Change the ledger as who has the database itself could; gives the number of the entry."""
    with house.database.engine.begin() as connection:
        number = int(connection.execute(text("SELECT id FROM ledger WHERE kind = 'request_filed'")).scalar_one())
        connection.execute(text("DROP TRIGGER ledger_no_update"))
        connection.execute(text("DROP TRIGGER ledger_no_delete"))
        connection.execute(text(statement), {"n": number})
    return number


@pytest.mark.parametrize(
    ("statement", "after"),
    [
        ("UPDATE ledger SET body = replace(body, '客户复核', '别的事由') WHERE id = :n", 0),
        ("UPDATE ledger SET previous = hash WHERE id = :n", 0),
        ("DELETE FROM ledger WHERE id = :n", 1),
    ],
)
def test_r60_an_entry_altered_in_the_database_is_alarmed(
    database: Database, tmp_path: Path, statement: str, after: int
) -> None:
    house, job = House(database, tmp_path), Checking(database)
    house.approved("F1")
    assert looked(house, job, 0, 0.01) == []
    with database.read() as session:
        assert job.last == max(session.exec(select(LedgerEntry.id)))
    number = altered(house, statement)
    assert looked(house, job, 0.01) == []  # what was checked is looked at again the next day
    assert looked(house, job, 1) == [("ledger_check_failed", f"[{number + after}]", 0)]
    assert looked(house, job, 0.01, 0.01) == [("ledger_check_failed", f"[{number + after}]", 0)]
    assert looked(house, job, 1)[0][2] == 1
