"""Loans, alarms, cases, notices, the first page's numbers, quarantine and the ledger."""

from collections.abc import Iterator
from typing import Literal

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from server.domain.words import LoanState
from server.service.cabinet import alarms, cases
from server.service.context import Reading, Writing
from server.service.inputs import Conclusion, Note, Resolution
from server.service.lending import loans, notices
from server.service.lending.lending_shapes import NewReturnCheck
from server.service.oversight import overview
from server.service.people.information import taken_out
from server.service.people.rights import Act
from server.service.records import history
from server.service.shapes import (
    AlarmView,
    CaseView,
    Done,
    LedgerView,
    LoanView,
    NoticeView,
    OverviewView,
    Page,
    QuarantineView,
    TallyView,
)
from server.web.auth import Me, gate
from server.web.deps import Given
from server.web.routes.common import Cursor, Limit, Number
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["oversight"])


@router.get("/overview", **gate(Act.SEE_OVERVIEW))
async def get_overview(look: Look) -> OverviewView:
    """Answer the four questions: what is out, what is overdue, which alarms are open, which cabinets are silent."""
    return overview.overview(look)


@router.get("/counts", **gate(Act.SEE_COUNTS))
async def get_counts(look: Look) -> Page[TallyView]:
    """Count items by cabinet, category and state."""
    return overview.counts(look)


@router.get("/loans", **gate(Act.SEE_LOANS))
async def list_loans(
    look: Look, state: LoanState | None = None, overdue: bool = False, after: Cursor = None, limit: Limit = 100
) -> Page[LoanView]:
    """List loans, or only what is overdue; others' only for those whose post sees all."""
    return loans.list_loans(look, state, overdue, after, limit)


@router.post("/loans/{number}/check", **gate(Act.CHECK))
async def check_loan(number: Number, body: NewReturnCheck, do: Do) -> LoanView:
    """Check what came back (R11)."""
    return await do(LoanView, lambda work: loans.check(work, number, body))


@router.get("/alarms", **gate(Act.SEE_ALARMS))
async def list_alarms(
    look: Look,
    state: Literal["open", "all", "set", "acknowledged", "closed"] = "open",
    before: Cursor = None,
    limit: Limit = 100,
) -> Page[AlarmView]:
    """List alarms, the newest first."""
    return alarms.list_alarms(look, state, before, limit)


@router.get("/alarms/{number}", **gate(Act.SEE_ALARMS))
async def get_alarm(number: Number, look: Look) -> AlarmView:
    """Show one alarm."""
    return alarms.get_alarm(look, number)


@router.post("/alarms/{number}/acknowledge", **gate(Act.ACT_ON_ALARMS))
async def acknowledge(number: Number, do: Do, body: Note | None = None) -> AlarmView:
    """Take an alarm on."""
    note = body.note if body else ""
    return await do(AlarmView, lambda work: alarms.acknowledge(work, number, note))


@router.post("/alarms/{number}/close", **gate(Act.ACT_ON_ALARMS))
async def close_alarm(number: Number, body: Conclusion, do: Do) -> AlarmView:
    """Close an alarm with a conclusion (R22)."""
    return await do(AlarmView, lambda work: alarms.close(work, number, body.conclusion))


@router.get("/cases", **gate(Act.SEE_ALARMS))
async def list_cases(
    look: Look, state: Literal["open", "resolved", "all"] = "open", before: Cursor = None, limit: Limit = 100
) -> Page[CaseView]:
    """List contradictions that a person must resolve."""
    return cases.list_cases(look, state, before, limit)


@router.post("/cases/{number}/resolve", **gate(Act.RESOLVE_CASES))
async def resolve_case(number: Number, body: Resolution, do: Do) -> CaseView:
    """Resolve a case with what was found out."""
    return await do(CaseView, lambda work: cases.resolve(work, number, body.resolution))


@router.get("/notices", **gate(Act.OWN))
async def list_notices(look: Look, before: Cursor = None, limit: Limit = 100) -> Page[NoticeView]:
    """List one's own notices, the newest first."""
    return notices.list_notices(look, before, limit)


@router.post("/notices/{number}/read", **gate(Act.OWN))
async def read_notice(number: Number, do: Do) -> Done:
    """Say that one has read a notice of one's own."""
    return await do(Done, lambda work: notices.mark_read(work, number))


@router.get("/quarantine", **gate(Act.SEE_QUARANTINE))
async def list_quarantine(look: Look, before: Cursor = None, limit: Limit = 100) -> Page[QuarantineView]:
    """List messages that could never be handled, and why."""
    return history.list_quarantine(look, before, limit)


@router.get("/ledger", **gate(Act.SEE_LEDGER))
async def list_ledger(look: Look, after: Cursor = None, limit: Limit = 100) -> Page[LedgerView]:
    """List ledger entries in order."""
    return history.list_ledger(look, after or 0, limit)


@router.get("/ledger/export", **gate(Act.SEE_LEDGER, export=True), response_class=StreamingResponse)
def export_ledger(viewer: Me, deps: Given) -> StreamingResponse:
    """Give the whole ledger as JSON lines, for `guiwei ledger verify`; that it is taken away is its last entry."""

    def lines() -> Iterator[bytes]:
        with deps.database.read() as session:
            look = Reading(session, deps.clock.wall_us(), deps.policy, viewer, deps.settings.zone)
            yield from history.ledger_lines(look)

    with deps.database.begin() as uow:
        now_us, zone = deps.clock.wall_us(), deps.settings.zone
        taken_out(Writing(uow.session, now_us, deps.policy, viewer, zone, uow), "ledger", "", format="jsonl")
    headers = {"Content-Disposition": 'attachment; filename="ledger.jsonl"'}
    return StreamingResponse(lines(), media_type="application/x-ndjson", headers=headers)
