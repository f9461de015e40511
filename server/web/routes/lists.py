"""Lists as files, and the labels of a whole list; each is taken away on record, and watched (R22)."""

from hashlib import sha256
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session
from starlette.responses import Response

from server.domain.words import CustodyState
from server.reports import WRITERS
from server.service.context import Reading, Writing
from server.service.customers.crm import CrmView, list_crms
from server.service.imports import lists, onboarding
from server.service.people.information import taken_out
from server.service.people.rights import Act, Viewer
from server.service.records.printing import record_labels
from server.service.shapes import Done, Page
from server.store.narrowing import narrow
from server.web.auth import Me, gate
from server.web.deps import Deps, Given
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["lists"])

FormOf = Annotated[Literal["csv", "xlsx", "pdf"], Query(alias="format")]


@router.get("/lists/items", **gate(Act.EXPORT, export=True))
async def export_items(
    deps: Given,
    viewer: Me,
    do: Do,
    q: Annotated[str, Query(max_length=200)] = "",
    custody: CustodyState | None = None,
    form: FormOf = "xlsx",
) -> Response:
    """Give the items a search finds as a file; titles that are not for the reader stay masked."""

    def write() -> bytes:
        with deps.database.read() as session:
            return lists.items_file(_look(deps, viewer, session), q, custody, form)

    data = await run_in_threadpool(write)
    await do(Done, lambda work: _taken(work, "items", q, form, data))
    return _file(data, f"items.{form}", WRITERS[form].media)


@router.get("/lists/people", **gate(Act.EXPORT, export=True))
async def export_people(deps: Given, viewer: Me, do: Do, form: FormOf = "xlsx") -> Response:
    """Give the people as a file."""

    def write() -> bytes:
        with deps.database.read() as session:
            return lists.people_file(_look(deps, viewer, session), form)

    data = await run_in_threadpool(write)
    await do(Done, lambda work: _taken(work, "people", "", form, data))
    return _file(data, f"people.{form}", WRITERS[form].media)


@router.post("/lists/labels", **gate(Act.KEEP_ITEMS), response_class=Response)
async def print_list(body: lists.NewLabelList, deps: Given, viewer: Me, do: Do) -> Response:
    """Draw the labels of a list, in parts; header `X-Next` is the `after` of the next part."""

    def draw() -> tuple[bytes, list[str], int | None]:
        with deps.database.read() as session:
            return lists.labels_of(_look(deps, viewer, session), body)

    drawn, codes, following = await run_in_threadpool(draw)
    await do(Done, lambda work: record_labels(work, codes, "pdf"))
    answer = _file(drawn, "labels.pdf", "application/pdf")
    if following is not None:
        answer.headers["X-Next"] = str(following)
    return answer


@router.get("/crm", **gate(Act.IMPORT))
async def get_crms(look: Look) -> Page[CrmView]:
    """List the CRMs that customers are read from, and how the readings went."""
    return list_crms(look)


@router.get("/setup", **gate(Act.IMPORT))
async def get_setup(look: Look) -> onboarding.SetUpView:
    """Say what a new company has set up, and what it still lacks."""
    return onboarding.set_up(look)


def _look(deps: Deps, viewer: Viewer, session: Session) -> Reading:
    narrow(session, viewer.scope, viewer.id)
    return Reading(session, deps.clock.wall_us(), deps.policy, viewer, deps.settings.zone)


def _taken(work: Writing, what: str, q: str, form: str, data: bytes) -> Done:
    taken_out(work, what, q, format=form, digest=sha256(data).hexdigest())
    return Done()


def _file(data: bytes, name: str, media: str) -> Response:
    return Response(data, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})
