"""What a closed stocktake alarms, and which of its alarms it clears."""

from collections import defaultdict
from collections.abc import Iterable

from sqlmodel import Session, col, select

from server.domain.alarms import cause_key
from server.domain.custody import Place
from server.domain.intrusions import counted_alarm
from server.domain.stocktakes import Counted
from server.domain.words import AlarmKind, Secrecy, StocktakeResult
from server.service.cabinet.alarms import Alarming, clear_alarm, set_alarm
from server.service.context import Writing
from server.store.tables import Alarm, Item, StocktakeSighting, Tag

KINDS = (AlarmKind.DUPLICATE_TAG, AlarmKind.NEVER_LEND_ITEM_ABSENT)
UNSEEN = (StocktakeResult.UNREAD, StocktakeResult.MISSING, StocktakeResult.ON_LOAN)


def alarm_results(work: Writing, number: int, results: Iterable[Counted], evidence: int) -> None:
    """Set an alarm for each result that is one; clear those of items that were seen, each in one place."""
    counted = {found.item_id: found for found in results if found.item_id is not None}
    items = {item.id: item for item in work.session.exec(select(Item).where(col(Item.id).in_(counted)))}
    tags = _tags_seen(work.session, number)
    known = (col(Alarm.kind).in_(KINDS), col(Alarm.closed_us).is_(None), col(Alarm.cleared_us).is_(None))
    uncleared = {(row.kind, row.item_id): row.cause for row in work.session.exec(select(Alarm).where(*known))}
    for item_id, found in counted.items():
        item = items[item_id]
        kind = counted_alarm(work.policy, found.result, Secrecy(item.secrecy), tags.get(item_id, ()))
        if kind is not None:
            place = found.place or found.seen_at[0]
            cause = cause_key(kind, item.code)
            fact = Alarming(
                kind, cause, work.now_us, item_id=item_id, station=place[0], door=place[1], evidence=(evidence,)
            )
            set_alarm(work.uow, fact, work.now_us)
        for other in KINDS if found.result not in UNSEEN else ():
            if other != kind and (over := uncleared.get((other, item_id))) is not None:
                clear_alarm(work.uow, over, work.now_us)


def _tags_seen(session: Session, number: int) -> dict[int, list[frozenset[Place]]]:
    """Give for each item where each of its tags was heard."""
    query = select(Tag.epc, Tag.item_id, StocktakeSighting.station, StocktakeSighting.door).join(
        StocktakeSighting, col(StocktakeSighting.mark) == Tag.epc
    )
    heard: dict[tuple[int, str], set[Place]] = defaultdict(set)
    for epc, item_id, station, door in session.exec(query.where(StocktakeSighting.stocktake_id == number)):
        heard[item_id, epc].add((station, door))
    found: dict[int, list[frozenset[Place]]] = defaultdict(list)
    for (item_id, _), places in heard.items():
        found[item_id].append(frozenset(places))
    return found
