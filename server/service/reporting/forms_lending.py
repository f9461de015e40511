"""The register of loans (借阅登记) of a month, from what was lent, approved, returned and checked."""

from typing import Final

from sqlmodel import col, select

from server.domain.periods import Period
from server.domain.words import Mode
from server.reports.model import Document, Row
from server.service.reporting.paper import Heading, Paper
from server.store.queries_periods import within
from server.store.tables import Decision, Item, Loan, LoanCheck, Person, Request

LOAN_HEADINGS: Final = (
    Heading("序号", "No.", 0.5, "C"),
    Heading("借阅人", "Borrower", 0.9),
    Heading("部门", "Department", 0.9),
    Heading("联系方式", "Contact", 0.9),
    Heading("借阅日期", "Taken", 1.1),
    Heading("档号/题名", "Record number / title", 2.2),
    Heading("密级", "Secrecy", 0.6),
    Heading("存放位置", "Place", 0.7),
    Heading("借阅事由", "Purpose", 1.4),
    Heading("审批人/意见", "Approver / opinion", 1.2),
    Heading("期限", "Due", 1.1),
    Heading("实际归还日期", "Returned", 1.1),
    Heading("是否完好", "Intact", 0.7),
    Heading("备注", "Note", 0.9),
)


def loan_register(paper: Paper, period: Period) -> Document:
    """List what was lent in a period; seals have a register of their own."""
    session = paper.look.session
    inside = within(session, col(Loan.id), col(Loan.taken_us), period.from_us, period.until_us)
    query = (
        select(Loan, Item, Person, Request)
        .join(Item, col(Item.id) == Loan.item_id)
        .join(Person, col(Person.id) == Loan.person_id)
        .outerjoin(Request, col(Request.id) == Loan.request_id)
        .where(*inside, Loan.mode != Mode.SEAL_USE)
        .order_by(col(Loan.taken_us), col(Loan.id))
    )
    found = list(session.exec(query).all())
    said = _opinions(paper, [request.id for _, _, _, request in found if request is not None])
    checked = _checks(paper, [loan.id for loan, _, _, _ in found])
    rows: list[Row] = [
        (
            n,
            person.name,
            person.department,
            "",
            paper.at(loan.taken_us),
            f"{item.record_number or item.code} {paper.title(item.title, item.secrecy, loan.person_id)}",
            paper.word(item.secrecy),
            f"{item.home_station}/{item.home_door}" if item.home_station else "",
            request.purpose if request else "",
            said.get(request.id, "") if request else paper.say("直接借阅登记", "standing rule"),
            paper.at(loan.due_us),
            paper.at(loan.returned_us),
            checked.get(loan.id, ""),
            _note(paper, loan),
        )
        for n, (loan, item, person, request) in enumerate(found, 1)
    ]
    title = paper.say(f"{period.title(True)}借阅登记", f"Register of loans, {period.title(False)}")
    signed = (paper.say("登记人", "Kept by"),)
    table = paper.table(LOAN_HEADINGS, rows)
    return paper.document("loan_register", title, tables=(table,), signatures=signed, landscape=True)


def _opinions(paper: Paper, requests: list[int | None]) -> dict[int | None, str]:
    query = select(Decision).where(col(Decision.request_id).in_(requests)).order_by(col(Decision.id))
    rows = list(paper.look.session.exec(query))
    paper.people(row.approver_id for row in rows)
    found: dict[int | None, str] = {}
    for row in rows:
        words = " ".join(part for part in (paper.person(row.approver_id), paper.word(row.said), row.note) if part)
        found[row.request_id] = f"{found[row.request_id]}; {words}" if row.request_id in found else words
    return found


def _checks(paper: Paper, loans: list[int | None]) -> dict[int | None, str]:
    query = select(LoanCheck).where(col(LoanCheck.loan_id).in_(loans)).order_by(col(LoanCheck.id))
    intact, short = paper.say("完好", "yes"), paper.say("有缺失或损坏", "no")
    return {row.loan_id: intact if row.complete and not row.damage else short for row in paper.look.session.exec(query)}


def _note(paper: Paper, loan: Loan) -> str:
    ended = paper.look.now_us if loan.returned_us is None else loan.returned_us
    return paper.say("逾期", "overdue") if ended > loan.due_us else ""
