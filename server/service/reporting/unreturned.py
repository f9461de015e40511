"""The list of what is not returned (R15): every original and copy that is out, who has it and since when."""

from typing import Any, Final

from sqlmodel import Session, col, select

from server.domain.words import ItemKind
from server.reports.model import Document
from server.service.reporting.paper import Heading, Paper
from server.store.inbox import latest_anchor
from server.store.queries_periods import items_out
from server.store.tables import Incident, Item, KeptReport

SHORT: Final = 16
"""So many digits of the ledger's newest anchor are printed: enough to compare by, few enough to type."""
HEADINGS: Final = (
    Heading("序号", "No.", 0.5, "C"),
    Heading("档号/编码", "Record number / code", 1.5),
    Heading("题名", "Title", 2.6),
    Heading("类型", "Kind", 0.8),
    Heading("密级", "Secrecy", 0.7),
    Heading("借阅人", "With", 1.0),
    Heading("部门", "Department", 1.0),
    Heading("借出时间", "Since", 1.3),
    Heading("应还时间", "Due", 1.3),
    Heading("备注", "Note", 1.2),
)


def collect(session: Session) -> dict[str, Any]:
    """Take down what is out at this moment."""
    rows = items_out(session)
    incidents = {item.custody.incident_id for item, _, _ in rows if item.custody.incident_id is not None}
    sworn = latest_anchor(session.connection())
    kinds = dict(session.exec(select(Incident.id, Incident.kind).where(col(Incident.id).in_(incidents))).all())
    return {
        "anchor": f"{sworn[0]}:{sworn[1][:SHORT]}" if sworn else "",
        "rows": [
            {
                "code": item.code,
                "number": item.record_number or "",
                "title": item.title,
                "kind": item.kind,
                "secrecy": item.secrecy,
                "person": item.custody.person_id,
                "department": person.department if person else "",
                "since_us": item.custody.since_us,
                "due_us": loan.due_us if loan else None,
                "incident": kinds.get(item.custody.incident_id, ""),
            }
            for item, person, loan in rows
        ],
    }


def lay_out(paper: Paper, kept: KeptReport, body: dict[str, Any]) -> Document:
    """Word it for its reader: titles as far as they may be known, and only what the reader's rights reach."""
    rows = _reached(paper, body["rows"])
    paper.people(row["person"] for row in rows)
    originals = [row for row in rows if row["kind"] != ItemKind.COPY]
    copies = [row for row in rows if row["kind"] == ItemKind.COPY]
    late = sum(row["due_us"] is not None and row["due_us"] < kept.made_us for row in rows)
    facts = (
        (paper.say("月份", "Month"), kept.period),
        (paper.say("未归还", "Not returned"), str(len(rows))),
        (paper.say("其中逾期", "Of these overdue"), str(late)),
        (paper.say("报送", "Sent to"), paper.say("总经理（R15）", "the general manager (R15)")),
        *(((paper.say("账本锚点", "Ledger anchor"), sworn),) if (sworn := body.get("anchor")) else ()),
    )
    tables = (
        paper.table(HEADINGS, _lines(paper, originals, kept.made_us), ("原件与印章", "Originals and seals")),
        paper.table(HEADINGS, _lines(paper, copies, kept.made_us), ("影印件", "Copies")),
    )
    signed = (paper.say("制表人", "Made by"), paper.say("审核人", "Checked by"))
    title = paper.say("未归还清单", "List of what is not returned")
    return paper.document(
        "unreturned", title, made_us=kept.made_us, facts=facts, tables=tables, signatures=signed, landscape=True
    )


def _lines(paper: Paper, rows: list[dict[str, Any]], made_us: int) -> list[tuple[str | int, ...]]:
    return [
        (
            n,
            row["number"] or row["code"],
            paper.title(row["title"], row["secrecy"], row["person"]),
            paper.word(row["kind"]),
            paper.word(row["secrecy"]),
            paper.person(row["person"]) or paper.say("无人可指认", "nobody named"),
            row["department"],
            paper.at(row["since_us"]),
            paper.at(row["due_us"]),
            _note(paper, row, made_us),
        )
        for n, row in enumerate(rows, 1)
    ]


def _note(paper: Paper, row: dict[str, Any], made_us: int) -> str:
    if row["incident"]:
        return paper.say("下落不明", "unaccounted for")
    return paper.say("逾期", "overdue") if row["due_us"] is not None and row["due_us"] < made_us else ""


def _reached(paper: Paper, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not paper.look.viewer.scope.limits:
        return rows
    codes = [row["code"] for row in rows]
    reached = set(paper.look.session.exec(select(Item.code).where(col(Item.code).in_(codes))))
    return [row for row in rows if row["code"] in reached]
