"""Races for one approval: two at once try to use, to give or to withdraw it, each with a database of their own.

The suite runs a small seeded dose (`test_races.py`). The full number, on both databases:
`.venv/bin/python -m tests.server.races --races 10000`
"""

import argparse
import contextlib
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlmodel import select

from guiwei.drill.postgres import postgres_cluster
from server.domain.words import Mode
from server.service.context import Writing
from server.service.errors import ServiceError
from server.service.inputs import NewDecision, NewHandover, NewRequest
from server.service.people.sign_in import viewer_of
from server.service.requests import handovers, requests
from server.service.requests.authority import give
from server.store.migrate import migrate
from server.store.tables import Authority, Person
from server.store.unit_of_work import Database
from tests.server.web.house import NUMBER, House

Act = Callable[[Writing], object]
TWICE = {
    "a line used twice": "SELECT line_id FROM movement WHERE verdict = 'as_approved' AND direction <> 'in'"
    " AND line_id IS NOT NULL GROUP BY line_id HAVING COUNT(*) > 1",
    "a line with two loans": "SELECT line_id FROM loan WHERE line_id IS NOT NULL GROUP BY line_id HAVING COUNT(*) > 1",
    "a request with two authorities": "SELECT request_id FROM authority WHERE request_id IS NOT NULL"
    " GROUP BY request_id HAVING COUNT(*) > 1",
    "a lawful taking without a line": "SELECT id FROM movement WHERE verdict = 'as_approved' AND line_id IS NULL",
    "a loan on a line not consumed": "SELECT loan.id FROM loan JOIN line ON line.id = loan.line_id"
    " WHERE line.state <> 'consumed'",
}
"""What must never be found afterwards."""
KINDS = ("sqlite", "postgres")


class Course:
    """A company on one database, and two contenders who share nothing but the database's address."""

    def __init__(self, url: str, folder: Path) -> None:
        self.house = House(Database(url), folder)
        self.contenders = (Database(url), Database(url))
        self._starting = threading.Barrier(2)
        self._threads = ThreadPoolExecutor(2)
        self.holder, self.waiting = "dong", "sun"
        self.outcomes: Counter[str] = Counter()
        self.register(self.holder, 1)
        self.house.visit(self.holder, taken=[1])

    def close(self) -> None:
        """Let the contenders go."""
        self._threads.shutdown()
        for database in (self.house.database, *self.contenders):
            database.close()

    def do(self, database: Database, who: str, act: Act) -> object:
        """Carry out one use case as somebody, in a unit of work of this database."""
        house = self.house
        with database.begin() as uow:
            person = uow.session.exec(select(Person).where(Person.username == who)).one()
            return act(Writing(uow.session, house.clock.wall_us(), house.policy, viewer_of(person), house.zone, uow))

    def both(self, *acts: Callable[[Database], object]) -> list[str]:
        """Do both at once; says of each `done`, or what kept it from being done."""

        def run(number: int) -> str:
            self._starting.wait(30)
            try:
                acts[number](self.contenders[number])
            except ServiceError as error:
                return error.code
            return "done"

        return list(self._threads.map(run, range(2)))

    def register(self, who: str, item: int, request: int | None = None) -> None:
        """Give somebody one line for an item."""
        authority = Authority(
            kind="approval" if request else "standing",
            person_id=NUMBER[who],
            mode=Mode.LOAN,
            given_by_id=NUMBER["chen"],
            request_id=request,
            from_us=0,
            until_us=self.house.clock.wall_us() + 60_000_000,
        )
        self.do(self.house.database, "chen", lambda work: give(work.session, authority, [item]))

    def ask(self, item: str) -> int:
        """File a request for an item."""
        asked = NewRequest.model_validate({"items": [item], "mode": "loan", "purpose": "核对", "for": "wang"})
        filed: Any = self.do(self.house.database, "li", lambda work: requests.file_request(work, asked))
        return int(filed.id)

    # ------------------------------------------------------------ the races

    def hand_over_twice(self) -> None:
        """The holder hands the item on twice at once: the receiver's one line lets it pass once."""
        self.register(self.waiting, 1)
        asked = NewHandover(items=["F1"], to=self.waiting)
        once = partial(self.do, who="chen", act=lambda work: handovers.hand_over(work, asked))
        outcome = sorted(self.both(once, once))
        assert outcome == ["done", "refused_by_rule"], outcome
        self.holder, self.waiting = self.waiting, self.holder

    def approve_twice(self) -> None:
        """Two who both may approve do so at once: one authority comes of it."""
        number = self.ask("F3")
        yes = partial(self.do, act=lambda work: requests.decide(work, number, "approve", NewDecision()))
        outcome = sorted(self.both(partial(yes, who="gao"), partial(yes, who="sun")))
        assert outcome == ["done", "refused_by_rule"], outcome

    def open_and_withdraw(self) -> None:
        """Somebody shows their badge while the request is withdrawn: either the door opens for it or it is void."""
        house = self.house
        number = self.ask("F2")
        self.do(house.database, "zhao", lambda work: requests.decide(work, number, "approve", NewDecision()))
        now = house.clock.wall_us()
        session, asks = house.station.asks(NUMBER["wang"], at_us=now)
        outcome = self.both(
            lambda _: house.intake.take(asks),
            lambda database: self.do(database, "wang", lambda work: requests.withdraw(work, number)),
        )
        assert outcome[0] == "done", outcome
        assert outcome[1] in ("done", "request_in_use"), outcome
        house.intake.take(house.station.closes(session, at_us=now, taken=[2]))
        house.intake.take(house.station.closes(session, at_us=now + 1, put=[2]))
        self.outcomes[f"withdrawal {outcome[1]}"] += 1

    def run(self, count: int, seed: int) -> None:
        """Run so many races, mostly for one line."""
        kinds = (self.hand_over_twice, self.approve_twice, self.open_and_withdraw)
        for kind in random.Random(seed).choices(kinds, (8, 1, 1), k=count):
            kind()
            self.outcomes[kind.__name__] += 1

    def faults(self) -> list[str]:
        """Say what was found that must never be."""
        with self.house.database.engine.connect() as connection:
            return [name for name, query in TWICE.items() if connection.exec_driver_sql(query).first() is not None]


@contextlib.contextmanager
def _urls(folder: Path) -> Iterator[dict[str, str]]:
    with postgres_cluster(durable=True) as postgres:
        with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CREATE DATABASE races")
        yield {"sqlite": f"sqlite:///{folder / 'races.sqlite'}", "postgres": postgres.replace("/postgres?", "/races?")}


def main() -> None:
    """Run the full number on both databases and say what came of it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--races", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--on", choices=KINDS, nargs="*", default=KINDS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _urls(Path(folder)) as urls:
        for name in asked.on:
            url = urls[name]
            migrate(url)
            course = Course(url, Path(folder))
            started = time.monotonic()
            course.run(asked.races, asked.seed)
            found = course.faults()
            print(
                f"{name}: {asked.races} races in {time.monotonic() - started:.0f} s, {dict(course.outcomes)}, {found}"
            )
            course.close()
            if found:
                raise SystemExit(1)


if __name__ == "__main__":
    main()
