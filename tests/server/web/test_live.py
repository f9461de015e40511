"""Changes reach an open stream at once, from this process and from others."""

import asyncio
import time

import pytest

from server.store.unit_of_work import Database
from server.web import live as module
from server.web.live import Change, Live


async def following(live: Live, act: object, count: int = 1) -> list[tuple[Change, float]]:
    """Watch, do something in a thread, and give the changes with how long after its commit each came."""
    await live.start()
    await asyncio.sleep(0.3)
    found = []
    changes = live.changes(heartbeat=5)
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
    assert seconds < 1


def test_a_commit_of_another_process_is_found(database: Database, database_url: str) -> None:
    other = Database(database_url)
    ((change, seconds),) = asyncio.run(following(Live(database), lambda: write(other, "alarm_set")))
    other.close()
    assert change.topics == ("alarms", "ledger", "overview")
    assert seconds < 1


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
