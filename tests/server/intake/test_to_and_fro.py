"""Items that leave and come back again and again within one transaction: each step follows from the one before."""

from collections import Counter

from sqlmodel import col, select

from server.intake.batch import Incoming
from server.store.tables import Item, Loan, Movement, Tally
from server.store.unit_of_work import Database
from tests.server.company import WANG, Writer, allow, intake, settle_in

VISITS = 12


def test_one_transaction_says_what_as_many_would_have_said(database: Database) -> None:
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
        said = db.exec(select(Movement).order_by(col(Movement.id))).all()
        loans = Counter((loan.item_id, loan.state) for loan in db.exec(select(Loan)))
        assert {item.custody.state for item in db.exec(select(Item))} == {"place"}
        assert {(tally.state, tally.n) for tally in db.exec(select(Tally)) if tally.n} == {("place", 4)}
    assert Counter((one.item_id, one.verdict) for one in said) == {
        (1, "as_approved"): 1,
        (1, "without_approval"): VISITS - 1,
        (1, "returned_unnamed"): VISITS,
        (2, "extra"): 1,
        (2, "without_approval"): VISITS - 1,
        (2, "returned"): VISITS,
        (3, "unattributed"): VISITS,
        (3, "returned_unnamed"): VISITS,
    }
    assert loans == {(1, "returned"): VISITS, (2, "returned"): VISITS}
    assert [one.seq for one in said] == sorted(one.seq for one in said)
