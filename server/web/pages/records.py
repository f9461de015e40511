"""The record of an item: contents and what is missing, filing, changes, attachments; and the registers of keeping."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final, Literal, TypeVar

from fastapi import Form, Request, Response
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile

from server.service.context import Writing
from server.service.errors import ServiceError
from server.service.people.rights import Act
from server.service.records import attachments, collecting, contents, file_reviews, filing, record_numbers, records
from server.service.records.attachments import AttachmentView
from server.service.records.blobs import TooLargeError
from server.service.records.collecting import CollectionView, NewArrival
from server.service.records.contents import ContentsView, NewContent, NewRemoval
from server.service.records.file_reviews import NewReview, ReviewView
from server.service.records.filing import FilingView, NewFiling, NewFilingEvent
from server.service.records.records import RecordPatch, RecordView
from server.web.auth import gate
from server.web.deps import Given
from server.web.writing import Acting, Do

from .forms import refused, whole
from .i18n import N_
from .routing import Look, go, page_router
from .uploads import handed_in, too_large

ROWS = 50
FIELDS = {
    "title": N_("Title"),
    "category": N_("Category"),
    "file_type": N_("Type of file"),
    "department": N_("Department"),
    "record_number": N_("Record number"),
    "customer": N_("Customer's number"),
    "parts": N_("Parts"),
    "pages": N_("Pages"),
    "secrecy": N_("Secrecy"),
    "reason": N_("Why"),
    "kind": N_("Kind of document"),
    "number": N_("Document no."),
    "author": N_("Author"),
    "dated": N_("Date"),
    "event": N_("Filing"),
    "documents": N_("What was handed in"),
}
FILING = FIELDS | {"kind": N_("Begin a temporary file")}
ARRIVAL = FIELDS | {"kind": N_("Collections")}
router = page_router()
M = TypeVar("M", bound=BaseModel)
Shows = Literal["filing", "reviews", "collections", "numbers"]
Part = tuple[Sequence[BaseModel], str | None]


@router.get("/items/{code}/record", **gate(Act.SEE_RECORDS))
async def record(look: Look, code: str, before: int | None = None) -> Response:
    """Show an item's record."""
    return _record(look, code, before=before)


@router.post("/items/{code}/record", **gate(Act.KEEP_ITEMS))
async def patch(look: Look, act: Do, code: str, request: Request) -> Response:
    """Change an item's record; an empty field stays as it is."""
    form = {name: str(value).strip() for name, value in (await request.form()).items()}
    version = form.pop("version", "")
    given = {name: value for name, value in form.items() if name != "csrf" and value}

    def change(work: Writing) -> RecordView:
        return records.patch_record(work, code, whole(version), RecordPatch.model_validate(given))

    return await _done(look, act, code, RecordView, change)


@router.post("/items/{code}/contents", **gate(Act.KEEP_ITEMS))
async def add_content(look: Look, act: Do, code: str, request: Request) -> Response:
    """Enter a document in the contents list."""
    form = {name: str(value) for name, value in (await request.form()).items() if name != "csrf"}
    given = {**form, "original": form.get("original") != "no"}
    return await _done(
        look, act, code, ContentsView, lambda work: contents.add_content(work, code, NewContent.model_validate(given))
    )


@router.post("/items/{code}/contents/{number}/remove", **gate(Act.KEEP_ITEMS))
async def remove_content(look: Look, act: Do, code: str, number: int, reason: Annotated[str, Form()] = "") -> Response:
    """Strike a document from the contents list."""
    return await _done(
        look,
        act,
        code,
        ContentsView,
        lambda work: contents.remove_content(work, code, number, NewRemoval(reason=reason).reason),
    )


@router.post("/items/{code}/filing", **gate(Act.KEEP_ITEMS))
async def file_step(
    look: Look, act: Do, code: str, kind: Annotated[str, Form()] = "", event: Annotated[str, Form()] = ""
) -> Response:
    """Begin a temporary file, or record what came next."""

    def step(work: Writing) -> FilingView:
        if kind:
            return filing.open_filing(work, code, NewFiling(kind=kind))
        return filing.record_event(work, code, NewFilingEvent(event=event))

    return await _done(look, act, code, FilingView, step, FILING)


