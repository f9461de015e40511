"""Measure whether cost grows with history: the first page, an item's time line and the counts, by the page's own code.

One base of 1,000,000 items is filled inside the database; the questions are timed with 100,000 past events, then with
10,000,000. What is open now (10,000 loans, 200 alarms) and the items asked about (10 events each) stay the same.
"""

import contextlib
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

import server
from guiwei.bench.figures import Result, figure, say
from guiwei.drill.postgres import postgres_cluster
from server.domain.policy import load_policy
from server.domain.words import Role
from server.service import page_views
from server.service.cabinet import alarms
from server.service.context import Reading
from server.service.lending import loans
from server.service.oversight import overview
from server.service.people.rights import Viewer
from server.service.records import time_line
from server.store.migrate import migrate
from server.store.unit_of_work import Database

OUT: Final = 10_000
OPEN_ALARMS: Final = 200
PER_ITEM: Final = 10
ASKED: Final = 1_000
NOW_US: Final = 1_800_000_000_000_000
MAY_TAKE_MS: Final = 2.0
MAY_GROW: Final = 1.5
POLICY: Final = Path(server.__file__).parent / "policies" / "default.toml"
_CHUNK: Final = 1_000_000


def measure(items: int, few: int, many: int, asked: int, postgres: bool) -> Result:
    """Fill the base, ask, fill it up, ask again."""
    result = Result("queries", asked)
    with _database(postgres) as database:
        _found(database, items)
        times: list[dict[str, list[float]]] = []
        for done, events in ((0, few), (few, many)):
            started = time.monotonic()
            _past(database, done, events, items)
            say(f"{events} past events are there after {time.monotonic() - started:.0f} s; asking {asked} times")
            times.append(_ask(database, asked))
    for name, before in times[0].items():
        after = times[1][name]
        result.figures[f"{name}_with_{few}_events"] = figure(before, "ms")
        result.figures[f"{name}_with_{many}_events"] = figure(after, "ms")
        ratio = statistics.median(after) / statistics.median(before)
        result.ratios[name] = round(ratio, 3)
        if ratio > MAY_GROW and statistics.median(after) > MAY_TAKE_MS:
            result.misses.append(f"{name}: {ratio:.2f} times as long and {statistics.median(after):.2f} ms")
    return result


@contextlib.contextmanager
def _database(postgres: bool) -> Iterator[Database]:
    with contextlib.ExitStack() as stack:
        if postgres:
            url = stack.enter_context(postgres_cluster(durable=False))
        else:
            url = f"sqlite:///{stack.enter_context(tempfile.TemporaryDirectory(prefix='gwbench-'))}/base.sqlite"
        migrate(url)
        database = Database(url)
        stack.callback(database.close)
        yield database


def _found(database: Database, items: int) -> None:
    """Make people, stations, items and what is open now."""
    for first in range(1, items + 1, _CHUNK):
        _fill(
            database,
            "item (id, code, kind, title, category, secrecy, department, parts, pages, home_station, home_door,"
            " active)",
            "n, 'C' || n, 'file', 'file ' || n, 'k' || (n % 5), 'ordinary', '', 1, 0, 's' || (n % 20), 1 + n % 4, TRUE",
            first,
            min(first + _CHUNK - 1, items),
            before=_people if first == 1 else None,
        )
        _fill(
            database,
            "custody (item_id, state, station, door, person_id, since_us)",
            f"n, CASE WHEN n <= {OUT} THEN 'held' ELSE 'place' END,"
            f" CASE WHEN n <= {OUT} THEN NULL ELSE 's' || (n % 20) END,"
            f" CASE WHEN n <= {OUT} THEN NULL ELSE 1 + n % 4 END, CASE WHEN n <= {OUT} THEN 1 + n % 1000 END, 0",
            first,
            min(first + _CHUNK - 1, items),
        )
    _fill(
        database,
        "loan (item_id, person_id, mode, state, taken_us, due_us, due_rule)",
        f"n, 1 + n % 1000, 'loan', 'out', 0, {NOW_US} + (n - 300) * 1000000, 'R05'",
        1,
        OUT,
    )
    _fill(database, *_alarm("'set', NULL"), 1, OPEN_ALARMS)
    with database.begin() as uow:
        uow.connection.exec_driver_sql(
            "INSERT INTO tally (station, category, state, n)"
            " SELECT home_station, category, custody.state, COUNT(*) FROM item JOIN custody ON item_id = id"
            " GROUP BY home_station, category, custody.state"
        )


def _people(connection: Connection) -> None:
    _run(
        connection,
        "person (id, username, name, department, role, active, locale, pseudonym, created_us)",
        "n, 'u' || n, 'u' || n, '', 'requester', TRUE, 'zh', 'p' || n, 0",
        1,
        1000,
    )
    _run(
        connection,
        "station (name, title, doors, public_key, active, online, status_us, heard_us)",
        "'s' || (n - 1), '', 4, '', TRUE, n > 2, 0, 0",
        1,
        20,
    )


