"""The sample company: small here, the same for the same seed, and its ledger verifies."""

import random
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import col, select
from typer.testing import CliRunner

from guiwei.sample.company import CABINETS, SEALS, customers, items, people
from guiwei.sample.filling import fill
from server.config import load_settings
from server.domain.words import Role
from server.store.tables import Item, Loan, Movement, Person
from server.store.unit_of_work import Database
from server.verify import app as verify

LAST = date(2026, 11, 20)


def filled(folder: Path, seed: int, password: str = "a sample password") -> str:
    """Fill a small company for a week; gives its database."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'sample.sqlite'}"
    settings = load_settings(database_url=url, data=folder / "data", site="示范公司")
    days: list[date] = []
    said = fill(settings, random.Random(seed), 60, LAST, 7, password, days.append)
    assert len(days) == 7
    assert "40 person" in said[0]
    return url


def history(url: str) -> list[tuple[object, ...]]:
    """Give what happened: which item, who, when, and how it was judged."""
    opened = Database(url)
    try:
        with opened.read() as session:
            query = (
                select(Item.code, Person.username, Movement.occurred_us, Movement.verdict)
                .select_from(Movement)
                .join(Item, col(Item.id) == col(Movement.item_id))
                .join(Person, col(Person.id) == col(Movement.person_id))
                .order_by(col(Movement.id))
            )
            moved = [tuple(row) for row in session.exec(query)]
            lent = session.exec(select(Loan.due_us, Loan.state).order_by(col(Loan.id)))
            return [*moved, *(tuple(row) for row in lent)]
    finally:
        opened.close()


@pytest.mark.slow
def test_the_same_seed_lives_the_same_days_and_the_ledger_verifies(tmp_path: Path) -> None:
    first, again = filled(tmp_path / "1", 7), filled(tmp_path / "2", 7)
    assert len(history(first)) > 10
    assert history(first) == history(again)
    said = CliRunner().invoke(verify, ["verify", first.removeprefix("sqlite:///")])
    assert said.exit_code == 0, said.output


def test_the_company_is_forty_people_eight_cabinets_and_six_seals() -> None:
    rng = random.Random(3)
    staff, known = people(rng, ""), customers(rng)
    things = items(rng, 2000, known)
    assert len(staff) == len({one["username"] for one in staff}) == len({one["name"] for one in staff}) == 40
    assert {one["role"] for one in staff} >= {role for role in Role if role != Role.GUEST_AUDITOR}
    assert len(CABINETS) == 8
    assert [one["kind"] for one in things].count("seal") == len(SEALS) == 6
    assert len(things) == len({one["code"] for one in things}) == len({one["epc"] for one in things}) == 2006
    assert len({one["record_number"] for one in things if "record_number" in one}) == 2000
    assert len({one.name for one in known}) == len(known)
