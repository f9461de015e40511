"""The record of items: changes, contents, filing, reviews; record numbers, categories and collections."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from server.service.inputs import micros
from server.service.people.rights import Act
from server.service.records import collecting, contents, file_reviews, filing, record_numbers, records
from server.service.records.collecting import CollectionView, NewArrival
from server.service.records.contents import CategoryView, ContentsView, NewContent, NewRemoval
from server.service.records.file_reviews import NewReview, ReviewView
from server.service.records.filing import FilingView, NewFiling, NewFilingEvent
from server.service.records.record_changes import ChangeView, RecordState
from server.service.records.record_numbers import NewCancellation, NewNumber, NumberView, SeriesView
from server.service.records.records import RecordPatch, RecordView
from server.service.shapes import Page
from server.web.auth import gate
from server.web.etags import IfMatch, versioned
from server.web.routes.common import Cursor, Limit, Number
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["records"])

Text = Annotated[str | None, Query(max_length=200)]


@router.patch("/items/{code}", **gate(Act.KEEP_ITEMS))
async def patch_record(code: str, body: RecordPatch, version: IfMatch, do: Do, response: Response) -> RecordView:
    """Change an item's record; what was before is kept (R35)."""
    return versioned(response, await do(RecordView, lambda work: records.patch_record(work, code, version, body)))


@router.get("/items/{code}/changes", **gate(Act.SEE_RECORDS))
async def list_changes(code: str, look: Look, before: Cursor = None, limit: Limit = 100) -> Page[ChangeView]:
    """List what was changed in an item's record, the newest first."""
    return records.item_changes(look, code, before, limit)


@router.get("/items/{code}/as-of", **gate(Act.SEE_RECORDS))
async def as_of(code: str, look: Look, at: AwareDatetime) -> RecordState:
    """Show an item's record as it was at a moment."""
    return records.item_as_of(look, code, micros(at))


@router.get("/items/{code}/contents", **gate(Act.SEE_RECORDS))
async def list_contents(code: str, look: Look) -> ContentsView:
    """Show a file's contents list, and what of the expected documents is missing (R34)."""
    return contents.list_contents(look, code)


@router.post("/items/{code}/contents", status_code=201, **gate(Act.KEEP_ITEMS))
async def add_content(code: str, body: NewContent, do: Do) -> ContentsView:
    """Enter a document in a file's contents list."""
    return await do(ContentsView, lambda work: contents.add_content(work, code, body))


@router.post("/items/{code}/contents/{number}/remove", **gate(Act.KEEP_ITEMS))
async def remove_content(code: str, number: Number, body: NewRemoval, do: Do) -> ContentsView:
    """Strike a document from a file's contents list, with the reason."""
    return await do(ContentsView, lambda work: contents.remove_content(work, code, number, body.reason))


@router.post("/items/{code}/filing", status_code=201, **gate(Act.KEEP_ITEMS))
async def open_filing(code: str, body: NewFiling, do: Do) -> FilingView:
    """Begin a temporary file (R32)."""
    return await do(FilingView, lambda work: filing.open_filing(work, code, body))


@router.post("/items/{code}/filing/events", **gate(Act.KEEP_ITEMS))
async def filing_event(code: str, body: NewFilingEvent, do: Do) -> FilingView:
    """Record the next event on the way to a formal file."""
    return await do(FilingView, lambda work: filing.record_event(work, code, body))


@router.get("/filings", **gate(Act.SEE_KEEPING))
async def list_filings(
    look: Look,
    overdue: bool = False,
    phase: Literal["all", "temporary", "formal"] = "all",
    after: Cursor = None,
    limit: Limit = 100,
) -> Page[FilingView]:
    """List files on their way to formal ones, or only those that are overdue."""
    return filing.list_filings(look, overdue, phase, after, limit)


@router.post("/items/{code}/reviews", status_code=201, **gate(Act.KEEP_ITEMS))
async def review(code: str, body: NewReview, do: Do) -> ReviewView:
    """Record that a file was reviewed (R36)."""
    return await do(ReviewView, lambda work: file_reviews.review(work, code, body))


@router.get("/reviews", **gate(Act.SEE_KEEPING))
async def list_reviews(look: Look, overdue: bool = False, after: Cursor = None, limit: Limit = 100) -> Page[ReviewView]:
    """List active files with their next review, or only those overdue."""
    return file_reviews.list_reviews(look, overdue, after, limit)


@router.get("/categories", **gate(Act.FIND_ITEMS))
async def list_categories(look: Look) -> Page[CategoryView]:
    """List the categories of the policy sheet (R31)."""
    return contents.list_categories(look)


@router.get("/record-numbers", **gate(Act.SEE_KEEPING))
async def list_numbers(look: Look, series: Text = None, after: Text = None, limit: Limit = 100) -> Page[NumberView]:
    """List the register of record numbers, cancelled ones too (R30)."""
    return record_numbers.list_numbers(look, series, after, limit)


@router.get("/record-numbers/series", **gate(Act.SEE_KEEPING))
async def list_series(look: Look) -> Page[SeriesView]:
    """List the series of record numbers, and whether any has a silent gap."""
    return record_numbers.list_series(look)


@router.post("/record-numbers", status_code=201, **gate(Act.KEEP_ITEMS))
async def give_number(body: NewNumber, do: Do) -> NumberView:
    """Give an item the next number of a scheme."""
    return await do(NumberView, lambda work: record_numbers.give_number(work, body))


@router.post("/record-numbers/cancel", **gate(Act.KEEP_ITEMS))
async def cancel_number(body: NewCancellation, do: Do) -> NumberView:
    """Cancel a number, with the reason; it is never given again."""
    return await do(NumberView, lambda work: record_numbers.cancel(work, body))


@router.get("/collections", **gate(Act.SEE_KEEPING))
async def list_collections(look: Look) -> Page[CollectionView]:
    """List the collections of company records, each with what did not arrive (R33)."""
    return collecting.list_collections(look)


@router.post("/collections/arrivals", status_code=201, **gate(Act.HAND_IN))
async def hand_in(body: NewArrival, do: Do) -> CollectionView:
    """Record what a department hands in."""
    return await do(CollectionView, lambda work: collecting.hand_in(work, body))