@router.post("/items/{code}/review", **gate(Act.KEEP_ITEMS))
async def review(
    look: Look, act: Do, code: str, accurate: Annotated[str, Form()] = "", note: Annotated[str, Form()] = ""
) -> Response:
    """Record a review."""
    asked = NewReview(accurate=accurate == "yes", note=note[:500])
    return await _done(look, act, code, ReviewView, lambda work: file_reviews.review(work, code, asked))


@router.post("/attachments", **gate(Act.ATTACH))
async def attach(look: Look, act: Do, deps: Given, request: Request) -> Response:
    """Attach a file to an item."""
    async with request.form() as form:
        code, upload = str(form.get("of", "")), form.get("file")
        if not isinstance(upload, UploadFile) or not upload.filename:
            look.page.note("bad", look.page.text("Choose a file first."))
            return _record(look, code, 422)
        attachments.find(look, "item", code)
        try:
            async with handed_in(deps, upload) as handed:
                return await _done(
                    look,
                    act,
                    code,
                    AttachmentView,
                    lambda work: attachments.attach(work, handed, "item", code),
                )
        except TooLargeError:
            return _record(look, code, too_large(look))


@router.get("/keeping", **gate(Act.SEE_KEEPING))
async def keeping(look: Look, show: Shows = "filing", after: str | None = None, late: str = "") -> Response:
    """Show the registers: files on their way, reviews, collections, record numbers."""
    return _keeping(look, show, after, bool(late))


@router.post("/keeping/arrivals", **gate(Act.HAND_IN))
async def hand_in(
    look: Look,
    act: Do,
    kind: Annotated[str, Form()] = "",
    department: Annotated[str, Form()] = "",
    documents: Annotated[str, Form()] = "",
) -> Response:
    """Record what a department hands in."""
    try:
        asked = NewArrival.model_validate({"kind": kind, "department": department, "documents": documents})
        await act(CollectionView, lambda work: collecting.hand_in(work, asked))
    except (ValidationError, ServiceError) as error:
        return _keeping(look, "collections", None, False, refused(look, error, ARRIVAL))
    return go("/keeping?show=collections")


async def _done(
    look: Look,
    act: Acting,
    code: str,
    model: type[M],
    work: Callable[[Writing], M],
    fields: Mapping[str, str] = FIELDS,
) -> Response:
    """Do it and show the record again; what stands against it is said there."""
    try:
        await act(model, work)
    except (ValidationError, ServiceError) as error:
        return _record(look, code, refused(look, error, fields))
    return go(f"/items/{code}/record")


def _record(look: Look, code: str, status: int = 200, before: int | None = None) -> Response:
    item = records.get_record(look, code)
    changes = records.item_changes(look, code, before, ROWS)
    attached = [] if item.masked else attachments.list_attachments(look, "item", code).rows
    return look.show(
        "record.html",
        [item],
        status,
        item=item,
        listed=contents.list_contents(look, code),
        changes=changes.rows,
        next=changes.next,
        attached=attached,
        sheet=look.policy.keeping,
    )


def _keeping(look: Look, show: str, after: str | None, late: bool, status: int = 200) -> Response:
    number = int(after) if after and after.isdecimal() else None
    series = record_numbers.list_series(look).rows if show == "numbers" else []
    rows, following = REGISTERS[show](look, after, number, late)
    return look.show("keeping.html", rows, status, rows=rows, next=following, show=show, late=late, series=series)


def _filings(look: Look, _: str | None, after: int | None, late: bool) -> Part:
    page = filing.list_filings(look, late, "temporary", after, ROWS)
    return page.rows, page.next


def _reviews(look: Look, _: str | None, after: int | None, late: bool) -> Part:
    page = file_reviews.list_reviews(look, late, after, ROWS)
    return page.rows, page.next


def _collections(look: Look, *_: object) -> Part:
    return collecting.list_collections(look).rows, None


def _numbers(look: Look, after: str | None, *_: object) -> Part:
    page = record_numbers.list_numbers(look, None, after, ROWS)
    return page.rows, page.next


REGISTERS: Final[dict[str, Callable[..., Part]]] = {
    "filing": _filings,
    "reviews": _reviews,
    "collections": _collections,
    "numbers": _numbers,
}
