"""Late news, over any history that could happen: in the end the record says what was so, and never rewrites itself."""

import itertools
import json
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from server.intake.batch import Incoming
from server.intake.service import IntakeService
from server.store.tables import Case, Incident, Item, LedgerEntry, Line, Loan, Movement, Tally
from server.store.unit_of_work import Database
from server.verify import check, read_url
from tests.server.company import LI, WANG
from tests.server.service.histories import ITEMS, NOBODY, PLACES, History, Step, found, in_time, late, live

items = st.frozensets(st.sampled_from(ITEMS), max_size=3)
places = st.none() | st.sampled_from(PLACES)
people = st.sampled_from([WANG, LI])
steps = st.builds(Step, places, people | people | st.sampled_from(NOBODY), items, items)
allowances = st.lists(st.tuples(people, st.sampled_from(ITEMS)), max_size=4)


@contextmanager
def empty_copy(template: Path) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "guiwei.sqlite"
        shutil.copy(template, path)
        database = Database(f"sqlite:///{path}")
        try:
            yield database
        finally:
            database.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=2, max_size=14), allowances, st.integers(0, 2**32))
def test_however_late_it_is_told_the_record_ends_where_the_items_are(
    sqlite_template: Path, steps: list[Step], allowed: list[tuple[int, int]], seed: int
) -> None:
    history, chance = live(steps), random.Random(seed)
    with empty_copy(sqlite_template) as one, empty_copy(sqlite_template) as other:
        at_once = tell(one, allowed, history, in_time(history))
        check_record(one, history)
        assert "late_change" not in at_once["cases"]
        afterwards = tell(other, allowed, history, late(history, chance))
        check_record(other, history)
    assert {**afterwards, "cases": at_once["cases"]} == at_once


