"""The seals' official forms: the register (印章台账), the register of uses (用印登记), the handovers (印章交接)."""

import json
from typing import Final

from sqlmodel import col, select

from server.domain.periods import Period
from server.reports.model import Document, Row
from server.service.reporting.paper import Heading, Paper
from server.store.queries_periods import within
from server.store.tables import Departed, Item, Loan, Person, Request, Seal, SealHandover, SealUse

SEAL_HEADINGS: Final = (
    Heading("序号", "No.", 0.5, "C"),
    Heading("印章名称", "Seal", 1.6),
    Heading("印模", "Impression (SHA-256)", 1.3),
    Heading("刻制批准", "Engraving approved", 1.3),
    Heading("启用日期", "In use since", 1.0),
    Heading("使用范围", "Scope", 1.6),
    Heading("保管部门/人", "Kept by", 1.3),
    Heading("停用日期/原因", "Out of use / why", 1.4),
    Heading("销毁", "Destroyed", 1.0),
)
USE_HEADINGS: Final = (
    Heading("登记编号", "No.", 1.0),
    Heading("日期", "Date", 1.1),
    Heading("申请部门/人", "Applicant", 1.2),
    Heading("印章", "Seal", 1.2),
    Heading("文件名称/编号", "Documents", 2.2),
    Heading("用途", "Purpose", 1.4),
    Heading("份数", "Count", 0.6, "R"),
    Heading("审批人", "Approver", 0.9),
    Heading("监印人", "Supervisor", 0.9),
    Heading("归还确认", "Returned", 1.1),
    Heading("备注", "Note", 1.2),
)
HANDOVER_HEADINGS: Final = (
    Heading("序号", "No.", 0.5, "C"),
    Heading("名称", "Seal", 2.0),
    Heading("移交人", "Handed over by", 1.2),
    Heading("接交人", "Taken over by", 1.2),
    Heading("监交人", "Witness", 1.2),
    Heading("移交时间", "When", 1.3),
    Heading("备注", "Note", 1.6),
)


def seal_register(paper: Paper) -> Document:
    """List every seal, those out of use too."""
    query = (
        select(Seal, Item, Person, Departed)
        .join(Item, col(Item.id) == Seal.item_id)
        .join(Person, col(Person.id) == Seal.keeper_id)
        .outerjoin(Departed, col(Departed.item_id) == Seal.item_id)
        .order_by(col(Seal.in_use_us), col(Seal.item_id))
    )
    rows: list[Row] = [
        (
            n,
            f"{paper.title(seal.name, item.secrecy)} {item.code}",
            seal.impression[:16],
            f"{seal.engraved_by} {paper.day(seal.engraved_us)}".strip(),
            paper.day(seal.in_use_us),
            seal.scope,
            " ".join(part for part in (keeper.department, keeper.name) if part),
            f"{paper.day(seal.out_us)} {seal.out_reason}".strip(),
            "" if departed is None else f"{paper.day(departed.at_us)} {paper.word(departed.how)}",
        )
        for n, (seal, item, keeper, departed) in enumerate(paper.look.session.exec(query).all(), 1)
    ]
    title = paper.say("印章台账", "Register of seals")
    return paper.document("seal_register", title, tables=(paper.table(SEAL_HEADINGS, rows),), landscape=True)


def seal_uses(paper: Paper, period: Period) -> Document:
    """List every use of a seal in a period."""
    session = paper.look.session
    inside = within(session, col(SealUse.id), col(SealUse.at_us), period.from_us, period.until_us)
    query = (
        select(SealUse, Item, Loan, Request)
        .join(Item, col(Item.id) == SealUse.item_id)
        .join(Loan, col(Loan.id) == SealUse.loan_id)
        .join(Request, col(Request.id) == SealUse.request_id)
        .where(*inside)
        .order_by(col(SealUse.id))
    )
    found = list(session.exec(query).all())
    paper.people(n for use, *_ in found for n in (use.approver_id, use.supervisor_id, use.applicant_id))
    departments = _departments(paper, {use.applicant_id for use, *_ in found})
    rows: list[Row] = [
        (
            f"{period.first.year}-{use.id:05d}",
            paper.at(use.at_us),
            f"{departments.get(use.applicant_id, '')} {paper.person(use.applicant_id)}".strip(),
            paper.title(item.title, item.secrecy, use.applicant_id),
            "; ".join(str(one) for one in json.loads(use.documents)),
            request.purpose,
            use.recorded,
            paper.person(use.approver_id),
            paper.person(use.supervisor_id),
            paper.at(loan.returned_us),
            " ".join(part for part in (_excess(paper, use), use.note, use.explanation) if part),
        )
        for use, item, loan, request in found
    ]
    title = paper.say(f"{period.title(True)}用印登记", f"Register of seal uses, {period.title(False)}")
    return paper.document("seal_uses", title, tables=(paper.table(USE_HEADINGS, rows),), landscape=True)


def seal_handovers(paper: Paper) -> Document:
    """List every seal that passed from keeper to keeper before a witness."""
    query = select(SealHandover, Item).join(Item, col(Item.id) == SealHandover.item_id).order_by(col(SealHandover.id))
    found = list(paper.look.session.exec(query).all())
    paper.people(number for one, _ in found for number in (one.from_id, one.to_id, one.witness_id))
    rows: list[Row] = [
        (
            n,
            f"{paper.title(item.title, item.secrecy)} {item.code}",
            paper.person(one.from_id),
            paper.person(one.to_id),
            paper.person(one.witness_id),
            paper.at(one.at_us),
            one.note,
        )
        for n, (one, item) in enumerate(found, 1)
    ]
    signed = tuple(paper.say(*names) for names in (("移交人", "From"), ("接交人", "To"), ("监交人", "Witness")))
    title = paper.say("印章交接登记", "Handovers of seals")
    table = paper.table(HANDOVER_HEADINGS, rows)
    return paper.document("seal_handovers", title, tables=(table,), signatures=signed)


def _excess(paper: Paper, use: SealUse) -> str:
    return paper.say(f"超出批准 {use.approved} 份", f"more than the {use.approved} approved") if use.excess else ""


def _departments(paper: Paper, people: set[int]) -> dict[int | None, str]:
    query = select(Person.id, Person.department).where(col(Person.id).in_(people))
    return dict(paper.look.session.exec(query).all())
