"""What follows a count (R50): each difference is explained by one person and signed off by another, or counted again.

Law 1: a signed difference never changes.
Law 2: a cabinet's stocktake is done when nothing is left to sign; only then is its duty fulfilled.
"""

import json
from collections.abc import Sequence

from pydantic import Field
from sqlmodel import Session, col, select

from server.domain.stocktakes import is_difference, judge_signing
from server.domain.words import Condition, DutyKind, StocktakeResult
from server.service.context import Reading, Writing
from server.service.errors import ConflictError, InvalidError, NotFoundError, lawful
from server.service.inputs import Code, Input, Name, Text
from server.service.lending.notices import holders_of, tell
from server.service.lookups import codes, known, person_facts, person_of, usernames
from server.service.oversight import duties
from server.service.shapes import Shape, StocktakeLineView, StocktakeView, moment_or_none
from server.service.stocktaking.counting import conditions_of, stocktake_view
from server.store.tables import (
    Item,
    Stocktake,
    StocktakeCondition,
    StocktakeCounter,
    StocktakeDifference,
    StocktakeLine,
    StocktakeRecount,
)


class NewCondition(Input):
    item: Code
    condition: Condition
    note: Text = ""


class NewConditions(Input):
    conditions: list[NewCondition] = Field(min_length=1, max_length=500)


class Explanation(Input):
    explanation: Name


class Signing(Input):
    """Which differences are signed off; all that are left when none is named."""

    differences: list[int] | None = Field(default=None, max_length=500)


class DifferenceView(Shape):
    id: int
    item: str | None
    mark: str
    result: str
    condition: str
    recounted: str
    explanation: str
    explained_by: str | None
    explained_at: str | None
    signed_by: str | None
    signed_at: str | None


class DifferencesView(Shape):
    stocktake: int
    state: str
    unsigned: int
    rows: list[DifferenceView]


class ReportView(Shape):
    """A stocktake as it is reported: how many agree, who counted, what differs, who signed."""

    stocktake: StocktakeView
    counted_by: list[str]
    agree: int
    accuracy: str
    damaged: int
    differences: list[DifferenceView]


def note_counter(work: Writing, number: int) -> None:
    """Remember that this person took part in counting."""
    if work.session.get(StocktakeCounter, (number, work.viewer.id)) is None:
        work.session.add(StocktakeCounter(stocktake_id=number, person_id=work.viewer.id))
    work.session.flush()


def note_conditions(work: Writing, number: int, asked: NewConditions) -> StocktakeView:
    """Write down how items are, as whoever counts them sees it."""
    row = _stored(work.session, number)
    if row.state != "open":
        raise ConflictError("stocktake_closed", f"stocktake {number} is closed")
    lines = select(StocktakeLine.item_id).where(StocktakeLine.stocktake_id == number)
    numbers: list[int] = list(work.look().session.exec(lines))
    on_list = {code: known(n) for n, code in codes(work.session, numbers).items()}
    for one in asked.conditions:
        if one.item not in on_list:
            raise InvalidError("not_in_stocktake", f"item {one.item!r} is not part of stocktake {number}")
        work.session.merge(
            StocktakeCondition(
                stocktake_id=number,
                item_id=on_list[one.item],
                condition=one.condition,
                note=one.note,
                by_id=work.viewer.id,
            )
        )
    note_counter(work, number)
    said = {one.item: one.condition for one in asked.conditions}
    work.ledger("stocktake_conditions", stocktake=number, conditions=said)
    return stocktake_view(work.look(), row)


def settle_differences(work: Writing, row: Stocktake, lines: Sequence[StocktakeLineView]) -> None:
    """Write down what differs when a stocktake closes; a recount says what it found to the one it recounts."""
    number = known(row.id)
    recounted = work.session.get(StocktakeRecount, number)
    if recounted is not None:
        _tell_original(work, recounted.of_id, {line.item: line for line in lines})
        return
    differing = [line for line in lines if is_difference(line.result, line.condition)]
    items = _numbers(work.session, [line.item for line in differing if line.item])
    for line in differing:
        work.session.add(
            StocktakeDifference(
                stocktake_id=number,
                mark=line.item or line.mark or "",
                item_id=items.get(line.item or ""),
                result=line.result,
                condition=line.condition,
            )
        )
    work.session.flush()
    if differing:
        tell(work, holders_of(work.session, work.policy.stocktakes.signed_by), "stocktake_differences", str(number))
    else:
        _done(work, row)


def list_differences(look: Reading, number: int) -> DifferencesView:
    """List what a stocktake found different, in the order of its report."""
    return _view(look, _stored(look.session, number))


def explain(work: Writing, number: int, difference: int, asked: Explanation) -> DifferencesView:
    """Explain a difference; it can be explained anew until it is signed off."""
    row = _closed(work.session, number)
    found = work.session.get(StocktakeDifference, difference)
    if found is None or found.id not in _reached(work, number):
        raise NotFoundError("difference", difference)
    if found.signed_us is not None:
        raise ConflictError("difference_signed", f"difference {difference} is signed off already")
    found.explanation, found.explained_by_id, found.explained_us = asked.explanation, work.viewer.id, work.now_us
    work.session.add(found)
    note_counter(work, number)
    work.ledger("stocktake_explained", stocktake=number, mark=found.mark, result=found.result, why=asked.explanation)
    return _view(work.look(), row)


