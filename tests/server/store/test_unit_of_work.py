"""The unit of work: all or nothing, one writer at a time, listeners after the commit; and the migrations."""

import itertools
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import SQLModel, select

from server.domain.ledger import canonical
from server.store.ledger import _encoder
from server.store.sql import fetch, fetch_plain, run_many
from server.store.tables import LedgerEntry, Person
from server.store.unit_of_work import Database, NestedWorkError
from tests.conftest import postgres_copy

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def person(username: str) -> Person:
    return Person(username=username, name="王", role="requester", pseudonym=f"p-{username}", created_us=1)


def test_models_and_migrations_agree(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_failure_undoes_rows_and_ledger_and_calls_no_listener(database: Database) -> None:
    called: list[str] = []
    database.on_commit(lambda: called.append("listener"))

    def fail() -> None:
        with database.begin() as uow:
            uow.session.add(person("wang"))
            uow.ledger("noted", 1, {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as session:
        assert (session.exec(select(Person)).all(), session.exec(select(LedgerEntry)).all(), called) == ([], [], [])


def test_on_postgresql_each_statement_is_planned_for_its_values(postgres_url: str) -> None:
    database = Database(postgres_copy(postgres_url))
    with database.begin() as uow:
        for number in range(20):
            fetch_plain(uow.connection, "SELECT id FROM person WHERE id {ids}", ids=[number])
        assert fetch(uow.connection, "SELECT COUNT(*) AS n FROM pg_prepared_statements")[0].n == 0
    database.close()


def test_listeners_see_what_was_committed_and_undo_nothing(database: Database) -> None:
    seen: list[int] = []

    def look() -> None:
        with database.read() as session:
            seen.append(len(session.exec(select(Person)).all()))

    database.on_commit(lambda: 1 // 0)
    database.on_commit(look)
    with database.begin() as uow:
        uow.session.add(person("wang"))
    assert seen == [1]


def test_work_does_not_nest(database: Database) -> None:
    with database.begin(), pytest.raises(NestedWorkError), database.begin():
        pass


def test_eight_writers_keep_one_chain(database: Database) -> None:
    others = [Database(database.url) for _ in range(8)]

    def write(own: Database) -> None:
        for number in range(10):
            with own.begin() as uow:
                uow.ledger("noted", number, {"n": number})

    threads = [threading.Thread(target=write, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        entries = session.exec(select(LedgerEntry).order_by(LedgerEntry.__table__.c.id)).all()  # type: ignore[attr-defined]
    assert [entry.id for entry in entries] == list(range(1, 81))
    assert all(before.hash == after.previous for before, after in itertools.pairwise(entries))
    for other in others:
        other.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_the_log_holds_is_brought_into_the_file_in_a_quiet_moment(database: Database, tmp_path: Path) -> None:
    with database.begin() as uow:
        uow.session.add(person("wang"))
    alone = tmp_path / "without-its-log.sqlite"

    def people_in_the_file_alone() -> list[str]:
        alone.write_bytes(Path(str(database.engine.url.database)).read_bytes())
        with closing(sqlite3.connect(alone)) as connection:
            return [name for (name,) in connection.execute("SELECT username FROM person ORDER BY id")]

    database.tidy()
    before = people_in_the_file_alone()
    with database.begin() as uow:
        uow.session.add(person("li"))
    assert people_in_the_file_alone() == before == ["wang"]
    database.tidy()
    assert people_in_the_file_alone() == ["wang", "li"]


@pytest.mark.parametrize("times", [1, 8])
def test_many_rows_are_written_as_single_ones_are(database: Database, times: int) -> None:
    """Nine rows, and seventy-two: twice as many as SQLite is given at once, and some.

    What a COPY would take for its own signs (tabs, line ends, backslashes, \\N) is text like any other.
    """
    hostile = ["a\tb", "a\nb", "back\\slash", "\\N", "", "档案·一", "'quoted'", "{braces}", "%s :name"]
    insert = (
        "INSERT INTO incident (id, kind, station, epoch, opened_seq, door, occurred_us, note)"
        " VALUES (:id, :kind, :station, '', :opened_seq, :door, 7, 'as written')"
    )
    rows = [
        {"id": n, "kind": text, "station": text, "opened_seq": 2**53, "door": None if n % 2 else n}
        for n, text in enumerate(hostile * times, 1)
    ]
    with database.begin() as uow:
        assert run_many(uow.connection, insert, rows) == len(rows)
        assert run_many(uow.connection, insert, [{**rows[0], "id": 99}]) == 1
    with database.read() as db:
        ids = [row["id"] for row in rows]
        stored = fetch(db.connection(), "SELECT * FROM incident WHERE id {ids} ORDER BY id", ids=ids)
        assert [(row.kind, row.station, row.opened_seq, row.door) for row in stored] == [
            (row["kind"], row["station"], row["opened_seq"], row["door"]) for row in rows
        ]
        assert {(row.epoch, row.occurred_us, row.note) for row in stored} == {("", 7, "as written")}
    with pytest.raises(IntegrityError), database.begin() as uow:
        run_many(uow.connection, insert, [{**row, "id": 99} for row in rows[:2]])


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_connection_that_is_ended_is_the_databases_fault_and_another_is_made(database: Database, rows: int) -> None:
    """Lost while it reads (0 rows), writes one row, or sends many."""
    insert = (
        "INSERT INTO incident (id, kind, station, epoch, opened_seq, door, occurred_us, note)"
        " VALUES (:id, 'a', 'a', '', 0, NULL, 7, '')"
    )
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid = :pid"

    def work_on() -> None:
        with database.begin() as uow:
            ((own,),) = fetch_plain(uow.connection, "SELECT pg_backend_pid()")
            with database.engine.connect() as other:
                fetch_plain(other, end, pid=own)
            run_many(uow.connection, insert, [{"id": n} for n in range(rows)])
            fetch_plain(uow.connection, "SELECT id FROM incident WHERE id {ids}", ids=[1])

    with pytest.raises(OperationalError):
        work_on()
    with database.begin() as uow:
        assert fetch_plain(uow.connection, "SELECT COUNT(*) FROM incident") == [(0,)]


def test_lists_are_one_parameter(database: Database) -> None:
    with database.begin() as uow:
        rows = [{"username": f"u{n}", "pseudonym": f"p{n}"} for n in range(5)]
        insert = (
            "INSERT INTO person (username, name, department, role, active, locale, pseudonym, created_us)"
            " VALUES (:username, '', '', 'requester', TRUE, 'zh', :pseudonym, 0)"
        )
        assert run_many(uow.connection, insert, rows) == 5
        found = fetch(uow.connection, "SELECT username FROM person WHERE username {names}", names=["u1", "u3", "x"])
        assert sorted(row.username for row in found) == ["u1", "u3"]
        assert fetch(uow.connection, "SELECT username FROM person WHERE username {names}", names=[]) == []


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_the_fast_text_is_the_canonical_text(body: dict[str, object]) -> None:
    assert _encoder.encode(body).decode() == canonical(body)
