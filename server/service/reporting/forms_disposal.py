"""The stocktake report (盘点报告) and the destruction register (销毁清册)."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Final

from sqlmodel import col, select

from server.reports.model import Document, Row
from server.service.errors import NotFoundError
from server.service.reporting.paper import Heading, Paper
from server.service.reporting.statistics import RESULTS
from server.store.tables import (
    DestroyedItem,
    Destruction,
    DestructionItem,
    DestructionStep,
    DestructionWitness,
    Item,
    RetentionTerm,
    Stocktake,
    StocktakeDifference,
    StocktakeLine,
)

AGREES: Final = ("found", "on_loan")
YEAR_US: Final = 365.25 * 86_400_000_000
DIFFERENCE_HEADINGS: Final = (
    Heading("序号", "No.", 0.5, "C"),
    Heading("档号/编码", "Record number / code", 1.5),
    Heading("题名", "Title", 2.5),
    Heading("应在位置", "Belongs in", 0.9),
    Heading("结果", "Result", 1.0),
    Heading("完好情况", "Condition", 1.0),
    Heading("差异原因", "Explanation", 2.0),
    Heading("说明人", "Explained by", 1.0),
    Heading("签认人", "Signed off by", 1.0),
)
DESTRUCTION_HEADINGS: Final = (
    Heading("序号", "No.", 0.5, "C"),
    Heading("题名", "Title", 3.0),
    Heading("年度", "Year", 0.6),
    Heading("档号", "Record number", 1.4),
    Heading("应保管期限", "To be kept", 1.0),
    Heading("已保管期限", "Kept so far", 1.0),
    Heading("页数", "Pages", 0.6, "R"),
    Heading("备注", "Note", 1.2),
)


def stocktake_report(paper: Paper, of: str) -> Document:
    """Report a stocktake: what was expected, what was found, every difference with its explanation and sign-off."""
    session = paper.look.session
    stocktake = session.get(Stocktake, _number(of))
    if stocktake is None:
        raise NotFoundError("stocktake", of)
    query = select(StocktakeLine, Item).join(Item, col(Item.id) == StocktakeLine.item_id)
    lines = list(session.exec(query.where(StocktakeLine.stocktake_id == stocktake.id)).all())
    told = select(StocktakeDifference).where(StocktakeDifference.stocktake_id == stocktake.id)
    differences = list(session.exec(told.order_by(col(StocktakeDifference.id))))
    paper.people(n for one in differences for n in (one.explained_by_id, one.signed_by_id))
    results = Counter(line.result or "" for line, _ in lines)
    agree = sum(results[name] for name in AGREES)
    summary: list[Row] = [(paper.say(*RESULTS.get(name, (name, name))), n) for name, n in sorted(results.items())]
    facts = (
        (paper.say("盘点", "Stocktake"), stocktake.title),
        (paper.say("范围", "Cabinets"), ", ".join(json.loads(stocktake.stations))),
        (paper.say("开始", "Opened"), f"{paper.at(stocktake.opened_us)} {paper.person(stocktake.opened_by_id)}"),
        (
            paper.say("结束", "Closed"),
            f"{paper.at(stocktake.closed_us)} {paper.person(stocktake.closed_by_id)}".strip(),
        ),
        (paper.say("应盘", "Expected"), str(len(lines))),
        (
            paper.say("账实相符", "Agree"),
            f"{agree} ({100 * agree / len(lines):.1f}%)" if lines and stocktake.closed_us else "",
        ),
    )
    tables = (
        paper.table((Heading("结果", "Result", 3), Heading("数量", "Count", 1, "R")), summary, ("结果", "Results")),
        paper.table(
            DIFFERENCE_HEADINGS,
            _differences(paper, lines, differences),
            ("差异", "Differences"),
        ),
    )
    signed = tuple(paper.say(*who) for who in (("盘点人", "Counted by"), ("监盘人", "Watched by"), ("负责人", "Head")))
    title = paper.say("盘点报告", "Stocktake report")
    return paper.document("stocktake_report", title, facts=facts, tables=tables, signatures=signed, landscape=True)


def _differences(
    paper: Paper, lines: list[tuple[StocktakeLine, Item]], told: Iterable[StocktakeDifference]
) -> list[Row]:
    """Give each difference: what was explained, and what a stocktake from before explanations found."""
    items = {item.id: (line, item) for line, item in lines}
    rows, seen = list[Row](), set[int | None]()
    for one in told:
        line, item = items.get(one.item_id, (None, None))
        seen.add(one.item_id)
        explained, signed = paper.person(one.explained_by_id), paper.person(one.signed_by_id)
        rows.append(
            (*_about(paper, line, item, one.mark), _result(paper, one.result), one.condition, one.explanation,
             explained, f"{signed} {paper.day(one.signed_us)}".strip())
        )  # fmt: skip
    for line, item in lines:
        if line.result not in (*AGREES, None) and item.id not in seen:
            rows.append((*_about(paper, line, item, item.code), _result(paper, line.result), "", "", "", ""))
    return [(n, *row) for n, row in enumerate(rows, 1)]


def _about(paper: Paper, line: StocktakeLine | None, item: Item | None, mark: str) -> tuple[str, str, str]:
    if item is None:
        return mark, "", ""
    place = f"{line.station}/{line.door}" if line else ""
    return item.record_number or item.code, paper.title(item.title, item.secrecy), place


def _result(paper: Paper, result: str | None) -> str:
    return paper.say(*RESULTS.get(result or "", (result or "", result or "")))


def destruction_register(paper: Paper, of: str) -> Document:
    """Make the register of a destruction list: its cover and what is, or was, on it."""
    session = paper.look.session
    listed = session.get(Destruction, _number(of))
    if listed is None:
        raise NotFoundError("destruction list", of)
    rows = _destroyed(paper, listed) or _to_destroy(paper, listed)
    taken = select(DestructionStep).where(DestructionStep.destruction_id == listed.id)
    steps = {step.step: step for step in session.exec(taken.order_by(col(DestructionStep.id)))}
    witnesses = select(DestructionWitness.person_id).where(DestructionWitness.destruction_id == listed.id)
    named = [paper.person(number) for number in session.exec(witnesses)]
    facts = (
        (paper.say("全宗号", "Fonds"), paper.site),
        (paper.say("销毁清册", "List"), f"{listed.id} {listed.title}"),
        (paper.say("数量", "Number of items"), str(len(rows))),
        (paper.say("鉴定负责人", "Appraised by"), _step(paper, steps.get("review"))),
        (paper.say("批准人", "Approved by"), _step(paper, steps.get("approve"))),
        (paper.say("监销人", "Witnesses"), "、".join(named)),
        (paper.say("销毁方式", "Method"), paper.word(listed.method)),
        (paper.say("销毁日期", "Destroyed on"), paper.day(listed.destroyed_us)),
    )
    signed = (
        paper.say("鉴定负责人", "Appraised by"),
        paper.say("批准人", "Approved by"),
        *(f"{paper.say('监销人', 'Witness')} {n}" for n in (1, 2)),
    )
    title = paper.say("销毁清册", "Destruction register")
    table = paper.table(DESTRUCTION_HEADINGS, rows)
    return paper.document("destruction_register", title, facts=facts, tables=(table,), signatures=signed)


def _step(paper: Paper, step: DestructionStep | None) -> str:
    return "" if step is None else f"{paper.person(step.by_id)} {paper.day(step.at_us)}"


def _destroyed(paper: Paper, listed: Destruction) -> list[Row]:
    query = select(DestroyedItem).where(DestroyedItem.destruction_id == listed.id).order_by(col(DestroyedItem.id))
    return [
        (
            n,
            paper.title(one.title, one.secrecy),
            paper.day(one.begun_us)[:4],
            one.record_number or one.code,
            paper.kept_for(one.period),
            _years(paper, one.begun_us, one.destroyed_us),
            one.pages,
            "",
        )
        for n, one in enumerate(paper.look.session.exec(query), 1)
    ]


def _to_destroy(paper: Paper, listed: Destruction) -> list[Row]:
    query = (
        select(DestructionItem, Item, RetentionTerm)
        .join(Item, col(Item.id) == DestructionItem.item_id)
        .outerjoin(RetentionTerm, col(RetentionTerm.item_id) == DestructionItem.item_id)
        .where(DestructionItem.destruction_id == listed.id, col(DestructionItem.struck_us).is_(None))
        .order_by(col(Item.id))
    )
    return [
        (
            n,
            paper.title(item.title, item.secrecy),
            paper.day(term.begun_us)[:4] if term else "",
            item.record_number or item.code,
            paper.kept_for(term.period) if term else "",
            _years(paper, term.begun_us, paper.look.now_us) if term else "",
            item.pages,
            paper.say("待销毁", "to be destroyed"),
        )
        for n, (_, item, term) in enumerate(paper.look.session.exec(query).all(), 1)
    ]


def _years(paper: Paper, begun_us: int, ended_us: int) -> str:
    years = int((ended_us - begun_us) / YEAR_US)
    return paper.say(f"{years} 年", f"{years} years")


def _number(of: str) -> int:
    return int(of) if of.isdecimal() and len(of) < 10 else 0
