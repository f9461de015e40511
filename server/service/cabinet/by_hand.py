"""What changes hands over the desk and through no door: custody, counts and movement follow in the same act."""

from server.domain.custody import Custody, in_place
from server.domain.loans import next_state
from server.domain.words import Direction, Legality, LoanState, Verdict
from server.service.context import Writing
from server.service.errors import ConflictError
from server.service.lookups import item_facts, put_custody
from server.store.effects import save_tallies, tally_key
from server.store.tables import Item, Loan, Movement


def recast(
    work: Writing,
    item: Item,
    custody: Custody,
    cause: str,
    verdict: Verdict,
    lawful: Legality,
    entry: int,
    by_id: int | None = None,
) -> None:
    """Bring an item to another custody, and leave what the fold of custody must know.

    `by_id` is who brought an item that comes back to a place; `entry` the ledger's entry about it.
    """
    facts = item_facts(item)
    before = tally_key(item.home_station, item.category, facts.custody, facts.home)
    after = tally_key(item.home_station, item.category, custody, facts.home)
    if before != after:
        save_tallies(work.uow.connection, {before: -1, after: 1})
    put_custody(item, custody)
    work.session.add(item)
    back = custody.place is not None
    work.session.add(
        Movement(
            item_id=item.id,
            direction=Direction.IN if back else Direction.NONE,
            person_id=by_id if back else custody.person_id,
            incident_id=custody.incident_id,
            station=custody.station or "",
            door=custody.door or 0,
            cause=cause,
            occurred_us=work.now_us,
            received_us=work.now_us,
            verdict=verdict,
            lawful=lawful,
            ledger_id=entry,
        )
    )
    work.session.flush()


def bring_back(work: Writing, loan: Loan, item: Item, cause: str, entry: int) -> None:
    """Take an item back over the desk: it is in its place again, and its loan returned."""
    if item.home_station is None or item.home_door is None:
        raise ConflictError("no_home", f"{item.code} belongs nowhere; give it a place first")
    custody = in_place(item.home_station, item.home_door, work.now_us)
    by_borrower = item.custody.person_id == loan.person_id
    verdict = Verdict.RETURNED if by_borrower else Verdict.RETURNED_UNNAMED
    lawful = Legality.YES if by_borrower else Legality.ACCEPTED
    recast(work, item, custody, cause, verdict, lawful, entry, loan.person_id if by_borrower else None)
    come_back(work, loan, loan.person_id if by_borrower else None, work.now_us)


def come_back(work: Writing, loan: Loan, by_id: int | None, at_us: int) -> None:
    """Note that a loan's item is back."""
    loan.state = next_state(LoanState(loan.state), "return")
    loan.returned_us, loan.returned_by_id = at_us, by_id
    work.session.add(loan)
    work.session.flush()
