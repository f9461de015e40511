"""Cases: contradictions that a person resolves by saying what was found; nothing is corrected silently."""

import json

from sqlmodel import col, select

from server.service.context import Reading, Writing
from server.service.errors import ConflictError, NotFoundError
from server.service.lookups import codes, known
from server.service.paging import paged
from server.service.shapes import CaseView, Page, moment, moment_or_none
from server.store.tables import Case


def list_cases(look: Reading, state: str, before: int | None, limit: int) -> Page[CaseView]:
    """List cases, the newest first; `state` is open, resolved or all."""
    query = select(Case).order_by(col(Case.id).desc()).limit(limit + 1)
    if state != "all":
        resolved = col(Case.resolved_us)
        query = query.where(resolved.is_(None) if state == "open" else resolved.is_not(None))
    if before is not None:
        query = query.where(col(Case.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: case_views(look, rows))


def resolve(work: Writing, number: int, resolution: str) -> CaseView:
    """Resolve a case with what was found out."""
    case = work.session.get(Case, number)
    if case is None:
        raise NotFoundError("case", number)
    if case.resolved_us is not None:
        raise ConflictError("case_resolved", f"case {number} is resolved already")
    case.resolved_us, case.resolution = work.now_us, resolution
    work.session.add(case)
    work.ledger("case_resolved", case=number, resolution=resolution)
    return case_views(work, [case])[0]


def case_views(look: Reading, cases: list[Case]) -> list[CaseView]:
    """Give cases as they are shown."""
    items = codes(look.session, (case.item_id for case in cases))
    return [
        CaseView(
            id=known(case.id),
            kind=case.kind,
            item=items.get(case.item_id),
            station=case.station,
            door=case.door,
            incident=case.incident_id,
            detail=json.loads(case.detail),
            opened_at=moment(case.opened_us, look.zone),
            resolved_at=moment_or_none(case.resolved_us, look.zone),
            resolution=case.resolution,
        )
        for case in cases
    ]
