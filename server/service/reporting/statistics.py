"""Half-yearly and yearly statistics (R62), and how well the rules work (R64), laid out from kept figures."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlmodel import col, select

from server.domain.periods import period_of
from server.notify.wording import alarm_text
from server.reports.model import Chart, Document, Row, Series, Table
from server.service.reporting.figures import Figures
from server.service.reporting.paper import Heading, Paper
from server.store.tables import KeptReport, Lesson

SHOWN_BEFORE: Final = 4
"""Earlier periods that a trend is shown against."""
NAMED: Final = Heading("项目", "What", 3.0)
COUNT: Final = Heading("数量", "Count", 1.0, "R")
RESULTS: Final = {
    "found": ("账实相符", "found"),
    "missing": ("缺失", "missing"),
    "unread": ("未读到", "not read"),
    "misplaced": ("错放", "in the wrong place"),
    "unknown": ("未登记", "unknown"),
    "on_loan": ("借出", "on loan"),
    "on_loan_but_here": ("记为借出但在库", "on loan, but here"),
    "duplicate": ("重复", "seen twice"),
    "": ("未盘", "not counted"),
}


def statistics(paper: Paper, kept: KeptReport, body: Figures) -> Document:
    """Lay out holdings, loans, overdue, differences, breaches, per department, and the trend."""
    months = [row["month"] for row in body["months"]]
    trend = Chart(
        paper.say("趋势", "Trend"),
        tuple(months),
        (
            _series(paper, ("借出", "Taken"), body["months"], "loans"),
            _series(paper, ("逾期", "Overdue"), body["months"], "late"),
            _series(paper, ("报警", "Alarms"), body["months"], "alarms"),
            _series(paper, ("违规", "Breaches"), body["months"], "breaches"),
        ),
        "line",
    )
    names = body["departments"]
    departments = Chart(
        paper.say("各部门借出与逾期", "Taken and overdue by department"),
        tuple(name or "—" for name in names),
        (
            _series(paper, ("借出", "Taken"), names.values(), "loans"),
            _series(paper, ("逾期", "Overdue"), names.values(), "late"),
        ),
    )
    tables = (
        paper.table((NAMED, COUNT), _totals(paper, body), ("概况", "Overview")),
        _departments(paper, body),
        *_holdings(paper, body),
        paper.table((NAMED, COUNT), _results(paper, body), ("盘点结果", "What was counted")),
        paper.table(
            (NAMED, Heading("发生", "Set", 1, "R"), Heading("未关闭", "Open", 1, "R")),
            _alarms(paper, body),
            ("报警", "Alarms"),
        ),
        _before(paper, kept, body),
    )
    title = paper.say(f"{_title(paper, kept)}档案工作统计", f"Statistics of {_title(paper, kept)}")
    charts = (trend, departments) if months else ()
    return paper.document(
        kept.name, title, made_us=kept.made_us, facts=_facts(paper, kept, body), tables=tables, charts=charts
    )


def evaluation(paper: Paper, kept: KeptReport, body: Figures) -> Document:
    """Lay out on-time rate, time to approve, accuracy of counts, alarms and time to close them; and the lessons."""
    columns = (Heading("指标", "Measure", 2.4), Heading("数值", "Value", 1.0, "R"), Heading("依据", "Taken from", 3.0))
    chart = Chart(
        paper.say("按期归还率（%）", "Returned in time (%)"),
        tuple(row["month"] for row in body["months"]),
        (Series(paper.say("按期归还率", "In time"), tuple(row["on_time"] or 0.0 for row in body["months"])),),
    )
    lessons = (
        Heading("日期", "Date", 1.0),
        Heading("经验教训", "Lesson", 3.0),
        Heading("改进措施", "Measure", 3.0),
        Heading("记录人", "By", 1.0),
    )
    tables = (
        paper.table(columns, _measures(paper, body), ("执行情况", "How well the rules work")),
        paper.table(lessons, _lessons(paper, kept), ("经验教训", "Lessons")),
    )
    title = paper.say(f"{_title(paper, kept)}制度执行评估", f"Evaluation of {_title(paper, kept)}")
    charts = (chart,) if body["months"] else ()
    return paper.document(
        kept.name, title, made_us=kept.made_us, facts=_facts(paper, kept, body), tables=tables, charts=charts
    )


def _title(paper: Paper, kept: KeptReport) -> str:
    return period_of(kept.period, paper.look.zone).title(paper.is_chinese)


def _facts(paper: Paper, kept: KeptReport, body: Figures) -> list[tuple[str, str]]:
    until = body["until_us"] - 1
    span = f"{paper.day(kept.from_us)} — {paper.day(until)}"
    by = paper.person(kept.made_by_id) or paper.say("系统按时生成", "made by the clock")
    return [(paper.say("统计期间", "Period"), span), (paper.say("生成", "Made by"), f"{by} {paper.at(kept.made_us)}")]


def _series(paper: Paper, name: tuple[str, str], rows: Iterable[Mapping[str, Any]], key: str) -> Series:
    return Series(paper.say(*name), tuple(float(row[key] or 0) for row in rows))


def _totals(paper: Paper, body: Figures) -> list[Row]:
    returns, counts = body["returns"], body["stocktakes"]
    return [
        (paper.say("在库档案、印章（件）", "Kept (items)"), sum(body["holdings"]["kind"].values())),
        (paper.say("借出（件次）", "Taken"), returns["loans"]),
        *((f"　{paper.word(mode)}", n) for mode, n in sorted(body["modes"].items())),
        (paper.say("逾期（件次）", "Overdue"), returns["late"]),
        (paper.say("批准的申请", "Requests approved"), body["approvals"]["approved"]),
        (paper.say("盘点次数", "Stocktakes closed"), counts["closed"]),
        (paper.say("盘点差异（件）", "Differences"), counts["differences"]),
        (paper.say("违规", "Breaches"), sum(body["breaches"].values())),
        (paper.say("报警", "Alarms"), body["alarms"]["set"]),
        (paper.say("意见（收到）", "Feedback given"), body["feedback"]["given"]),
    ]


def _departments(paper: Paper, body: Figures) -> Table:
    columns = (
        Heading("部门", "Department", 2.0),
        Heading("现存（件）", "Kept", 1.0, "R"),
        Heading("借出", "Taken", 1.0, "R"),
        Heading("逾期", "Overdue", 1.0, "R"),
        Heading("未归还", "Still out", 1.0, "R"),
        Heading("违规", "Breaches", 1.0, "R"),
    )
    kept, acted = body["holdings"]["department"], body["departments"]
    none = {"loans": 0, "late": 0, "out": 0, "breaches": 0}
    rows = []
    for name in sorted(kept.keys() | acted.keys()):
        row = acted.get(name, none)
        shown = name or paper.say("（未注明）", "(none)")
        rows.append((shown, kept.get(name, 0), row["loans"], row["late"], row["out"], row["breaches"]))
    return paper.table(columns, rows, ("各部门", "By department"))


def _holdings(paper: Paper, body: Figures) -> list[Table]:
    titles = {
        "kind": ("馆藏：按类型", "Kept, by kind"),
        "secrecy": ("馆藏：按密级", "Kept, by secrecy"),
        "category": ("馆藏：按门类", "Kept, by category"),
    }
    return [
        paper.table(
            (NAMED, COUNT),
            [(paper.word(name) or "—", n) for name, n in sorted(body["holdings"][by].items())],
            title,
        )
        for by, title in titles.items()
    ]


def _results(paper: Paper, body: Figures) -> list[Row]:
    results = body["stocktakes"]["results"]
    return [(paper.say(*RESULTS.get(name, (name, name))), n) for name, n in sorted(results.items())]


def _alarms(paper: Paper, body: Figures) -> list[Row]:
    locale = "zh" if paper.is_chinese else "en"
    return [
        (alarm_text(kind, None, None, "", locale), row["set"], row["open"])
        for kind, row in body["alarms"]["kinds"].items()
    ]


def _before(paper: Paper, kept: KeptReport, body: Figures) -> Table:
    """Compare with the periods before, as they were kept."""
    columns = (
        Heading("期间", "Period", 1.5),
        Heading("借出", "Taken", 1.0, "R"),
        Heading("逾期", "Overdue", 1.0, "R"),
        Heading("按期归还率 %", "In time %", 1.0, "R"),
        Heading("盘点差异", "Differences", 1.0, "R"),
        Heading("违规", "Breaches", 1.0, "R"),
        Heading("报警", "Alarms", 1.0, "R"),
    )
    query = select(KeptReport).where(KeptReport.name == kept.name, KeptReport.from_us < kept.from_us)
    newest: dict[str, KeptReport] = {}
    for row in paper.look.session.exec(query.order_by(col(KeptReport.id).desc()).limit(SHOWN_BEFORE * 3)):
        newest.setdefault(row.period, row)
    earlier = sorted(newest.values(), key=lambda row: row.from_us)[-SHOWN_BEFORE:]
    rows = [(row.period, json.loads(row.body)) for row in earlier] + [(kept.period, body)]
    return paper.table(columns, [_compared(*row) for row in rows], ("与以前各期比较", "Against earlier periods"))


def _compared(period: str, body: Figures) -> Row:
    returns = body["returns"]
    return (
        period,
        returns["loans"],
        returns["late"],
        _shown(returns["on_time"]),
        body["stocktakes"]["differences"],
        sum(body["breaches"].values()),
        body["alarms"]["set"],
    )


def _measures(paper: Paper, body: Figures) -> list[Row]:
    returns, approvals, counts = body["returns"], body["approvals"], body["stocktakes"]
    alarms, feedback, say = body["alarms"], body["feedback"], paper.say
    due, approved, lines = returns["due"], approvals["approved"], counts["lines"]
    hours = say("小时", "h")
    return [
        (
            say("按期归还率", "Returned in time"),
            _shown(returns["on_time"], "%"),
            say(f"到期 {due} 件次，逾期 {returns['late']}", f"{due} were due, {returns['late']} late"),
        ),
        (
            say("审批用时（中位数）", "Time to approve (median)"),
            _shown(approvals["median_hours"], hours),
            say(f"{approved} 份申请，最长 {_shown(approvals['longest_hours'])} 小时",
                f"{approved} requests, the longest {_shown(approvals['longest_hours'])} h"),
        ),
        (
            say("盘点准确率", "Accuracy of stocktakes"),
            _shown(counts["accuracy"], "%"),
            say(f"盘点 {lines} 件，差异 {counts['differences']}", f"{lines} counted, {counts['differences']} differ"),
        ),
        (say("报警", "Alarms"), alarms["set"], say(f"未关闭 {alarms['open']}", f"{alarms['open']} still open")),
        (
            say("关闭报警用时（中位数）", "Time to close alarms (median)"),
            _shown(alarms["median_hours"], hours),
            say(f"最长 {_shown(alarms['longest_hours'])} 小时", f"the longest {_shown(alarms['longest_hours'])} h"),
        ),
        (say("违规", "Breaches"), sum(body["breaches"].values()), ", ".join(sorted(body["breaches"]))),
        (
            say("意见答复", "Feedback answered"),
            f"{feedback['closed']}/{feedback['given']}",
            say(f"超期 {feedback['late']}", f"{feedback['late']} late"),
        ),
    ]  # fmt: skip


def _lessons(paper: Paper, kept: KeptReport) -> list[Row]:
    until = max(kept.until_us, kept.made_us)
    query = select(Lesson).where(Lesson.at_us >= kept.from_us, Lesson.at_us < until).order_by(col(Lesson.id))
    rows = list(paper.look.session.exec(query))
    paper.people(row.by_id for row in rows)
    return [(paper.day(row.at_us), row.text, row.measure, paper.person(row.by_id)) for row in rows]


def _shown(value: float | None, unit: str = "") -> str:
    return "—" if value is None else f"{value:g} {unit}".strip()
