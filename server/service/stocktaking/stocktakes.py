"""Stocktakes (R50): the expected list is frozen when one opens, sweeps and scans fill it, closing writes the results.

Law 1: what is expected never changes after opening; items out are in a bucket of their own.
Law 2: none closes while a cabinet that is heard still sweeps; what a silent one owes is given up, and its items unread.
"""

import json
from collections import Counter

from sqlmodel import Session, col, or_, select, update

from server.domain.stocktakes import is_difference
from server.domain.words import Bucket, CustodyState, Via
from server.service.commands import order_sweep
from server.service.context import Writing
from server.service.errors import ConflictError, InvalidError, NotFoundError
from server.service.inputs import NewScan, NewScans, NewStocktake, NewSweep
from server.service.keys import Keys
from server.service.lookups import known, place_of, station_named, within_reach
from server.service.shapes import ScansView, StocktakeView
from server.service.stocktaking.counting import awaited_from, results_of, stocktake_view
from server.service.stocktaking.stocktake_alarms import alarm_results
from server.service.stocktaking.stocktake_signing import note_counter, settle_differences
from server.store.tables import (
    Item,
    ItemCustody,
    Outgoing,
    Stocktake,
    StocktakeLine,
    StocktakeSighting,
    StocktakeSweep,
    Tag,
)

BUCKETS = {
    CustodyState.PLACE: Bucket.EXPECTED,
    CustodyState.HELD: Bucket.ON_LOAN,
    CustodyState.INCIDENT: Bucket.UNACCOUNTED,
}


def open_stocktake(work: Writing, asked: NewStocktake) -> StocktakeView:
    """Open a stocktake of these cabinets and freeze what the record expects there."""
    session, stations = work.session, sorted(set(asked.stations))
    for name in stations:
        station_named(session, name)
    for other in session.exec(select(Stocktake).where(Stocktake.state == "open")):
        if both := sorted(set(json.loads(other.stations)) & set(stations)):
            raise ConflictError("stocktake_open", f"stocktake {other.id} is still open for {', '.join(both)}")
    row = Stocktake(
        title=asked.title or ", ".join(stations),
        stations=json.dumps(stations),
        blind=asked.blind,
        opened_by_id=work.viewer.id,
        opened_us=work.now_us,
    )
    session.add(row)
    session.flush()
    lines = _expected(session, known(row.id), stations)
    session.add_all(lines)
    note_counter(work, known(row.id))
    work.ledger(
        "stocktake_opened", stocktake=row.id, stations=stations, expected=dict(Counter(line.bucket for line in lines))
    )
    return stocktake_view(work.look(), row)


def sweep(work: Writing, number: int, asked: NewSweep, keys: Keys) -> StocktakeView:
    """Have the cabinets' readers listen behind every door of the stocktake's stations."""
    row = open_one(work.session, number)
    stations = json.loads(row.stations)
    for name in asked.stations or stations:
        if name not in stations:
            raise InvalidError("not_in_stocktake", f"station {name!r} is not part of stocktake {number}")
        doors = list(range(1, station_named(work.session, name).doors + 1))
        command = order_sweep(work, name, doors, "stocktake", keys)
        for door in doors:
            work.session.add(StocktakeSweep(command=command, stocktake_id=number, station=name, door=door))
    note_counter(work, number)
    return stocktake_view(work.look(), row)


def scan(work: Writing, number: int, asked: NewScans) -> ScansView:
    """Take in what somebody scanned at the shelves; what was scanned before there is counted once."""
    row = open_one(work.session, number)
    stations = json.loads(row.stations)
    saved, unknown = 0, 0
    for one in asked.scans:
        station, door = place_of(work.session, one.place)
        if station not in stations:
            raise InvalidError("not_in_stocktake", f"place {one.place!r} is not part of stocktake {number}")
        mark, item_id = _scanned(work.session, one)
        unknown += item_id is None or not _may_know(work, item_id)
        saved += _sight(work, number, mark, item_id, station, door)
    note_counter(work, number)
    work.ledger("stocktake_scanned", stocktake=number, saved=saved, unknown=unknown)
    return ScansView(saved=saved, already=len(asked.scans) - saved, unknown=unknown)


