"""Reports: what there is, one as a page with its charts, those that were made and kept, and every list as a file."""

from typing import Annotated

from fastapi import Form, Response
from markupsafe import Markup
from pydantic import ValidationError

from server.reports.chart import svg
from server.service.errors import ServiceError
from server.service.oversight import feedback
from server.service.oversight.feedback import LessonView, NewLesson
from server.service.people.rights import Act
from server.service.reporting import kept, kinds
from server.service.reporting.kept import KEPT, KeptView
from server.service.reporting.list_words import LISTS
from server.web.auth import gate
from server.web.deps import Given
from server.web.lists import lists
from server.web.writing import Do

from .routing import Look, explain, go, page_router

KEPT_SHOWN = 12
LESSONS_SHOWN = 10
ROWS_SHOWN = 500
router = page_router()


@router.get("/reports", **gate(Act.SEE_REPORTS))
async def report_list(look: Look) -> Response:
    """List the reports, what was made, and the lists that can be taken away as files."""
    return _index(look)


@router.get("/reports/{name}", **gate(Act.SEE_REPORTS))
async def one_report(look: Look, deps: Given, name: str, of: str = "") -> Response:
    """Show one report."""
    return _shown(look, deps, name, of)


@router.post("/reports/{name}", **gate(Act.MAKE_REPORTS))
async def make_report(look: Look, act: Do, name: str, period: Annotated[str, Form()] = "") -> Response:
    """Take a report down as of now and keep it."""
    try:
        made = await act(KeptView, lambda work: kept.make(work, name, period.strip()[:10] or None))
    except ServiceError as error:
        return _index(look, explain(look.page, error))
    return go(f"/reports/{name}?of={made.id}")


@router.post("/lessons", **gate(Act.MAKE_REPORTS))
async def record_lesson(
    look: Look, act: Do, text: Annotated[str, Form()] = "", measure: Annotated[str, Form()] = ""
) -> Response:
    """Record what was learnt."""
    try:
        asked = NewLesson(text=text, measure=measure.strip()[:4000])
    except ValidationError:
        look.page.note("bad", look.page.text("Write down what was learnt first."))
        return _index(look, 422)
    await act(LessonView, lambda work: feedback.learn(work, asked))
    return go("/reports#lessons")


def _index(look: Look, status: int = 200) -> Response:
    column = 1 if look.page.locale == "en" else 0
    files = [(name, LISTS.get(name, (name, name))[column]) for name, one in lists().items() if look.viewer.may(one.act)]
    made = kept.list_kept(look, None, None, KEPT_SHOWN).rows
    lessons = feedback.list_lessons(look, None, LESSONS_SHOWN).rows
    return look.show(
        "reports.html",
        [*made, *lessons],
        status,
        kinds=kinds.list_kinds(look),
        made=made,
        unmade=KEPT.keys() - kept.made_names(look),
        lessons=lessons,
        files=sorted(files, key=lambda one: one[1]) if look.viewer.may(Act.EXPORT) else [],
        titles={kind.name: kind.title for kind in kinds.list_kinds(look)},
    )


def _shown(look: Look, deps: Given, name: str, of: str) -> Response:
    made = kinds.document(look, deps.settings.site, name, of)
    view = kinds.report_view(made)
    return look.show(
        "report.html",
        (),
        report=view,
        of=of,
        shown=ROWS_SHOWN,
        charts=[Markup(svg(chart)) for chart in made.charts],  # noqa: S704 -- made of numbers and escaped words
        kept=name in KEPT,
    )