@pytest.mark.parametrize("seed", [1, 2])
def test_either_database_tells_it_so(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    whos: list[int | str] = [WANG, LI, *NOBODY]

    def some() -> frozenset[int]:
        return frozenset(chance.sample(ITEMS, chance.randrange(1, 3)))

    history = live([Step(chance.choice([None, *PLACES[:3]]), chance.choice(whos), some(), some()) for _ in range(25)])
    tell(database, [(WANG, 1), (LI, 1), (LI, 2)], history, late(history, chance))
    check_record(database, history)


def tell(
    database: Database, allowed: list[tuple[int, int]], history: History, batches: list[list[Incoming]]
) -> dict[str, Any]:
    """Tell a history to a new company, watching that nothing said is ever rewritten; returns what is said at last."""
    service: IntakeService = found(database, allowed)
    said: list[dict[str, Any]] = []
    for batch in batches:
        assert not service.take_many(batch).refused
        now = movements(database)
        assert now[: len(said)] == said, "a movement was rewritten"
        said = now
    with database.read() as db:
        cases = Counter(case.kind for case in db.exec(select(Case)))
        loans = sorted((loan.item_id, loan.person_id, loan.taken_us, loan.state) for loan in db.exec(select(Loan)))
    superseded = {row["supersedes_id"] for row in said}
    stand = (row for row in said if row["id"] not in superseded and row["direction"] == "in")
    verdicts = {(row["station"], row["seq"], row["item_id"]): row["verdict"] for row in stand}
    return {"cases": cases, "loans": loans, "verdicts": verdicts, "custody": custody(database)}


def movements(database: Database) -> list[dict[str, Any]]:
    with database.read() as db:
        return [row.model_dump() for row in db.exec(select(Movement).order_by(col(Movement.id)))]


def custody(database: Database) -> dict[int, tuple[str, object, int]]:
    """Give the custody of every item as the truth puts it."""
    told: dict[int, tuple[str, object, int]] = {}
    with database.read() as db:
        incidents = {one.id: (one.station, one.opened_seq) for one in db.exec(select(Incident))}
        for item in db.exec(select(Item).where(col(Item.id).in_(ITEMS))):
            now = item.custody
            place = None if now.station is None else (now.station, now.door)
            ways = {"place": place, "held": now.person_id, "incident": incidents.get(now.incident_id)}
            (state,) = (state for state, at in ways.items() if at is not None)
            assert state == now.state
            told[item.id or 0] = (state, ways[state], now.since_us)
    return told


def check_record(database: Database, history: History) -> None:
    """Check everything that must be so after everything was told."""
    assert custody(database) == history.truth()
    rows = movements(database)
    check_movements(rows, history)
    with database.read() as db:
        lines = {line.id: line.state for line in db.exec(select(Line))}
        cases = list(db.exec(select(Case).where(Case.kind == "late_change")))
        entries = [entry.kind for entry in db.exec(select(LedgerEntry))]
        loans = list(db.exec(select(Loan)))
        counted = Counter(_tally(item) for item in db.exec(select(Item).where(col(Item.id).in_(ITEMS))))
        tallies = {(one.station, one.state): one.n for one in db.exec(select(Tally)) if one.n}
    check_lines(rows, lines)
    check_loans(loans, history)
    assert tallies == counted
    superseding = [row["ledger_id"] for row in rows if row["supersedes_id"] is not None]
    assert entries.count("verdict_superseded") == len(superseding)
    assert sorted(json.loads(case.detail).get("entry", 0) for case in cases if case.detail != "{}") == superseding
    with read_url(str(database.engine.url.render_as_string(hide_password=False))) as (chain, anchors):
        report = check(chain, anchors)
    assert (report.wrong, report.judged) == ("", len(history.closings) + len(superseding))


def check_movements(rows: list[dict[str, Any]], history: History) -> None:
    """Every movement is told once, names who acted or nobody; what supersedes it differs from it in the verdict."""
    happened = {
        (one.place[0], one.seq, item): (one.who if isinstance(one.who, int) else None, way)
        for one in history.closings
        for way, gone in (("out", one.taken), ("in", one.put))
        for item in gone
    }
    moved = [row for row in rows if row["direction"] != "none"]
    told = [_key(row) for row in moved if row["supersedes_id"] is None]
    assert Counter(told) == Counter(happened.keys())
    by_id = {row["id"]: row for row in rows}
    old = [row["supersedes_id"] for row in rows if row["supersedes_id"] is not None]
    assert len(old) == len(set(old)), "one verdict superseded twice"
    for row in moved:
        assert (row["person_id"], row["direction"]) == happened[_key(row)]
        assert (row["person_id"] is None) == (row["incident_id"] is not None)
        if row["supersedes_id"] is not None:
            before = by_id[row["supersedes_id"]]
            assert _key(before) == _key(row)
            assert before["verdict"] != row["verdict"]


def check_lines(rows: list[dict[str, Any]], lines: dict[int | None, str]) -> None:
    """A line is consumed by one taking, or free."""
    used = [row["line_id"] for row in rows if row["verdict"] == "as_approved"]
    assert len(used) == len(set(used)), "a line was consumed twice"
    assert lines == {line: "consumed" if line in used else "open" for line in lines}


def check_loans(loans: list[Loan], history: History) -> None:
    """Every taking by a person is one loan, open as long as they are who holds the item since."""
    takings = [(item, one.who, one.at_us) for one in history.closings for item in one.taken if one.who not in NOBODY]
    assert sorted((loan.item_id, loan.person_id, loan.taken_us) for loan in loans) == sorted(takings)
    held = {(item, who, at) for item, (state, who, at) in history.truth().items() if state == "held"}
    assert {(one.item_id, one.person_id, one.taken_us) for one in loans if one.state == "out"} == held
    backs = {(item, one.at_us): one.who for one in history.closings for item in one.put}
    for one in itertools.filterfalse(lambda loan: loan.state == "out", loans):
        assert one.returned_us is not None
        assert one.returned_us > one.taken_us
        by = backs[(one.item_id, one.returned_us)]
        assert one.returned_by_id == (by if isinstance(by, int) else None)


def _key(row: dict[str, Any]) -> tuple[str, int, int]:
    return (row["station"], row["seq"], row["item_id"])


def _tally(item: Item) -> tuple[str, str]:
    now = item.custody
    astray = now.state == "place" and (now.station, now.door) != (item.home_station, item.home_door)
    return (item.home_station or "", "misplaced" if astray else now.state)