def close(work: Writing, number: int) -> StocktakeView:
    """Close a stocktake and write down what became of every line."""
    row = open_one(work.session, number)
    owing = awaited_from(work.session, number)
    if awaited := [name for name in owing if station_named(work.session, name).online]:
        raise ConflictError("sweep_awaited", f"sweeps are still awaited from {', '.join(awaited)}")
    _give_up_sweeps(work.session, number)
    results = results_of(work, number)
    lines = {
        line.item_id: line
        for line in work.session.exec(select(StocktakeLine).where(StocktakeLine.stocktake_id == number))
    }
    for found in results:
        if found.item_id in lines:
            lines[found.item_id].result = found.result
            work.session.add(lines[found.item_id])
    row.state, row.closed_us, row.closed_by_id = "closed", work.now_us, work.viewer.id
    work.session.add(row)
    note_counter(work, number)
    view = stocktake_view(work, row)
    differences = [
        {
            "item": line.item,
            "mark": line.mark,
            "result": line.result,
            "seen_at": line.seen_at,
            "condition": line.condition,
        }
        for line in view.lines
        if is_difference(line.result, line.condition)
    ]
    results_by_name = dict(Counter(str(found.result) for found in results))
    entry = work.ledger(
        "stocktake_closed", stocktake=number, results=results_by_name, passes=view.passes, differences=differences
    )
    settle_differences(work, row, view.lines)
    alarm_results(work, number, results, entry)
    return stocktake_view(work.look(), row)


def _expected(session: Session, number: int, stations: list[str]) -> list[StocktakeLine]:
    """Give a line for every item that belongs to these stations or is recorded there."""
    there = select(ItemCustody.item_id).where(col(ItemCustody.station).in_(stations))
    query = select(Item).where(Item.active, or_(col(Item.home_station).in_(stations), col(Item.id).in_(there)))
    lines = []
    for item in session.exec(query):
        state, home = CustodyState(item.custody.state), (item.home_station, item.home_door)
        station, door = (item.custody.station, item.custody.door) if state == CustodyState.PLACE else home
        if station not in stations or door is None:
            continue  # recorded in a cabinet that is not being counted
        bucket = BUCKETS[state]
        lines.append(
            StocktakeLine(stocktake_id=number, item_id=known(item.id), station=station, door=door, bucket=bucket)
        )
    return lines


def open_one(session: Session, number: int) -> Stocktake:
    """Find a stocktake that is still open; raises ConflictError."""
    row = session.get(Stocktake, number)
    if row is None:
        raise NotFoundError("stocktake", number)
    if row.state != "open":
        raise ConflictError("stocktake_closed", f"stocktake {number} is closed")
    return row


def _give_up_sweeps(session: Session, number: int) -> None:
    """Send no command of this stocktake again."""
    commands = select(StocktakeSweep.command).where(StocktakeSweep.stocktake_id == number)
    session.exec(update(Outgoing).where(col(Outgoing.command).in_(commands)).values(awaits=0))


def _scanned(session: Session, one: NewScan) -> tuple[str, int | None]:
    """Give the mark that was read and the item it is bound to, if any."""
    if (one.code is None) == (one.epc is None):
        raise InvalidError("code_or_epc", "a scan has either a code or an epc")
    if one.code is not None:
        return one.code, session.exec(select(Item.id).where(Item.code == one.code)).first()
    mark = one.epc or ""
    return mark, session.exec(select(Tag.item_id).where(Tag.epc == mark, col(Tag.dead_us).is_(None))).first()


def _may_know(work: Writing, item_id: int) -> bool:
    """Say whether who counts may know of an item; what they see of others on the shelf is kept, and not named."""
    item = work.session.get(Item, item_id)
    return item is not None and within_reach(work.session, item)


def _sight(work: Writing, number: int, mark: str, item_id: int | None, station: str, door: int) -> bool:
    """Keep a sighting; says whether it was new."""
    same = (StocktakeSighting.stocktake_id == number, StocktakeSighting.mark == mark)
    here = (StocktakeSighting.station == station, StocktakeSighting.door == door)
    if work.session.exec(select(StocktakeSighting.id).where(*same, *here)).first() is not None:
        return False
    work.session.add(
        StocktakeSighting(
            stocktake_id=number,
            mark=mark,
            item_id=item_id,
            station=station,
            door=door,
            via=Via.HANDHELD,
            seen_us=work.now_us,
        )
    )
    work.session.flush()
    return True
