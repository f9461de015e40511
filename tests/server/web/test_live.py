"""Changes reach an open stream at once, from this process and from others."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request

from server.service.changes import topics_of
from server.service.lookups import known
from server.store.tables import Notice, Person, Quarantine
from server.store.unit_of_work import Database
from server.web import auth
from server.web import live as module
from server.web.live import Change, Live
from tests.server.web.house import House


async def following(live: Live, act: object, count: int = 1) -> list[tuple[Change, float]]:
    """Watch, do something in a thread, and give the changes with how long after its commit each came."""
    await live.start()
    while live.seen is None:
        await asyncio.sleep(0.01)
    found = []
    changes = live.changes(heartbeat=30)
    waiting = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    await asyncio.to_thread(act)  # type: ignore[arg-type]
    committed = time.monotonic()
    for _ in range(count):
        change = await waiting
        assert change is not None
        found.append((change, time.monotonic() - committed))
        waiting = asyncio.ensure_future(anext(changes))
    waiting.cancel()
    await live.stop()
    return found


def write(database: Database, *kinds: str) -> None:
    with database.begin() as uow:
        for kind in kinds:
            uow.ledger(kind, 1, {})


def test_a_commit_of_this_process_is_told_at_once(database: Database) -> None:
    live = Live(database, poll_seconds=30)
    database.on_commit(live.poke)
    ((change, seconds),) = asyncio.run(following(live, lambda: write(database, "stocktake_opened", "code_scanned")))
    assert (change.topics, change.cursor) == (("ledger", "stocktakes"), 2)
    assert seconds < 10  # the next look but for the poke: 30 s


def test_a_commit_of_another_process_is_found(database: Database, database_url: str) -> None:
    other = Database(database_url)
    ((change, seconds),) = asyncio.run(following(Live(database), lambda: write(other, "alarm_set")))
    other.close()
    assert change.topics == ("alarms", "ledger", "overview")
    assert seconds < 10


def test_what_has_no_entry_in_the_ledger_is_told_too(database: Database) -> None:
    def notice_and_refuse() -> None:
        with database.begin() as uow:
            uow.session.add(chen := Person(username="chen", name="陈刚", role="archivist", pseudonym="p", created_us=1))
            uow.session.flush()
            uow.session.add(Notice(person_id=known(chen.id), kind="taken_extra", text="", created_us=1))
            uow.session.add(Quarantine(station="a", digest="d", reason="r", detail="", received_us=1, payload=b""))

    ((change, seconds),) = asyncio.run(following(Live(database), notice_and_refuse))
    assert change.topics == ("notices", "quarantine")
    assert seconds < 10


@pytest.mark.parametrize(
    ("kinds", "topics"),
    [
        (["signed_in", "record_looked", "attachment_read"], {"ledger"}),
        (["import_rows"], {"ledger", "imports", "items", "people", "customers"}),
        (["backup_taken"], {"ledger", "backups"}),
        (["nobody_thought_of_this"], {"ledger", "others"}),
        ([], set()),
    ],
)
def test_only_what_no_page_shows_is_left_untold(kinds: list[str], topics: set[str]) -> None:
    assert topics_of(kinds) == topics


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_slow_reader_is_told_to_look_at_everything(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKLOG", 3)

    async def slowly() -> Change | None:
        live = Live(database)
        changes = live.changes(heartbeat=0.01)
        assert await anext(changes) is None
        for cursor in range(5):
            live.tell(Change(("items",), cursor))
        return await anext(changes)

    told = asyncio.run(slowly())
    assert told is not None
    assert (told.topics, told.cursor) == (("all",), 3)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_closing_ends_every_stream(database: Database) -> None:
    async def closing() -> list[Change | None]:
        live = Live(database)
        asyncio.get_running_loop().call_later(0.05, live.close)
        return [change async for change in live.changes(heartbeat=10)]

    assert asyncio.run(asyncio.wait_for(closing(), 5)) == []


def test_a_stream_ends_with_the_sign_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "LOOK_SECONDS", 0.0)
    headers = [(b"cookie", f"{auth.COOKIE}={house.wang.token}".encode())]
    scope = {"type": "http", "method": "GET", "path": "/live", "headers": headers, "app": house.app}

    async def told(changes: int) -> int:
        async def happening() -> AsyncIterator[Change]:
            for cursor in range(changes):
                yield Change(("items",), cursor)

        return len([change async for change in auth.while_signed_in(Request(scope), happening())])

    assert asyncio.run(told(3)) == 3
    house.wang.post("/sign-out")
    assert asyncio.run(told(3)) == 0
