"""Collections of company records (R33): what each department handed in, and what did not arrive.

When one begins and who is reminded is the duties' (`quarterly_collection`, `yearly_collection`, per department).
"""

from collections import defaultdict
from typing import Final, Literal

from sqlmodel import col, select

from server.domain.contents import original_reasons
from server.domain.words import DutyKind, ItemKind, Role, Secrecy
from server.service.context import Reading, Writing
from server.service.errors import ForbiddenError, NotFoundError, RefusedError
from server.service.inputs import Code, Input, Name, Text
from server.service.lookups import codes, item_coded, known, usernames
from server.service.oversight.duties import fulfil
from server.service.records.contents import copies_in
from server.service.shapes import Page, Shape, moment
from server.store.tables import Arrival, Duty

KINDS: Final = (DutyKind.QUARTERLY_COLLECTION, DutyKind.YEARLY_COLLECTION)
OWN_ONLY: Final = frozenset({Role.DEPARTMENT_MANAGER, Role.DIRECTOR})
SHOWN: Final = 8


class NewArrival(Input):
    kind: Literal["quarterly_collection", "yearly_collection"]
    department: Name
    documents: Name
    item: Code | None = None
    is_last: bool = True
    note: Text = ""


class ArrivalView(Shape):
    id: int
    department: str
    documents: str
    item: str | None
    is_last: bool
    at: str
    by: str | None


class CollectionView(Shape):
    """One collection: who has handed everything in, who has not, and what came."""

    kind: str
    due_at: str
    overdue: bool
    arrived: list[str]
    missing: list[str]
    arrivals: list[ArrivalView]


def list_collections(look: Reading) -> Page[CollectionView]:
    """List the newest collections, each with what did not arrive."""
    query = select(Duty).where(col(Duty.kind).in_(KINDS), Duty.outcome != "dropped").order_by(col(Duty.due_us).desc())
    rounds: dict[tuple[int, str], list[Duty]] = defaultdict(list)
    for duty in look.session.exec(query.limit(1000)):
        rounds[(duty.due_us, duty.kind)].append(duty)
    return Page(rows=[_view(look, kind, due_us, rows) for (due_us, kind), rows in list(rounds.items())[:SHOWN]])


def hand_in(work: Writing, asked: NewArrival) -> CollectionView:
    """Record what a department hands in; with the last of it the department is done."""
    if work.viewer.role in OWN_ONLY and work.viewer.department != asked.department:
        raise ForbiddenError("not_your_department", "one hands in for one's own department (R33)")
    same = (Duty.kind == asked.kind, Duty.subject == asked.department, col(Duty.ended_us).is_(None))
    duty = work.session.exec(select(Duty).where(*same).order_by(col(Duty.due_us))).first()
    if duty is None:
        raise NotFoundError("open collection", asked.department)
    item = item_coded(work.session, asked.item) if asked.item else None
    if item is not None:
        copies = copies_in(work.session, known(item.id))
        kind, secrecy = ItemKind(item.kind), Secrecy(item.secrecy)
        if reasons := original_reasons(work.policy.keeping, item.code, kind, secrecy, copies):
            raise RefusedError(reasons)
    row = Arrival(
        kind=asked.kind,
        department=asked.department,
        due_us=duty.due_us,
        documents=asked.documents,
        item_id=item.id if item else None,
        is_last=asked.is_last,
        at_us=work.now_us,
        by_id=work.viewer.id,
    )
    work.session.add(row)
    work.session.flush()
    code = item.code if item else None
    work.ledger("collection_arrival", collection=asked.kind, department=asked.department, item=code, last=asked.is_last)
    if asked.is_last:
        fulfil(work, DutyKind(asked.kind), asked.department, asked.note)
    duties = list(work.session.exec(select(Duty).where(Duty.kind == duty.kind, Duty.due_us == duty.due_us)))
    return _view(work, duty.kind, duty.due_us, duties)


def _view(look: Reading, kind: str, due_us: int, duties: list[Duty]) -> CollectionView:
    query = select(Arrival).where(Arrival.kind == kind, Arrival.due_us == due_us).order_by(col(Arrival.id))
    if look.viewer.role in OWN_ONLY:
        query = query.where(Arrival.department == look.viewer.department)
    rows = list(look.session.exec(query))
    items, people = codes(look.session, (r.item_id for r in rows)), usernames(look.session, (r.by_id for r in rows))
    missing = sorted(duty.subject for duty in duties if duty.ended_us is None)
    return CollectionView(
        kind=kind,
        due_at=moment(due_us, look.zone),
        overdue=bool(missing) and due_us < look.now_us,
        arrived=sorted(duty.subject for duty in duties if duty.ended_us is not None),
        missing=missing,
        arrivals=[
            ArrivalView(
                id=known(row.id),
                department=row.department,
                documents=row.documents,
                item=items.get(row.item_id),
                is_last=row.is_last,
                at=moment(row.at_us, look.zone),
                by=people.get(row.by_id),
            )
            for row in rows
        ],
    )
