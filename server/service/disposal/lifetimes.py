"""Where an item's life with us begins and ends: its retention term, and how it leaves for good.

The only place that makes an item inactive; without the departure written here the database refuses it (R54).
"""

import json

from sqlmodel import col, select, update

from server.domain.custody import GONE, gone
from server.domain.retention import end_of
from server.domain.words import Departure, Direction, Legality, LineState, LoanState, Verdict
from server.service.context import Writing
from server.service.lending.settling import settle_numbered
from server.service.lookups import item_facts, known, put_custody
from server.store.effects import save_tallies, tally_key
from server.store.tables import CopyMade, Departed, Item, Line, Loan, Movement, RetentionTerm, Tag


def begin(work: Writing, item: Item, term: str = "") -> None:
    """Let an item's retention begin as it is taken in (R51): by its own term if the sheet has it, or its category's."""
    rules = work.policy.retention
    period = term if term in rules.periods else rules.period_of(item.category)
    end_us = end_of(work.policy, period, work.now_us, work.zone)
    work.session.add(RetentionTerm(item_id=known(item.id), period=period, begun_us=work.now_us, end_us=end_us))


_RUNNING = (col(CopyMade.ended_us).is_(None),)
"""A registered copy whose record is still open: its destruction closes it, and lets its original's loan end (R12)."""


def leave(work: Writing, item: Item, how: Departure, entry: int) -> list[str]:
    """Let an item go for good: its tags die, its lines are void, its loans end, the counts stay right.

    `entry` is the ledger entry that says why. Gives the tags that died with it.
    """
    session, number, facts = work.session, known(item.id), item_facts(item)
    session.add(Departed(item_id=number, how=how, at_us=work.now_us, ledger_id=entry))
    session.flush()
    save_tallies(work.uow.connection, {tally_key(item.home_station, item.category, facts.custody, facts.home): -1})
    item.active = False
    put_custody(item, gone(work.now_us))
    open_lines = (col(Line.item_id) == number, col(Line.state) == LineState.OPEN)
    session.exec(update(Line).where(*open_lines).values(state=LineState.VOID))
    session.exec(update(CopyMade).where(col(CopyMade.item_id) == number, *_RUNNING).values(ended_us=work.now_us))
    for loan in session.exec(select(Loan).where(Loan.item_id == number, col(Loan.closed_us).is_(None))):
        loan.state, loan.closed_us = LoanState.CLOSED, work.now_us
        session.add(loan)
    session.flush()
    if (made := session.get(CopyMade, number)) is not None:
        settle_numbered(work, made.loan_id)
    tags = list(session.exec(select(Tag).where(Tag.item_id == number, col(Tag.dead_us).is_(None)).order_by(Tag.epc)))
    for tag in tags:
        tag.dead_us = work.now_us
        session.add(tag)
    session.add_all([item, _happening(work, number, how, entry)])
    session.flush()
    return [tag.epc for tag in tags]


def _happening(work: Writing, number: int, how: Departure, entry: int) -> Movement:
    """Give what the fold of custody must know: after this the item is nowhere."""
    return Movement(
        item_id=number,
        direction=Direction.NONE,
        station="",
        epoch=GONE,
        door=0,
        cause=how,
        occurred_us=work.now_us,
        received_us=work.now_us,
        verdict=Verdict.AS_APPROVED,
        lawful=Legality.YES,
        reasons=json.dumps([]),
        ledger_id=entry,
    )