def _past(database: Database, done: int, events: int, items: int) -> None:
    """Add what happened: event n concerns an item that has PER_ITEM of them in the end."""
    for first in range(done + 1, events + 1, _CHUNK):
        last = min(first + _CHUNK - 1, events)
        say(f"events {first} to {last}")
        item = f"1 + ((n - 1) / {PER_ITEM}) % {items}"
        _fill(
            database,
            "movement (item_id, direction, person_id, station, epoch, seq, door, session, cause, occurred_us,"
            " received_us, late_us, verdict, lawful, reasons, ledger_id)",
            f"{item}, CASE WHEN n % 2 = 1 THEN 'out' ELSE 'in' END, 1 + n % 1000, 's' || (n % 20), 'e', n, 1 + n % 4,"
            " 'v' || n, 'session', n * 1000, n * 1000, 0, 'as_approved', 'yes', '[]', n",
            first,
            last,
        )
        _fill(
            database,
            "inbox (station, epoch, seq, hash, kind, occurred_us, received_us, late_us, body)",
            "'s', 'e', n, 'h' || n, 'door_closed', n * 1000, n * 1000, 0, CAST('event' AS " + _bytes(database) + ")",
            first,
            last,
        )
        _fill(
            database,
            "ledger (id, kind, at_us, body, previous, hash)",
            "n, 'door_closed', n * 1000, '{}', 'h' || (n - 1), 'h' || n",
            first,
            last,
        )
        _fill(
            database,
            "loan (item_id, person_id, mode, state, taken_us, due_us, due_rule, returned_us, closed_us)",
            f"1 + (n * 2 / {PER_ITEM}) % {items}, 1 + n % 1000, 'loan', 'closed', n, n, 'R05', n, n",
            first // 2 + 1,
            last // 2,
        )
        _fill(database, *_alarm("'closed', n"), first // 100 + 1, last // 100)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _alarm(end: str) -> tuple[str, str]:
    columns = (
        "alarm (kind, severity, cause, state, closed_us, person_id, item_id, station, occurred_us, set_us, late_us,"
        " repeated, evidence, conclusion)"
    )
    return columns, f"'taken_extra', 'serious', 'c' || n, {end}, 1 + n % 1000, 1 + n, 's1', n, n, 0, 0, '[]', ''"


def _fill(
    database: Database,
    into: str,
    values: str,
    first: int,
    last: int,
    before: Callable[[Connection], None] | None = None,
) -> None:
    with database.begin() as uow:
        if before is not None:
            before(uow.connection)
        _run(uow.connection, into, values, first, last)


def _run(connection: Connection, into: str, values: str, first: int, last: int) -> None:
    """Let the database make one row for each number n."""
    made = f"SELECT {values} FROM numbers WHERE n <= {last}"  # noqa: S608 -- all of it is written above
    if connection.dialect.name == "sqlite":
        numbers = f"SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}"  # noqa: S608
        connection.exec_driver_sql(f"INSERT INTO {into} WITH RECURSIVE numbers (n) AS ({numbers}) {made}")
    else:
        numbers = f"SELECT generate_series({first}::bigint, {last}::bigint)"
        connection.exec_driver_sql(f"INSERT INTO {into} WITH numbers (n) AS ({numbers}) {made}".replace("%", "%%"))


def _bytes(database: Database) -> str:
    return "BLOB" if database.is_sqlite else "BYTEA"


def _ask(database: Database, asked: int) -> dict[str, list[float]]:
    """Ask every question so many times, warm; milliseconds."""
    viewer = Viewer(1, "u1", "u1", Role.RECORDS_MANAGER, "", "p1")
    policy, codes = load_policy(POLICY.read_text(encoding="utf-8")), itertools.cycle(f"C{n}" for n in range(1, 1001))
    questions: dict[str, Callable[[Reading], object]] = {
        "four_numbers": overview.overview,
        "out_and_with_whom": lambda look: page_views.soonest_due(look, 20),
        "overdue": lambda look: loans.list_loans(look, None, True, None, 20),
        "open_alarms": lambda look: alarms.list_alarms(look, "open", None, 20),
        "item_history": lambda look: time_line.time_line(look, next(codes), None, 20),
        "counts_by_cabinet": overview.counts,
    }
    found: dict[str, list[float]] = {}
    for name, question in questions.items():
        found[name] = []
        for turn in range(asked + 20):
            with database.read() as session:
                look = Reading(session, NOW_US, policy, viewer, ZoneInfo("Asia/Shanghai"))
                start = time.perf_counter()
                question(look)
                if turn >= 20:
                    found[name].append((time.perf_counter() - start) * 1000)
        say(f"{name}: {statistics.median(found[name]):.2f} ms")
    return found
