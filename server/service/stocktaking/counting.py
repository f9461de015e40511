"""What a stocktake has found so far: results, counts by cabinet, category and state, and how far it was swept."""

import json
from collections import Counter, defaultdict
from typing import Any

from sqlmodel import Session, col, func, select

from server.domain.custody import Place
from server.domain.stocktakes import Counted, Expected, Sighted, count
from server.domain.words import Bucket, StocktakeResult, Via
from server.service.context import Reading
from server.service.errors import NotFoundError
from server.service.lookups import known, usernames
from server.service.paging import paged
from server.service.records.items import title_for
from server.service.shapes import (
    Page,
    StocktakeCount,
    StocktakeLineView,
    StocktakeView,
    moment,
    moment_or_none,
    place_text,
)
from server.store.tables import (
    Item,
    Stocktake,
    StocktakeCondition,
    StocktakeDifference,
    StocktakeLine,
    StocktakeRecount,
    StocktakeSighting,
    StocktakeSweep,
    Tag,
)

HIDDEN = frozenset({StocktakeResult.MISSING, StocktakeResult.UNREAD, StocktakeResult.ON_LOAN})
"""Results that would tell a blind counter what is expected."""


def list_stocktakes(look: Reading, before: int | None, limit: int) -> Page[StocktakeView]:
    """List stocktakes, the newest first, with their counts."""
    query = select(Stocktake).order_by(col(Stocktake.id).desc()).limit(limit + 1)
    if before is not None:
        query = query.where(col(Stocktake.id) < before)
    return paged(
        look.session.exec(query),
        limit,
        lambda rows: [stocktake_view(look, row).model_copy(update={"lines": []}) for row in rows],
    )


def get_stocktake(look: Reading, number: int) -> StocktakeView:
    """Show one stocktake with its lines and counts; an open blind one hides what is expected."""
    row = look.session.get(Stocktake, number)
    if row is None:
        raise NotFoundError("stocktake", number)
    return stocktake_view(look, row)


def stocktake_view(look: Reading, row: Stocktake) -> StocktakeView:
    """Give a stocktake as it is shown."""
    session, number = look.session, known(row.id)
    results = results_of(look, number)
    if row.blind and row.state == "open":
        results = tuple(found for found in results if found.result not in HIDDEN)
    wanted = {found.item_id for found in results}
    items = {item.id: item for item in session.exec(select(Item).where(col(Item.id).in_(wanted)))}
    said = {item: row.condition for item, row in conditions_of(session, number).items()}
    lines = [_line(look, found, items.get(found.item_id), said.get(found.item_id, "")) for found in results]
    counts = Counter((line.station, line.category, line.result) for line in lines)
    recount = session.get(StocktakeRecount, number)
    return StocktakeView(
        id=number,
        title=row.title,
        stations=json.loads(row.stations),
        blind=row.blind,
        state=row.state,
        opened_by=usernames(session, [row.opened_by_id])[row.opened_by_id],
        opened_at=moment(row.opened_us, look.zone),
        closed_at=moment_or_none(row.closed_us, look.zone),
        expected=sum(found.place is not None for found in results),
        awaited=awaited_from(session, number),
        passes={f"{station}/{door}": n for (station, door), n in sorted(passes_of(session, number).items())},
        counts=[
            StocktakeCount(station=station, category=category, state=state, n=n)
            for (station, category, state), n in sorted(counts.items())
        ],
        lines=lines,
        unsigned=unsigned(session, number),
        recount_of=recount.of_id if recount else None,
    )


def unsigned(session: Session, number: int) -> int:
    """Count the differences that nobody has signed off yet."""
    open_ones = (StocktakeDifference.stocktake_id == number, col(StocktakeDifference.signed_us).is_(None))
    return session.exec(select(func.count()).where(*open_ones)).one()


def conditions_of(session: Session, number: int) -> dict[int | None, StocktakeCondition]:
    """Give what was said of the condition of each item."""
    rows = session.exec(select(StocktakeCondition).where(StocktakeCondition.stocktake_id == number))
    return {row.item_id: row for row in rows}


def _homes(number: int) -> Any:
    """Select where the items of a stocktake belong."""
    items = select(Item.id, Item.home_station, Item.home_door)
    return items.join(StocktakeLine, col(StocktakeLine.item_id) == Item.id).where(StocktakeLine.stocktake_id == number)


def results_of(look: Reading, number: int) -> tuple[Counted, ...]:
    """Judge everything expected and everything seen."""
    session = look.session
    rows = list(session.exec(select(StocktakeLine).where(StocktakeLine.stocktake_id == number)))
    tagged = set(
        session.exec(
            select(Tag.item_id).where(col(Tag.item_id).in_([row.item_id for row in rows]), col(Tag.dead_us).is_(None))
        )
    )
    homes = {item: (station, door) for item, station, door in session.exec(_homes(number))}
    expected = (
        Expected(
            row.item_id,
            row.station,
            row.door,
            Bucket(row.bucket),
            row.item_id in tagged,
            astray=homes[row.item_id] not in ((row.station, row.door), (None, None)),
        )
        for row in sorted(rows, key=lambda row: (row.station, row.door, row.item_id))
    )
    seen = list(session.exec(select(StocktakeSighting).where(StocktakeSighting.stocktake_id == number)))
    better = {(row.item_id, row.station) for row in seen if row.via != Via.SCANNER}
    if session.get(StocktakeRecount, number) is not None:  # only the differences are counted again
        again = {row.item_id for row in rows}
        seen = [row for row in seen if row.item_id in again]
    sightings = (
        Sighted(row.mark, row.item_id, row.station, row.door, Via(row.via))
        for row in seen
        # a station's own scanner cannot tell behind which door a thing stands: what saw it there knows better
        if row.via != Via.SCANNER or (row.item_id, row.station) not in better
    )
    return count(expected, sightings, passes_of(session, number), look.policy.stocktakes.least_passes)


def passes_of(session: Session, number: int) -> dict[Place, int]:
    """Say how often the readers listened behind each door that answered."""
    found: dict[Place, int] = defaultdict(int)
    for row in session.exec(select(StocktakeSweep).where(StocktakeSweep.stocktake_id == number)):
        if row.passes is not None:
            found[row.station, row.door] += row.passes
    return dict(found)


def awaited_from(session: Session, number: int) -> list[str]:
    """Name the stations that still owe an answer to a sweep."""
    owed = (StocktakeSweep.stocktake_id == number, col(StocktakeSweep.passes).is_(None))
    return sorted(set(session.exec(select(StocktakeSweep.station).where(*owed))))


def _line(look: Reading, found: Counted, item: Item | None, condition: str) -> StocktakeLineView:
    place = found.place or (found.seen_at[0] if found.seen_at else ("", 0))
    return StocktakeLineView(
        item=item.code if item else None,
        mark=found.mark or None,
        title=title_for(look, item) if item else "",
        category=item.category if item else "",
        station=place[0],
        door=place[1],
        result=found.result,
        seen_at=[text for seen in found.seen_at if (text := place_text(*seen))],
        condition=condition,
    )
