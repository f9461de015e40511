"""Record numbers under concurrency (R30): eight writers, each with connections of its own, on both databases."""

import threading

from sqlmodel import select

from server.domain.policy import load_policy
from server.domain.words import Role
from server.service.context import Reading, Writing
from server.service.inputs import NewItem
from server.service.people.rights import Viewer
from server.service.records.items import add_item
from server.service.records.record_numbers import NewCancellation, cancel, list_series
from server.store.tables import RecordNumber
from server.store.unit_of_work import Database
from tests.server.company import CLOCK, POLICY, ZONE, settle_in

SHEET = load_policy(POLICY.read_text())
WRITERS, EACH = 8, 9
CLERK = Viewer(1, "wang", "wang", Role.ARCHIVIST, "", "p1")


class GaveUpError(Exception):
    """What a writer does now and then: it takes a number and undoes everything."""


def write(url: str, writer: int, faults: list[BaseException]) -> None:
    """Take nine items in, every third of them undone, every fourth number cancelled."""
    database = Database(url)
    try:
        for n in range(EACH):
            new = NewItem.model_validate(
                {"code": f"W{writer}-{n}", "kind": "file", "title": "卷", "secrecy": "ordinary", "place": "a/1",
                 "department": "销售部", "scheme": "contract"}
            )  # fmt: skip
            try:
                with database.begin() as uow:
                    work = Writing(uow.session, CLOCK.wall_us(), SHEET, CLERK, ZONE, uow)
                    number = add_item(work, new).record_number
                    if n % 4 == 1:
                        cancel(work, NewCancellation(number=str(number), reason="作废"))
                    if n % 3 == 2:
                        raise GaveUpError
            except GaveUpError:
                continue
    except BaseException as fault:
        faults.append(fault)
    finally:
        database.close()


def test_r30_eight_writers_leave_no_gap_and_give_no_number_twice(database: Database) -> None:
    settle_in(database, items=0)
    faults: list[BaseException] = []
    threads = [threading.Thread(target=write, args=(database.url, n, faults)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    kept = WRITERS * sum(n % 3 != 2 for n in range(EACH))
    with database.read() as session:
        rows = session.exec(select(RecordNumber).order_by(RecordNumber.number)).all()
        assert [row.sequence for row in rows] == list(range(1, kept + 1))
        assert len({row.item_id for row in rows}) == kept
        (series,) = list_series(Reading(session, CLOCK.wall_us(), SHEET, CLERK, ZONE)).rows
    assert (series.last, series.in_use + series.cancelled, series.silent_gaps) == (kept, kept, 0)
    assert series.cancelled == WRITERS * sum(n % 3 != 2 and n % 4 == 1 for n in range(EACH))