def sign(work: Writing, number: int, asked: Signing) -> DifferencesView:
    """Sign differences off as a second person; when nothing is left, the stocktake is signed."""
    row = _closed(work.session, number)
    reached = _reached(work, number)
    left = [one for one in _differences(work.session, number) if one.signed_us is None and one.id in reached]
    if asked.differences is not None:
        unknown = set(asked.differences) - {known(one.id) for one in left}
        if unknown:
            raise InvalidError("no_such_difference", f"differences: {min(unknown)} is none that waits to be signed")
        left = [one for one in left if one.id in asked.differences]
    counters = select(StocktakeCounter.person_id).where(StocktakeCounter.stocktake_id == number)
    lawful(
        judge_signing(
            work.policy,
            person_facts(person_of(work.session, work.viewer.id)),
            frozenset(work.session.exec(counters)),
            [one.mark for one in left if not one.explanation],
        )
    )
    for one in left:
        one.signed_by_id, one.signed_us = work.viewer.id, work.now_us
        work.session.add(one)
    work.session.flush()
    work.ledger("stocktake_signed", stocktake=number, differences=[one.mark for one in left])
    if all(one.signed_us is not None for one in _differences(work.session, number)):
        row.state = "signed"
        work.session.add(row)
        _done(work, row)
    return _view(work.look(), row)


def recount(work: Writing, number: int) -> StocktakeView:
    """Open a stocktake of the items whose difference is not signed off, to count them again."""
    row = _closed(work.session, number)
    waiting = [one for one in _differences(work.look().session, number) if one.signed_us is None]
    wanted = [one.item_id for one in waiting if one.item_id]
    lines = [
        line
        for line in work.session.exec(select(StocktakeLine).where(StocktakeLine.stocktake_id == number))
        if line.item_id in wanted
    ]
    if not lines:
        raise ConflictError("nothing_to_recount", f"stocktake {number} has no unsigned difference of an expected item")
    again = Stocktake(
        title=row.title,
        stations=row.stations,
        blind=row.blind,
        opened_by_id=work.viewer.id,
        opened_us=work.now_us,
    )
    work.session.add(again)
    work.session.flush()
    work.session.add(StocktakeRecount(stocktake_id=known(again.id), of_id=number))
    for line in lines:
        kept = line.model_dump(include={"item_id", "station", "door", "bucket"})
        work.session.add(StocktakeLine(stocktake_id=known(again.id), **kept))
    note_counter(work, known(again.id))
    note_counter(work, number)
    work.ledger("stocktake_recount_opened", stocktake=again.id, of=number, expected=len(lines))
    return stocktake_view(work.look(), again)


def report(look: Reading, number: int) -> ReportView:
    """Give the report of a closed stocktake."""
    view = stocktake_view(look, _closed(look.session, number))
    counters = select(StocktakeCounter.person_id).where(StocktakeCounter.stocktake_id == number)
    people: list[int] = list(look.session.exec(counters))
    said = conditions_of(look.session, number).values()
    expected = [line for line in view.lines if line.item and line.result != StocktakeResult.ON_LOAN]
    agree = sum(line.result == StocktakeResult.FOUND for line in expected)
    return ReportView(
        stocktake=view,
        counted_by=sorted(usernames(look.session, people).values()),
        agree=agree,
        accuracy=f"{agree / len(expected):.1%}" if expected else "",
        damaged=sum(one.condition != Condition.GOOD for one in said),
        differences=list_differences(look, number).rows,
    )


def _tell_original(work: Writing, number: int, lines: dict[str | None, StocktakeLineView]) -> None:
    for one in _differences(work.session, number):
        if one.signed_us is None and (line := lines.get(one.mark)) is not None:
            one.recounted = line.result
            work.session.add(one)
    note_counter(work, number)


def _done(work: Writing, row: Stocktake) -> None:
    for station in json.loads(row.stations):
        duties.fulfil(work, DutyKind.STOCKTAKE_DUE, station, row.title)


def _stored(session: Session, number: int) -> Stocktake:
    row = session.get(Stocktake, number)
    if row is None:
        raise NotFoundError("stocktake", number)
    return row


def _closed(session: Session, number: int) -> Stocktake:
    row = _stored(session, number)
    if row.state == "open":
        raise ConflictError("stocktake_open", f"stocktake {number} is still open; close it first")
    return row


def _differences(session: Session, number: int) -> list[StocktakeDifference]:
    query = select(StocktakeDifference).where(StocktakeDifference.stocktake_id == number)
    return list(session.exec(query.order_by(col(StocktakeDifference.id))))


def _reached(work: Writing, number: int) -> set[int | None]:
    """Number the differences within the rights of who acts."""
    return {one.id for one in _differences(work.look().session, number)}


def _numbers(session: Session, marks: list[str]) -> dict[str, int]:
    rows = session.exec(select(Item.code, Item.id).where(col(Item.code).in_(marks)))
    return {code: known(number) for code, number in rows}


def _view(look: Reading, row: Stocktake) -> DifferencesView:
    rows = _differences(look.session, known(row.id))
    people = usernames(look.session, [n for one in rows for n in (one.explained_by_id, one.signed_by_id)])
    return DifferencesView(
        stocktake=known(row.id),
        state=row.state,
        unsigned=sum(one.signed_us is None for one in rows),
        rows=[
            DifferenceView(
                id=known(one.id),
                item=one.mark if one.item_id is not None else None,
                mark=one.mark,
                result=one.result,
                condition=one.condition,
                recounted=one.recounted,
                explanation=one.explanation,
                explained_by=people.get(one.explained_by_id),
                explained_at=moment_or_none(one.explained_us, look.zone),
                signed_by=people.get(one.signed_by_id),
                signed_at=moment_or_none(one.signed_us, look.zone),
            )
            for one in rows
        ],
    )
