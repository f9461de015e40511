"""What the pages look up beside the read models: names for usernames, items behind a door, items by what is typed.

Every query walks an index and takes a page at a time; nothing here decides who may see it.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, or_, select

from server.store.tables import Authority, Item, Line, Loan, Person, Request, Stocktake, StocktakeLine

Span = tuple[int, int]
"""From the first moment up to, but not with, the second; µs UTC."""


def people_names(session: Session, usernames: Collection[str]) -> dict[str, str]:
    """Give the name of each person by username."""
    if not usernames:
        return {}
    return dict(session.exec(select(Person.username, Person.name).where(col(Person.username).in_(usernames))).all())


def items_by_code(session: Session, codes: Collection[str]) -> list[Item]:
    """Give the items of these codes; a code nobody knows is left out."""
    if not codes:
        return []
    return list(session.exec(select(Item).where(col(Item.code).in_(codes))))


def lent_to(session: Session, person_id: int, items: Collection[int]) -> set[int]:
    """Give which of these items are or were lent to a person."""
    if not items:
        return set()
    query = select(Loan.item_id).where(col(Loan.item_id).in_(items), Loan.person_id == person_id)
    return set(session.exec(query.distinct()))


def items_at_home(session: Session, station: str, door: int, after: int, limit: int) -> list[Item]:
    """Give the items that belong behind a door, in the order they were taken in."""
    query = select(Item).where(Item.home_station == station, Item.home_door == door, col(Item.id) > after, Item.active)
    return list(session.exec(query.order_by(col(Item.id)).limit(limit)))


def loans_soonest(session: Session, person_id: int | None, limit: int) -> list[tuple[Loan, Item]]:
    """Give what is out, soonest due first; of one person, or of everybody when None.

    Everybody's walk the index of open loans by due moment; one person's walk the person's own (`+ 0` keeps a database
    from walking everybody's to find them).
    """
    closed, due = col(Loan.closed_us), col(Loan.due_us)
    query = select(Loan, Item).join(Item, col(Item.id) == Loan.item_id).where(Loan.state == "out")
    if person_id is None:
        query = query.where(closed.is_(None)).order_by(due, col(Loan.id))
    else:
        query = query.where(Loan.person_id == person_id, (closed + 0).is_(None)).order_by(due + 0, col(Loan.id))
    return list(session.exec(query.limit(limit)))


def authorities_for(session: Session, item_id: int, span: Span, person_id: int | None, limit: int) -> list[Authority]:
    """Give what entitled people to an item, begun within a span of time, newest first."""
    lines = select(Line.authority_id).where(Line.item_id == item_id)
    query = select(Authority).where(col(Authority.id).in_(lines), _within(col(Authority.from_us), span))
    if person_id is not None:
        query = query.where(Authority.person_id == person_id)
    return list(session.exec(query.order_by(col(Authority.from_us).desc()).limit(limit)))


def loans_closed(session: Session, item_id: int, span: Span, person_id: int | None, limit: int) -> list[Loan]:
    """Give an item's loans whose return was checked within a span of time, newest first."""
    query = select(Loan).where(Loan.item_id == item_id, _within(col(Loan.closed_us), span))
    if person_id is not None:
        query = query.where(Loan.person_id == person_id)
    return list(session.exec(query.order_by(col(Loan.closed_us).desc()).limit(limit)))


def counts_of(session: Session, item_id: int, span: Span, limit: int) -> list[tuple[StocktakeLine, Stocktake]]:
    """Give what the newest closed stocktakes within a span of time found of an item."""
    closed = _within(col(Stocktake.closed_us), span)
    newest = list(session.exec(select(Stocktake).where(closed).order_by(col(Stocktake.id).desc()).limit(limit)))
    found = {
        line.stocktake_id: line
        for line in session.exec(
            select(StocktakeLine).where(
                col(StocktakeLine.stocktake_id).in_([count.id for count in newest]), StocktakeLine.item_id == item_id
            )
        )
    }
    return [(found[count.id], count) for count in newest if count.id in found]


def loan_numbered(session: Session, number: int) -> tuple[Loan, Item] | None:
    """Give one loan with its item."""
    return session.exec(select(Loan, Item).join(Item, col(Item.id) == Loan.item_id).where(Loan.id == number)).first()


def find_person(session: Session, text: str) -> str | None:
    """Give the username of the one person with this username or name."""
    query = select(Person.username).where(or_(Person.username == text, Person.name == text)).limit(2)
    found = list(session.exec(query))
    return found[0] if len(found) == 1 else None


def has_request(session: Session, number: int) -> bool:
    """Say whether there is a request of this number."""
    return session.exec(select(Request.id).where(Request.id == number)).first() is not None


def _within(moment: Mapped[int] | Mapped[int | None], span: Span) -> ColumnElement[bool]:
    return (moment >= span[0]) & (moment < span[1])
