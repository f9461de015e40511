"""An item's one time line: what entitled people to it, where it went with which verdict, how it was counted.

It is paged by movements; whatever else happened between the movements of a page is shown with them.
"""

from pydantic import BaseModel
from sqlmodel import col, select

from server.service.context import Reading
from server.service.errors import InvalidError
from server.service.lookups import item_coded, known, usernames
from server.service.people.rights import Act
from server.service.records.history import movement_views
from server.service.shapes import MovementView, Page, moment, place_text
from server.store import queries_pages
from server.store.tables import Authority, Loan, Movement, Stocktake, StocktakeLine

END_OF_TIME = 2**62


class LineEvent(BaseModel):
    """One thing that happened to an item; `group` and `name` are the word that says what."""

    key: str
    us: int
    at: str
    group: str
    name: str
    person: str | None = None
    place: str | None = None
    ledger: int = 0
    movement: MovementView | None = None
    mode: str = ""
    purpose: str = ""
    until: str = ""
    request: int | None = None
    title: str = ""


def time_line(look: Reading, code: str, cursor: str | None, limit: int) -> Page[LineEvent]:
    """Give an item's time line, the newest first; people who do not see all see their own part of it."""
    item_id = known(item_coded(look.session, code).id)
    before, upper = _cursor(cursor)
    query = select(Movement).where(Movement.item_id == item_id, col(Movement.id) < before, Movement.station != "")
    only = None if look.viewer.sees_all else look.viewer.id
    if only is not None:
        query = query.where(Movement.person_id == only)
    found = list(look.session.exec(query.order_by(col(Movement.id).desc()).limit(limit + 1)))
    shown, more = found[:limit], len(found) > limit
    span = (shown[-1].occurred_us if more else 0, upper)
    events = _moved(look, shown)
    events += _entitled(look, queries_pages.authorities_for(look.session, item_id, span, only, limit))
    events += [_checked(look, loan) for loan in queries_pages.loans_closed(look.session, item_id, span, only, limit)]
    if look.viewer.may(Act.SEE_COUNTS):
        counted = queries_pages.counts_of(look.session, item_id, span, limit)
        events += [_counted(look, line, count) for line, count in counted]
    events.sort(key=lambda event: event.us, reverse=True)
    return Page(rows=events, next=f"{shown[-1].id}.{shown[-1].occurred_us}" if more else None)


def _cursor(text: str | None) -> tuple[int, int]:
    if text is None:
        return END_OF_TIME, END_OF_TIME
    number, _, us = text.partition(".")
    if not (number.isdecimal() and us.isdecimal() and len(text) <= 40):
        raise InvalidError("bad_cursor", "after: give the cursor of the page before, as it was")
    return int(number), int(us)


def _moved(look: Reading, movements: list[Movement]) -> list[LineEvent]:
    return [
        LineEvent(
            key=f"movement-{view.id}",
            us=movement.occurred_us,
            at=view.occurred_at,
            group="verdict",
            name=view.verdict,
            person=view.person,
            place=place_text(view.station, view.door),
            ledger=view.ledger,
            movement=view,
        )
        for movement, view in zip(movements, movement_views(look, movements), strict=True)
    ]


def _entitled(look: Reading, authorities: list[Authority]) -> list[LineEvent]:
    people = usernames(look.session, (authority.person_id for authority in authorities))
    return [
        LineEvent(
            key=f"authority-{authority.id}",
            us=authority.from_us,
            at=moment(authority.from_us, look.zone),
            group="authority",
            name=authority.kind,
            person=people.get(authority.person_id),
            mode=authority.mode,
            purpose=authority.purpose,
            until=moment(authority.until_us, look.zone),
            request=authority.request_id,
        )
        for authority in authorities
    ]


def _checked(look: Reading, loan: Loan) -> LineEvent:
    us = known(loan.closed_us)
    return LineEvent(key=f"loan-{loan.id}", us=us, at=moment(us, look.zone), group="event", name="checked")


def _counted(look: Reading, line: StocktakeLine, count: Stocktake) -> LineEvent:
    us = known(count.closed_us)
    return LineEvent(
        key=f"count-{count.id}",
        us=us,
        at=moment(us, look.zone),
        group="result",
        name=line.result or line.bucket,
        place=place_text(line.station, line.door),
        title=count.title,
    )
