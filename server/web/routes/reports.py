"""Reports and exports: what there is, one as an answer or a file, and those that are made and kept."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import StreamingResponse

from server.reports import Format
from server.service.inputs import Input
from server.service.people.rights import Act
from server.service.reporting import kept, kinds
from server.service.reporting.kept import KeptView
from server.service.reporting.kinds import KindView, ReportView
from server.service.reporting.listing import listing
from server.service.shapes import Page, Shape
from server.web.auth import Me, gate
from server.web.deps import Given
from server.web.files import send
from server.web.lists import Named, lists
from server.web.routes.common import Cursor, Limit
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["reports"])
FormatAsked = Annotated[Format, Query(alias="format")]
ListFormat = Annotated[Literal["csv", "xlsx"], Query(alias="format")]
Of = Annotated[str, Query(max_length=64, description="what it is about: a period, a code, a number")]


class NewReport(Input):
    period: str | None = Field(default=None, max_length=10)


class ExportView(Shape):
    name: str


@router.get("/reports", **gate(Act.SEE_REPORTS))
async def list_reports(look: Look) -> Page[KindView]:
    """List the reports there are."""
    return Page(rows=kinds.list_kinds(look))


@router.get("/reports/{name}", **gate(Act.SEE_REPORTS))
async def get_report(name: str, look: Look, deps: Given, of: Of = "") -> ReportView:
    """Show a report: of a kept kind the newest, or the one whose number `of` is."""
    return kinds.report_view(kinds.document(look, deps.settings.site, name, of))


@router.post("/reports/{name}", status_code=201, **gate(Act.MAKE_REPORTS))
async def make_report(name: str, do: Do, body: NewReport | None = None) -> KeptView:
    """Take a report down as of now and keep it (R15, R62, R64)."""
    period = body.period if body else None
    return await do(KeptView, lambda work: kept.make(work, name, period))


@router.get("/reports/{name}/file", **gate(Act.EXPORT, export=True), response_class=StreamingResponse)
def report_file(name: str, viewer: Me, deps: Given, of: Of = "", form: FormatAsked = "pdf") -> StreamingResponse:
    """Give a report as PDF, XLSX or CSV; that it was taken away is recorded."""
    return send(deps, viewer, name, of, form, lambda look: kinds.document(look, deps.settings.site, name, of))


@router.get("/kept-reports", **gate(Act.SEE_REPORTS))
async def list_kept(look: Look, name: str | None = None, before: Cursor = None, limit: Limit = 100) -> Page[KeptView]:
    """List the reports that were made and kept, the newest first."""
    return kept.list_kept(look, name, before, limit)


@router.get("/exports", **gate(Act.EXPORT))
async def list_exports(viewer: Me) -> Page[ExportView]:
    """List the lists that this person may take away as files."""
    return Page(rows=[ExportView(name=one.name) for one in lists().values() if viewer.may(one.act)])


@router.get("/exports/{name}", **gate(Act.EXPORT, export=True), response_class=StreamingResponse)
def export_list(
    listed: Named, request: Request, viewer: Me, deps: Given, form: ListFormat = "xlsx"
) -> StreamingResponse:
    """Give a whole list as XLSX or CSV, by the list's own filters; that it was taken away is recorded."""
    filters = dict(request.query_params)
    return send(
        deps,
        viewer,
        listed.name,
        "",
        form,
        lambda look: listing(
            look, deps.settings.site, listed.name, listed.model, lambda seen, after: listed.part(seen, after, filters)
        ),
    )
