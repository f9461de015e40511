"""A transaction judged in parts says what it would have said in one: what follows from a part is written meanwhile."""

from collections import Counter

import pytest
from sqlmodel import col, func, select

from server.intake import service as intake_service
from server.intake.batch import Incoming
from server.store.effects import StaleFactsError
from server.store.tables import Inbox, Item, LedgerEntry, Loan, Movement, Tally
from server.store.unit_of_work import Database
from tests.server.company import WANG, Writer, allow, intake, settle_in

VISITS = 12


def to_and_fro(database: Database, part: int, monkeypatch: pytest.MonkeyPatch) -> list[Movement]:
    """Take and return three items again and again, with and without a name, all in one transaction."""
    monkeypatch.setattr(intake_service, "PART", part)
    settle_in(database)
    allow(database, WANG, 1)
    service, station = intake(database), Writer()
    session, asks = station.asks(WANG)
    service.take(asks)
    messages = []
    for _ in range(VISITS):
        messages += [
            station.closes(session, taken=[1, 2]),
            station.closes(None, cause="forced", taken=[3]),
            station.closes(session, put=[2]),
            station.closes(None, cause="forced", put=[1, 3]),
        ]
    service.take_many([Incoming(message, "a") for message in messages])
    with database.read() as db:
        moved = list(db.exec(select(Movement).order_by(col(Movement.id))))
        assert db.exec(select(func.count()).select_from(Inbox)).one() == 1 + len(messages)
        assert db.exec(select(func.max(LedgerEntry.id))).one() == len(db.exec(select(LedgerEntry)).all())
        assert {item.custody for item in db.exec(select(Item))} == {"place"}
        assert {(tally.state, tally.n) for tally in db.exec(select(Tally)) if tally.n} == {("place", 4)}
        loans = Counter((loan.item_id, loan.state) for loan in db.exec(select(Loan)))
        assert loans == {(1, "returned"): VISITS, (2, "returned"): VISITS}
        return moved


@pytest.mark.parametrize("part", [1, 7, 1000])
def test_parts_of_any_size_say_the_same(database: Database, part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    said = to_and_fro(database, part, monkeypatch)
    by_item = Counter((one.item_id, one.verdict) for one in said)
    assert by_item == {
        (1, "as_approved"): 1,
        (1, "without_approval"): VISITS - 1,
        (1, "returned_unnamed"): VISITS,
        (2, "extra"): 1,
        (2, "without_approval"): VISITS - 1,
        (2, "returned"): VISITS,
        (3, "unattributed"): VISITS,
        (3, "returned_unnamed"): VISITS,
    }
    seqs = [one.seq for one in said]
    assert seqs == sorted(seqs)


def test_what_fails_while_it_is_written_undoes_everything(database: Database) -> None:
    settle_in(database)

    def fail(_connection: object) -> None:
        raise StaleFactsError("a row was not as it had been judged")

    def work() -> None:
        with database.begin() as uow:
            uow.ledger("noted", 1, {})
            uow.write(lambda _: None)
            uow.write(fail)
            uow.ledger("noted", 2, {})

    with pytest.raises(StaleFactsError):
        work()
    with database.begin() as uow:  # and the next finds the place free
        assert uow.ledger("noted", 3, {}) == 1
