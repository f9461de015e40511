"""What happened within a period, without reading what happened before and after it.

Rows are numbered as they are recorded, so their numbers and their moments rise together but for late news: a bisection
over the primary key finds where a period lies, with a month to spare on both sides, and the moment itself decides.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlmodel import Session, col, func, select

from server.store.tables import (
    Alarm,
    Breach,
    Decision,
    Feedback,
    Item,
    ItemCustody,
    Loan,
    Person,
    Request,
    Stocktake,
    StocktakeLine,
)

SLACK_US: Final = 31 * 86_400_000_000
"""How much later than it happened something may be recorded and still be found."""


def first_from(session: Session, number: Any, moment: Any, at_us: int) -> int:
    """Find the least number from which on moments are not before `at_us`; one beyond the greatest if there is none."""
    low, high = 1, (session.exec(select(func.max(number))).one() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = session.exec(select(number, moment).where(number >= middle).order_by(number).limit(1)).first()
        if row is None or row[1] >= at_us:
            high = middle
        else:
            low = row[0] + 1
    return low


def within(session: Session, number: Any, moment: Any, from_us: int, until_us: int) -> tuple[Any, ...]:
    """Give the conditions for rows of a period: by number, and by moment."""
    low = first_from(session, number, moment, from_us - SLACK_US)
    high = first_from(session, number, moment, until_us + SLACK_US)
    return number >= low, number < high, moment >= from_us, moment < until_us


def loans_taken(session: Session, from_us: int, until_us: int) -> Sequence[Any]:
    """Give (department, mode, taken, due, returned) of what was taken in a period."""
    inside = within(session, col(Loan.id), col(Loan.taken_us), from_us, until_us)
    columns: Any = (Person.department, Loan.mode, Loan.taken_us, Loan.due_us, Loan.returned_us)
    query = select(*columns).select_from(Loan).join(Person, col(Person.id) == Loan.person_id)
    rows: Sequence[Any] = session.exec(query.where(*inside)).all()
    return rows


def approvals_given(session: Session, from_us: int, until_us: int) -> Sequence[Any]:
    """Give (request, filed, approved) of every approval of a period."""
    inside = within(session, col(Decision.id), col(Decision.at_us), from_us, until_us)
    query = select(Decision.request_id, Request.created_us, Decision.at_us)
    joined = query.join(Request, col(Request.id) == Decision.request_id)
    return session.exec(joined.where(*inside, col(Decision.said).in_(["approve", "approved"]))).all()


def alarms_set(session: Session, from_us: int, until_us: int) -> Sequence[Any]:
    """Give (kind, severity, set, closed) of the alarms of a period."""
    inside = within(session, col(Alarm.id), col(Alarm.set_us), from_us, until_us)
    return session.exec(select(Alarm.kind, Alarm.severity, Alarm.set_us, Alarm.closed_us).where(*inside)).all()


def counts_closed(session: Session, from_us: int, until_us: int) -> Sequence[Any]:
    """Give (stocktake, result, how many) of the stocktakes closed in a period."""
    number, closed = col(Stocktake.id), col(Stocktake.closed_us)
    ids = list(session.exec(select(number).where(closed >= from_us, closed < until_us)))
    query = select(StocktakeLine.stocktake_id, StocktakeLine.result, func.count()).where(
        col(StocktakeLine.stocktake_id).in_(ids)
    )
    return session.exec(query.group_by(col(StocktakeLine.stocktake_id), col(StocktakeLine.result))).all()


def breaches_recorded(session: Session, from_us: int, until_us: int) -> Sequence[Any]:
    """Give (department, rule, recorded) of the breaches of a period."""
    inside = within(session, col(Breach.id), col(Breach.recorded_us), from_us, until_us)
    query = select(Person.department, Breach.rule, Breach.recorded_us).select_from(Breach)
    return session.exec(query.join(Person, col(Person.id) == Breach.person_id).where(*inside)).all()


def feedback_given(session: Session, from_us: int, until_us: int) -> Sequence[Any]:
    """Give (due, closed) of the feedback of a period."""
    inside = within(session, col(Feedback.id), col(Feedback.given_us), from_us, until_us)
    return session.exec(select(Feedback.due_us, Feedback.closed_us).where(*inside)).all()


def holdings(session: Session, by: Any) -> dict[str, int]:
    """Count what is kept now by one of its columns."""
    query = select(by, func.count()).select_from(Item).where(Item.active).group_by(by)
    return dict(session.exec(query).all())


def items_out(session: Session) -> Sequence[tuple[Item, Person | None, Loan | None]]:
    """Give everything that is not in its place, with its holder and open loan; by the indexes of what is out."""
    open_loan = (col(Loan.item_id) == Item.id) & col(Loan.closed_us).is_(None) & col(Loan.returned_us).is_(None)
    out = col(ItemCustody.person_id).is_not(None) | col(ItemCustody.incident_id).is_not(None)
    query = (
        select(Item, Person, Loan)
        .join(ItemCustody)
        .outerjoin(Person, col(Person.id) == ItemCustody.person_id)
        .outerjoin(Loan, open_loan)
        .where(Item.active, out)
        .order_by(col(ItemCustody.since_us), col(Item.id))
    )
    found: dict[int, tuple[Item, Person | None, Loan | None]] = {}
    for item, person, loan in session.exec(query).all():
        found.setdefault(item.id or 0, (item, person, loan))
    return list(found.values())
