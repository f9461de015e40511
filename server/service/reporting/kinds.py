"""The one table of reports: what each is called, what it is about, which rules ask for it, and how it is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from server.domain.periods import Period, PeriodError, current_month, period_of
from server.reports import Format
from server.reports.model import Document
from server.service.context import Reading, Writing
from server.service.errors import InvalidError, NotFoundError
from server.service.people.information import taken_out
from server.service.reporting import forms_disposal, forms_files, forms_lending, forms_seals, kept
from server.service.reporting.paper import Pair, Paper
from server.service.shapes import Done, Shape

About = Literal["all", "period", "item", "stocktake", "destruction", "kept"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of report; `about` says what `of` names."""

    name: str
    title: Pair
    rules: str
    about: About
    make: Callable[[Paper, str], Document]


def _by_period(make: Callable[[Paper, Period], Document]) -> Callable[[Paper, str], Document]:
    def made(paper: Paper, of: str) -> Document:
        try:
            period = period_of(of or current_month(paper.look.now_us, paper.look.zone), paper.look.zone)
        except PeriodError as error:
            raise InvalidError("no_such_period", f"of: {error}") from None
        return make(paper, period)

    return made


def _of_all(make: Callable[[Paper], Document]) -> Callable[[Paper, str], Document]:
    return lambda paper, _: make(paper)


def _kept(name: str) -> Callable[[Paper, str], Document]:
    return lambda paper, of: kept.show(paper, name, of)


REPORTS: Final = {
    kind.name: kind
    for kind in (
        Kind("unreturned", ("未归还清单", "List of what is not returned"), "R15", "kept", _kept("unreturned")),
        Kind("half_yearly", ("半年统计", "Half-yearly statistics"), "R62", "kept", _kept("half_yearly")),
        Kind("yearly", ("年度统计", "Yearly statistics"), "R62", "kept", _kept("yearly")),
        Kind("evaluation", ("制度执行评估", "Evaluation of the rules"), "R64", "kept", _kept("evaluation")),
        Kind(
            "loan_register",
            ("借阅登记", "Register of loans"),
            "R01",
            "period",
            _by_period(forms_lending.loan_register),
        ),
        Kind("seal_register", ("印章台账", "Register of seals"), "R17", "all", _of_all(forms_seals.seal_register)),
        Kind("seal_uses", ("用印登记", "Register of seal uses"), "R17", "period", _by_period(forms_seals.seal_uses)),
        Kind("seal_handovers", ("印章交接", "Handovers of seals"), "R14", "all", _of_all(forms_seals.seal_handovers)),
        Kind("stocktake_report", ("盘点报告", "Stocktake report"), "R50", "stocktake", forms_disposal.stocktake_report),
        Kind(
            "destruction_register",
            ("销毁清册", "Destruction register"),
            "R53",
            "destruction",
            forms_disposal.destruction_register,
        ),
        Kind("folder_cover", ("案卷封面", "Cover of a file"), "R30", "item", forms_files.folder_cover),
        Kind("contents_list", ("卷内文件目录", "Contents of a file"), "R34", "item", forms_files.contents_list),
        Kind("folder_note", ("卷内备考表", "Closing note of a file"), "R34", "item", forms_files.folder_note),
    )
}


class KindView(Shape):
    name: str
    title: str
    rules: str
    about: str


class ColumnView(Shape):
    title: str
    width: float
    align: str


class TableView(Shape):
    title: str
    columns: list[ColumnView]
    rows: list[list[str | int | float | None]]


class FactView(Shape):
    name: str
    value: str


class SeriesView(Shape):
    name: str
    values: list[float]


class ChartView(Shape):
    title: str
    kind: str
    labels: list[str]
    series: list[SeriesView]


class ReportView(Shape):
    name: str
    title: str
    owner: str
    made: str
    facts: list[FactView]
    tables: list[TableView]
    charts: list[ChartView]
    signatures: list[str]


def list_kinds(look: Reading) -> list[KindView]:
    """List the reports there are."""
    column = 1 if look.viewer.locale == "en" else 0
    return [
        KindView(name=kind.name, title=kind.title[column], rules=kind.rules, about=kind.about)
        for kind in REPORTS.values()
    ]


def document(look: Reading, site: str, name: str, of: str) -> Document:
    """Make a report for its reader; raises NotFoundError when there is none of this name, or nothing it is about."""
    if name not in REPORTS:
        raise NotFoundError("report", name)
    return REPORTS[name].make(Paper(look, site), of)


def report_view(made: Document) -> ReportView:
    """Give a report as an answer."""
    return ReportView(
        name=made.name,
        title=made.title,
        owner=made.owner,
        made=made.made,
        facts=[FactView(name=name, value=value) for name, value in made.facts],
        tables=[
            TableView(
                title=table.title,
                columns=[ColumnView(title=c.title, width=c.width, align=c.align) for c in table.columns],
                rows=[list(row) for row in table.rows],
            )
            for table in made.tables
        ],
        charts=[
            ChartView(
                title=chart.title,
                kind=chart.kind,
                labels=list(chart.labels),
                series=[SeriesView(name=one.name, values=list(one.values)) for one in chart.series],
            )
            for chart in made.charts
        ],
        signatures=list(made.signatures),
    )


def record_export(work: Writing, what: str, of: str, form: Format, rows: int, digest: str) -> Done:
    """Record that somebody took a list or a report away, with how much of it there was (R22)."""
    taken_out(work, what, of, format=form, rows=rows, digest=digest)
    return Done()
